"""Which classes suffer, who is taken for whom, and where two systems differ beyond chance."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ferkit.analysis.comparison.systems import System, pairs_of_seeds
from ferkit.stats import classification, intervals
from ferkit.stats.intervals import Interval

SCORES = ("precision", "recall", "f1")


def recalls(compared: Sequence[System]) -> tuple[np.ndarray, np.ndarray]:
    """Recall by class (S, K), the mean over seeds, and its 95 % interval (S, K, 2): Wilson for one seed, t over
    several; a class without images has [0, 1]."""
    tables = [_scores(one) for one in compared]
    return (np.array([[row["recall"]["mean"] for row in table] for table in tables]),
            np.array([[(row["recall"]["low"], row["recall"]["high"]) for row in table] for table in tables]))


def class_table(compared: Sequence[System]) -> list[dict]:
    """A row an expression and score: {expression, images, score, <system/recipe>: "67 (64 … 70)"}, percent.

    Means over seeds. Intervals are 95 %, over seeds (t) and images: Wilson for precision (of the answers given) and
    recall (of the class's images); for F1, which is 2J / (1 + J), that of the Jaccard index J (of the images that are
    of the class or answered so).
    """
    tables = {one.name: _scores(one) for one in compared}
    rows = []
    for k, label in enumerate(compared[0].label_names):
        own = {name: table[k] for name, table in tables.items()}
        for score in SCORES:
            said = {name: "{:.0f} ({:.0f} … {:.0f})".format(*(100 * row[score][key] for key in ("mean", "low", "high")))
                    for name, row in own.items()}
            rows.append({"expression": label, "images": next(iter(own.values()))["support"], "score": score, **said})
    return rows


def significant_cells(a: System, b: System) -> np.ndarray:
    """bool (K, K): where two systems differ in how often they take class i for class j, beyond chance (p < 0.05).

    Exact McNemar on the images of class i, seed by seed and combined, Holm-adjusted for all cells in which either
    system has an image.
    """
    k, pairs = len(a.label_names), pairs_of_seeds(a, b)
    places, p_values = [], []
    for true in range(k) if pairs else ():
        rows = a.labels == true
        for answer in range(k):
            first, second = (one.answers[:, rows] == answer for one in (a, b))
            if first.any() or second.any():
                places.append((true, answer))
                p_values.append(intervals.combine([intervals.mcnemar(first[i], second[j]) for i, j in pairs]))
    significant = np.zeros((k, k), bool)
    for place, p in zip(places, intervals.holm(p_values), strict=True):
        significant[place] = p < 0.05
    return significant


def confused_pairs(compared: Sequence[System], top: int = 8) -> list[dict]:
    """The most frequent confusions on average over systems: {true, taken_for, worst, <system/recipe>: share of the
    class}; worst names the system that confuses the two most."""
    names = compared[0].label_names
    shares = np.array([one.matrix / np.maximum(one.matrix.sum(axis=1, keepdims=True), 1) for one in compared])
    shares[:, range(len(names)), range(len(names))] = 0.0
    order = np.argsort(-shares.mean(axis=0), axis=None, kind="stable")[:top]
    rows = []
    for true, answer in zip(*np.unravel_index(order, shares.shape[1:]), strict=True):
        by_system = {one.name: float(share) for one, share in zip(compared, shares[:, true, answer], strict=True)}
        rows.append({"true": names[true], "taken_for": names[answer], "worst": max(by_system, key=by_system.get),
                     **by_system})
    return rows


def class_sizes(one: System) -> np.ndarray:
    """Training images per class, int (K,); the test split's sizes where the results do not say."""
    stated = one.results[0].metrics.get("n_train_per_class")
    if not isinstance(stated, Mapping):
        return np.bincount(one.labels, minlength=len(one.label_names))
    return np.array([int(stated[label]) for label in one.label_names])


def _scores(one: System) -> list[dict]:
    """Each class's {precision, recall, f1: {mean, sd, low, high}, support}."""
    tables = [classification.per_class(result.matrix) for result in one.results]
    first = one.results[0].matrix
    rows = []
    for k in range(len(first)):
        hits, support, called = (int(n) for n in (first[k, k], first[k].sum(), first[:, k].sum()))
        given = {"precision": _wilson(hits, called), "recall": _wilson(hits, support),
                 "f1": tuple(2 * j / (1 + j) for j in _wilson(hits, support + called - hits))}
        rows.append({score: _over_seeds_and_images([float(table[score][k]) for table in tables], given[score])
                     for score in SCORES} | {"support": support})
        if not support:  # nothing is known of a class without images, however many seeds agree on it
            for score in SCORES:
                rows[-1][score] |= {"low": 0.0, "high": 1.0}
    return rows


def _over_seeds_and_images(values: Sequence[float], ends: Interval) -> dict[str, float | None]:
    """{mean, sd, low, high} of a fraction a seed: a t interval over seeds and `ends`, that of the first seed's over
    images, their half widths added as deviations are; within [0, 1]."""
    spread = intervals.over_seeds(values)
    low, high = spread.interval or (spread.mean, spread.mean)
    return {"mean": spread.mean, "sd": spread.sd,
            "low": max(spread.mean - math.hypot(spread.mean - low, values[0] - ends[0]), 0.0),
            "high": min(spread.mean + math.hypot(high - spread.mean, ends[1] - values[0]), 1.0)}


def _wilson(hits: int, n: int) -> Interval:
    return intervals.wilson(hits, n) if n else (0.0, 1.0)
