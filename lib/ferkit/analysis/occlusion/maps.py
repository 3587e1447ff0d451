"""Occlusion maps of any classifier: three readings per image and window, and their means by expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ferkit.analysis.occlusion.windows import Windows, cover, fill

READINGS = ("turned_wrong", "probability_drop", "logit_drop")

# uint8 (n, H, W) → scores (n, K), or a pair (scores (n, K), predicted labels (n,)) where the prediction is
# not the highest score (an SVM's vote)
Score = Callable[[np.ndarray], np.ndarray | tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class OcclusionMaps:
    """Readings for N images and P windows; a reading is higher where covering hurts more.

    labels: int64 (N,). correct: bool (N,), right with nothing covered.
    turned_wrong: bool (N, P), right with nothing covered and wrong with this window covered.
    probability_drop, logit_drop: float32 (N, P), what the true label loses, in probability (softmax of the
    scores; of an SVM's scores a monotone transform, not a calibrated probability) and in score; NaN where
    only the paper's reading was asked for.
    """

    windows: Windows
    baseline: str
    labels: np.ndarray
    correct: np.ndarray
    turned_wrong: np.ndarray
    probability_drop: np.ndarray
    logit_drop: np.ndarray


def answers(score: Score, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores float64 (n, K) and predicted labels int64 (n,) for uint8 (n, H, W)."""
    given = score(images)
    scores, predicted = given if isinstance(given, tuple) else (given, np.argmax(given, axis=1))
    return np.asarray(scores, dtype=np.float64), np.asarray(predicted, dtype=np.int64)


def probability_of(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The softmax probability of each row's label, float64 (n,)."""
    below = scores - scores.max(1, keepdims=True)
    weights = np.exp(below)
    return weights[np.arange(len(labels)), labels] / weights.sum(1)


def occlusion_maps(score: Score, images: np.ndarray, labels: np.ndarray, *, patch_size: int = 8,
                   stride: int = 4, baseline: str = "zero", batch: int = 512) -> OcclusionMaps:
    """The three readings for every image and window, whatever the classifier.

    score: uint8 (n, H, W) → scores (n, K), with its predicted labels where these are not the argmax.
    images: uint8 0…255, (N, H, W); labels: int (N,) in 0…K-1. baseline: "zero", "mean" or "blur", in grey
    values, before any normalisation. batch: covered images per call of `score`; it does not change the
    result.
    """
    images, labels = np.asarray(images, dtype=np.uint8), np.asarray(labels, dtype=np.int64)
    windows, filled = Windows(*images.shape[1:], patch_size, stride), fill(images, baseline)
    base_score, base_probability, correct = of_label(score, images, labels, batch)
    n, p = len(images), len(windows)
    wrong, drop = np.zeros((n, p), bool), np.zeros((n, p), np.float32)
    logit = np.zeros((n, p), np.float32)
    for start in range(0, n * p, batch):
        i, w = np.divmod(np.arange(start, min(start + batch, n * p)), p)
        covered = cover(images[i], windows.masks[w], filled[i])
        own, probability, right = of_label(score, covered, labels[i], batch)
        wrong[i, w] = correct[i] & ~right
        drop[i, w], logit[i, w] = base_probability[i] - probability, base_score[i] - own
    return OcclusionMaps(windows, baseline, labels, correct, wrong, drop, logit)


def of_label(score: Score, images: np.ndarray, labels: np.ndarray, batch: int = 512) -> tuple[np.ndarray, ...]:
    """The true label's score and probability, float64 (n,), and whether it is predicted, bool (n,)."""
    parts = []
    for start in range(0, len(images), batch):
        rows = slice(start, start + batch)
        scores, predicted = answers(score, images[rows])
        own = scores[np.arange(len(scores)), labels[rows]]
        parts.append((own, probability_of(scores, labels[rows]), predicted == labels[rows]))
    if not parts:
        return np.empty(0), np.empty(0), np.empty(0, bool)
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def class_maps(maps: OcclusionMaps, num_classes: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Mean maps by expression over the image's pixels, with a bootstrap band over images.

    Keys: counts int64 (K,), images of the class; correct_counts int64 (K,), those right with nothing
    covered; for each of `READINGS` float32 (K, H, W), and `<reading>_low`, `_high`: the pixelwise 95 %
    percentile interval; window_<reading> (K, rows, columns) before spreading over pixels; rows, columns:
    the windows' top and left edges. turned_wrong is the mean over the class's right images, the drops
    over all of them; NaN without any.
    """
    rng = np.random.default_rng(seed)
    windows, shape = maps.windows, (num_classes, maps.windows.height, maps.windows.width)
    out = {"counts": np.bincount(maps.labels, minlength=num_classes).astype(np.int64),
           "correct_counts": np.bincount(maps.labels[maps.correct], minlength=num_classes).astype(np.int64),
           "rows": windows.rows, "columns": windows.columns}
    for reading in READINGS:
        values = getattr(maps, reading)
        for name in (reading, f"{reading}_low", f"{reading}_high"):
            out[name] = np.full(shape, np.nan, np.float32)
        out[f"window_{reading}"] = np.full((num_classes, *windows.shape), np.nan, np.float32)
        for k in range(num_classes):
            rows = (maps.labels == k) & (maps.correct if reading == "turned_wrong" else True)
            if rows.any():
                own = values[rows].astype(np.float64)
                out[f"window_{reading}"][k] = own.mean(0).reshape(windows.shape)
                out[reading][k] = windows.to_pixels(own.mean(0))
                out[f"{reading}_low"][k], out[f"{reading}_high"][k] = _band(windows, own, rng)
    return out


def _band(windows: Windows, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The pixelwise 95 % percentile interval (2, H, W) of the mean map over images resampled 200 times."""
    n = len(values)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=200) / n
    return np.quantile(windows.to_pixels(drawn @ values), (0.025, 0.975), axis=0)
