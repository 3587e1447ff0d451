"""Rules about two systems on the same test images: better, no worse, better by so much, more robust.

Not stated in the paper; we use 2 points as "no worse" because that is the size of the gain the second paper
reports.
Not stated in the paper; we use 5 points as the most that is still "a little better" because more would be the
largest effect in either paper.
"""

import numpy as np

from ferkit.claims.claim import Claim, Name, Rule
from ferkit.claims.evidence import Comparison, Evidence, NotRun, beats_majority
from ferkit.claims.finding import COMMONEST, Finding, key_of, name_of, not_every_seed, only_value, sources_of
from ferkit.claims.official_splits import refuse_unofficial
from ferkit.results.records import CellResult
from ferkit.stats.intervals import Interval, bootstrap, over_seeds

CLEARLY = 0.02  # by how much a train–test gap must shrink: about what another sample of as many images would change
SAME_SIZE = 0.02  # relative difference of parameters up to which two networks count as equally large


def better(evidence: Evidence, claim: Claim, first: Name, second: Name, most: float | None = None,
           equal_size: bool = False) -> Finding:
    """Whether `first` is better than `second`, by at most `most`; with a limit a control that fails is allowed.

    equal_size: NotRun unless both have the same number of parameters, up to `SAME_SIZE`.
    """
    found = _fair(evidence, claim, control_may_fail=most is not None)
    if equal_size:
        sizes = [only_value([cell.metrics["parameters"] or None for cell in cells], "parameters", cells)
                 for cells in (found.first, found.second)]
        if abs(sizes[0] / sizes[1] - 1) > SAME_SIZE:
            raise NotRun(f"refused: {sizes[0]:,} parameters against {sizes[1]:,} are not equal")
    if not found.difference > 0 or not beats_majority(found.first):
        verdict = "not_reproduced"
    else:
        verdict = "reproduced" if found.sure and (most is None or found.difference <= most) else "partly"
    return _finding(evidence, found, verdict)


def no_worse(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """Whether `first` loses no more against `second` than the claim allows."""
    found = _fair(evidence, claim)
    if found.difference < claim.value or not beats_majority(found.first):
        verdict = "not_reproduced"
    elif found.sure:
        verdict = "exceeded"
    else:
        verdict = "reproduced" if _over_images(found)[0] >= claim.value else "partly"
    return _finding(evidence, found, verdict)


def gain(evidence: Evidence, claim: Claim, first: Name, second: Name, ratio: bool = False) -> Finding:
    """Whether `first` is better than `second` by the claimed difference, or ratio, of accuracies."""
    found = _fair(evidence, claim)
    if claim.dataset != "any":
        for cell in (*found.first, *found.second):
            refuse_unofficial(cell, claim.dataset)
    low, high = _over_images(found, ratio)
    seeds = over_seeds(found.ratios if ratio else found.differences).interval
    if not found.difference > 0 or not beats_majority(found.first):
        verdict = "not_reproduced"
    elif not found.sure or high < claim.value:
        verdict = "partly"
    elif low > claim.value and (seeds is None or seeds[0] > claim.value):
        verdict = "exceeded"
    else:
        verdict = "reproduced"
    return _finding(evidence, found, verdict, ratio)


def overfits_less(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """By how much smaller the gap between training and test accuracy of `first` is than that of `second`."""
    found = _fair(evidence, claim)
    if not beats_majority(found.first):
        raise NotRun(f"refused: {name_of(found.first)} is {COMMONEST}")
    ours, theirs = (np.array([key_of(cell, "train_accuracy") - cell.metrics["accuracy"] for cell in cells])
                    for cells in (found.first, found.second))
    spread = over_seeds((theirs - ours).tolist())
    if not spread.mean > 0:
        verdict = "not_reproduced"
    else:
        verdict = "reproduced" if spread.mean > CLEARLY and (theirs - ours).min() > 0 else "partly"
    note = f"training minus test accuracy {100 * ours.mean():.1f} points against {100 * theirs.mean():.1f}"
    note += f"; {found.left_out}" if found.left_out else ""
    return Finding(verdict, spread.mean, spread.interval, len(ours), sources_of(evidence, found.first + found.second),
                   note, spread.sd)


def robust(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """How much less of its accuracy `first` loses under disturbances than `second`, as a fraction of it."""
    found = _fair(evidence, claim)
    if not beats_majority(found.first):
        raise NotRun(f"refused: {name_of(found.first)} is {COMMONEST}")
    if len({tuple(key_of(cell, "robustness")) for cell in (*found.first, *found.second)}) != 1:
        raise NotRun("refused: the two systems were not tested under the same disturbances")
    ours, theirs = (np.array([_relative_losses(cell) for cell in cells]) for cells in (found.first, found.second))
    less = theirs - ours  # (seeds, conditions)
    spread, share = over_seeds(less.mean(axis=1).tolist()), float(np.mean(less.mean(axis=0) > 0))
    if not spread.mean > 0:
        verdict = "not_reproduced"
    else:
        verdict = "reproduced" if share >= 0.75 and less.mean(axis=1).min() > 0 else "partly"
    note = (f"mean relative loss {ours.mean():.1%} against {theirs.mean():.1%}, smaller in {share:.0%} of "
            f"{less.shape[1]} conditions") + (f"; {found.left_out}" if found.left_out else "")
    return Finding(verdict, spread.mean, spread.interval, len(less),
                   sources_of(evidence, found.first + found.second), note, spread.sd)


def _fair(evidence: Evidence, claim: Claim, control_may_fail: bool = False) -> Comparison:
    """The comparison, refused where the control did not train: nothing is proved by beating that."""
    found = evidence.comparison(claim)
    if not control_may_fail and not beats_majority(found.second):
        raise NotRun(f"refused: {name_of(found.second)} is {COMMONEST}, so beating it proves nothing")
    return found


def _finding(evidence: Evidence, found: Comparison, verdict: str, ratio: bool = False) -> Finding:
    spread, images = over_seeds(found.ratios if ratio else found.differences), _over_images(found, ratio)
    notes = [f"{name_of(found.first)} {found.first_right.mean():.2%}, {name_of(found.second)} "
             f"{found.second_right.mean():.2%}", f"McNemar p {found.p:.2g}, adjusted {found.p_holm:.2g}"]
    notes += [f"{name_of(cells)} is {COMMONEST}" for cells in (found.first, found.second)
              if not beats_majority(cells)]
    notes += [found.left_out] * bool(found.left_out)
    verdict, notes = not_every_seed(verdict, found.first, notes)
    return Finding(verdict, spread.mean, spread.interval or images, len(found.first),
                   sources_of(evidence, found.first + found.second), "; ".join(notes), spread.sd, images)


def _over_images(found: Comparison, ratio: bool = False) -> Interval:
    """The stratified bootstrap interval of the difference, or ratio, of accuracies averaged over seeds."""
    return bootstrap(_ratio if ratio else _difference, found.labels, found.first_right, found.second_right)


def _difference(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    return first.mean() - second.mean()


def _ratio(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    return first.mean() / max(second.mean(), 1 / len(labels))


def _relative_losses(cell: CellResult) -> list[float]:
    """What each disturbance takes, as a fraction of the accuracy on untouched images."""
    clean = cell.metrics.get("robustness_clean") or cell.metrics
    return [1 - value / clean["accuracy"] for value in key_of(cell, "robustness").values()]


_BETTER = (
    "Reproduced: better in every seed, exact McNemar p (Holm-adjusted) below 0.05. Partly: better, but not beyond "
    "chance, or a seed diverged or collapsed. Not reproduced: no better, or no better than the commonest class. "
    "Refused where the other did not train.")
BETTER = Rule(better, _BETTER, compares=True)
BETTER_AT_EQUAL_SIZE = Rule(better, _BETTER + " Refused too where the parameters differ by more than 2 %.",
                            compares=True)
LITTLE_BETTER = Rule(better, (
    "Reproduced: better by at most 5 points, in every seed, exact McNemar p (Holm-adjusted) below 0.05. Partly: "
    "better by more, or not beyond chance. Not reproduced: no better, or no better than the commonest class."),
    compares=True)
NO_WORSE = Rule(no_worse, (
    "Exceeded: better in every seed, exact McNemar p (Holm-adjusted) below 0.05. Reproduced: the bootstrap 95 % "
    "interval of the difference lies above −2 points. Partly: only the mean does. Not reproduced: worse. Refused "
    "where the other did not train."), compares=True)
GAIN = Rule(gain, (
    "Exceeded: the bootstrap 95 % interval (and, over seeds, the t interval) lies above the stated gain. "
    "Reproduced: the bootstrap interval reaches it, and the gain is beyond chance (McNemar, Holm). Partly: better, "
    "but by less or not beyond chance. Not reproduced: no better. Refused where the other did not train."),
    compares=True)
OVERFITS_LESS = Rule(overfits_less, (
    "Reproduced: the gap is smaller in every seed, and by more than 2 points in the mean. Partly: smaller in the mean. "
    "Not reproduced: it is not. Refused where either did not train."), compares=True)
ROBUST = Rule(robust, (
    "Reproduced: the mean relative loss under disturbances is smaller than that of the second system, in every seed "
    "and in three quarters of the conditions. Partly: in the mean. Not reproduced: it is not."), compares=True)
