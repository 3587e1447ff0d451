"""Paired comparison of two systems on the same test images: like with like, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ferkit.core.errors import InputError
from ferkit.results.records import Result
from ferkit.stats import estimates, intervals
from ferkit.stats.estimates import Estimate


class NotComparable(InputError):
    """Why two systems cannot be compared."""


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same test images, seed by seed, with equal test-time augmentation.

    first_right, second_right: bool (S, N), a row a seed; None where only accuracies are known. difference: of
    their accuracies. p_holm: p of no difference over seeds and images, adjusted for all pairs that the claim's family
    declares. mcnemar: exact McNemar on these trained networks, combined over seeds; None without predictions. notes:
    what a reader must know of how they were compared. single: whether on a single view.
    """

    first: list[Result]
    second: list[Result]
    labels: np.ndarray
    groups: np.ndarray | None
    first_right: np.ndarray | None
    second_right: np.ndarray | None
    accuracies: tuple[np.ndarray, np.ndarray]
    difference: Estimate
    mcnemar: float | None
    notes: tuple[str, ...] = ()
    single: bool = False
    p_holm: float = 1.0

    @cached_property
    def ratio(self) -> Estimate:
        """The ratio of the accuracies."""
        if self.first_right is not None:
            return estimates.ratio(self.first_right, self.second_right, self.labels, self.groups)
        (a, sd_a), (b, sd_b) = (_mean_sd(values, self.labels, self.groups) for values in self.accuracies)
        return estimates.estimate(self.accuracies[0] / np.maximum(self.accuracies[1], 1 / len(self.labels)),
                                  a / b * (1 + estimates.normal(float(np.hypot(sd_a / a, sd_b / b)))))


def on_shared_seeds(first: Sequence[Result], second: Sequence[Result]) -> tuple[list[Result], list[Result], list[str]]:
    """Both over the seeds that both have, in order, and what a reader must know of it. NotComparable unless these are
    all seeds of one of them, so that nobody can choose."""
    longer = max(first, second, key=len)
    seeds = sorted({result.key.seed for result in first} & {result.key.seed for result in second})
    if len(seeds) < min(len(first), len(second)):
        raise NotComparable(f"{first[0].key.name} and {second[0].key.name} were run with different seeds")
    notes = [] if len(first) == len(second) else [
        f"compared over seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))} of "
        f"{longer[0].key.system}/{longer[0].key.recipe}'s {len(longer)}"]
    shared = ({result.key.seed: result for result in results} for results in (first, second))
    return *([results[seed] for seed in seeds] for results in shared), notes


def compare(first: Sequence[Result], second: Sequence[Result]) -> Comparison:
    """The comparison over the seeds that both have, `on_shared_seeds`.

    NotComparable where data, protocol, test images or seeds differ. Where the two were tested under different test-time
    augmentation, both are compared on a single view.
    """
    first, second, notes = on_shared_seeds(first, second)
    for key in ("data_sha256", "protocol"):
        if len({result.metrics[key] for result in (*first, *second)}) > 1:
            raise NotComparable(f"{first[0].key.name} and {second[0].key.name} differ in {key}")
    tested = [result for result in (*first, *second) if result.predictions]
    if not tested:
        raise NotComparable(f"neither {first[0].key.name} nor {second[0].key.name} could be tested")
    for result in tested:
        if not result.tested_as(tested[0]):
            raise NotComparable(f"{tested[0].key.name} and {result.key.name} were not tested on the same images")
    labels, groups = tested[0].predictions["labels"], tested[0].groups
    single = len({result.metrics["tta"] for result in tested}) > 1
    if single:
        notes.append("test-time augmentation differs, so both are compared on a single view")
    told = [answers(results, labels, single) for results in (first, second)]
    if any(one is None for one in told):
        return _by_accuracies(first, second, labels, groups, notes)
    right = [one == labels for one in told]
    return Comparison(
        first, second, labels, groups, *right, (right[0].mean(axis=1), right[1].mean(axis=1)),
        estimates.difference(*right, labels, groups),
        intervals.combine([intervals.mcnemar(a, b) for a, b in zip(*right, strict=True)]), tuple(notes), single)


def _by_accuracies(first: Sequence[Result], second: Sequence[Result], labels: np.ndarray,
                   groups: np.ndarray | None, notes: list[str]) -> Comparison:
    """The comparison by single-view accuracies alone, where not every network's single-view predictions are stored:
    the images cannot be paired then, and count as if the two had been tested on different ones, which is too wide."""
    values = [np.array([result.metrics["accuracy_no_tta"] if result.predictions else None for result in results], float)
              for results in (first, second)]
    if np.isnan(values).any():
        raise NotComparable(f"test-time augmentation differs between {first[0].key.name} and "
                     f"{second[0].key.name}, and not every seed has a single-view accuracy")
    (a, sd_a), (b, sd_b) = (_mean_sd(value, labels, groups) for value in values)
    notes = [*notes, "single-view predictions are not stored for all of them, so images are not paired and the "
                     "interval is too wide rather than too narrow"]
    return Comparison(
        first, second, labels, groups, None, None, tuple(values),
        estimates.estimate(values[0] - values[1], a - b + estimates.normal(float(np.hypot(sd_a, sd_b)))), None,
        tuple(notes), single=True)


def _mean_sd(accuracies: np.ndarray, labels: np.ndarray, groups: np.ndarray | None) -> tuple[float, float]:
    """The mean accuracy and its deviation over other images, or groups; not 0 where all are right."""
    n, mean = len(labels) if groups is None else len(np.unique(groups)), float(accuracies.mean())
    smooth = (mean * n + 0.5) / (n + 1)
    return mean, float(np.sqrt(smooth * (1 - smooth) / n))


def answers(results: Sequence[Result], labels: np.ndarray, single: bool) -> np.ndarray | None:
    """What each seed answers, int64 (S, N), on a single view if so asked; None where that is not stored. One that
    diverged before it could be tested answers the majority class."""
    rows = []
    for result in results:
        stored = result.predictions or {"predicted": np.full(len(labels), np.bincount(labels).argmax())}
        if single and result.predictions and result.metrics["tta"] != "none":
            if "predicted_no_tta" not in stored:
                return None
            stored = {"predicted": stored["predicted_no_tta"]}
        rows.append(stored["predicted"])
    return np.array(rows)
