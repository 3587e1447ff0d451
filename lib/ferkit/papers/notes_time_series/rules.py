"""Rules about sequences: differences whose neighbouring rows depend on each other, and how early an answer is right.

Frames of one performance, and the sequences of one person, are no independent witnesses: intervals come from drawing
whole blocks of consecutive rows again (Künsch 1989, doi 10.1214/aos/1176347265, blocks side by side), or whole people
where they are known.
Not stated in the paper; we use blocks of 50 frames of GFE because that is about three seconds, longer than a window and
a shown expression together, and blocks of seven drawn sequences because these are one subject's.
Not stated in the paper; we use p times five because up to five comparisons share the 5 % that one would have.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from ferkit.analysis.comparison import pairing
from ferkit.claims.claim import Claim, Rule
from ferkit.claims.decisions import deciding_half_width, superiority
from ferkit.claims.evidence import Evidence, NotRun, beats_majority
from ferkit.claims.finding import Finding, finding, name_of, not_every_seed, refuse_untrained, sources_of
from ferkit.core.names import Name
from ferkit.papers.notes_time_series.early import EARLY, SHARES
from ferkit.results.records import Result
from ferkit.stats import estimates

DRAWN_OF_ONE = 7  # sequences of one drawn subject, one after the other; they have no groups in published predictions
COMPARISONS = 5


def better(evidence: Evidence, claim: Claim, first: Name, second: Name, measure: str = "accuracy") -> Finding:
    """Whether `first` is better than `second` on the same rows. measure: "accuracy", or "f_measure": the mean over
    expressions of the F-measure of each one's own recordings."""
    *results, compared = pairing.on_shared_seeds(evidence.results(first), evidence.results(second))
    _same_rows([result for group in results for result in group])
    refuse_untrained([results[1]])
    statistic = _STATISTICS[measure]
    sums = [[_sums(result) for result in group] for group in results]
    values = [[statistic(one.sum(axis=0)) for one in group] for group in sums]
    differences = [float(a - b) for a, b in zip(*values, strict=True)]
    found = estimates.estimate(differences, _of_blocks(sums, statistic))
    p = min(1.0, COMPARISONS * found.p())
    verdict = superiority(found, p) if beats_majority(results[0]) else "not_reproduced"
    notes = [f"{name_of(group)} {np.mean(own):.2%}" for group, own in zip(results, values, strict=True)]
    notes += [f"p over seeds and rows {found.p():.2g}, adjusted {p:.2g}", *compared]
    verdict, notes = not_every_seed(verdict, results[0], notes)
    return finding(verdict, found, sources_of(evidence, [*results[0], *results[1]]), notes,
                   deciding_half_width(found))


def early(evidence: Evidence, claim: Claim, name: Name, share: float) -> Finding:
    """The accuracy after a `share` of every sequence, as a fraction of that after all of it."""
    results = evidence.results(name)
    refuse_untrained([results])
    curves = [_curve(evidence, result) for result in results]
    ratios = [curve[SHARES.index(share)] / curve[-1] for curve in curves]
    n, end = results[0].metrics["n"], float(np.mean([curve[-1] for curve in curves]))
    mean = float(np.mean(ratios))
    part = min(mean * end, 1.0)
    found = estimates.estimate(ratios, mean + estimates.normal(float(np.sqrt(part * (1 - part) / n)) / end))
    low, high = found.interval
    verdict = "reproduced" if low >= claim.value else "inconclusive" if high >= claim.value else "not_reproduced"
    note = ", ".join(f"{100 * part:.0f} % seen: {np.mean([curve[k] for curve in curves]):.1%}"
                     for k, part in enumerate(SHARES))
    return finding(verdict, found, sources_of(evidence, results), [note], abs(mean - claim.value))


def _curve(evidence: Evidence, result: Result) -> list[float]:
    """Accuracies after each of `SHARES`; NotRun where they were not measured or are of other weights."""
    try:
        found = json.loads((result.directory / EARLY).read_text(encoding="utf-8"))
        accuracies = found["accuracies"]
        if found["weights_sha256"] != result.metrics["weights_sha256"] or found["shares"] != list(SHARES):
            raise NotRun(f"refused: {evidence.source(result.directory / EARLY)} is about other weights")
        last = accuracies[-1]
    except (OSError, ValueError, KeyError, TypeError):
        raise NotRun(f"{result.key.name} has no early recognition") from None
    if abs(last - result.metrics["accuracy"]) > 1e-9:
        raise NotRun(f"refused: {evidence.source(result.directory / EARLY)} does not end at the accuracy of "
                     "metrics.json")
    return accuracies


def _same_rows(results: list[Result]) -> None:
    for result in results:
        if not result.predictions:
            raise NotRun(f"{result.key.name} could not be tested")
        if not result.tested_as(results[0]):
            raise NotRun(f"refused: {results[0].key.name} and {result.key.name} were not tested on the same rows")


def _sums(result: Result) -> np.ndarray:
    """By rows that are drawn together: rows, right ones, then by class of the true label, of the predicted one, and of
    both; float64 (B, 2 + 3K)."""
    rows = result.predictions
    unit = result.groups
    if unit is None:
        unit = rows["index"] // (DRAWN_OF_ONE if result.metrics["dataset"] == "synthetic" else 1)
    order = np.argsort(unit, kind="stable")
    labels, predicted = rows["labels"][order], rows["predicted"][order]
    eye = np.eye(len(result.predictions["label_names"]))
    right = labels == predicted
    columns = np.column_stack([np.ones(len(labels)), right, eye[labels], eye[predicted], eye[labels] * right[:, None]])
    return np.add.reduceat(columns, np.unique(unit[order], return_index=True)[1])


def _accuracy(sums: np.ndarray) -> np.ndarray:
    """Of sums (…, 2 + 3K): (…,)."""
    return sums[..., 1] / np.maximum(sums[..., 0], 1)


def _f_measure(sums: np.ndarray) -> np.ndarray:
    """The mean over all labels but the first ("none") of 2·both / (true + predicted); an absent one counts as 0."""
    true, predicted, both = np.split(sums[..., 2:], 3, axis=-1)
    scores = 2 * both / np.maximum(true + predicted, 1)
    return scores[..., 1:].mean(-1)


_STATISTICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"accuracy": _accuracy, "f_measure": _f_measure}


def _of_blocks(sums: list[list[np.ndarray]], statistic: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(DRAWS,) of the first's difference to the second, averaged over seeds, of other blocks of rows, less its mean;
    with an error of one row. sums: as `_sums`, of each seed of both."""
    without = [np.mean([statistic(one.sum(axis=0) - one) for one in group], axis=0) for group in sums]
    return estimates.jackknife(without[0] - without[1]) + estimates.normal(1 / sums[0][0][:, 0].sum())


BETTER = Rule(better, (
    "Reproduced: the 95 % interval of the {measure} gained, over seeds and blocks of rows (50 consecutive frames of "
    "GFE; elsewhere one subject's sequences), lies above 0, and five times its p below 0.05. Partly: the interval "
    "alone. Contradicted: it lies below 0. Not reproduced: it holds 0 and ends below 1 point, or the first is no "
    "better than the majority class. Inconclusive: it holds 0 and 1 point. Refused where the second did not train."))
EARLY_ENOUGH = Rule(early, (
    "Reproduced: after a share of {share} of every sequence the 95 % interval over seeds and sequences of the "
    "accuracy, divided by that of whole sequences, lies above the stated fraction. Inconclusive: it holds it. Not "
    "reproduced: it lies below."))
