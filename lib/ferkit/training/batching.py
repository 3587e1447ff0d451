"""The data set on the device: uint8 pixels as one tensor, batches as index selections, no worker processes.

FER2013 as uint8 is 83 MB; a loop that decodes one file after another through worker processes spends most of its
time on moving it. The idea is KellerJordan/cifar10-airbench's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ferkit.core import seeding
from ferkit.core.errors import InputError
from ferkit.models.inference import image_store


@dataclass(frozen=True)
class Split:
    """One split on one device.

    images: what the network's input is made from, uint8 (N, 1, H, W) for images (`inputs.Input.store`); labels: int64
    (N,). targets: float32 (N, K) rows that sum to 1, to be learned in place of the labels; None to learn the labels.
    """

    images: Tensor
    labels: Tensor
    targets: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, images: np.ndarray, labels: np.ndarray, num_classes: int, device: torch.device | str,
           name: str = "train", *, targets: np.ndarray | None = None,
           store: Callable[[np.ndarray], Tensor] = image_store) -> Split:
        """The arrays on `device`; InputError for an empty split or a label outside 0…num_classes-1."""
        if len(images) == 0:
            raise InputError(f"{name}: the split is empty; choose a protocol or a data set that fills it")
        if labels.min() < 0 or labels.max() >= num_classes:
            raise InputError(f"{name}: label {int(labels.max())} lies outside 0…{num_classes - 1}; check the label map")
        return cls(store(images).to(device), torch.from_numpy(np.array(labels, dtype=np.int64)).to(device),
                   None if targets is None else torch.from_numpy(np.array(targets, dtype=np.float32)).to(device))


def epoch_order(split: Split, seed: int, epoch: int, sampling: str) -> Tensor:
    """The order (N,) int64 in which epoch `epoch` visits the split: each image once ("shuffle"), or N images drawn
    with every class equally likely ("balanced")."""
    g = seeding.generator(split.labels.device, seed, "order", epoch)
    if sampling == "shuffle":
        return torch.randperm(len(split), generator=g, device=split.labels.device)
    counts = torch.bincount(split.labels)
    return torch.multinomial(1.0 / counts[split.labels], len(split), replacement=True, generator=g)


def batches(order: Tensor, batch_size: int, start: int = 0) -> Iterator[Tensor]:
    """Index batches of `order` from batch number `start` on. All are full but a last one of at least half the size;
    a shorter rest is left out of this epoch, for its gradient and batch statistics would be too noisy."""
    for number in range(start, batches_per_epoch(len(order), batch_size)):
        yield order[number * batch_size:(number + 1) * batch_size]


def batches_per_epoch(n: int, batch_size: int) -> int:
    """How many batches :func:`batches` yields for `n` images."""
    whole, rest = divmod(n, batch_size)
    return max(1, whole + (rest >= batch_size / 2))
