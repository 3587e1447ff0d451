"""Rules about the networks themselves: parameters, layers, receptive fields."""

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.evidence import Evidence, NotRun
from ferkit.claims.finding import Finding, key_of, only_value, sources_of
from ferkit.core.labels import LABELS
from ferkit.core.names import Name


def counted(evidence: Evidence, claim: Claim, name: Name, part: str | None = None,
            otherwise: float | None = None, caveat: str = "") -> Finding:
    """A number of parameters, of the whole or one `part`, to be met exactly; `otherwise` is another reading, `caveat`
    what a reader must know of how the network was made. The whole is counted where it tells the papers' classes apart:
    of others its last layer has another size."""
    results = evidence.results(name)
    classes = len(results[0].metrics.get("label_names") or LABELS)
    if part is None and classes != len(LABELS):
        raise NotRun(f"the number is of a network that tells {len(LABELS)} classes apart, these tell {classes}")
    numbers = [key_of(result, "parts").get(part) if part else result.metrics["parameters"] for result in results]
    observed = only_value(numbers, part or "parameters", results)
    verdict = "reproduced" if observed == claim.value else "partly" if observed == otherwise else "not_reproduced"
    return Finding(verdict, observed, None, len(results), sources_of(evidence, results), caveat)


def fewer_layers(evidence: Evidence, claim: Claim, name: Name, side_path: int = 0) -> Finding:
    """The number of layers with weights on the main path, and with the `side_path` layers that stand beside it."""
    results = evidence.results(name)
    observed = only_value([key_of(result, "weight_layers") for result in results], "weight_layers", results)
    every, verdict = observed + side_path, "not_reproduced"
    if 0 < observed < claim.value:
        verdict = "reproduced" if every < claim.value else "partly"
    note = f"{observed:g} on the main path, {every:g} with the localisation path" if side_path else ""
    return Finding(verdict, observed, None, len(results), sources_of(evidence, results), "; ".join(
        [*filter(None, [note]), "whether they are enough is judged by the rows on accuracy"]))


def fewer_parameters(evidence: Evidence, claim: Claim, first: Name, second: Name,
                     equal_field: bool = False) -> Finding:
    """The parameters of `first` as a fraction of those of `second`; `equal_field`: at equal receptive field."""
    groups = [evidence.results(name) for name in (first, second)]
    few, many = (only_value([result.metrics["parameters"] or None for result in results], "parameters", results)
                 for results in groups)
    verdict, note = "reproduced" if few < many else "not_reproduced", f"{few:,} against {many:,}"
    if equal_field:
        fields = [only_value([key_of(result, "receptive_field") for result in results], "receptive_field", results)
                  for results in groups]
        note += f"; receptive fields {fields[0]} and {fields[1]} pixels"
        layers = [{result.metrics.get("weight_layers") for result in results} for results in groups]
        if all(len(found) == 1 and None not in found for found in layers):
            note += f"; {layers[0].pop()} and {layers[1].pop()} layers with weights, a ReLU after each but the last"
        if verdict == "reproduced" and fields[0] != fields[1]:
            verdict = "partly"
    return Finding(verdict, few / many, None, len(groups[0]), sources_of(evidence, groups[0] + groups[1]), note)


_EXACT = "Reproduced: exactly this number. Not reproduced: another."
COUNTED = Rule(counted, _EXACT)
COUNTED_TWO_READINGS = Rule(counted, _EXACT + " Partly: {otherwise}, the figure's other reading.")
FEWER_LAYERS = Rule(fewer_layers, (
    "Reproduced: fewer convolutions and linear layers, however they are counted. Partly: on the path from image to "
    "logits alone. Not reproduced: as many."))
FEWER_PARAMETERS = Rule(fewer_parameters, "Reproduced: fewer. Not reproduced: as many or more.")
FEWER_PARAMETERS_AT_EQUAL_FIELD = Rule(
    fewer_parameters,
    "Reproduced: fewer, at equal receptive field. Partly: fewer, but the fields differ. Not reproduced: not.")
