"""Uncertainty of a measured number over seeds and over test images together (hierarchical bootstrap).

A mean over n seeds on N test images varies because other seeds, and because other images, would have given another
number. Bouthillier et al. 2021 (Accounting for variance in machine learning benchmarks, arXiv 2103.03098) show that
claims about methods need both. Here the images are resampled (within classes, or whole subjects), and the seeds' part
is drawn from Student's t with n − 1 degrees of freedom: resampling three seeds with replacement would understate their
variance by a third and knows ten outcomes only.

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
    """The estimate of an accuracy. right: bool (S, N), a row a seed; labels, groups: as `class_sums`.

    Over images the accuracy follows Jeffreys' Beta (Brown, Cai & DasGupta 2001, doi 10.1214/ss/1009213286), which is
    not certain where every image is right; over groups whole groups are resampled, with an error of one image.
    """
    mean, n, groups = right.mean(), right.shape[1], _several(groups)
    if groups is not None and 0 < mean < 1:
        images = _resampled_means(right, labels, groups) + normal(1 / n)
    else:
        n = n if groups is None else len(np.unique(groups))
        images = _jeffreys(float(mean), n)
    return clipped(estimate(right.mean(axis=1), images))


def average(values: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None) -> Estimate:
    """The estimate of the mean of a number that each seed and image has: (S, N); labels, groups: as `class_sums`. An
    error of one image is added, so that a number which is the same for every image is not certain."""
    return estimate(values.mean(axis=1), _resampled_means(values, labels, groups) + normal(1 / len(labels)))


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
    least = 1 / len(labels)
    sums, _ = class_sums(np.column_stack([first.mean(axis=0), second.mean(axis=0)]), labels, groups)
    totals = sums.sum(axis=1)
    images = widened(totals[:, 0] / np.maximum(totals[:, 1], 1), groups)
    return estimate(first.mean(axis=1) / np.maximum(second.mean(axis=1), least),
                    images + normal(least / max(float(second.mean()), least)))


def recall_gap(columns: np.ndarray, labels: np.ndarray, some: Sequence[int], others: Sequence[int],
               groups: np.ndarray | None = None) -> Estimate:
    """The estimate of the mean over the classes `some` minus that over `others` (none: 0) of a number an image has.

    columns: (S, N), right or a difference of rights; every class must have images.
    """
    def gap(by_class: np.ndarray) -> np.ndarray:
        return np.nanmean(by_class[:, some], axis=1) - (np.nanmean(by_class[:, others], axis=1) if len(others) else 0)

    per_seed = gap(np.array([[row[labels == k].mean() if np.any(labels == k) else np.nan
                              for k in range(int(labels.max()) + 1)] for row in columns]))
    sums, sizes = class_sums(columns.mean(axis=0)[:, None], labels, groups)
    with np.errstate(invalid="ignore"):
        images = gap(sums[..., 0] / sizes)
    smallest = min(int(np.sum(labels == k)) for k in some)
    images = widened(np.nan_to_num(images, nan=float(per_seed.mean())), groups)
    return estimate(per_seed, images + normal(1 / smallest / len(some)))


def macro_f1_draws(labels: np.ndarray, answers: np.ndarray, num_classes: int, groups: np.ndarray | None = None,
                   draws: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """(macro-F1 of each seed (S,), draws (D,) of its mean over seeds, of other samples of images). answers: (S, N).

    The same labels and groups give the same samples, so that two systems' draws are paired.
    """
    groups = _several(groups)
    member = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    units = int(member.max()) + 1
    weights = np.vstack([np.ones(units), _resampled(units, draws, seed=3)])

    def total(classes: np.ndarray) -> np.ndarray:
        """(1 + draws, K): how many images have each class, of the images as they are and drawn again."""
        return weights @ np.bincount(member * num_classes + classes, minlength=units * num_classes).reshape(units, -1)

    support, scores = total(labels), []
    for row in answers:
        below, right = support + total(row), row == labels
        both = weights @ np.bincount(member[right] * num_classes + row[right],
                                     minlength=units * num_classes).reshape(units, -1)
        f1 = np.divide(2 * both, below, out=np.full_like(below, np.nan), where=below > 0)
        scores.append(np.nanmean(f1, axis=1))
    return np.array([score[0] for score in scores]), widened(np.mean(scores, axis=0)[1:], groups)


def class_sums(columns: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None, draws: int = DRAWS,
               seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(sums (draws, K, C), sizes (draws, K)): columns summed by class over images drawn again with replacement.

    columns: (N, C). Drawn within each class of `labels` (N,), so that class sizes stay (-1: of no class); with `groups`
    (N,), whole groups (the images of a person) are drawn, and class sizes vary; one group is none, for how others would
    differ it does not tell. Images with equal columns are drawn together (multinomially), so that 10,000 draws take no
    longer than a few; equal to ten decimals, for the last digits of a mean differ between processors. Both are
    read-only.
    """
    groups = _several(groups)
    member = None if groups is None else np.unique(groups, return_inverse=True)[1].astype(np.int64).tobytes()
    columns = np.round(columns.astype(np.float64), 10)
    return _class_sums(columns.tobytes(), labels.astype(np.int64).tobytes(), member, draws, seed)


@lru_cache(maxsize=192)  # claims and tables ask for the same comparisons; 0.6 MB each
def _class_sums(columns: bytes, labels: bytes, member: bytes | None, draws: int, seed: int
                ) -> tuple[np.ndarray, np.ndarray]:
    labels = np.frombuffer(labels, np.int64)
    columns = np.frombuffer(columns).reshape(len(labels), -1)
    k = int(labels.max()) + 1
    if member is not None:
        member = np.frombuffer(member, np.int64)
        own = np.zeros((member.max() + 1, k, columns.shape[1] + 1))
        of = labels >= 0
        np.add.at(own, (member[of], labels[of]), np.column_stack([columns, np.ones(len(labels))])[of])
        found = np.tensordot(_resampled(len(own), draws, seed), own, axes=1)
        return _read_only(found[..., :-1], found[..., -1])
    rng = np.random.default_rng(seed)
    sums, sizes = np.zeros((draws, k, columns.shape[1])), np.bincount(labels[labels >= 0], minlength=k).astype(float)
    for label in np.unique(labels[labels >= 0]):
        values, counts = np.unique(columns[labels == label], axis=0, return_counts=True)
        sums[:, label] = rng.multinomial(counts.sum(), counts / counts.sum(), size=draws) @ values
    return _read_only(sums, np.broadcast_to(sizes, (draws, k)))


def _resampled_means(values: np.ndarray, labels: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """(DRAWS,) of the mean of `values` (S, N), of other samples of images."""
    sums, sizes = class_sums(values.mean(axis=0)[:, None], labels, groups)
    return widened(sums[..., 0].sum(axis=1) / sizes.sum(axis=1), groups)


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


@lru_cache(maxsize=8)  # many claims are about the same images
def _resampled(units: int, draws: int, seed: int) -> np.ndarray:
    """How often each unit is drawn with replacement, float (draws, units)."""
    drawn = np.random.default_rng(seed).integers(units, size=(draws, units)) + units * np.arange(draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=draws * units).reshape(draws, units).astype(float)


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


def _percentiles(draws: np.ndarray, level: float = LEVEL) -> Interval:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
