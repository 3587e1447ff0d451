"""Networks over features of frames: one frame alone, their mean, a change, a GRU, a TCN; all but the middle is shared.

Cho et al. 2014, arXiv 1406.1078 (GRU). Bai, Kolter & Koltun 2018, arXiv 1803.01271 (TCN).
Not stated in the paper; we use one hidden width and one classifier behind every way to read a sequence because then
only the use of time differs.
Not stated in the paper; we use two residual blocks (dilations 1 and 2, kernel 3; 12 frames back) without weight
normalisation because the sequences are 8 to 18 frames long and batch statistics already scale the features.
"""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ferkit.data.sequences.sequence_set import WIDTH

NEVER = -1e4  # logit of a label that is no candidate: probability 0, and still a number


class SequenceNetwork(nn.Module):
    """Features of frames → a vector for the sequence (`reader`) → one hidden layer → labels.

    reader: "frame" (the key frame alone), "mean" (of all frames), "change" (the key frame minus the first), "gru" (its
    last state), "tcn" (its output at the last frame). shuffle: the frames are put in random order first, in training
    anew for every sequence and batch, at test time in one fixed order: what the network reaches without order. open:
    every label is a candidate, whatever the task says. Takes `SequenceSet.images`, float32 (N, T, C).
    """

    def __init__(self, num_classes: int = 7, reader: str = "gru", hidden: int = 64, drop_rate: float = 0.3,
                 shuffle: bool = False, open: bool = False) -> None:
        super().__init__()
        self.num_classes, self.num_features, self.shuffle, self.open = num_classes, hidden, shuffle, open
        self.scale = nn.BatchNorm1d(WIDTH, affine=False)
        self.drop = nn.Dropout(drop_rate)
        self.reader = READERS[reader](hidden)
        self.hidden = nn.Sequential(nn.Linear(self.reader.width, hidden), nn.ReLU(), nn.Dropout(drop_rate))
        self.fc = nn.Linear(hidden, num_classes)

    def forward_features(self, packed: Tensor) -> Tensor:
        """The hidden layer (N, hidden)."""
        features, exists, key = packed[..., :WIDTH], packed[..., WIDTH] > 0, packed[..., WIDTH + 1]
        if self.shuffle:
            features, key = _shuffled(features, exists, key, self.training)
        x = torch.zeros_like(features)
        x[exists] = self.scale(features[exists])
        return self.hidden(self.reader(self.drop(x), exists, key.argmax(1)))

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits (N, K) without regard to candidates."""
        return self.fc(features)

    def forward(self, packed: Tensor) -> Tensor:
        """Logits (N, K); `NEVER` for labels that are no candidates."""
        logits = self.forward_head(self.forward_features(packed))
        return logits if self.open else logits.masked_fill(packed[:, 0, WIDTH + 2:] == 0, NEVER)


def _shuffled(features: Tensor, exists: Tensor, key: Tensor, anew: bool) -> tuple[Tensor, Tensor]:
    """Existing frames in random order, padding still behind them. anew: another order for every sequence."""
    n, longest = exists.shape
    fixed = torch.rand(longest, generator=torch.Generator().manual_seed(0)).to(features.device)
    keys = torch.rand(n, longest, device=features.device) if anew else fixed.expand(n, longest)
    order = keys.masked_fill(~exists, 2.0).argsort(1)
    return features.gather(1, order[..., None].expand_as(features)), key.gather(1, order)


class Frame(nn.Module):
    """The key frame; with `against_first` minus the first one."""

    width = WIDTH

    def __init__(self, hidden: int, against_first: bool = False) -> None:
        super().__init__()
        self.against_first = against_first

    def forward(self, x: Tensor, exists: Tensor, key: Tensor) -> Tensor:
        chosen = _at(x, key)
        return chosen - x[:, 0] if self.against_first else chosen


class Mean(nn.Module):
    """The mean over existing frames."""

    width = WIDTH

    def __init__(self, hidden: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, exists: Tensor, key: Tensor) -> Tensor:
        return x.sum(1) / exists.sum(1, keepdim=True)


class Recurrent(nn.Module):
    """A GRU's state after the last existing frame."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.width = hidden
        self.gru = nn.GRU(WIDTH, hidden, batch_first=True)

    def forward(self, x: Tensor, exists: Tensor, key: Tensor) -> Tensor:
        return _at(self.gru(x)[0], exists.sum(1) - 1)  # what lies behind the end comes later and changes nothing


class Convolutional(nn.Module):
    """Dilated causal convolutions with skip connections, read at the last existing frame."""

    def __init__(self, hidden: int, dilations: tuple[int, ...] = (1, 2), kernel: int = 3) -> None:
        super().__init__()
        self.width, self.kernel, self.dilations = hidden, kernel, dilations
        self.enter = nn.Conv1d(WIDTH, hidden, 1)
        self.blocks = nn.ModuleList(
            nn.ModuleList(nn.Conv1d(hidden, hidden, kernel, dilation=d) for _ in range(2)) for d in dilations)

    def forward(self, x: Tensor, exists: Tensor, key: Tensor) -> Tensor:
        x = self.enter(x.transpose(1, 2))
        for dilation, block in zip(self.dilations, self.blocks, strict=True):
            y = x
            for convolution in block:
                y = F.relu(convolution(F.pad(y, ((self.kernel - 1) * dilation, 0))))
            x = x + y
        return _at(x.transpose(1, 2), exists.sum(1) - 1)


def _at(x: Tensor, frame: Tensor) -> Tensor:
    """One frame of each sequence: (N, D) of x (N, T, D) at frame (N,)."""
    return x[torch.arange(len(x), device=x.device), frame]


READERS = {"frame": Frame, "mean": Mean, "change": partial(Frame, against_first=True), "gru": Recurrent,
           "tcn": Convolutional}
