"""Rules about how accurate a system is on the test split: the papers' headline numbers.

Not stated in the paper; we use 2 points as the margin within which an accuracy counts as the stated one because the
interval of an accuracy on FER2013's 3,589 test images reaches 1.5 points to each side.
Not stated in the paper; we use 5 points as the width of "partly" for accuracies because the public re-implementations
that were found, all of one of the papers, miss its number by 12 to 23.
Not stated in the paper; we use the last tenth of the epochs as "still improving" because validation accuracy that has
levelled off has its best epoch anywhere.
"""

from collections.abc import Callable, Sequence
from fnmatch import fnmatch

import numpy as np

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.decisions import MARGIN, equivalence, to_an_edge
from ferkit.claims.evidence import Evidence, NotRun, accuracies, beats_majority
from ferkit.claims.finding import MAJORITY, Finding, finding, name_of, not_every_seed, refuse_untrained, sources_of
from ferkit.claims.official_splits import refuse_unofficial
from ferkit.core import protocols
from ferkit.core.names import Name
from ferkit.results.records import Result
from ferkit.stats import estimates

PARTLY_WITHIN, STILL_IMPROVING = 0.05, 0.9


def best_accuracy(evidence: Evidence, claim: Claim, systems: tuple[str, ...], leave_out: tuple[str, ...],
                  beside: Name | None = None) -> Finding:
    """The accuracy of the recipe of `systems` that is best on validation against the paper's.

    leave_out: patterns of recipes that are experiments about training and stand for no system. beside: a system of
    about equal size to be named beside it.
    """
    results = evidence.best([name for system in systems for name in evidence.names(system)
                           if not any(fnmatch(name[1], pattern) for pattern in leave_out)])
    notes = [f"{results[0].metrics['parameters']:,} parameters"]
    notes += _named_beside(evidence, beside) if beside else []
    return _accuracy(evidence, claim, results, notes)


def _named_beside(evidence: Evidence, name: Name) -> list[str]:
    """The size and accuracy of a system that is named beside the judged one; nothing where it was not tested here."""
    try:
        other = [result for result in evidence.results(name) if result.predictions]
    except NotRun:
        return []
    return [f"{name_of(other)}, {other[0].metrics['parameters']:,} parameters: {np.mean(accuracies(other)):.2%}"
            ] if other else []


def accuracy_as_published(evidence: Evidence, claim: Claim, system: str, recipe: str, epochs: int | None = None,
                          at_length: str = "") -> Finding:
    """The accuracy of one system and recipe against the paper's.

    epochs: how long the paper trains, None where it does not say. at_length: the same recipe trained for so long, which
    is judged in its place where it is there.
    """
    name = (system, at_length) if (system, at_length) in evidence.names(system) else (system, recipe)
    results = evidence.results(name)
    trained = min(result.metrics.get("epochs") or 0 for result in results)
    best = [(result.metrics["best_epoch"] or 0) / result.metrics["epochs"] for result in results
            if result.metrics.get("epochs")]
    short = bool(best) and (trained < epochs if epochs else float(np.median(best)) > STILL_IMPROVING)
    notes = [f"trained for {trained} epochs" + (f" of the paper's {epochs}" if epochs else "")] if short else []
    return _accuracy(evidence, claim, results, notes, short)


def _accuracy(evidence: Evidence, claim: Claim, results: list[Result], notes: list[str], short: bool = False
              ) -> Finding:
    for result in results:
        refuse_unofficial(result, claim.dataset)
    tested, sources = [result for result in results if result.predictions], sources_of(evidence, results)
    if not tested:
        return Finding("not_reproduced", None, None, len(results), sources,
                       f"{name_of(results)} diverged in every seed")
    labels, groups = tested[0].predictions["labels"], tested[0].groups
    found = estimates.share(np.array([result.right for result in tested]), labels, groups)
    stands = equivalence(found, claim.value, MARGIN)
    if not beats_majority(results):
        verdict = "not_reproduced"
    elif stands == "within":
        verdict = "reproduced"
    elif stands == "above":
        verdict = "exceeded"
    elif stands == "open":
        verdict = "inconclusive"
    elif short:
        verdict = "too_short"
    else:
        verdict = "partly" if found.mean >= claim.value - PARTLY_WITHIN else "not_reproduced"
    verdict, notes = not_every_seed(verdict, results, [*_circumstances(results, tested), *notes])
    return finding(verdict, found, sources, notes, to_an_edge(found, claim.value, MARGIN))


def rare_classes(evidence: Evidence, claim: Claim, systems: tuple[str, ...], leave_out: tuple[str, ...],
                 labels: tuple[str, ...], truth: Callable[[np.ndarray], np.ndarray] | None = None) -> Finding:
    """The mean recall of the classes `labels` minus that of the others, where the training classes are uneven.

    Only classes that occur in training and in the test split count: an absent class has no recall. truth: from the
    test images' `index`, int64 (N,), to other labels of theirs, -1 for none; judged on the whole test split alone.
    """
    results = evidence.best([name for system in systems for name in evidence.names(system)
                           if not any(fnmatch(name[1], pattern) for pattern in leave_out)])
    sizes = {label: n for label, n in (results[0].metrics.get("n_train_per_class") or {}).items() if n}
    if not sizes:
        raise NotRun("no class sizes of the training split recorded")
    if max(sizes.values()) < 2 * min(sizes.values()):
        raise NotRun("the training classes are of about equal size here, so nothing can be said about rare ones")
    refuse_untrained([results])
    tested = [result for result in results if result.predictions]
    names = [str(name) for name in tested[0].predictions["label_names"]]
    true = tested[0].predictions["labels"]
    if truth:
        for result in tested:
            refuse_unofficial(result, claim.dataset)
        true = truth(tested[0].predictions["index"])
    present = [k for k, name in enumerate(names) if name in sizes and np.any(true == k)]
    rare = [names.index(label) for label in labels if label in names and names.index(label) in present]
    if len(rare) < len(labels):
        raise NotRun(f"{' and '.join(labels)} do not both occur in training and in the test split")
    others = [k for k in present if k not in rare]
    right = np.array([result.predictions["predicted"] == true for result in tested])
    gap = estimates.recall_gap(right, true, rare, others, tested[0].groups)
    mean = {k: right[:, true == k].mean() for k in present}
    # Ties count against: a class is among the lowest only if at most one more than the rare ones do no better.
    lowest = all(sum(mean[k] <= mean[own] for k in present if k != own) <= len(rare) for own in rare)
    low, high = gap.interval
    above = "contradicted" if low > 0 else "inconclusive"
    verdict = above if high >= 0 else "reproduced" if lowest else "partly"
    notes = [f"{name_of(results)}; recall " + ", ".join(f"{names[k]} {mean[k]:.1%}" for k in present)]
    verdict, notes = not_every_seed(verdict, results, notes)
    return finding(verdict, gap, sources_of(evidence, results), notes, abs(gap.mean))


def _circumstances(results: Sequence[Result], tested: Sequence[Result]) -> list[str]:
    """What a reader must know beside the number."""
    first = tested[0].metrics
    notes = [name_of(results), f"protocol {first['protocol']}", f"test-time augmentation {first['tta']}"]
    if not beats_majority(results):
        notes.append(MAJORITY)
    without = [result.metrics["accuracy_without_copies"] for result in tested]
    if None not in without and first["n_without_copies"] < first["n"]:
        notes.append(f"{np.mean(without):.2%} without images that have a copy in training")
    if protocols.by_image(first["protocol"]):
        notes.append("split by image: sister frames or the same person may be in training")
    return notes


_SAYS = (
    "Equivalence within 2 points, measured on the whole test split of this data set. Reproduced: the 95 % interval "
    "over seeds and images lies within the paper's number ± 2 points. Exceeded: above that. "
    "Inconclusive: it holds one end of that range. Where it lies below: partly if the mean is at most 5 points below "
    "the number, else not reproduced. Not reproduced too where "
    "it is no better than the majority class; partly at most with one seed, or where one diverged or collapsed.")
AS_PUBLISHED = Rule(accuracy_as_published, _SAYS + (
    " Too short: below, but trained for fewer epochs than the paper, or, where the paper does not say how many, with "
    "validation still improving in the last tenth. Where the recipe was trained for the paper's epochs too, that "
    "training counts."), any_length=True)
BEST_RECIPE = Rule(best_accuracy, _SAYS + " The recipe with the best validation accuracy counts.", any_length=True)
_RARE = (
    "Classes without images in training or test do not count. Reproduced: the 95 % interval over seeds and images of "
    "the mean recall of {labels} minus that of the others lies below 0, and they are among the lowest recalls (one "
    "more at most). Partly: only the interval does. Contradicted: it lies above 0. Inconclusive: it holds 0. Judged "
    "where the largest training class is at least twice the smallest.")
RARE_CLASSES = Rule(rare_classes, _RARE)
RARE_CLASSES_RELABELLED = Rule(rare_classes, (
    "The test images are scored by other people's labels than the data set's, those left out that have none. ") + _RARE)
