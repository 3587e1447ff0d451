"""Rules about what an expression is read from, on the occlusion analyses of notebook 04."""

from math import hypot

import numpy as np

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.evidence import Evidence, NotRun, beats_majority
from ferkit.claims.finding import ALPHA, COMMONEST, Finding, name_of, sources_of
from ferkit.stats.intervals import Interval, combine, over_seeds, wilson


def covering_hurts(evidence: Evidence, claim: Claim, systems: tuple[str, ...], label: str, region: str) -> Finding:
    """The recall of `label` lost by covering `region`, beyond what the same shape costs elsewhere."""
    found, sources, note = _analysed(evidence, systems)
    effects = [_numbers(content, ("recall_lost", label, region), ("drop", "difference", "p_holm"))
               for content in found]
    spread = over_seeds([effect["difference"] for effect in effects])
    drop, p = float(np.mean([effect["drop"] for effect in effects])), combine([e["p_holm"] for e in effects])
    if not (drop > 0 and spread.mean > 0):
        verdict = "not_reproduced"
    else:
        in_every_seed = min(effect["difference"] for effect in effects) > 0
        verdict = "reproduced" if p < ALPHA and in_every_seed else "partly"
    images = _interval(effects[0]) if len(effects) == 1 else None
    return Finding(verdict, spread.mean, spread.interval or images, len(found), sources,
                   f"{note}; recall lost {drop:.1%}, adjusted p {p:.2g}", spread.sd, images)


def different_parts(evidence: Evidence, claim: Claim, systems: tuple[str, ...]) -> Finding:
    """The p of no interaction between expression and part."""
    found, sources, note = _analysed(evidence, systems)
    p_values = [_numbers(content, ("interaction",), ("p",))["p"] for content in found]
    p = combine(p_values)
    verdict = "reproduced" if p < ALPHA else "partly" if min(p_values) < ALPHA else "not_reproduced"
    return Finding(verdict, p, None, len(found), sources, note)


def insensitive(evidence: Evidence, claim: Claim, systems: tuple[str, ...]) -> Finding:
    """The accuracy lost by covering everything but the important parts."""
    found, sources, note = _analysed(evidence, systems)
    keys = ("before", "rest", "parts")
    before, rest, parts = np.array([[_numbers(content, ("insensitive", "overall"), keys)[key] for key in keys]
                                    for content in found]).T
    spread, important = over_seeds((before - rest).tolist()), float((before - parts).mean())
    if spread.mean < claim.value and spread.mean < important:
        verdict = "reproduced"
    else:
        verdict = "partly" if spread.mean < important / 2 else "not_reproduced"
    n = int(_numbers(found[0], (), ("n_images",))["n_images"])
    images = _newcombe(float(before.mean()), float(rest.mean()), n)
    return Finding(verdict, spread.mean, spread.interval or images, len(found), sources,
                   f"{note}; covering the important parts loses {important:.1%}", spread.sd, images)


def _analysed(evidence: Evidence, systems: tuple[str, ...]) -> tuple[list[dict], list[str], str]:
    """The occlusion analyses of one system, their sources (with the metrics of the network) and its name."""
    found = evidence.occlusions(systems)
    cells = [cell for _, _, cell in found]
    if not beats_majority(cells):
        raise NotRun(f"refused: {name_of(cells)} is {COMMONEST}, so covering a part shows nothing")
    sources = [evidence.source(path) for path, _, _ in found] + sources_of(evidence, cells)
    return [content for _, content, _ in found], sources, name_of(cells)


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


def _newcombe(first: float, second: float, n: int) -> Interval:
    """The interval of a difference of two fractions of `n`, as if unpaired: too wide rather than too narrow.

    Newcombe 1998, method 10, doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    (low1, high1), (low2, high2), difference = wilson(first * n, n), wilson(second * n, n), first - second
    return (difference - hypot(first - low1, high2 - second), difference + hypot(high1 - first, second - low2))


COVERING_HURTS = Rule(covering_hurts, (
    "Reproduced: covering it loses recall of this expression, more than its shape moved elsewhere does, adjusted p "
    "below 0.05. Partly: it does, but not beyond chance. Not reproduced: it does not."))
DIFFERENT_PARTS = Rule(different_parts, (
    "Reproduced: p of no interaction between expression and part is below 0.05. Partly: in some seeds. Not "
    "reproduced: in none."))
INSENSITIVE = Rule(insensitive, (
    "Reproduced: covering everything but mouth, brows, eyes and nose loses less than 2 points of accuracy. Partly: "
    "less than half of what covering these four does. Not reproduced: more."))
