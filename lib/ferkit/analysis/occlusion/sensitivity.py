"""How much of a map is the classifier and how much the choice of window, of baseline or of seed.

The same images under other choices; agreement is Spearman's rank correlation over pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import nn

from ferkit.analysis.occlusion.incremental import any_maps
from ferkit.analysis.occlusion.predictors import predictor
from ferkit.analysis.occlusion.region_tests import cover_parts, recall_lost
from ferkit.analysis.occlusion.windows import BASELINES
from ferkit.data.face_set import FaceSet


def variants(patch_size: int, stride: int, baseline: str) -> list[tuple[int, int, str]]:
    """(patch_size, stride, baseline): as it is, the other baselines, windows three quarters and half again as large."""
    smaller = max(2, 3 * patch_size // 4), max(1, 3 * stride // 4), baseline
    larger = min(48, 3 * patch_size // 2), stride, baseline
    baselines = [(patch_size, stride, other) for other in BASELINES if other != baseline]
    return [(patch_size, stride, baseline), *baselines, smaller, larger]


def under_other_choices(model: nn.Module, part: FaceSet, masks: np.ndarray, regions: tuple[str, ...], head=None, *,
                        patch_size: int, stride: int, baseline: str, placements: int, draws: int, seed: int,
                        device: str = "cpu") -> tuple[dict, dict[str, np.ndarray]]:
    """The maps and tests again with other windows and baselines, on one set of images.

    masks: bool (N, R, H, W) named by `regions`. Returns a summary `{images, counts, recall_lost: {baseline: as
    `recall_lost`}, agreement: [{patch_size, stride, baseline, <label>: rank correlation with the first
    choice's probability map, None where a map is constant or has no images}]}` and arrays: beside_<baseline>, the
    mean probability maps float32 (K, H, W), NaN without images.
    """
    names = part.label_names
    drawn = {}
    for choice in variants(patch_size, stride, baseline):
        drawn[choice] = _mean_maps(model, part, head, device, *choice)
    first, *others = drawn
    rows = [{"patch_size": choice[0], "stride": choice[1], "baseline": choice[2],
             **dict(zip(names, map(rank_correlation, drawn[first], drawn[choice]), strict=True))} for choice in others]
    tables = {}
    for name in BASELINES:
        covered = cover_parts(predictor(model, head, device=device), part.images, part.labels, masks, regions,
                              baseline=name, placements=placements, seed=seed)
        tables[name] = recall_lost(covered, part.labels, names, regions, draws=draws, seed=seed)
    arrays = {f"beside_{name}": drawn[patch_size, stride, name].astype(np.float32) for name in BASELINES}
    counts = np.bincount(part.labels, minlength=len(names)).tolist()
    return {"images": len(part), "counts": counts, "recall_lost": tables, "agreement": rows}, arrays


def over_seeds(maps: Sequence[np.ndarray], label_names: Sequence[str]) -> dict[str, float | None]:
    """The mean rank correlation over all pairs of seeds, by expression; None where it is not defined.

    maps: one (K, H, W) for each seed, at least two; ValueError for fewer.
    """
    if len(maps) < 2:
        raise ValueError("agreement over seeds needs two seeds")
    pairs = [(a, b) for number, a in enumerate(maps) for b in maps[number + 1:]]
    found = {}
    for k, label in enumerate(label_names):
        known = [c for c in (rank_correlation(a[k], b[k]) for a, b in pairs) if c is not None]
        found[label] = float(np.mean(known)) if known else None
    return found


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Spearman's over pixels; None where a map is constant or not a number."""
    from scipy import stats  # takes a second to import, and tables of results need none of it

    if not (np.isfinite(a).all() and np.isfinite(b).all()) or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(stats.spearmanr(a.ravel(), b.ravel()).statistic)


def _mean_maps(model: nn.Module, part: FaceSet, head, device: str, patch_size: int, stride: int,
               baseline: str) -> np.ndarray:
    """Mean probability maps, float64 (K, H, W); NaN for an expression without images."""
    maps = any_maps(model, part.images, part.labels, head, device=device, patch_size=patch_size, stride=stride,
                    baseline=baseline)
    means = np.full((len(part.label_names), *part.images.shape[1:]), np.nan)
    for k in np.unique(part.labels):
        means[k] = maps.windows.to_pixels(maps.probability_drop[part.labels == k].mean(0))
    return means
