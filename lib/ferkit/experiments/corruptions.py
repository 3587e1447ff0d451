"""What an image goes through in the wild, at stated strengths, and what that costs a classifier.

Paper B (Qiao, Hou & Liu 2022, doi 10.11772/j.issn.1001-9081.2021071270) is said to be robust; how that was
measured is not known.

Not stated in the paper; we use noise, blur, brightness, shift, rotation and a black block at three strengths
each because a single strength cannot show where a system breaks.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

Condition = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def noise(images: np.ndarray, rng: np.random.Generator, *, strength: float) -> np.ndarray:
    """Gaussian noise with a deviation of `strength` of the grey range, clipped; uint8 (N, H, W)."""
    grain = rng.standard_normal(images.shape, dtype=np.float32) * np.float32(255 * strength)
    return to_uint8(images + grain)


def blur(images: np.ndarray, rng: np.random.Generator | None = None, *, strength: float) -> np.ndarray:
    """Gaussian blur with a sigma of `strength` pixels, edges repeated; uint8 (N, H, W). Nothing is drawn."""
    reach = max(1, int(np.ceil(3 * strength)))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / strength) ** 2).astype(np.float32)
    weights /= weights.sum()
    blurred = images.astype(np.float32)
    for axis in (1, 2):
        pad = [(0, 0), (0, 0), (0, 0)]
        pad[axis] = (reach, reach)
        padded, length = np.pad(blurred, pad, mode="edge"), images.shape[axis]
        blurred = sum(w * padded.take(range(k, k + length), axis) for k, w in enumerate(weights))
    return to_uint8(blurred)


def brightness(images: np.ndarray, rng: np.random.Generator | None = None, *, strength: float) -> np.ndarray:
    """Grey values times `strength`, clipped at white; uint8 (N, H, W). Nothing is drawn."""
    return to_uint8(images * np.float32(strength))


def shift(images: np.ndarray, rng: np.random.Generator, *, strength: int) -> np.ndarray:
    """Each image moved by `strength` pixels in one of eight directions, edges repeated; uint8 (N, H, W)."""
    moves = np.array([(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]) * strength
    dy, dx = moves[rng.integers(len(moves), size=len(images))].T
    height, width = images.shape[1:]
    rows = np.clip(np.arange(height) - dy[:, None], 0, height - 1)
    columns = np.clip(np.arange(width) - dx[:, None], 0, width - 1)
    return images[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def rotation(images: np.ndarray, rng: np.random.Generator, *, strength: float) -> np.ndarray:
    """Each image turned by `strength` degrees, left or right, edges repeated; uint8 (N, H, W)."""
    angle = np.deg2rad(strength) * rng.choice((-1.0, 1.0), size=len(images))
    theta = np.zeros((len(images), 2, 3), dtype=np.float32)
    theta[:, 0, 0] = theta[:, 1, 1] = np.cos(angle)
    theta[:, 0, 1], theta[:, 1, 0] = np.sin(angle), -np.sin(angle)
    pixels = torch.from_numpy(images.astype(np.float32))[:, None]
    grid = F.affine_grid(torch.from_numpy(theta), list(pixels.shape), align_corners=False)
    turned = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return to_uint8(turned[:, 0].numpy())


def block(images: np.ndarray, rng: np.random.Generator, *, strength: int) -> np.ndarray:
    """Each image with a black square of `strength` pixels a side somewhere inside; uint8 (N, H, W)."""
    height, width = images.shape[1:]
    top = rng.integers(height - strength + 1, size=len(images))[:, None, None]
    left = rng.integers(width - strength + 1, size=len(images))[:, None, None]
    rows, columns = np.arange(height)[:, None], np.arange(width)[None]
    inside = (rows >= top) & (rows < top + strength) & (columns >= left) & (columns < left + strength)
    return np.where(inside, 0, images).astype(np.uint8)


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Grey values rounded and clipped to 0…255, uint8."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


STRENGTHS: Mapping[Callable, tuple[float, ...]] = {
    noise: (0.05, 0.1, 0.2),    # deviation, fraction of the grey range
    blur: (0.5, 1, 2),          # sigma, pixels
    brightness: (0.5, 0.75, 1.5),  # factor
    shift: (2, 4, 6),           # pixels
    rotation: (10, 20, 30),     # degrees
    block: (8, 12, 16),         # side, pixels
}
CONDITIONS: Mapping[str, Condition] = {
    f"{change.__name__}_{strength}": partial(change, strength=strength)
    for change, strengths in STRENGTHS.items() for strength in strengths
}


def apply(name: str, images: np.ndarray, seed: int) -> np.ndarray:
    """`images` under one of `CONDITIONS`, uint8 (N, H, W); the same for the same seed."""
    return CONDITIONS[name](images, np.random.default_rng([seed, zlib.crc32(name.encode())]))


def accuracies(predict: Callable[[np.ndarray], np.ndarray], images: np.ndarray, labels: np.ndarray,
               seed: int) -> dict[str, float]:
    """The accuracy under each of `CONDITIONS`, as a fraction; two systems with one seed see the same pixels.

    predict: uint8 (N, H, W) → int64 (N,). images: uint8 0…255, (N, H, W); labels: int64 (N,).
    """
    return {name: float(np.mean(predict(apply(name, images, seed)) == labels)) for name in CONDITIONS}
