"""The fast way: a covered window changes a convolutional network's maps only nearby, so only that is computed.

Every stage keeps its maps of the uncovered image; for a window the patch that it can reach is computed
anew, stage by stage, pasted into the last kept map, and the rest of the network follows. Equal to
`maps.occlusion_maps` up to rounding. Where only the paper's reading is wanted, only images that are right
with nothing covered are asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ferkit.layers import affine_grid, global_average_pool, grid_sample
from ferkit.loader import to_input
from ferkit.models.deep_emotion import DeepEmotion, DeepEmotionWide
from ferkit.models.gap_cnn import GapCNN
from ferkit.models.lenet5 import LeNet5
from ferkit.occlusion.maps import OcclusionMaps, probability_of
from ferkit.occlusion.predictors import centre_crop
from ferkit.occlusion.windows import Windows, fill

Region = tuple[int, int, int, int]  # top, left, bottom, right (exclusive)
ROWS = 1024  # covered images computed at once: large enough for two cores, small enough for their caches
POINTWISE = (nn.ReLU, nn.Tanh, nn.BatchNorm2d, nn.Dropout)


@dataclass(frozen=True)
class Stage:
    """A convolution or pooling and the pointwise layers after it."""

    kernel: int
    stride: int
    padding: int
    layer: Callable[[Tensor], Tensor]  # takes an input already padded
    pointwise: list[nn.Module] = field(default_factory=list)

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


def stages(layers: list[nn.Module]) -> tuple[list[Stage], list[nn.Module]]:
    """The leading layers that work locally, as stages, and the layers after them."""
    found: list[Stage] = []
    for number, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d) and layer.dilation == (1, 1) and layer.kernel_size[0] == layer.kernel_size[1]:
            found.append(Stage(layer.kernel_size[0], layer.stride[0], layer.padding[0], _unpadded(layer)))
        elif isinstance(layer, nn.MaxPool2d | nn.AvgPool2d) and (layer.padding, type(layer.kernel_size)) == (0, int):
            found.append(Stage(layer.kernel_size, layer.stride, 0, layer))
        elif isinstance(layer, POINTWISE) and found:
            found[-1].pointwise.append(layer)
        else:
            return found, layers[number:]
    return found, []


def _unpadded(conv: nn.Conv2d) -> Callable[[Tensor], Tensor]:
    return lambda padded: F.conv2d(padded, conv.weight, conv.bias, conv.stride, 0, 1, conv.groups)


class Trunk:
    """Local stages with the maps of one batch of uncovered images kept."""

    def __init__(self, layers: list[nn.Module]) -> None:
        self.stages, rest = stages(layers)
        self.rest = nn.Sequential(*rest)

    def keep(self, x: Tensor) -> Tensor:
        """Run the whole images and keep every stage's padded input; returns what `rest` gives."""
        self.inputs, self.sizes = [], []
        for stage in self.stages:
            self.sizes.append(x.shape[2:])
            self.inputs.append(F.pad(x, [stage.padding] * 4) if stage.padding else x)
            x = stage(self.inputs[-1])
        self.last = x
        return self.rest(x)

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
                steps = [plan[number] for plan in plans]
                crop = torch.cat([self.inputs[number][:, :, s.read[0]:s.read[2], s.read[1]:s.read[3]] for s in steps])
                _paste(crop, patch, steps[0].y, steps[0].x)
                patch = stage(crop)
            for number, plan in enumerate(plans):
                top, left, bottom, right = plan[-1].reached
                whole[number * n:(number + 1) * n, :, top:bottom, left:right] = patch[number * n:(number + 1) * n]
        return self.rest(whole)


def _paste(crop: Tensor, patch: Tensor, y: int, x: int) -> None:
    """Write `patch` at (y, x) of `crop`, leaving out what sticks out (inputs that no output reads)."""
    height, width = crop.shape[2:]
    top, left, bottom, right = max(0, -y), max(0, -x), min(patch.shape[2], height - y), min(patch.shape[3], width - x)
    crop[:, :, y + top:y + bottom, x + left:x + right] = patch[:, :, top:bottom, left:right]


def split(model: nn.Module) -> tuple[list[Trunk], Callable[..., Tensor]] | None:
    """The network as local trunks over the image and a function of their outputs that gives features (n, D).

    None for a network that this module does not know, or whose trunk does not read the image itself.
    """
    if isinstance(model, LeNet5):
        return [Trunk(list(model.features))], model.hidden
    if isinstance(model, GapCNN) and not model.skip:
        trunk = Trunk([layer for block in model.blocks for layer in block])
        return [trunk], model.hidden if model.head == "fc" else global_average_pool
    if isinstance(model, DeepEmotion) and model.sampler != "input":
        trunks = [Trunk(list(model.features))]
        if model.sampler == "features":
            trunks.append(Trunk(list(model.transformer.localization)))
        return trunks, lambda maps, *located: F.relu(model.fc1(_sampled(model, maps, *located).flatten(1)))
    if isinstance(model, DeepEmotionWide):
        trunks = [Trunk([layer for pair in model.before for layer in pair]),
                  Trunk(list(model.transformer.localization))]
        return trunks, lambda maps, located: global_average_pool(
            model.after(_read(model.transformer, maps, located)))
    return None


def _sampled(model: DeepEmotion, maps: Tensor, located: Tensor | None = None) -> Tensor:
    return maps if located is None else _read(model.transformer, maps, located)


def _read(transformer: nn.Module, maps: Tensor, located: Tensor) -> Tensor:
    theta = transformer.to_theta(F.relu(transformer.hidden(located))).float().view(-1, 2, 3)
    return grid_sample(maps, affine_grid(theta, *maps.shape[2:]))


@torch.inference_mode()
def network_maps(model: nn.Module, images: np.ndarray, labels: np.ndarray, head=None, *, patch_size: int = 8,
                 stride: int = 4, baseline: str = "zero", only_wrong: bool = False, batch: int = 256,
                 device: str | torch.device = "cpu") -> OcclusionMaps | None:
    """`maps.occlusion_maps` of a network (with an SVM `head` on its features, if given), computed locally.

    images: uint8 (N, 48, 48); labels: int (N,). only_wrong: the paper's reading alone; the drops are then
    NaN. batch: images at once. None where `split` knows no local form of the network.
    """
    model = model.eval().to(device).to(memory_format=torch.channels_last)
    parts = split(model)
    if parts is None:
        return None
    images, labels = np.asarray(images, np.uint8), np.asarray(labels, np.int64)
    windows, answer = Windows(*images.shape[1:], patch_size, stride), _answer(model, head)
    n, p = len(images), len(windows)
    correct, wrong = np.zeros(n, bool), np.zeros((n, p), bool)
    drops = np.full((2, n, p), np.nan if only_wrong else 0, np.float32)
    if only_wrong:
        correct = _right(model, answer, images, labels, batch, device)
    asked = np.flatnonzero(correct) if only_wrong else np.arange(n)
    for start in range(0, len(asked), batch):
        rows = asked[start:start + batch]
        features = _features(model, *parts, images[rows], windows, baseline, device)
        scores, predicted = answer(features.flatten(0, 1))
        scores, predicted = scores.reshape(p + 1, len(rows), -1), predicted.reshape(p + 1, len(rows))
        right = predicted == labels[rows]
        correct[rows], wrong[rows] = right[0], (right[0] & ~right[1:]).T
        if not only_wrong:
            probability, own = _own(scores, labels[rows])
            drops[0, rows], drops[1, rows] = (probability[0] - probability[1:]).T, (own[0] - own[1:]).T
    return OcclusionMaps(windows, baseline, labels, correct, wrong, *drops)


def _own(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The true labels' probability and score, float64 (P + 1, n), from scores (P + 1, n, K)."""
    flat, repeated = scores.reshape(-1, scores.shape[-1]), np.tile(labels, len(scores))
    probability, own = probability_of(flat, repeated), flat[np.arange(len(flat)), repeated]
    return probability.reshape(scores.shape[:2]), own.reshape(scores.shape[:2])


def _features(model: nn.Module, trunks: list[Trunk], join: Callable[..., Tensor], images: np.ndarray,
              windows: Windows, baseline: str, device: str | torch.device) -> Tensor:
    """Features of the uncovered images and of every window, (P + 1, n, D)."""
    size = getattr(model, "input_size", images.shape[-1])
    top, left = (images.shape[1] - size) // 2, (images.shape[2] - size) // 2
    x, filled = (to_input(a[:, top:top + size, left:left + size]).to(device)
                 for a in (images, fill(images, baseline)))
    features = [join(*(trunk.keep(x) for trunk in trunks))] * (1 + len(windows))  # windows off the crop change nothing
    for members in _alike(trunks, windows.boxes - (top, left, top, left), size, max(1, ROWS // len(images))):
        patch = torch.cat([filled[:, :, y0:y1, x0:x1] for _, (y0, x0, y1, x1), _ in members])
        plans = zip(*(plan for _, _, plan in members), strict=True)
        found = join(*(trunk.again(patch, list(own)) for trunk, own in zip(trunks, plans, strict=True)))
        for (number, _, _), own in zip(members, found.split(len(images)), strict=True):
            features[1 + number] = own
    return torch.stack(features)


def _alike(trunks: list[Trunk], boxes: np.ndarray, size: int, most: int) -> Iterator[list[tuple[int, Region, list]]]:
    """The windows that the network sees, as (number, region, a plan for each trunk), in groups of at most `most` that
    do the same everywhere."""
    groups: dict[tuple, list] = defaultdict(list)
    for number, box in enumerate(boxes.clip(0, size).tolist()):
        if box[0] < box[2] and box[1] < box[3]:
            plans = [trunk.plan(tuple(box)) for trunk in trunks]
            form = tuple(tuple(step.form for step in plan) for plan in plans)
            groups[(box[2] - box[0], box[3] - box[1], form)].append((number, box, plans))
    for members in groups.values():
        for start in range(0, len(members), most):
            yield members[start:start + most]


def _answer(model: nn.Module, head) -> Callable[[Tensor], tuple[np.ndarray, np.ndarray]]:
    """Features (m, D) → scores float64 (m, K) and predicted labels (m,)."""
    def network(features: Tensor) -> tuple[np.ndarray, np.ndarray]:
        scores = model.forward_head(features).double().cpu().numpy()
        return scores, scores.argmax(1)

    def machine(features: Tensor) -> tuple[np.ndarray, np.ndarray]:
        decision = head.decision(features.float().cpu().numpy())
        return head.scores_of(decision).astype(np.float64), head.votes_of(decision)

    return network if head is None else machine


def _right(model: nn.Module, answer: Callable, images: np.ndarray, labels: np.ndarray, batch: int,
           device: str | torch.device) -> np.ndarray:
    """Which images are right with nothing covered, bool (N,)."""
    right = np.zeros(len(images), bool)
    for start in range(0, len(images), batch):
        rows = slice(start, start + batch)
        x = to_input(centre_crop(images[rows], model)).to(device)
        right[rows] = answer(model.forward_features(x))[1] == labels[rows]
    return right
