"""Class-imbalance methods against plain training: what the rare classes gain, what the others lose.

Seeds are paired, since equal seeds start from equal weights and see equal batches as far as the method allows. Where a
data set lacks the classes named as rare, its two smallest training classes stand for them.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from ferkit.analysis.ablation import Ablation
from ferkit.analysis.comparison.ablations import variants
from ferkit.analysis.comparison.confusion import class_sizes
from ferkit.analysis.comparison.systems import System, estimate, pairs_of_seeds
from ferkit.results.records import CellResult
from ferkit.stats import intervals
from ferkit.stats.classification import per_class


def rare_classes(one: System, labels: Sequence[str]) -> list[int]:
    """The classes that count as rare: `labels`, or the two with the fewest training images where one is absent."""
    names = one.label_names
    if all(label in names for label in labels):
        return [names.index(label) for label in labels]
    return sorted(np.argsort(class_sizes(one), kind="stable")[:2].tolist())


def remedy_changes(cells: Sequence[CellResult], ablation: Ablation) -> list[dict]:
    """One row a remedy: {remedy, recipe, seeds, rare_labels, rare, others, accuracy, macro_f1 and, against plain
    training, <each>_change (with <each>_changes, one a seed), <each>_low, <each>_high, <each>_sd; by_class: {label:
    change}; p, p_holm}.

    rare, others: mean recall of the rare and of the other classes, fractions, the mean over seeds. A change is the mean
    of the differences to plain training at the same seed; its 95 % interval is t over seeds, or a stratified bootstrap
    over images for one seed. p: exact McNemar of right and wrong on the rare classes' images, seed by seed, combined;
    p_holm adjusted for all remedies. Plain training itself stands first, without changes.
    """
    compared = variants(cells, ablation)
    if not compared:
        return []
    plain, rare = compared[0], rare_classes(compared[0], ablation.labels)
    rows = [{"remedy": ablation.variants[one.system, one.recipe]} | _row(one, plain, rare) for one in compared]
    adjusted = intervals.holm([row["p"] for row in rows[1:]])
    return [rows[0], *(row | {"p_holm": p} for row, p in zip(rows[1:], adjusted, strict=True))]


def _row(one: System, plain: System, rare: list[int]) -> dict:
    k = len(one.label_names)
    others = [label for label in range(k) if label not in rare]
    of = {"rare": partial(_mean_recall, classes=rare), "others": partial(_mean_recall, classes=others),
          "accuracy": _accuracy, "macro_f1": partial(_macro_f1, k=k)}
    row: dict = {"recipe": one.recipe, "seeds": len(one.seeds),
                 "rare_labels": [one.label_names[k] for k in rare]}
    for key, measure in of.items():
        row[key] = float(np.mean([measure(one.labels, answers) for answers in one.answers]))
        if one is not plain:
            row |= {f"{key}_{part}": value for part, value in _change(one, plain, measure).items()}
    pairs = pairs_of_seeds(one, plain)
    if one is plain:
        return row | {"by_class": {}, "p": None, "p_holm": None}
    recall = [np.mean([per_class(system.cells[at].matrix)["recall"] for at in rows], axis=0)
              for system, rows in ((one, [a for a, _ in pairs]), (plain, [b for _, b in pairs]))]
    at = np.isin(one.labels, rare)
    p = intervals.combine([intervals.mcnemar(one.right[a][at], plain.right[b][at]).p for a, b in pairs])
    return row | {"by_class": dict(zip(one.label_names, (recall[0] - recall[1]).tolist(), strict=True)), "p": p}


def _change(one: System, plain: System, measure) -> dict[str, object]:
    """{change, changes, sd, low, high} of a measure against plain training at the same seeds."""
    pairs = pairs_of_seeds(one, plain)

    def difference(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
        return measure(labels, first) - measure(labels, second)

    values = [float(difference(one.labels, one.answers[a], plain.answers[b])) for a, b in pairs]
    a, b = pairs[0]
    found = estimate(values, lambda: intervals.bootstrap(
        difference, one.labels, one.answers[a], plain.answers[b], draws=400), signed=True)
    return {"change": found["mean"], "changes": values, "sd": found["sd"], "low": found["low"], "high": found["high"]}


def _mean_recall(labels: np.ndarray, answers: np.ndarray, classes: Sequence[int]) -> float:
    present = [k for k in classes if np.any(labels == k)]
    return float(np.mean([np.mean(answers[labels == k] == k) for k in present])) if present else 0.0


def _accuracy(labels: np.ndarray, answers: np.ndarray) -> float:
    return float(np.mean(labels == answers))


def _macro_f1(labels: np.ndarray, answers: np.ndarray, k: int) -> float:
    hits, called, support = (np.bincount(column, minlength=k) for column in
                             (labels[labels == answers], answers, labels))
    seen = called + support > 0
    return float((2 * hits[seen] / (called + support)[seen]).mean())
