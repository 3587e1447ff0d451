"""Rules about how accurate a system is on the test split: the papers' headline numbers.

Not stated in the paper; we use 5 points as the width of "partly" for accuracies because the re-implementations that
can be found in public miss by 12 to 23.
"""

from collections.abc import Sequence
from fnmatch import fnmatch
from functools import partial

import numpy as np

from ferkit.claims.claim import Claim, Name, Rule
from ferkit.claims.evidence import Evidence, NotRun, accuracies, beats_majority
from ferkit.claims.finding import COMMONEST, Finding, name_of, not_every_seed, sources_of
from ferkit.claims.official_splits import refuse_unofficial
from ferkit.results.records import CellResult
from ferkit.stats.classification import per_class
from ferkit.stats.intervals import bootstrap, over_seeds, wilson

PARTLY_WITHIN = 0.05


def best_accuracy(evidence: Evidence, claim: Claim, systems: tuple[str, ...], leave_out: tuple[str, ...]) -> Finding:
    """The accuracy of the recipe of `systems` that is best on validation against the paper's.

    leave_out: patterns of recipes that are experiments about training and stand for no system.
    """
    return _accuracy(evidence, claim, evidence.best(_candidates(evidence, systems, leave_out)))


def accuracy(evidence: Evidence, claim: Claim, system: str, recipe: str) -> Finding:
    """The accuracy of one system and recipe against the paper's."""
    return _accuracy(evidence, claim, evidence.cells((system, recipe)))


def _accuracy(evidence: Evidence, claim: Claim, cells: list[CellResult]) -> Finding:
    for cell in cells:
        refuse_unofficial(cell, claim.dataset)
    tested, sources = [cell for cell in cells if cell.predictions], sources_of(evidence, cells)
    if not tested:
        return Finding("not_reproduced", None, None, len(cells), sources, f"{name_of(cells)} diverged in every seed")
    spread, n = over_seeds(accuracies(cells)), tested[0].metrics["n"]
    low, high = wilson(spread.mean * n, n)
    if not beats_majority(cells):
        verdict = "not_reproduced"
    elif low > claim.value and (spread.interval is None or spread.interval[0] > claim.value):
        verdict = "exceeded"
    elif high >= claim.value:
        verdict = "reproduced"
    else:
        verdict = "partly" if spread.mean >= claim.value - PARTLY_WITHIN else "not_reproduced"
    verdict, notes = not_every_seed(verdict, cells, _circumstances(cells, tested))
    return Finding(verdict, spread.mean, spread.interval or (low, high), len(cells), sources, "; ".join(notes),
                   spread.sd, (low, high))


def rare_classes(evidence: Evidence, claim: Claim, systems: tuple[str, ...], leave_out: tuple[str, ...],
                 labels: tuple[str, ...]) -> Finding:
    """The mean recall of the classes `labels` minus that of the others, where the training classes are uneven."""
    cells = evidence.best(_candidates(evidence, systems, leave_out))
    sizes = cells[0].metrics.get("n_train_per_class")
    if not sizes:
        raise NotRun("no class sizes of the training split recorded")
    if not all(label in sizes for label in labels) or max(sizes.values()) < 2 * max(1, min(sizes.values())):
        raise NotRun("the training classes are of about equal size here, so nothing can be said about rare ones")
    if not beats_majority(cells):
        raise NotRun(f"refused: {name_of(cells)} is {COMMONEST}")
    tested = [cell for cell in cells if cell.predictions]
    names = [str(name) for name in tested[0].predictions["label_names"]]
    rare = [names.index(label) for label in labels]
    others = [k for k in range(len(names)) if k not in rare]
    recalls = np.array([per_class(cell.matrix)["recall"] for cell in tested])
    gaps, mean = over_seeds((recalls[:, rare].mean(1) - recalls[:, others].mean(1)).tolist()), recalls.mean(axis=0)
    # Ties count against: a class is among the three lowest only if at most two others do no better.
    lowest = all(np.sum(np.delete(mean, k) <= mean[k]) <= 2 for k in rare)
    right = np.mean([cell.predictions["predicted"] == cell.predictions["labels"] for cell in tested], axis=0)
    images = bootstrap(partial(_recall_gap, rare=rare, others=others), tested[0].predictions["labels"], right)
    verdict = "not_reproduced" if gaps.mean >= 0 else "reproduced" if lowest and images[1] < 0 else "partly"
    note = f"{name_of(cells)}; recall " + ", ".join(f"{name} {mean[k]:.1%}" for k, name in enumerate(names))
    return Finding(verdict, gaps.mean, gaps.interval or images, len(cells), sources_of(evidence, cells), note,
                   gaps.sd, images)


def _candidates(evidence: Evidence, systems: Sequence[str], leave_out: Sequence[str]) -> list[Name]:
    """The recipes that may stand for a system."""
    return [name for system in systems for name in evidence.names(system)
            if not any(fnmatch(name[1], pattern) for pattern in leave_out)]


def _circumstances(cells: list[CellResult], tested: list[CellResult]) -> list[str]:
    """What a reader must know beside the number."""
    first = tested[0].metrics
    notes = [name_of(cells), f"protocol {first['protocol']}", f"test-time averaging {first['tta']}"]
    if not beats_majority(cells):
        notes.append(COMMONEST)
    without = [cell.metrics["accuracy_without_copies"] for cell in tested]
    if None not in without and first["n_without_copies"] < first["n"]:
        notes.append(f"{np.mean(without):.2%} without images that have a copy in training")
    if first["protocol"].startswith("by_image"):
        notes.append("split by image: sister frames or the same person may be in training")
    return notes


def _recall_gap(labels: np.ndarray, right: np.ndarray, rare: list[int], others: list[int]) -> float:
    recalls = {k: right[labels == k].mean() if np.any(labels == k) else 0.0 for k in (*rare, *others)}
    return float(np.mean([recalls[k] for k in rare]) - np.mean([recalls[k] for k in others]))


_SAYS = (
    "Measured on the whole test split of this data set. Exceeded: the Wilson 95 % interval of the mean accuracy "
    "(and, over seeds, the t interval) lies above the paper's number. Reproduced: the Wilson interval reaches it. "
    "Partly: the mean is at most 5 points below it, or a seed diverged or collapsed. Not reproduced: less, or no "
    "better than the commonest class.")
AS_PUBLISHED = Rule(accuracy, _SAYS)
BEST_RECIPE = Rule(best_accuracy, _SAYS + " The recipe with the best validation accuracy counts.")
RARE_CLASSES = Rule(rare_classes, (
    "Reproduced: {labels} are among the lowest recalls (one more at most), and the bootstrap 95 % interval of their "
    "mean recall minus that of the others lies below 0. Partly: the mean does. Not reproduced: it does not. Judged "
    "where the largest training class is at least twice the smallest."))
