"""Where the windows lie, and what stands in a covered place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ferkit.experiments import corruptions

BASELINES = ("zero", "mean", "blur")
BLUR_SIGMA = 4  # pixels: no feature of a 48×48 face survives it, light and tone do


@dataclass(frozen=True)
class Windows:
    """Square windows over an image, from the top-left corner row by row.

    height, width: of the image, pixels. The last window of a row or column is cropped at the edge, so that
    every pixel is covered as long as stride ≤ patch_size (as Captum does it). ValueError for sizes that
    make no window.
    """

    height: int
    width: int
    patch_size: int
    stride: int

    def __post_init__(self) -> None:
        if not 1 <= self.patch_size <= min(self.height, self.width) or self.stride < 1:
            raise ValueError(f"windows of {self.patch_size} at stride {self.stride} do not fit "
                             f"an image of {self.height}×{self.width}")

    @property
    def rows(self) -> np.ndarray:
        """Top edges, int64 pixels."""
        return np.arange(0, self.height - self.patch_size + self.stride, self.stride)

    @property
    def columns(self) -> np.ndarray:
        """Left edges, int64 pixels."""
        return np.arange(0, self.width - self.patch_size + self.stride, self.stride)

    @property
    def shape(self) -> tuple[int, int]:
        """How many windows stand below and beside each other."""
        return len(self.rows), len(self.columns)

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    @cached_property
    def boxes(self) -> np.ndarray:
        """Top, left, bottom, right (both exclusive) of every window, int64 (P, 4), pixels."""
        top, left = (a.ravel() for a in np.meshgrid(self.rows, self.columns, indexing="ij"))
        return np.stack([top, left, np.minimum(top + self.patch_size, self.height),
                         np.minimum(left + self.patch_size, self.width)], axis=1)

    @cached_property
    def masks(self) -> np.ndarray:
        """Which pixels each window covers, bool (P, H, W)."""
        masks = np.zeros((len(self), self.height, self.width), dtype=bool)
        for mask, (top, left, bottom, right) in zip(masks, self.boxes, strict=True):
            mask[top:bottom, left:right] = True
        return masks

    def to_pixels(self, values: np.ndarray) -> np.ndarray:
        """Each pixel's mean over the windows covering it: (…, P) → float32 (…, H, W); NaN where none does."""
        covered = self.masks.reshape(len(self), -1).astype(np.float64)
        with np.errstate(invalid="ignore"):
            pixels = np.asarray(values, dtype=np.float64) @ covered / covered.sum(0)
        return pixels.astype(np.float32).reshape(*np.shape(values)[:-1], self.height, self.width)


def fill(images: np.ndarray, baseline: str) -> np.ndarray:
    """What a covered pixel becomes, uint8 (N, H, W): black, the image's own mean, or the image blurred.

    images: uint8 0…255, (N, H, W). baseline: "zero" (as published), "mean" or "blur"; ValueError otherwise.
    """
    if baseline == "zero":
        return np.zeros_like(images)
    if baseline == "mean":
        means = corruptions.to_uint8(images.mean((1, 2), keepdims=True))
        return np.broadcast_to(means, images.shape).copy()
    if baseline == "blur":
        return corruptions.blur(images, strength=BLUR_SIGMA)
    raise ValueError(f"baseline {baseline!r}: one of {', '.join(BASELINES)}")


def cover(images: np.ndarray, masks: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """`images` with `filled` where `masks`, uint8 (N, H, W). masks: bool, (N, H, W) or (H, W)."""
    return np.where(masks, filled, images)
