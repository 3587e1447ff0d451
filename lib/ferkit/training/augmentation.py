"""Augmentation of a whole batch at once, drawn per sample from an explicit generator.

torchvision's v2 transforms draw one set of parameters per batch; here :func:`draw` draws N sets and :func:`apply`
applies them in a few batched operations on the device where the images already lie. Per sample the result equals
torchvision's `affine`, `adjust_brightness`, `adjust_contrast` and `erase` (tests/unit/training/test_augmentation.py). A
strength of zero leaves the pixels as they are, bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ferkit.models.layers import affine_grid
from ferkit.training.recipe import Augmentation


@dataclass(frozen=True)
class Draws:
    """One draw of parameters per image, each (N,) on the device of the images; None where the strength is zero."""

    flip: Tensor | None = None        # bool
    angle: Tensor | None = None       # degrees, clockwise as torchvision counts
    scale: Tensor | None = None       # factor
    shift: Tensor | None = None       # (N, 2) pixels, (x, y)
    corner: Tensor | None = None      # (N, 2) int64, left and top edge of the crop
    brightness: Tensor | None = None  # factor
    contrast: Tensor | None = None    # factor
    box: Tensor | None = None         # (N, 4) int64 left, top, right, bottom; an empty box erases nothing


def draw(n: int, side: int, spec: Augmentation, generator: torch.Generator) -> Draws:
    """Parameters for `n` square images of `side` pixels, all from `generator` and on its device."""
    device = generator.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=device)

    def around_one(strength: float) -> Tensor | None:
        return 1 + strength * (2 * uniform(n) - 1) if strength else None

    flip = uniform(n) < spec.flip if spec.flip else None
    angle = spec.rotation * (2 * uniform(n) - 1) if spec.rotation else None
    scale = around_one(spec.scale)
    shift = spec.shift * side * (2 * uniform(n, 2) - 1) if spec.shift else None
    corner = None
    if spec.crop and spec.crop < side:
        corner = torch.randint(0, side - spec.crop + 1, (n, 2), generator=generator, device=device)
    brightness, contrast = around_one(spec.brightness), around_one(spec.contrast)
    box = _draw_boxes(uniform(n, 5), spec.crop or side, spec.erase) if spec.erase else None
    return Draws(flip, angle, scale, shift, corner, brightness, contrast, box)


def _draw_boxes(u: Tensor, side: int, probability: float) -> Tensor:
    """Rectangles of 2…20 % of the area with aspect ratio 0.3…3.3, as torchvision's RandomErasing draws them."""
    area = (0.02 + 0.18 * u[:, 1]) * side * side
    ratio = torch.exp(math.log(0.3) + math.log(3.3 / 0.3) * u[:, 2])
    height = (area * ratio).sqrt().round().clamp(1, side - 1)
    width = (area / ratio).sqrt().round().clamp(1, side - 1)
    left, top = (u[:, 3] * (side - width + 1)).floor(), (u[:, 4] * (side - height + 1)).floor()
    box = torch.stack((left, top, left + width, top + height), 1)
    return torch.where((u[:, :1] < probability), box, torch.zeros_like(box)).long()


def apply(images: Tensor, draws: Draws, *, crop: int = 0, padding: str = "border") -> Tensor:
    """The varied batch: float32 0…255, (N, 1, side', side') with side' = `crop` or the old side.

    images: float32 or uint8 0…255, (N, 1, side, side).
    """
    x = images.float()
    resampled = draws.angle is not None or draws.scale is not None or draws.shift is not None
    if draws.flip is not None and not resampled:
        x = torch.where(draws.flip[:, None, None, None], x.flip(-1), x)
    if resampled:
        theta = affine_theta(draws, x.shape[-1], x.shape[0], x.device)
        if draws.corner is not None:
            theta = theta @ _crop_matrix(draws.corner, crop, x.shape[-1])
        side = crop if draws.corner is not None else x.shape[-1]
        x = F.grid_sample(x, affine_grid(theta, side, side), mode="bilinear", padding_mode=padding,
                          align_corners=False)
    elif draws.corner is not None:
        x = _gather_crop(x, draws.corner, crop)
    if draws.brightness is not None:
        x = (x * draws.brightness[:, None, None, None]).clamp(0, 255)
    if draws.contrast is not None:
        mean = x.mean((1, 2, 3), keepdim=True)
        factor = draws.contrast[:, None, None, None]
        x = (factor * x + (1 - factor) * mean).clamp(0, 255)
    if draws.box is not None:
        x = x.masked_fill(_inside(draws.box, x.shape[-1])[:, None], 0.0)
    return x


def affine_theta(draws: Draws, side: int, n: int, device: torch.device) -> Tensor:
    """The sampling matrices (N, 2, 3) in normalised coordinates: inverse of rotate, scale and shift about the
    centre, in torchvision's convention, then mirrored."""
    theta = torch.zeros(n, 2, 3, device=device)
    inverse = 1 / draws.scale if draws.scale is not None else torch.ones(n, device=device)
    if draws.angle is None:
        theta[:, 0, 0] = theta[:, 1, 1] = inverse
    else:
        radians = torch.deg2rad(draws.angle)
        cos, sin = radians.cos() * inverse, radians.sin() * inverse
        theta[:, 0, 0], theta[:, 0, 1], theta[:, 1, 0], theta[:, 1, 1] = cos, sin, -sin, cos
    if draws.shift is not None:
        theta[:, :, 2:] = theta[:, :, :2] @ (draws.shift[:, :, None] * (-2 / side))
    if draws.flip is not None:  # a mirror image is x read at -x
        theta[:, 0] *= 1 - 2 * draws.flip[:, None].float()
    return theta


def _crop_matrix(corner: Tensor, crop: int, side: int) -> Tensor:
    """(N, 3, 3): from the crop's normalised coordinates to those of the whole image."""
    ratio = crop / side
    matrix = torch.eye(3, device=corner.device).repeat(len(corner), 1, 1)
    matrix[:, 0, 0] = matrix[:, 1, 1] = ratio
    matrix[:, :2, 2] = (2 * corner.float() + crop - side) / side
    return matrix


def _gather_crop(x: Tensor, corner: Tensor, crop: int) -> Tensor:
    span = torch.arange(crop, device=x.device)
    rows, columns = corner[:, 1, None] + span, corner[:, 0, None] + span
    n = torch.arange(len(x), device=x.device)[:, None, None]
    return x[n, 0, rows[:, :, None], columns[:, None, :]][:, None]


def _inside(box: Tensor, side: int) -> Tensor:
    """bool (N, side, side): pixels within each box."""
    span = torch.arange(side, device=box.device)
    x = (span >= box[:, 0, None]) & (span < box[:, 2, None])
    y = (span >= box[:, 1, None]) & (span < box[:, 3, None])
    return y[:, :, None] & x[:, None, :]


def mixup(x: Tensor, targets: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each image blended with another of the batch by its own weight from Beta(alpha, alpha), and its targets.

    x: float (N, …); targets: float (N, K) rows that sum to 1. Zhang et al. 2018, arXiv 1710.09412.
    """
    gamma = torch._standard_gamma(torch.full((2, len(x)), float(alpha), device=x.device), generator=generator)
    weight = gamma[0] / gamma.sum(0).clamp_min(1e-12)
    partner = torch.randperm(len(x), generator=generator, device=x.device)
    wide = weight.view(-1, *[1] * (x.ndim - 1))
    return wide * x + (1 - wide) * x[partner], weight[:, None] * targets + (1 - weight[:, None]) * targets[partner]
