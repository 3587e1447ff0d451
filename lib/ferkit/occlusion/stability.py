"""How much of a map is the classifier and how much the choice of window: the same images under other choices."""

from __future__ import annotations

import numpy as np
from scipy import stats
from torch import nn

from ferkit.datasets.faceset import FaceSet
from ferkit.occlusion.study import any_maps

VARIANTS = ((8, 4, "zero"), (6, 3, "zero"), (12, 4, "zero"), (8, 4, "mean"), (8, 4, "blur"))


def stability(model: nn.Module, part: FaceSet, head=None, *, device: str = "cpu",
              variants: tuple[tuple[int, int, str], ...] = VARIANTS) -> list[dict[str, object]]:
    """Spearman's rank correlation of each expression's mean probability map with that of the first variant.

    variants: (patch_size, stride, baseline). One row per further variant: patch_size, stride, baseline and the
    correlation over pixels by expression (None where a map is constant or has no images).
    """
    drawn = [_mean_maps(model, part, head, device, *variant) for variant in variants]
    rows = []
    for (patch_size, stride, baseline), maps in zip(variants[1:], drawn[1:], strict=True):
        row: dict[str, object] = {"patch_size": patch_size, "stride": stride, "baseline": baseline}
        rows.append(row | {label: _rank_correlation(drawn[0][k], maps[k]) for k, label in enumerate(part.label_names)})
    return rows


def _mean_maps(model: nn.Module, part: FaceSet, head, device: str, patch_size: int, stride: int,
               baseline: str) -> list[np.ndarray | None]:
    maps = any_maps(model, part.images, part.labels, head, device=device, patch_size=patch_size, stride=stride,
                    baseline=baseline)
    own = [maps.probability_drop[part.labels == k] for k in range(len(part.label_names))]
    return [maps.windows.to_pixels(values.mean(0)) if len(values) else None for values in own]


def _rank_correlation(a: np.ndarray | None, b: np.ndarray | None) -> float | None:
    if a is None or b is None or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(stats.spearmanr(a.ravel(), b.ravel()).statistic)
