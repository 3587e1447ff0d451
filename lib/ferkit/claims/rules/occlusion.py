"""Rules about what an expression is read from, on the occlusion analyses of notebook 04."""

from collections import defaultdict

import numpy as np

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.decisions import ALPHA, deciding_half_width, superiority
from ferkit.claims.evidence import Evidence, NotRun
from ferkit.claims.finding import Finding, finding, name_of, refuse_untrained, sources_of
from ferkit.stats import estimates
from ferkit.stats.intervals import Interval, combine


def covering_hurts(evidence: Evidence, claim: Claim, systems: tuple[str, ...], label: str, region: str) -> Finding:
    """The recall of `label` lost by covering `region`, beyond what the same shape costs elsewhere."""
    found, sources, note = _analysed(evidence, systems)
    effects = [_numbers(content, ("recall_lost", label, region), ("drop", "difference", "p_holm"))
               for content in found]
    widths = [ends[1] - ends[0] for ends in filter(None, map(_interval, effects))]
    per_seed = [effect["difference"] for effect in effects]
    more = estimates.estimate(per_seed, np.mean(per_seed) + estimates.normal(float(np.mean(widths or [0])) / 3.92))
    drop, p = float(np.mean([effect["drop"] for effect in effects])), combine([e["p_holm"] for e in effects])
    verdict = superiority(more, p) if drop > 0 else "not_reproduced"
    against, beside = _other_baselines(found, label, region)
    if against:
        verdict = "inconclusive"
    at_floor = p <= 2 * _floor(found[0]) + 1e-9  # two: `combine` doubles
    notes = [note, f"recall lost {drop:.1%}", f"adjusted p {'≤ ' if at_floor else ''}{p:.2g}", beside, against]
    # More seeds do not settle what another baseline shows.
    return finding(verdict, more, sources, notes, None if against else deciding_half_width(more))


def _other_baselines(found: list[dict], label: str, region: str) -> tuple[str, str]:
    """What the other baselines say of a part, in words: "" or that in every seed one says the opposite beyond chance;
    and the mean difference under each."""
    baselines, opposed = defaultdict(list), []
    for content in found:
        tables = (content.get("other_choices") or {}).get("recall_lost") or {}
        results = {name: table[label][region] for name, table in tables.items() if name != content["baseline"]}
        own = np.sign(_numbers(content, ("recall_lost", label, region), ("difference",))["difference"])
        opposed.append(any(result["p_holm"] is not None and result["p_holm"] < ALPHA
                           and np.sign(result["difference"]) == -own for result in results.values()))
        for name, result in results.items():
            baselines[name].append(result["difference"])
    said = " and ".join(f"{100 * np.mean(values):+.1f} points under {name}" for name, values in baselines.items()
                        if None not in values)
    return (f"the baseline decides: one other than {found[0]['baseline']} says the opposite" if all(opposed) else "",
            f"filled otherwise, on fewer images: {said}" if said else "")


def _floor(content: dict) -> float:
    """The smallest adjusted p that an analysis can give: so many sign flips, so many comparisons."""
    comparisons = sum(len(row) for row in content["recall_lost"].values() if isinstance(row, dict))
    return min(1.0, comparisons / ((content.get("settings") or {}).get("flips", _draws(content)) + 1))


def _draws(content: dict) -> int:
    return (content.get("settings") or {}).get("draws", 2000)


def different_parts(evidence: Evidence, claim: Claim, systems: tuple[str, ...]) -> Finding:
    """The p of no interaction between expression and part."""
    found, sources, note = _analysed(evidence, systems)
    p_values = [_numbers(content, ("interaction",), ("p",))["p"] for content in found]
    p = combine(p_values)
    verdict = "reproduced" if p < ALPHA else "partly" if min(p_values) < ALPHA else "not_reproduced"
    floor = " (the smallest that so many draws give)" if p <= min(2, len(found)) / (_draws(found[0]) + 1) else ""
    return Finding(verdict, p, None, len(found), sources, note + floor)


def insensitive(evidence: Evidence, claim: Claim, systems: tuple[str, ...]) -> Finding:
    """The accuracy lost by covering everything but the important parts."""
    found, sources, note = _analysed(evidence, systems)
    keys = ("before", "rest", "parts")
    before, rest, parts = np.array([[_numbers(content, ("insensitive", "overall"), keys)[key] for key in keys]
                                    for content in found]).T
    n, important = int(_numbers(found[0], (), ("n_images",))["n_images"]), float((before - parts).mean())
    sds = [np.sqrt(share * (1 - share) / n) for share in (before.mean(), rest.mean())]  # as if unpaired: too wide
    lost = estimates.estimate(before - rest, (before - rest).mean() + estimates.normal(float(np.hypot(*sds))))
    low, high = lost.interval
    if high < claim.value and lost.mean < important:
        verdict = "reproduced"
    elif low <= claim.value:
        verdict = "inconclusive" if lost.mean < important else "not_reproduced"
    else:
        verdict = "partly" if lost.mean < important / 2 else "not_reproduced"
    return finding(verdict, lost, sources, [note, f"covering the important parts loses {important:.1%}"],
                   abs(lost.mean - claim.value))


def _analysed(evidence: Evidence, systems: tuple[str, ...]) -> tuple[list[dict], list[str], str]:
    """The occlusion analyses of one system, their sources (with the metrics of the network) and its name."""
    found = evidence.occlusions(systems)
    results = [result for _, _, result in found]
    refuse_untrained([results])
    sources = [evidence.source(path) for path, _, _ in found] + sources_of(evidence, results)
    return [content for _, content, _ in found], sources, name_of(results)


def _numbers(content: dict, path: tuple[str, ...], keys: tuple[str, ...]) -> dict:
    """The object below `path` of an occlusion.json; NotRun naming the first of `keys` that is no number in it."""
    for part in path:
        content = content.get(part) if isinstance(content, dict) else None
    for key in keys:
        value = content.get(key) if isinstance(content, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise NotRun(f"occlusion.json has no number {'.'.join((*path, key))}")
    return content


def _interval(effect: dict) -> Interval | None:
    ends = effect.get("interval")
    return (float(ends[0]), float(ends[1])) if isinstance(ends, list) and len(ends) == 2 else None


COVERING_HURTS = Rule(covering_hurts, (
    "The recall of {label} lost by covering the {region}, beyond what its shape costs elsewhere. Reproduced: the 95 % "
    "interval over seeds and images lies above 0, and p of the sign-flip test, Holm-adjusted for all expressions and "
    "parts, below 0.05. Partly: only the interval does. Contradicted: it lies below 0. Not reproduced: it holds 0 "
    "and ends below 1 point, or covering costs no recall. Inconclusive: it holds 0 and 1 point, or in every "
    "seed another baseline than the paper's black shows the opposite beyond chance."))
DIFFERENT_PARTS = Rule(different_parts, (
    "Reproduced: p of no interaction between expression and part is below 0.05. Partly: in some seeds. Not "
    "reproduced: in none."))
INSENSITIVE = Rule(insensitive, (
    "Reproduced: covering everything but mouth, brows, eyes and nose loses less than 2 points of accuracy by the 95 % "
    "interval over seeds and images, and less than covering these four does. Inconclusive: the interval holds 2 "
    "points. Partly: it loses more, but less than half of what covering these four does. Not reproduced: more."))
