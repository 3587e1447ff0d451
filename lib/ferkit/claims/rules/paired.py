"""Rules about two systems on the same test images: better, no worse, better by so much, more robust.

Verdicts rest on the interval over seeds and images together. McNemar's test is printed for what it is: a statement
about these trained networks, not about the methods that trained them (Dietterich 1998, doi 10.1162/089976698300017197).

Not stated in the paper; we use 1 point of accuracy as the smallest gain that matters because less is what another seed
alone changes.
Not stated in the paper; we use 2 points as the margin within which two accuracies count as equal because the
interval of an accuracy on FER2013's 3,589 test images reaches 1.5 points to each side.
Not stated in the paper; we use 0.05 as the margin of a ratio of accuracies because it is 2 points of some 40.
Not stated in the paper; we use 5 points as the most that is still "a little better" because that is twice the largest
gain in points that either paper states.
"""

from collections.abc import Callable

import numpy as np

from ferkit.analysis.comparison import pairing
from ferkit.analysis.comparison.pairing import Comparison
from ferkit.claims.claim import Claim, Rule
from ferkit.claims.decisions import MARGIN, deciding_half_width, equivalence, superiority, to_an_edge
from ferkit.claims.evidence import Evidence, NotRun, beats_majority
from ferkit.claims.finding import (
    MAJORITY,
    Finding,
    finding,
    key_of,
    name_of,
    not_every_seed,
    only_value,
    refuse_untrained,
    sources_of,
)
from ferkit.claims.official_splits import refuse_unofficial
from ferkit.core.names import Name
from ferkit.results.planted import robustness as planted_robustness
from ferkit.results.records import Result
from ferkit.results.robustness import Robustness, as_scored, single_view
from ferkit.stats import estimates
from ferkit.stats.estimates import Estimate
from ferkit.stats.intervals import over_seeds

RATIO_MARGIN = 0.05
SAME_SIZE = 0.02  # relative difference of parameters up to which two networks count as equally large
TRAIN_SAMPLE = 3589  # most training images on which the accuracy on training images is measured


def better(evidence: Evidence, claim: Claim, first: Name, second: Name, most: float | None = None,
           equal_size: bool = False, equal_cost: bool = False) -> Finding:
    """Whether `first` is better than `second`, by at most `most`; with a limit a control that fails is allowed.

    equal_size, equal_cost: NotRun unless both have the same number of parameters, or of multiply-adds, up to
    `SAME_SIZE`.
    """
    found = _fair(evidence, claim, control_may_fail=most is not None)
    for key in ["parameters"] * equal_size + ["multiply_adds"] * equal_cost:
        sizes = [only_value([result.metrics.get(key) or None for result in results], key, results)
                 for results in (found.first, found.second)]
        if abs(sizes[0] / sizes[1] - 1) > SAME_SIZE:
            raise NotRun(f"refused: {sizes[0]:,} {key.replace('_', '-')} against {sizes[1]:,} are not equal")
    gained, notes = found.difference, []
    verdict = superiority(gained, found.p_holm) if beats_majority(found.first) else "not_reproduced"
    if verdict == "reproduced" and most is not None and gained.mean > most:
        verdict, notes = "partly", [f"better by more than {100 * most:g} points"]
    return _finding(evidence, found, verdict, gained, deciding_half_width(gained), notes)


def no_worse(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """Whether `first` loses less than `MARGIN` against `second`."""
    found = _fair(evidence, claim)
    low, high = found.difference.interval
    if not beats_majority(found.first):
        verdict = "not_reproduced"
    elif low >= -MARGIN:
        verdict = "reproduced"
    else:
        verdict = "contradicted" if high < -MARGIN else "inconclusive"
    return _finding(evidence, found, verdict, found.difference, abs(found.difference.mean + MARGIN))


def gain(evidence: Evidence, claim: Claim, first: Name, second: Name, ratio: bool = False,
         baseline: float | None = None) -> Finding:
    """Whether the difference, or ratio, of accuracies is the stated one, within a margin.

    baseline: the accuracy of `second` that the paper's numbers imply.
    """
    found = _fair(evidence, claim)
    if claim.dataset != "any":
        for result in (*found.first, *found.second):
            refuse_unofficial(result, claim.dataset)
    value, nothing, margin = (found.ratio, 1.0, RATIO_MARGIN) if ratio else (found.difference, 0.0, MARGIN)
    stands, notes = equivalence(value, claim.value, margin), []
    if not beats_majority(found.first):
        verdict = "not_reproduced"
    elif stands == "above":
        verdict = "contradicted"
        if baseline is not None:
            notes = [f"more than stated: the paper's numbers imply {baseline:.1%} for {name_of(found.second)}"]
    elif stands == "below":
        verdict = "partly" if value.interval[0] > nothing else "not_reproduced"
    else:
        verdict = "reproduced" if stands == "within" else "inconclusive"
    return _finding(evidence, found, verdict, value, to_an_edge(value, claim.value, margin), notes)


def overfits_less(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """By how much smaller the gap between training and test accuracy of `first` is than that of `second`."""
    found = _fair(evidence, claim)
    refuse_untrained([found.first])
    if found.single:  # what each answers to training images is stored under its own augmentation alone
        raise NotRun(f"refused: {name_of(found.first)} and {name_of(found.second)} differ in test-time augmentation")
    trained = [np.array([key_of(result, "train_accuracy") for result in results])
               for results in (found.first, found.second)]
    gaps = [train - test for train, test in zip(trained, found.accuracies, strict=True)]
    rows = min(TRAIN_SAMPLE, key_of(found.first[0], "n_train") if "n_train" in found.first[0].metrics else TRAIN_SAMPLE)
    sds = [np.sqrt(train.mean() * (1 - train.mean()) / rows) for train in trained]
    less = estimates.estimate(gaps[1] - gaps[0], estimates.normal(float(np.hypot(np.hypot(*sds),
                                                                                 found.difference.images_sd))))
    notes = [f"training minus test accuracy {100 * gaps[0].mean():.1f} points against {100 * gaps[1].mean():.1f}",
             *found.notes]
    return finding(superiority(less, less.p()), less, sources_of(evidence, found.first + found.second),
                   notes, deciding_half_width(less))


def costs_as_much(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """The multiply-adds of `first` as a fraction of those of `second`, compared with the stated most."""
    groups = [evidence.results(name) for name in (first, second)]
    costs = [only_value([result.metrics.get("multiply_adds") for result in results], "multiply_adds", results)
             for results in groups]
    ratio = costs[0] / costs[1]
    return Finding("reproduced" if ratio <= claim.value else "not_reproduced", ratio, None, len(groups[0]),
                   sources_of(evidence, [*groups[0], *groups[1]]), f"{costs[0]:,} against {costs[1]:,} multiply-adds")


def robust(evidence: Evidence, claim: Claim, first: Name, second: Name, kinds: tuple[str, ...] = (),
           planted: bool = False) -> Finding:
    """The mean corruption error of `first` with `second` as the reference (mCE), and the relative mCE.

    kinds: of corruption; () for all. planted: of what was planted with known truth (`results.planted`) instead.

    mCE: the error summed over a corruption's strengths, as a fraction of the reference's, averaged over corruptions;
    relative: of the error beyond that on clean images. Hendrycks & Dietterich 2019, arXiv 1903.12261. Over images the
    conditions count as one sample of images, which is too wide rather than too narrow.
    """
    ours, reference, compared = pairing.on_shared_seeds(*(evidence.results(name) for name in (first, second)))
    refuse_untrained((ours, reference))
    (ours, reference), found, notes, like = _like_with_like(ours, reference, planted_robustness if planted else
                                                            as_scored)
    if len({tuple(one.corruptions) for group in found for one in group}) != 1:
        raise NotRun("refused: the two systems were not tested under the same corruptions")
    chosen = [name for name in found[0][0].corruptions if not kinds or name.partition("_")[0] in kinds]
    if not chosen:
        raise NotRun(f"no result under {' or '.join(kinds)} (drawn faces alone can be drawn again)")
    errors = [np.array([[1 - one.clean, *(1 - one.corruptions[name] for name in chosen)] for one in group])
              for group in found]  # (S, 1 + conditions)
    kinds = np.array([name.rpartition("_")[0] for name in chosen])
    n = found[0][0].n
    z, smooth = estimates.normal(1.0)[:, None], [(e.mean(axis=0) * n + 0.5) / (n + 1) for e in errors]
    moved = [np.maximum(e + luck * np.sqrt(e * (1 - e) / n), 1 / n)
             for e, luck in zip(smooth, (z, z[::-1]), strict=True)]
    mce = estimates.clipped(estimates.estimate(_mce(*errors, kinds), _mce(*moved, kinds)), np.inf)
    relative = over_seeds(_mce(*(e - e[:, :1] for e in errors), kinds).tolist())
    relative_high = relative.interval[1] if relative.interval else relative.mean
    low, high = mce.interval
    if high < 1:
        verdict = "reproduced" if relative_high < 1 else "partly"
    else:
        verdict = "contradicted" if low > 1 and like else "inconclusive"
    accuracies = [100 * (1 - e[:, 1:].mean()) for e in errors]
    notes = [f"accuracy under corruption {accuracies[0]:.1f} % against {accuracies[1]:.1f} %",
             f"relative mCE {relative.mean:.2f}" + (f" ± {relative.sd:.2f}" if relative.sd is not None else ""),
             *compared, *notes]
    return finding(verdict, mce, sources_of(evidence, [*ours, *reference]), notes, abs(1 - mce.mean))


def _like_with_like(ours: list[Result], reference: list[Result],
                    scored_by: Callable[[Result], Robustness | None] = as_scored
                    ) -> tuple[tuple[list, list], list[list[Robustness]], list[str], bool]:
    """The seeds of both that can be compared, what they reach on corrupted images, notes, and whether like is compared
    with like: with equal test-time augmentation, else from a single view over the seeds scored so. Without any,
    augmentation for the reference alone makes a comparison that can only go against the first."""
    def of(read: Callable[[Result], Robustness | None], *groups: list[Result]) -> list[list[Robustness | None]]:
        return [[read(result) for result in group] for group in groups]

    scored = of(scored_by, ours, reference)
    if any(one is None for group in scored for one in group):
        raise NotRun(f"refused: {name_of(ours)} or {name_of(reference)} was not tested on corrupted images")
    tta = [{result.metrics["tta"] for result in group} for group in (ours, reference)]
    if tta[0] == tta[1]:
        return (ours, reference), scored, [], True
    single = of(single_view, ours, reference)
    both = [k for k, pair in enumerate(zip(*single, strict=True)) if None not in pair]
    said = f"test-time augmentation differs ({', '.join(tta[0])} against {', '.join(tta[1])})"
    if both:
        seeds = ", ".join(str(ours[k].key.seed) for k in both)
        over = "" if len(both) == len(ours) else f", over seed{'s' * (len(both) > 1)} {seeds} of {len(ours)}"
        return (tuple([group[k] for k in both] for group in (ours, reference)),
                [[group[k] for k in both] for group in single], [f"{said}: both from a single view{over}"], True)
    if tta[0] != {"none"}:
        raise NotRun(f"refused: only {name_of(ours)} has test-time augmentation, and no score from a single view")
    return (ours, reference), scored, [f"{said}, which favours {name_of(reference)}"], False


def _mce(first: np.ndarray, second: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Of errors (M, 1 + conditions), the clean one first: (M,) means over kinds of corruption of the errors summed over
    a kind's strengths, as a fraction of the second's."""
    with np.errstate(divide="ignore", invalid="ignore"):  # where a kind costs the reference nothing
        return np.mean([first[:, 1:][:, kinds == kind].sum(axis=1) / second[:, 1:][:, kinds == kind].sum(axis=1)
                        for kind in dict.fromkeys(kinds)], axis=0)


def _fair(evidence: Evidence, claim: Claim, control_may_fail: bool = False) -> Comparison:
    """The comparison, refused where the control did not train: nothing is proved by beating that."""
    found = evidence.comparison(claim.family, *claim.pair)
    if not control_may_fail:
        refuse_untrained([found.second])
    return found


def _finding(evidence: Evidence, found: Comparison, verdict: str, value: Estimate, distance: float,
             more: list[str] | None = None) -> Finding:
    """The finding with both accuracies, McNemar's test and p over seeds and images in its note."""
    notes = [f"{name_of(results)} {mean:.2%}" for results, mean in
             zip((found.first, found.second), (values.mean() for values in found.accuracies), strict=True)]
    notes += [*(more or []), f"p over seeds and images {found.difference.p():.2g}, adjusted {found.p_holm:.2g}"]
    if found.mcnemar is not None:
        notes.append(f"McNemar of these networks p {found.mcnemar:.2g}")
    notes += [f"{name_of(results)} is {MAJORITY}" for results in (found.first, found.second)
              if not beats_majority(results)]
    verdict, notes = not_every_seed(verdict, found.first, [*notes, *found.notes], counted=True)
    return finding(verdict, value, sources_of(evidence, found.first + found.second), notes, distance)


_INTERVAL = "the 95 % interval over seeds and images"
_BETTER = (
    f"Reproduced: {_INTERVAL} lies above 0, and p, Holm-adjusted for the pairs that the paper's claims compare, below "
    "0.05. Partly: only the interval does, or with one seed. Contradicted: it lies below 0. Not reproduced: it holds 0 "
    "and ends below 1 point, or the first is no better than the majority class. Inconclusive: it holds 0 and 1 point. "
    "Refused where the second did not train or was tested on other images; under "
    "other test-time augmentation a single view counts.")
BETTER = Rule(better, _BETTER, compares=True)
BETTER_AT_EQUAL_SIZE = Rule(better, _BETTER + " Refused too where the parameters differ by more than 2 %.",
                            compares=True)
BETTER_AT_EQUAL_COST = Rule(better, _BETTER + " Refused too where the multiply-adds differ by more than 2 %.",
                            compares=True)
LITTLE_BETTER = Rule(better, _BETTER.replace("did not train or was", "was") + (
    " Partly too where the mean gain is more than 5 points. A second that did not train counts."), compares=True)
NO_WORSE = Rule(no_worse, (
    f"Non-inferiority within 2 points. Reproduced: {_INTERVAL} lies above −2 points. Contradicted: below. "
    "Inconclusive: it holds −2 points; a small test split or few seeds thus do not help. "
    "Refused where the second did not train."),
    compares=True)
_STATED = (f"Equivalence within {{margin}}. Reproduced: {_INTERVAL} lies within the stated number ± the margin. "
           "Contradicted: above it, for then the baseline is not the paper's. Partly: better, but by less. Not "
           "reproduced: below it and no better. Inconclusive: the interval holds an edge of the margin.")
GAIN = Rule(gain, _STATED.replace("{margin}", "2 points"), compares=True)
RATIO = Rule(gain, _STATED.replace("{margin}", "0.05"), compares=True)
OVERFITS_LESS = Rule(overfits_less, (
    f"Reproduced: {_INTERVAL} of the difference of gaps lies above 0. Contradicted: below 0. Not reproduced: it "
    "ends below 1 point. Inconclusive: it holds 0 and 1 point. Refused where either did not train, or where they "
    "differ in test-time augmentation."), compares=True)
_MCE = (
    "ean corruption error with the second system as the reference (mCE, Hendrycks & Dietterich 2019). Reproduced: mCE "
    f"and relative mCE below 1 by {_INTERVAL}. Partly: mCE alone. Contradicted: mCE above 1. Inconclusive: "
    "the interval holds 1. Where test-time augmentation differs, both are scored from a single view, over the seeds "
    "whose weights are kept; without any, no verdict against the first is given.")
ROBUST = Rule(robust, "M" + _MCE)
ROBUST_AGAINST = Rule(robust, "Under {kinds}, each strength counting alike: m" + _MCE)
COSTS_AS_MUCH = Rule(costs_as_much, "Reproduced: the ratio of multiply-adds is at most the stated one.",
                     any_length=True)
