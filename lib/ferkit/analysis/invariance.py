"""Does the answer stay when the face moves? A spatial transformer is there to make it so; this counts.

Jaderberg et al. 2015, arXiv 1506.02025, claim for it invariance to translation, scale and rotation. Every image is
moved, turned or resized, and asked again; no label is needed, for the answer is held against the network's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from ferkit.experiments import corruptions
from ferkit.models.layers import affine_grid
from ferkit.stats.intervals import wilson


def resize(images: np.ndarray, *, strength: float) -> np.ndarray:
    """Each face `strength` times as large about the centre, edges repeated; uint8 (N, H, W)."""
    theta = torch.zeros(len(images), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = 1 / strength
    pixels = torch.from_numpy(images.astype(np.float32))[:, None]
    grid = affine_grid(theta, *images.shape[1:])
    read = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return corruptions.to_uint8(read[:, 0].numpy())


# By name: what is done to the images; a direction, where there is one, is drawn for each.
CHANGES: Mapping[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    **{f"shift {pixels} px": partial(corruptions.shift, strength=pixels) for pixels in (2, 4, 6)},
    **{f"turn {degrees}°": partial(corruptions.rotation, strength=degrees) for degrees in (5, 10, 20)},
    **{f"size × {factor}": lambda images, _, factor=factor: resize(images, strength=factor)
       for factor in (0.8, 0.9, 1.1, 1.25)},
}


def unchanged(votes: Callable[[np.ndarray], np.ndarray], images: np.ndarray, seed: int = 0) -> list[dict[str, object]]:
    """For each of `CHANGES` the share of images whose answer stays: rows {change, unchanged, from, to}, fractions.

    votes: uint8 (N, H, W) → int64 (N,). images: uint8 (N, H, W). from, to: Wilson 95 %. Networks asked with one seed
    see the same pixels.
    """
    before, rows = votes(images), []
    for number, (name, change) in enumerate(CHANGES.items()):
        same = int((votes(change(images, np.random.default_rng([seed, number]))) == before).sum())
        low, high = wilson(same, len(images))
        rows.append({"change": name, "unchanged": same / len(images), "from": low, "to": high})
    return rows
