"""Confidence intervals and paired significance tests (thin wrappers over scipy).

Intervals are 95 %, over test images (Wilson) or over seeds (t). Both together: `ferkit.stats.estimates`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special  # scipy.stats alone takes a second to import

LEVEL = 0.95
Interval = tuple[float, float]


@dataclass(frozen=True)
class Spread:
    """Several seeds in one line: mean, sd (n-1; None for one seed) and t interval of the mean (None too)."""

    mean: float
    sd: float | None
    interval: Interval | None


def wilson(successes: float, n: int) -> Interval:
    """The Wilson score interval of a fraction of `n`: inside [0, 1], and not empty at 0 or n.

    `successes` need not be whole (a mean over seeds). Wilson 1927, doi 10.1080/01621459.1927.10502953.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} successes of {n}")
    z = special.ndtri((1 + LEVEL) / 2)
    share, weight = successes / n, 1 / (1 + z**2 / n)
    centre = weight * (share + z**2 / (2 * n))
    half = weight * z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def over_seeds(values: Sequence[float]) -> Spread:
    """Mean, sd and t interval of one number measured with several seeds; ValueError for none."""
    if not len(values):
        raise ValueError("no seed: nothing to summarise")
    mean, n = float(np.mean(values)), len(values)
    if n == 1:
        return Spread(mean, None, None)
    sd = float(np.std(values, ddof=1))
    half = float(special.stdtrit(n - 1, (1 + LEVEL) / 2)) * sd / np.sqrt(n)
    return Spread(mean, sd, (mean - half, mean + half))


def mcnemar(first_right: np.ndarray, second_right: np.ndarray) -> float:
    """The two-sided p of the exact McNemar test that two systems are right equally often on the same images.

    first_right, second_right: bool (N,). Only images on which exactly one is right count; p is 1 when there
    are none. McNemar 1947, doi 10.1007/BF02295996, in its exact binomial form. ValueError for other shapes.
    """
    first_right, second_right = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    if first_right.shape != second_right.shape:
        raise ValueError(f"{first_right.shape} and {second_right.shape} are not the same images")
    only_first = int(np.sum(first_right & ~second_right))
    only_second = int(np.sum(second_right & ~first_right))
    apart = only_first + only_second
    return min(1.0, 2 * float(special.bdtr(min(only_first, only_second), apart, 0.5))) if apart else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for being one of several tests, in the order given (Holm 1979, step-down)."""
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()


def combine(p_values: Sequence[float]) -> float:
    """One p for the same question asked with several seeds on the same images: twice their median, at most 1.

    Valid however strongly the seeds depend on each other, as they do on shared test images: K/k times the k-th smallest
    of K p-values is one (Rüger 1978, Metrika 25, 171–178; Vovk & Wang 2020, doi 10.1093/biomet/asaa027). A single p
    stays as it is.
    """
    return float(p_values[0] if len(p_values) == 1 else min(1.0, 2 * np.median(p_values)))
