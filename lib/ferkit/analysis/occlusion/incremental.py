"""The fast way: a covered window changes a convolutional network's maps only nearby, so only that is computed.

For a window, `trunk` computes anew the patch that it can reach and the rest of the network follows. Equal to
`maps.occlusion_maps` up to rounding. Where only the paper's reading is wanted, only images that are right
with nothing covered are asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from ferkit.analysis.occlusion.incremental_layers import Region, Trunk
from ferkit.analysis.occlusion.maps import OcclusionMaps, occlusion_maps, probability_of
from ferkit.analysis.occlusion.predictors import machine_answers, predictor
from ferkit.analysis.occlusion.windows import Windows, fill
from ferkit.models.preprocessing import to_input

ROWS = 256  # covered images computed at once: enough to be fast, few enough for a core's own cache


def split(model: nn.Module) -> tuple[list[Trunk], Callable[..., Tensor]] | None:
    """The network as local trunks over the image and a function of their outputs that gives features (n, D), from its
    own ``stages()``; None for a network without them."""
    stages = model.stages() if hasattr(model, "stages") else None
    if stages is None:
        return None
    return [Trunk(layers, model.input_size) for layers in stages[0]], stages[1]


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
    for start in range(0, n, batch):
        rows = np.arange(start, min(start + batch, n))
        kept = _Kept(model, *parts, images[rows], windows, fill(images[rows], baseline), device)
        scores, predicted = answer(kept.uncovered)
        correct[rows] = predicted == labels[rows]
        if only_wrong:
            chosen = np.flatnonzero(correct[rows])
            kept.select(chosen)
            rows, scores, predicted = rows[chosen], scores[chosen], predicted[chosen]
        own, probability = _of(scores, labels[rows])
        for numbers, features in kept.covered(max(1, ROWS // max(1, len(rows)))):
            scores, predicted = answer(features)
            repeated = np.tile(labels[rows], len(numbers))
            place = np.ix_(rows, numbers)
            wrong[place] = correct[rows, None] & (predicted != repeated).reshape(len(numbers), -1).T
            if not only_wrong:
                after, left = (a.reshape(len(numbers), -1).T for a in _of(scores, repeated))
                drops[0][place], drops[1][place] = probability[:, None] - left, own[:, None] - after
    return OcclusionMaps(windows, baseline, labels, correct, wrong, *drops)


def any_maps(model: nn.Module, images: np.ndarray, labels: np.ndarray, head=None, *,
             device: str | torch.device = "cpu", **windows: object) -> OcclusionMaps:
    """The maps by the fast way where the network has one, else by the plain way; options as `occlusion_maps`."""
    maps = network_maps(model, images, labels, head, device=device, **windows)
    if maps is None:
        maps = occlusion_maps(predictor(model, head, device=device), images, labels, **windows)
    return maps


def _of(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The labels' scores and probabilities, float64 (m,), from scores (m, K)."""
    return scores[np.arange(len(scores)), labels], probability_of(scores, labels)


class _Kept:
    """A batch of images with everything that their windows are computed from."""

    def __init__(self, model: nn.Module, trunks: list[Trunk], join: Callable[..., Tensor], images: np.ndarray,
                 windows: Windows, filled: np.ndarray, device: str | torch.device) -> None:
        size = getattr(model, "input_size", images.shape[-1])
        top, left = (images.shape[1] - size) // 2, (images.shape[2] - size) // 2
        x, self.filled = (to_input(a[:, top:top + size, left:left + size]).to(device) for a in (images, filled))
        self.trunks, self.join = trunks, join
        self.uncovered = join(*(trunk.keep(x) for trunk in trunks))
        self.boxes = (windows.boxes - (top, left, top, left)).clip(0, size).tolist()

    def select(self, rows: np.ndarray) -> None:
        """Go on with these images only."""
        chosen = torch.from_numpy(rows).to(self.filled.device)
        self.filled = self.filled[chosen]
        for trunk in self.trunks:
            trunk.select(chosen)

    def covered(self, most: int) -> Iterator[tuple[list[int], Tensor]]:
        """Numbers of at most `most` windows, and the features of all images under each of them, (g·n, D); windows off
        the crop that the network sees change nothing and are left out."""
        for members in self._alike(most):
            patch = torch.cat([self.filled[:, :, y0:y1, x0:x1] for _, (y0, x0, y1, x1), _ in members])
            plans = zip(*(plan for _, _, plan in members), strict=True)
            yield ([number for number, _, _ in members],
                   self.join(*(trunk.again(patch, list(own)) for trunk, own in zip(self.trunks, plans, strict=True))))

    def _alike(self, most: int) -> Iterator[list[tuple[int, Region, list]]]:
        """The windows as (number, region, a plan for each trunk), in groups that do the same everywhere."""
        groups: dict[tuple, list] = defaultdict(list)
        for number, box in enumerate(self.boxes):
            if len(self.filled) and box[0] < box[2] and box[1] < box[3]:
                plans = [trunk.plan(tuple(box)) for trunk in self.trunks]
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
        scores, votes = machine_answers(head, features.float().cpu().numpy())
        return scores.astype(np.float64), votes

    return network if head is None else machine
