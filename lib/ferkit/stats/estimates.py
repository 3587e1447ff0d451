"""Uncertainty of a measured number over seeds and over test images together.

A mean over n seeds on N test images varies because other seeds, and because other images, would have given another
number. Bouthillier et al. 2021 (Accounting for variance in machine learning benchmarks, arXiv 2103.03098) show that
claims about methods need both. Here the images' part is that of other samples within each class, whose error follows
from the variance within classes, or of other people, who are resampled whole; the seeds' part is drawn from Student's t
with n − 1 degrees of freedom: resampling three seeds with replacement would understate their variance by a third and
knows ten outcomes only.

Everything is deterministic: quantiles in place of random numbers where a distribution is known, else fixed seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from scipy import special  # scipy.stats alone takes a second to import

from ferkit.stats.intervals import LEVEL, Interval

DRAWS = 10_000
MOST_SEEDS = 1000  # beyond which "so many seeds would decide it" is no help


@dataclass(frozen=True)
class Estimate:
    """One number with what is known of it.

    mean, sd: over seeds (sd n − 1, None for one seed). interval: 95 % over seeds and images together, over images alone
    for one seed; interval_images: over images alone. prediction: at least 95 % for one new run of the same kind,
    tested on the same images: the images' part stays in, for one seed twice in place of the seeds' unknown part.
    draws: (D,) of the mean, by which `interval` and `p` are found. images_sd: deviation over images.
    """

    mean: float
    sd: float | None
    n_seeds: int
    interval: Interval
    interval_images: Interval
    prediction: Interval
    images_sd: float
    draws: np.ndarray = field(repr=False)

    def p(self, null: float = 0.0) -> float:
        """Two-sided p that the true value is `null`, over seeds and images; never below 2/(draws + 1)."""
        beyond = min(np.sum(self.draws <= null), np.sum(self.draws >= null))
        return float(min(1.0, 2 * (beyond + 1) / (len(self.draws) + 1)))

    def seeds_needed(self, distance: float) -> int | None:
        """How many seeds would give an interval whose half width is below `distance`, if mean and spread stay as
        they are; None where the images alone are too few for that, or where one seed does not show how seeds vary."""
        if self.sd is None or distance <= 0:
            return None
        n = np.arange(2, MOST_SEEDS + 1)
        seeds = special.stdtrit(n - 1, (1 + LEVEL) / 2) * self.sd / np.sqrt(n)
        enough = np.hypot(seeds, special.ndtri((1 + LEVEL) / 2) * self.images_sd) < distance
        return int(n[enough.argmax()]) if enough.any() else None


def estimate(per_seed: Sequence[float], images: np.ndarray) -> Estimate:
    """The estimate of a number measured with several seeds on the same images.

    per_seed: its value for each seed. images: (D,) draws of its mean over seeds, of other samples of images.
    """
    per_seed = np.asarray(per_seed, dtype=np.float64)
    n, mean = len(per_seed), float(np.mean(per_seed))
    sd = float(np.std(per_seed, ddof=1)) if n > 1 else None
    shifts = images - images.mean()
    if sd is None:
        draws, new = mean + shifts, mean + np.sqrt(2) * shifts
    else:
        t = _student(n, len(images))
        draws, new = mean + shifts + t * sd / np.sqrt(n), mean + shifts + t * sd * np.sqrt(1 + 1 / n)
    return Estimate(mean, sd, n, _percentiles(draws), _percentiles(mean + shifts), _percentiles(new),
                    float(np.std(shifts)), draws)


def share(right: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None) -> Estimate:
    """The estimate of an accuracy. right: bool (S, N), a row a seed; labels: int (N,), the class of
    each image; groups: (N,), the person in it, where several images show one.

    Over images the accuracy follows Jeffreys' Beta (Brown, Cai & DasGupta 2001, doi 10.1214/ss/1009213286), which is
    not certain where every image is right; over groups whole groups are resampled, with an error of one image.
    """
    mean, n, groups = right.mean(), right.shape[1], _several(groups)
    if groups is not None and 0 < mean < 1:
        images = _means_over_groups(right, labels, groups) + normal(1 / n)
    else:
        n = n if groups is None else len(np.unique(groups))
        images = _jeffreys(float(mean), n)
    return clipped(estimate(right.mean(axis=1), images))


def average(values: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None) -> Estimate:
    """The estimate of the mean of a number that each seed and image has: (S, N); labels, groups: as `share`. An error
    of one image is added, so that a number which is the same for every image is not certain."""
    groups, least = _several(groups), 1 / len(labels)
    if groups is None:
        images = _over_images(values.mean(axis=0) / len(labels), labels, least)
    else:
        images = _means_over_groups(values, labels, groups) + normal(least)
    return estimate(values.mean(axis=1), images)


def difference(first: np.ndarray, second: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None
               ) -> Estimate:
    """The estimate of how much more often the first is right: bool (S, N) each, the same seeds and images.

    Half an image of either disagreement is added (Agresti & Min 2005, doi 10.1002/sim.1781), so that two systems with
    equal answers are not equal for certain.
    """
    return average(first.astype(float) - second, labels, groups)


def of_seeds(found: Estimate, order: int = 1) -> np.ndarray:
    """(DRAWS,) of how far other seeds would move the mean, in an order of its own for each `order`; 0 for one seed."""
    if found.sd is None:
        return np.zeros(DRAWS)
    return _student(found.n_seeds, DRAWS, order) * found.sd / np.sqrt(found.n_seeds)


def apart(first: Estimate, second: Estimate, images: np.ndarray | None = None) -> Interval:
    """The 95 % interval of the first minus the second where they were measured with different networks: on different
    images or, with `images` (DRAWS,), draws of the difference over the images of both."""
    if images is None:
        return _percentiles(first.draws - _permuted(second.draws, seed=5))
    return _percentiles(images + of_seeds(first) - of_seeds(second, order=5))


def ratio(first: np.ndarray, second: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None) -> Estimate:
    """The estimate of the ratio of two accuracies: bool (S, N) each, the same seeds and images. As in `average`, with
    an error of one image."""
    groups, least, one, other = _several(groups), 1 / len(labels), first.mean(axis=0), second.mean(axis=0)
    below = max(float(other.mean()), least)
    if groups is None:
        images = _over_images((one - one.mean() / below * other) / below / len(labels), labels, least / below)
    else:
        totals = group_sums(np.column_stack([one, other]), labels, groups)[0].sum(axis=1)
        images = widened(totals[:, 0] / np.maximum(totals[:, 1], 1), groups) + normal(least / below)
    return estimate(first.mean(axis=1) / np.maximum(second.mean(axis=1), least), images)


def recall_gap(columns: np.ndarray, labels: np.ndarray, some: Sequence[int], others: Sequence[int],
               groups: np.ndarray | None = None) -> Estimate:
    """The estimate of the mean over the classes `some` minus that over `others` (none: 0) of a number an image has.

    columns: (S, N), right or a difference of rights; classes without images are left out, of `some` none may be.
    """
    groups, sizes = _several(groups), np.bincount(labels + 1)[1:]
    some, others, weights = list(some), [k for k in others if sizes[k]], np.zeros(len(sizes))
    weights[some], weights[others] = 1 / len(some), -1 / max(len(others), 1)
    of_images = np.where(labels >= 0, (weights / np.maximum(sizes, 1))[labels], 0)
    recalls = np.array([columns[:, labels == k].sum(axis=1) / max(size, 1) for k, size in enumerate(sizes)])
    per_seed, least = weights @ recalls, 1 / sizes[some].min() / len(some)
    if groups is None:
        return estimate(per_seed, _over_images(columns.mean(axis=0) * of_images, labels, least))
    sums, drawn = group_sums(columns.mean(axis=0)[:, None], labels, groups)
    with np.errstate(invalid="ignore"):
        means = sums[..., 0] / drawn
    gaps = np.nanmean(means[:, some], axis=1) - (np.nanmean(means[:, others], axis=1) if others else 0)
    return estimate(per_seed, widened(np.nan_to_num(gaps, nan=float(per_seed.mean())), groups) + normal(least))


def macro_f1(labels: np.ndarray, answers: np.ndarray, num_classes: int, groups: np.ndarray | None = None,
             than: np.ndarray | None = None) -> Estimate:
    """The estimate of macro-F1 of answers (S, N) or, with `than`, of how far it lies above that of other answers to the
    same images. As in `average`, with an error of one image; class sizes vary too."""
    scores, influence = _macro_f1(labels, answers, num_classes)
    if than is not None:
        other = _macro_f1(labels, than, num_classes)
        scores, influence = scores - other[0], influence - other[1]
    groups, least, whole = _several(groups), 1 / len(labels), np.zeros(len(labels), np.int64)
    if groups is None:
        return estimate(scores, _over_images(influence, whole, least))
    return estimate(scores, widened(group_sums(influence[:, None], whole, groups)[0].ravel(), groups) + normal(least))


def _macro_f1(labels: np.ndarray, answers: np.ndarray, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(macro-F1 of each seed (S,), how far one image more moves its mean over seeds (N,)). Classes that are neither
    true nor answered do not count."""
    scores, moves = [], []
    for row in answers:
        right = row == labels
        below = np.bincount(labels, minlength=num_classes) + np.bincount(row, minlength=num_classes)
        f1 = 2 * np.bincount(labels[right], minlength=num_classes) / np.maximum(below, 1)
        per_answer = f1 / np.maximum(below, 1)
        scores.append(f1[below > 0].mean())
        moves.append((2 * right / below[labels] - per_answer[labels] - per_answer[row]) / np.sum(below > 0))
    return np.array(scores), np.mean(moves, axis=0)


def _over_images(influence: np.ndarray, labels: np.ndarray, least: float) -> np.ndarray:
    """(DRAWS,) of a sum over images, less its mean, of other samples of images within each class of `labels` (N,),
    whose sizes stay; with an error of `least` added. influence: (N,), what each image adds to the sum."""
    of = labels + 1  # -1: of no class
    sizes, sums, squares = (np.bincount(of, column) for column in (np.ones(len(of)), influence, influence**2))
    return normal(float(np.sqrt(max(np.sum(squares - sums**2 / np.maximum(sizes, 1)), 0) + least**2)))


def _means_over_groups(values: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(DRAWS,) of the mean of `values` (S, N), of other samples of groups."""
    sums, sizes = group_sums(values.mean(axis=0)[:, None], labels, groups)
    return widened(sums[..., 0].sum(axis=1) / sizes.sum(axis=1), groups)


def group_sums(columns: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(sums (DRAWS, K, C), sizes (DRAWS, K)): columns (N, C) summed by class of `labels` (N,) (-1: of no class) over
    whole groups (N,), the images of a person, drawn again with replacement."""
    member = np.unique(groups, return_inverse=True)[1]
    own = np.zeros((member.max() + 1, int(labels.max()) + 1, columns.shape[1] + 1))
    of = labels >= 0
    np.add.at(own, (member[of], labels[of]), np.column_stack([columns, np.ones(len(labels))])[of])
    found = np.tensordot(resampled(len(own)), own, axes=1)
    return found[..., :-1], found[..., -1]


@lru_cache(maxsize=8)  # many claims are about the same images
def resampled(units: int) -> np.ndarray:
    """How often each unit is drawn with replacement, float (DRAWS, units); read-only."""
    drawn = np.random.default_rng(0).integers(units, size=(DRAWS, units)) + units * np.arange(DRAWS)[:, None]
    return _read_only(np.bincount(drawn.ravel(), minlength=DRAWS * units).reshape(DRAWS, units).astype(float))[0]


def widened(draws: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Draws over G groups with the spread of a t interval: the bootstrap understates the variance of a mean by G − 1 in
    G, and takes for known a deviation that is estimated with G − 1 degrees of freedom. As they are without groups, and
    with one."""
    free = 0 if groups is None else len(np.unique(groups)) - 1
    if not free:
        return draws
    factor = np.sqrt(1 + 1 / free) * special.stdtrit(free, (1 + LEVEL) / 2) / special.ndtri((1 + LEVEL) / 2)
    return draws.mean() + factor * (draws - draws.mean())


def _several(groups: np.ndarray | None) -> np.ndarray | None:
    """The groups, None where there is one alone."""
    return None if groups is None or len(np.unique(groups)) < 2 else groups


def _read_only(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    for array in arrays:
        array.flags.writeable = False
    return arrays


def jackknife(without: np.ndarray) -> np.ndarray:
    """(DRAWS,) of how far a statistic would lie from its value for other groups, by its values (G,) with each left
    out (Tukey 1958) and Student's t; 0 for one group."""
    n = len(without)
    return np.sqrt((n - 1) * np.var(without)) * _student(n, DRAWS, order=3) if n > 1 else np.zeros(DRAWS)


def normal(sd: float, draws: int = DRAWS) -> np.ndarray:
    """(draws,) of a normal deviation with mean 0, in no order: for a part of the error that is known by its sd."""
    return sd * _standard_normal(draws)


def clipped(found: Estimate, most: float = 1.0) -> Estimate:
    """The estimate of a fraction, or of a ratio (most: infinite), its intervals within [0, most]."""
    return replace(found, **{name: (max(low, 0.0), min(high, most)) for name, (low, high) in _intervals(found).items()})


def above(found: Estimate, least: float) -> Estimate:
    """The estimate of how far a number lies above a known one."""
    ends = {name: (low - least, high - least) for name, (low, high) in _intervals(found).items()}
    return replace(found, mean=found.mean - least, draws=found.draws - least, **ends)


def _intervals(found: Estimate) -> dict[str, Interval]:
    return {name: getattr(found, name) for name in ("interval", "interval_images", "prediction")}


@lru_cache(maxsize=64)  # 10,000 quantiles take 10 ms, and several claims and tables are about the same accuracy
def _jeffreys(mean: float, n: int) -> np.ndarray:
    """(DRAWS,) of an accuracy on n images of which the fraction `mean` is right, in no order."""
    return _permuted(special.betaincinv(mean * n + 0.5, (1 - mean) * n + 0.5, _grid(DRAWS)), seed=4)


@lru_cache(maxsize=4)
def _standard_normal(draws: int) -> np.ndarray:
    return _read_only(_permuted(special.ndtri(_grid(draws)), seed=2))[0]


@lru_cache(maxsize=32)
def _student(n_seeds: int, draws: int, order: int = 1) -> np.ndarray:
    """(draws,) quantiles of Student's t with a degree of freedom less than there are seeds, in no order; read-only."""
    return _read_only(_permuted(special.stdtrit(n_seeds - 1, _grid(draws)), order))[0]


def _grid(n: int) -> np.ndarray:
    return (np.arange(n) + 0.5) / n


def _permuted(values: np.ndarray, seed: int = 1) -> np.ndarray:
    """`values` in an order of their own for each seed: draws of two sources in one order would add their widths."""
    return np.random.default_rng(seed).permutation(values)


def _percentiles(draws: np.ndarray) -> Interval:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
