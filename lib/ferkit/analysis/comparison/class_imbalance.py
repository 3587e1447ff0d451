"""Class-imbalance methods against plain training: what the rare classes gain, what the others lose.

Seeds are paired, since equal seeds start from equal weights and see equal batches as far as the method allows. Where a
data set lacks the classes named as rare, its two smallest training classes stand for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ferkit.analysis.ablation import Ablation
from ferkit.analysis.comparison.ablations import variants
from ferkit.analysis.comparison.confusion import class_sizes
from ferkit.analysis.comparison.pairing import Comparison, NotComparable, answers, compare
from ferkit.analysis.comparison.systems import System
from ferkit.results.records import Result
from ferkit.stats import estimates, intervals
from ferkit.stats.classification import per_class
from ferkit.stats.estimates import Estimate


def rare_classes(one: System, labels: Sequence[str]) -> list[int]:
    """The classes that count as rare: `labels`, or the two with the fewest training images where one of them has no
    test image. Classes without training or test images do not count."""
    names, sizes = one.label_names, np.asarray(class_sizes(one))
    tested = np.bincount(one.labels, minlength=len(names)) > 0
    if all(label in names and tested[names.index(label)] for label in labels):
        return [names.index(label) for label in labels]
    return sorted([k for k in np.argsort(sizes, kind="stable").tolist() if sizes[k] and tested[k]][:2])


def class_imbalance_changes(results: Sequence[Result], ablation: Ablation) -> list[dict]:
    """One row a method: {method, recipe, seeds, rare_labels, rare, others, accuracy, macro_f1 and, against plain
    training, <each>_change, <each>_low, <each>_high, <each>_images_low, <each>_images_high, <each>_sd; by_class:
    {label: change}; p, p_holm, mcnemar}.

    rare, others: mean recall of the rare and of the other classes, fractions, the mean over seeds; classes without test
    images do not count. A change is the mean of the differences to plain training at the same seed, with its 95 %
    intervals over seeds and images (low, high) and over images alone. p: of no change of the rare classes' recall, over
    seeds and images; p_holm adjusted for all methods that the ablation declares. mcnemar: exact, of these trained
    networks on the rare classes' images. Plain training itself stands first, without changes; a method that cannot be
    compared with it image by image is left out.
    """
    compared = variants(results, ablation)
    if not compared:
        return []
    plain, *others = compared
    rare = rare_classes(plain, ablation.labels)
    rows = [_row(plain, ablation, rare) | {"by_class": {}, "p": None, "mcnemar": None}]
    for one in others:
        try:
            rows.append(_row(one, ablation, rare) | _changes(one, plain, rare))
        except NotComparable:
            continue
    absent = len(ablation.variants) - len(rows)
    adjusted = intervals.holm([*(row["p"] for row in rows[1:]), *[1.0] * absent])
    return [row | {"p_holm": p} for row, p in zip(rows, (None, *adjusted), strict=False)]


def _row(one: System, ablation: Ablation, rare: list[int]) -> dict:
    found = [per_class(result.matrix) for result in one.results]
    recall = np.mean([np.where(each["support"], each["recall"], np.nan) for each in found], axis=0)
    return {"method": ablation.variants[one.system, one.recipe], "recipe": one.recipe, "seeds": len(one.seeds),
            "rare_labels": [one.label_names[k] for k in rare],
            "rare": float(np.mean(recall[rare])), "others": float(np.nanmean(np.delete(recall, rare))),
            "accuracy": one.mean("accuracy"), "macro_f1": one.mean("macro_f1")}


@dataclass(frozen=True)
class Gain:
    """The mean recall of the rare and of the other classes gained by the first of two systems, over seeds and images.
    mcnemar: exact, of these trained networks on the rare classes' images, combined over seeds."""

    rare: Estimate
    others: Estimate
    mcnemar: float


def gain(found: Comparison, rare: Sequence[int]) -> Gain:
    """What the first of the two gains; NotComparable where only their accuracies are known, or no other class was
    tested. Classes without test images do not count."""
    name = f"{found.first[0].key.name} and {found.second[0].key.name}"
    if found.first_right is None:
        raise NotComparable(f"{name} were tested under different test-time augmentation")
    others = [label for label in np.unique(found.labels).tolist() if label not in rare]
    if not others:
        raise NotComparable(f"{name} were tested on rare classes alone")
    change, at = found.first_right.astype(float) - found.second_right, np.isin(found.labels, rare)
    recalls = (estimates.recall_gap(change, found.labels, some, [], found.groups) for some in (rare, others))
    return Gain(*recalls, intervals.combine([intervals.mcnemar(a[at], b[at]) for a, b in
                                             zip(found.first_right, found.second_right, strict=True)]))


def _changes(one: System, plain: System, rare: list[int]) -> dict:
    """What the method changes at the seeds that both have; NotComparable."""
    found = compare(one.results, plain.results)
    gained = gain(found, rare)
    row: dict = {}
    for key, value in {"rare": gained.rare, "others": gained.others, "accuracy": found.difference,
                       "macro_f1": _macro_f1(found, len(one.label_names))}.items():
        row |= {f"{key}_change": value.mean, f"{key}_sd": value.sd,
                f"{key}_low": value.interval[0], f"{key}_high": value.interval[1],
                f"{key}_images_low": value.interval_images[0], f"{key}_images_high": value.interval_images[1]}
    change = found.first_right.astype(float) - found.second_right
    by_class = {one.label_names[label]: float(change[:, found.labels == label].mean())
                for label in np.unique(found.labels).tolist()}
    return row | {"by_class": by_class, "p": gained.rare.p(), "mcnemar": gained.mcnemar}


def _macro_f1(found: Comparison, k: int) -> Estimate:
    """The change of macro-F1, over seeds and images; of the same answers that are compared."""
    own, plain = (answers(results, found.labels, found.single) for results in (found.first, found.second))
    return estimates.macro_f1(found.labels, own, k, found.groups, than=plain)
