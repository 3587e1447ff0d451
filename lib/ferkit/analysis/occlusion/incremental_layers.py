"""Layers that work locally, run again only where a changed patch of the input can be felt.

Every stage keeps its padded input for a batch of uncovered images. For a changed patch the outputs that it reaches
are computed anew, stage by stage, and pasted into the last kept map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Region = tuple[int, int, int, int]  # top, left, bottom, right (exclusive)
POINTWISE = (nn.ReLU, nn.Tanh, nn.BatchNorm2d, nn.Dropout)


@dataclass(frozen=True)
class Stage:
    """A convolution or pooling and the pointwise layers after it."""

    kernel: int
    stride: int
    padding: int
    layer: Callable[[Tensor], Tensor]  # takes an input already padded
    pointwise: list[Callable[[Tensor], Tensor]] = field(default_factory=list)

    def __call__(self, padded: Tensor) -> Tensor:
        out = self.layer(padded)
        for module in self.pointwise:
            out = module(out)
        return out

    def reach(self, region: Region, height: int, width: int) -> tuple[Region, Region]:
        """Of the outputs that a changed input `region` reaches: themselves, and the padded input they read."""
        (top, bottom), (left, right) = (self._along(region[a], region[a + 2], size)
                                        for a, size in ((0, height), (1, width)))
        read = tuple(edge * self.stride for edge in (top, left))
        end = tuple((edge - 1) * self.stride + self.kernel for edge in (bottom, right))
        return (top, left, bottom, right), (*read, *end)

    def _along(self, start: int, stop: int, size: int) -> tuple[int, int]:
        outputs = (size + 2 * self.padding - self.kernel) // self.stride + 1
        first = -((self.kernel - 1 - start - self.padding) // self.stride)
        last = (stop - 1 + self.padding) // self.stride + 1
        return max(0, first), min(outputs, last)


@dataclass(frozen=True)
class Step:
    """One stage for one window: the padded input it reads, the outputs it reaches, and where in what it reads
    the changed patch stands."""

    read: Region
    reached: Region
    y: int
    x: int

    @property
    def form(self) -> tuple[int, ...]:
        """Windows of equal form can be computed in one batch."""
        return (self.read[2] - self.read[0], self.read[3] - self.read[1], self.reached[2] - self.reached[0],
                self.reached[3] - self.reached[1], self.y, self.x)


def stages(layers: list[nn.Module], side: int) -> tuple[list[Stage], list[nn.Module]]:
    """The leading layers that work locally on a square input of `side` pixels, as stages, and the layers after them."""
    found: list[Stage] = []
    for number, layer in enumerate(layers):
        if isinstance(layer, POINTWISE) and found:
            # a ReLU may overwrite what the stage has just made
            found[-1].pointwise.append(torch.relu_ if isinstance(layer, nn.ReLU) else layer)
            continue
        stage = _stage(layer, side)
        if stage is None:
            return found, layers[number:]
        found.append(stage)
        side = (side + 2 * stage.padding - stage.kernel) // stage.stride + 1
    return found, []


def _stage(layer: nn.Module, side: int) -> Stage | None:
    """A convolution or pooling as a stage; None for any other layer."""
    if isinstance(layer, nn.Conv2d) and layer.dilation == (1, 1) and layer.kernel_size[0] == layer.kernel_size[1]:
        return Stage(layer.kernel_size[0], layer.stride[0], layer.padding[0],
                     lambda padded: F.conv2d(padded, layer.weight, layer.bias, layer.stride, 0, 1, layer.groups))
    if isinstance(layer, nn.AdaptiveMaxPool2d) and isinstance(layer.output_size, int) and side % layer.output_size == 0:
        kernel = side // layer.output_size  # its fields are then of one size and do not overlap
        return Stage(kernel, kernel, 0, max_pool(kernel))
    if not isinstance(layer, nn.MaxPool2d | nn.AvgPool2d) or (layer.padding, type(layer.kernel_size)) != (0, int):
        return None
    if isinstance(layer, nn.MaxPool2d) and layer.kernel_size == layer.stride:
        return Stage(layer.kernel_size, layer.stride, 0, max_pool(layer.kernel_size))
    return Stage(layer.kernel_size, layer.stride, 0, layer)


def channels_last(x: Tensor) -> Tensor:
    """`x` in channels_last memory, and marked so where one channel leaves both orders the same: torch takes the order
    of a convolution's output from its input's strides."""
    x = x.contiguous(memory_format=torch.channels_last)
    return x.as_strided(x.shape, (x.stride(0), 1, x.stride(2), x.stride(3))) if x.shape[1] == 1 else x


def max_pool(kernel: int) -> Callable[[Tensor], Tensor]:
    """Max-pooling of fields that do not overlap, by whole rows and then whole columns: the same values as torch's,
    which also keeps indices and takes three times as long on maps of few channels."""
    def pool(x: Tensor) -> Tensor:
        for axis in (2, 3):
            end = x.shape[axis] // kernel * kernel
            fields = [_strided(x, axis, first, end, kernel) for first in range(kernel)]
            x = fields[0]
            for field_ in fields[1:]:
                x = torch.maximum(x, field_)
        return x

    return pool


def _strided(x: Tensor, axis: int, first: int, end: int, step: int) -> Tensor:
    return x[:, :, first:end:step] if axis == 2 else x[:, :, :, first:end:step]


class Trunk:
    """Local stages with the maps of one batch of uncovered images kept."""

    def __init__(self, layers: list[nn.Module], side: int) -> None:
        self.stages, rest = stages(layers, side)
        self.rest = nn.Sequential(*rest)

    def keep(self, x: Tensor) -> Tensor:
        """Run the whole images and keep every stage's padded input; returns what `rest` gives."""
        self.inputs, self.sizes = [], []
        for stage in self.stages:
            self.sizes.append(x.shape[2:])
            self.inputs.append(channels_last(F.pad(x, [stage.padding] * 4) if stage.padding else x))
            x = stage(self.inputs[-1])
        self.last = x
        return self.rest(x)

    def select(self, rows: Tensor) -> None:
        """Go on with these of the kept images only; rows: int64 (m,)."""
        self.inputs, self.last = [kept[rows] for kept in self.inputs], self.last[rows]

    def plan(self, region: Region) -> list[Step]:
        """What a changed `region` of the images makes each stage do; it ends early where nothing is reached."""
        steps = []
        for stage, size in zip(self.stages, self.sizes, strict=True):
            reached, read = stage.reach(region, *size)
            if reached[0] >= reached[2] or reached[1] >= reached[3]:
                return steps
            steps.append(Step(read, reached, region[0] + stage.padding - read[0], region[1] + stage.padding - read[1]))
            region = reached
        return steps

    def again(self, patch: Tensor, plans: list[list[Step]]) -> Tensor:
        """What `rest` gives, (g·n, …), when `patch` (g·n, C, h, w) stands at g regions of the n images, whose plans
        have one form."""
        n, reached_last = len(self.last), len(plans[0]) == len(self.stages)
        whole = self.last.repeat(len(plans), 1, 1, 1)
        if reached_last:
            for number, stage in enumerate(self.stages):
                patch = stage(self._around(patch, number, [plan[number] for plan in plans]))
            for number, plan in enumerate(plans):
                top, left, bottom, right = plan[-1].reached
                whole[number * n:(number + 1) * n, :, top:bottom, left:right] = patch[number * n:(number + 1) * n]
        return self.rest(whole)

    def _around(self, patch: Tensor, number: int, steps: list[Step]) -> Tensor:
        """What stage `number` reads for each region: the kept input with `patch` in it."""
        crop = torch.cat([self.inputs[number][:, :, s.read[0]:s.read[2], s.read[1]:s.read[3]] for s in steps])
        _paste(crop, patch, steps[0].y, steps[0].x)
        return channels_last(crop)


def _paste(crop: Tensor, patch: Tensor, y: int, x: int) -> None:
    """Write `patch` at (y, x) of `crop`, leaving out what sticks out (inputs that no output reads)."""
    height, width = crop.shape[2:]
    top, left, bottom, right = max(0, -y), max(0, -x), min(patch.shape[2], height - y), min(patch.shape[3], width - x)
    crop[:, :, y + top:y + bottom, x + left:x + right] = patch[:, :, top:bottom, left:right]
