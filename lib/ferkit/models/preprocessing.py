"""Pixels as networks take them: fixed normalisation, crops, and the views of test-time augmentation."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

# The papers state no normalisation; (x/255 - 0.5)/0.25 gives FER2013 about zero mean and unit spread.
MEAN, SD = 127.5, 63.75


def to_input(images: Tensor | np.ndarray) -> Tensor:
    """What every network takes: float32, (N, 1, H, W), about zero mean and unit spread.

    images: 0…255, uint8 or float, (N, H, W) or (N, 1, H, W).
    """
    x = torch.as_tensor(np.ascontiguousarray(images) if isinstance(images, np.ndarray) else images)
    if x.ndim == 3:
        x = x[:, None]
    return (x.float() - MEAN).div_(SD)


def centre_crop(images: Tensor | np.ndarray, side: int) -> Tensor | np.ndarray:
    """The middle (…, side, side) window of images (…, H, W)."""
    top, left = (images.shape[-2] - side) // 2, (images.shape[-1] - side) // 2
    return images[..., top:top + side, left:left + side]


def views(images: Tensor, side: int, tta: str) -> list[Tensor]:
    """What the network is shown of each image: the centre; with "flip" its mirror image too; with "tencrop" the four
    corners, the centre and all their mirror images. Deterministic. images: (N, 1, H, W)."""
    margin = images.shape[-1] - side
    crops = [centre_crop(images, side)]
    if tta == "tencrop" and margin:
        crops += [images[..., y:y + side, x:x + side] for y in (0, margin) for x in (0, margin)]
    return crops if tta == "none" else [*crops, *(crop.flip(-1) for crop in crops)]
