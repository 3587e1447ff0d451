"""Rules about learning from wrong labels: what noise costs, whether wrong labels are found, whether new ones are right.

Only what training wrote beside its result is read: `results.training_labels`.

Not stated in the paper; we use an AUROC of 0.7 as the least that is called finding wrong labels because less is
commonly called poor discrimination (Hosmer & Lemeshow 2000, Applied Logistic Regression, section 5.2.4).
Not stated in the paper; we use a precision of one half as the least of a relabelling that is mostly right because below
it most new labels are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ferkit.analysis import label_noise
from ferkit.analysis.label_noise import Labels
from ferkit.claims.claim import Claim, Rule
from ferkit.claims.decisions import MARGIN, deciding_half_width, equivalence, superiority, to_an_edge
from ferkit.claims.evidence import Evidence, NotRun, beats_majority
from ferkit.claims.finding import MAJORITY, Finding, finding, name_of, not_every_seed, refuse_untrained, sources_of
from ferkit.core.errors import InputError
from ferkit.core.names import Name
from ferkit.results.records import Result
from ferkit.stats import estimates
from ferkit.stats.estimates import Estimate

FOUND, MOSTLY = 0.7, 0.5
Wrong = Callable[[Labels], tuple[np.ndarray, np.ndarray]]  # → (which labels are wrong, which are judged at all)


def planted(labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """Which labels were moved by planted noise: (bool (N,), all True (N,))."""
    return label_noise.planted(labels), np.ones(len(labels["given"]), bool)


def loses_less(evidence: Evidence, claim: Claim, first: tuple[Name, Name], second: tuple[Name, Name]) -> Finding:
    """How many points less the first loses by noise than the second. first, second: (clean, noisy)."""
    results = _same_seeds(evidence, (*first, *second))
    clean, noisy, plain, plain_noisy = (_right(group) for group in results)
    found = _average(noisy - clean - plain_noisy + plain, results)
    notes = [f"{name_of(results[0])} loses {100 * (clean - noisy).mean():.1f} points, {name_of(results[2])} "
             f"{100 * (plain - plain_noisy).mean():.1f}"]
    return _superior(evidence, found, results[:2], results[2:], notes)


def gain_grows(evidence: Evidence, claim: Claim, levels: Sequence[float], first: Sequence[Name],
               second: Sequence[Name]) -> Finding:
    """By how many points the gain of `first` over `second` grows for each 10 % of noise (least squares).

    levels: fractions, one for each of the pairs."""
    groups = _same_seeds(evidence, (*first, *second))
    gains = np.array([_right(a) - _right(b) for a, b in zip(groups[:len(first)], groups[len(first):], strict=True)])
    weights = np.array(levels) - np.mean(levels)
    found = _average(0.1 * np.tensordot(weights / (weights ** 2).sum(), gains, axes=1), groups)
    notes = ["gain " + ", ".join(f"{100 * gain.mean():+.1f} at {level:.0%}"
                                 for level, gain in zip(levels, gains, strict=True))]
    return _superior(evidence, found, groups[:len(first)], groups[len(first):], notes)


def _average(values: np.ndarray, tested: Sequence[list[Result]]) -> Estimate:
    """The estimate of the mean of `values` (S, N) over the images that these were all tested on."""
    return estimates.average(values, tested[0][0].predictions["labels"], tested[0][0].groups)


def _superior(evidence: Evidence, found: Estimate, first: Sequence[list[Result]], second: Sequence[list[Result]],
              notes: list[str]) -> Finding:
    """The finding that networks of the first win against those of the second, each group a name's seeds."""
    refuse_untrained(second)
    failed = [f"{name_of(results)} is {MAJORITY}" for results in first if not beats_majority(results)]
    verdict = "not_reproduced" if failed else superiority(found, found.p())
    verdict, notes = not_every_seed(verdict, _all(first), [*notes, *failed])
    return finding(verdict, found, sources_of(evidence, _all([*first, *second])), notes,
                   deciding_half_width(found))


def costs(evidence: Evidence, claim: Claim, clean: Name, noisy: Name) -> Finding:
    """Whether noise costs as many points as stated, within a margin."""
    results = _same_seeds(evidence, (clean, noisy))
    refuse_untrained(results)
    found = _average(_right(results[0]) - _right(results[1]), results)
    stands = equivalence(found, claim.value, MARGIN)
    verdict = {"within": "reproduced", "open": "inconclusive"}.get(stands, "contradicted")
    place = f"within {100 * MARGIN:g} points of" if stands == "within" else stands
    return finding(verdict, found, sources_of(evidence, _all(results)),
                   [f"our cost lies {place} the stated one"] * (stands != "open"),
                   to_an_edge(found, claim.value, MARGIN))


def finds_wrong_labels(evidence: Evidence, claim: Claim, name: Name, wrong: Wrong) -> Finding:
    """AUROC of a low α for a wrong training label, 0.5 being chance."""
    results, kept = _with_labels(evidence, name, "alpha")
    areas, sds = [], []
    for labels in kept:
        bad, judged = wrong(labels)
        scores = {says: score[judged] for says, score in label_noise.trust(labels).items()}
        areas.append({says: label_noise.auroc(bad[judged], score) for says, score in scores.items()})
        if areas[-1]["α"] is None:
            raise NotRun(f"{name_of(results)}: no training label is known to be wrong")
        sds.append(_auroc_sd(areas[-1]["α"], int(bad[judged].sum()), int((judged & ~bad).sum())))
    by_images = estimates.normal(float(np.mean(sds)))  # as if seeds shared their images, which they do
    found = estimates.clipped(estimates.estimate([area["α"] for area in areas], by_images))
    low, high = found.interval
    verdict = "reproduced" if low > FOUND else "partly" if low > 0.5 else "contradicted" if high < 0.5 else (
        "not_reproduced" if high < FOUND else "inconclusive")
    notes = [f"P(label) of the same networks {np.mean([area['P(label)'] for area in areas]):.3f}"]
    return finding(verdict, found, sources_of(evidence, results), notes,
                   max(found.mean - 0.5, FOUND - found.mean))  # either end decides: above chance, or below the bound


def relabels_rightly(evidence: Evidence, claim: Claim, name: Name) -> Finding:
    """Precision of the new labels against the planted truth; the note tells recall."""
    results, kept = _with_labels(evidence, name, "final")
    found, note = _precision(kept, name_of(results))
    low, high = found.interval
    verdict = "reproduced" if low > MOSTLY else "contradicted" if high < MOSTLY else "inconclusive"
    return finding(verdict, found, sources_of(evidence, results), [note], abs(found.mean - MOSTLY))


def relabels_better(evidence: Evidence, claim: Claim, first: Name, second: Name) -> Finding:
    """How much higher the precision of the first's new labels is than that of the second's."""
    groups = [_with_labels(evidence, name, "final") for name in (first, second)]
    _refuse_other_seeds([results for results, _ in groups])
    parts = [_precision(kept, name_of(results)) for results, kept in groups]
    per_seed = np.subtract(*([label_noise.precision(labels) for labels in kept] for _, kept in groups))
    found = estimates.estimate(per_seed, estimates.normal(float(np.hypot(*(part.images_sd for part, _ in parts)))))
    return finding(superiority(found, found.p()), found, sources_of(evidence, groups[0][0] + groups[1][0]),
                   [note for _, note in parts], deciding_half_width(found))


def _precision(kept: Sequence[Labels], says: str) -> tuple[Estimate, str]:
    """(precision of one arm's new labels over its seeds, what is said of it); NotRun where nothing was planted or a
    seed changed no label."""
    if not all(label_noise.planted(labels).any() for labels in kept):
        raise NotRun(f"{says}: no noise was planted, so which labels are wrong is not known")
    counts = [int(label_noise.changed(labels).sum()) for labels in kept]
    if min(counts) == 0:
        raise NotRun(f"{says}: a seed changed no label")
    shares = np.array([label_noise.precision(labels) for labels in kept])
    sds = np.sqrt((shares * (1 - shares) + 1 / np.array(counts)) / counts)
    found = estimates.clipped(estimates.estimate(shares, estimates.normal(float(sds.mean()))))  # likewise
    recall = np.mean([label_noise.recall(labels) for labels in kept])
    return found, (f"{says}: {np.mean(counts):.0f} labels changed, {found.mean:.1%} of them rightly; {recall:.1%} of "
                   "the planted ones set right")


def _auroc_sd(area: float, positives: int, negatives: int) -> float:
    """Standard error of an AUROC (Hanley & McNeil 1982, doi 10.1148/radiology.143.1.7063747)."""
    q1, q2 = area / (2 - area), 2 * area ** 2 / (1 + area)
    return float(np.sqrt((area * (1 - area) + (positives - 1) * (q1 - area ** 2) + (negatives - 1) * (q2 - area ** 2))
                         / (positives * negatives)))


def _same_seeds(evidence: Evidence, names: Sequence[Name]) -> list[list[Result]]:
    """The results of each name; NotRun unless all have the same seeds and test images."""
    groups = [evidence.results(name) for name in names]
    _refuse_other_seeds(groups)
    for results in groups:
        if not all(result.predictions for result in results):
            raise NotRun(f"{name_of(results)}: a seed diverged, so nothing was tested")
        if not np.array_equal(results[0].predictions["index"], groups[0][0].predictions["index"]):
            raise NotRun(f"refused: {name_of(results)} was tested on other images than {name_of(groups[0])}")
    return groups


def _refuse_other_seeds(groups: Sequence[Sequence[Result]]) -> None:
    for results in groups:
        if [result.key.seed for result in results] != [result.key.seed for result in groups[0]]:
            raise NotRun(f"refused: {name_of(results)} and {name_of(groups[0])} were not trained with the same seeds")


def _all(groups: Sequence[Sequence[Result]]) -> list[Result]:
    return [result for results in groups for result in results]


def _right(results: Sequence[Result]) -> np.ndarray:
    """Which test images each seed gets right: float (S, N)."""
    return np.array([result.right for result in results], float)


def _with_labels(evidence: Evidence, name: Name, array: str) -> tuple[list[Result], list[Labels]]:
    """The results of a name with what training did to their labels; NotRun where that was not kept."""
    results = evidence.results(name)
    try:
        kept = [result.training_labels for result in results]
    except InputError as error:
        raise NotRun(str(error)) from None
    if any(array not in labels for labels in kept):
        raise NotRun(f"{name_of(results)}: its method keeps no {array}")
    return results, kept


_SUPERIOR = ("Reproduced: the 95 % interval over seeds and images lies above 0, with p below 0.05. Contradicted: below "
             "0. Not reproduced: it holds 0 and ends below 1 point. Inconclusive: it holds 0 and 1 point.")
_TRAINED = (" Not reproduced too where one of the first's networks is no better than the majority class; refused where "
            "one of the second's is.")
LOSES_LESS = Rule(loses_less, "Points lost by the noise, the second's minus the first's. " + _SUPERIOR + _TRAINED)
GAIN_GROWS = Rule(gain_grows, ("Slope of the gain over the share of wrong labels, for each 10 %. " + _SUPERIOR
                               + _TRAINED))
COSTS = Rule(costs, "Reproduced: the 95 % interval over seeds and images lies within 2 points of the stated cost. "
                    "Contradicted: outside. Inconclusive: it holds an edge of that range.")
FINDS_WRONG_LABELS = Rule(finds_wrong_labels, (
    "AUROC of a low α for a wrong training label. Reproduced: the 95 % interval over seeds and images lies above 0.7. "
    "Partly: above 0.5. Contradicted: below 0.5. Not reproduced: it holds 0.5 and ends below 0.7. "
    "Inconclusive: it holds 0.5 and 0.7."))
RELABELS_RIGHTLY = Rule(relabels_rightly, (
    "Share of the changed labels that are the true ones. Reproduced: the 95 % interval over seeds and labels lies "
    "above one half. Contradicted: below it. Inconclusive: it holds one half."))
RELABELS_BETTER = Rule(relabels_better, "Precision of the new labels, the first's minus the second's. " + _SUPERIOR)
