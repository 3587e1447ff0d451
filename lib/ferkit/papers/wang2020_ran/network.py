"""The Region Attention Network on a small backbone, and the two controls that cost as much.

Wang, Peng, Yang, Meng & Qiao: Region attention networks for pose and occlusion robust facial expression recognition.
IEEE Transactions on Image Processing 29, 2020; arXiv 1905.04075; the authors' public code where the two differ. The
full face and five crops of it go through one shared backbone, F_i being what it makes of region i:

    self-attention  μ = softmax over regions of sigmoid(q · F_i);       F_m = Σ μ_i F_i
    relation        ν = softmax over regions of sigmoid(r · [F_i; F_m])
    output          Σ μ_i ν_i [F_i; F_m] / Σ μ_i ν_i, then one linear layer

Either part can be left out; its weights are then 1/6. Without both this is the mean over the same regions.

Differs from the paper:
A small CNN from random initialisation on 48×48 grey images in place of a ResNet-18 pretrained on faces at 224 px, so
that published accuracies are no target here; crops are read at 24×24.
Not stated in the paper; we use the crops that we remember of it (corners above and the middle below at 0.75 of the
side, the centre at 0.9 and 0.85) because the public code reads crops from files that are not passed on.
Not stated in the paper; we use one draw of random crops for a whole batch because a draw for each image takes as long
as the network; after training the same five are read of every image.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ferkit.models.layers import FeatureNetwork, conv_block, global_average_pool
from ferkit.models.receptive_field import receptive_field

LAYOUTS = ("fixed", "corners", "random")
PART = 0.75  # of the side: crops at a corner
CENTRES = (0.9, 0.85)
RANDOM = (0.7, 0.95)  # between which random crops are drawn
Box = tuple[int, int, int]  # top, left, side, in pixels


def boxes(layout: str, side: int, draws: Sequence[Sequence[float]] = ()) -> list[Box]:
    """The full face and five crops of a square image of `side` pixels.

    draws: of the five random ones size, row and column, in [0, 1); () otherwise.
    """
    if layout == "random":
        found = []
        for size, row, column in draws:
            part = round(side * (RANDOM[0] + (RANDOM[1] - RANDOM[0]) * size))
            found.append((int(row * (side - part + 1)), int(column * (side - part + 1)), part))
        return [(0, 0, side), *found]
    part = round(PART * side)
    far = side - part
    if layout == "corners":
        corners = [(y, x, part) for y in (0, far) for x in (0, far)]
        return [(0, 0, side), *corners, (far // 2, far // 2, part)]
    centres = [((side - size) // 2, (side - size) // 2, size) for size in (round(share * side) for share in CENTRES)]
    return [(0, 0, side), (0, 0, part), (0, far, part), (far, far // 2, part), *centres]


class RegionAttentionNetwork(FeatureNetwork):
    """Six regions through one backbone, weighted by self-attention and relation attention.

    widths: maps of the backbone's blocks. layout: of the crops, one of `LAYOUTS`. self_attention, relation: which
    weights are learned. input_size: side of the square input; crop_size: side at which regions are read (pixels).
    """

    penalised = ("fc",)

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.0,
                 widths: tuple[int, ...] = (16, 32, 64), layout: str = "fixed", self_attention: bool = True,
                 relation: bool = True, input_size: int = 44, crop_size: int = 24) -> None:
        super().__init__()
        if layout not in LAYOUTS:
            raise TypeError(f"layout is one of {LAYOUTS}")
        self.num_classes, self.num_features, self.input_size = num_classes, 2 * widths[-1], input_size
        self.layout, self.crop_size = layout, crop_size
        self.draws = torch.rand(5, 3, generator=torch.Generator().manual_seed(0), device="cpu").tolist()
        self.blocks = _blocks(in_chans, widths)
        self.self_attention = nn.Linear(widths[-1], 1) if self_attention else None
        self.relation = nn.Linear(2 * widths[-1], 1) if relation else None
        self.dropout = nn.Dropout(drop_rate)
        self.fc = nn.Linear(2 * widths[-1], num_classes)

    @property
    def weight_layers(self) -> int:
        """Convolutions and the linear layer on the main path."""
        return 2 * len(self.blocks) + 1

    @property
    def receptive_field(self) -> int:
        """Pixels of a region along one side that one position of the last map sees."""
        return receptive_field([(3, 1), (2, 2), (3, 1)] * len(self.blocks))

    def boxes(self, like: Tensor) -> list[Box]:
        """Where the regions of images (N, 1, H, W) lie; random ones are drawn anew for every batch in training."""
        if self.layout == "random" and self.training:
            # the trainer seeds this generator at every step
            return boxes(self.layout, like.shape[-1], torch.rand(5, 3, device=like.device).tolist())
        return boxes(self.layout, like.shape[-1], self.draws)

    def regions(self, images: Tensor) -> Tensor:
        """The regions of images (N, 1, H, W), full face first: (N, R, 1, crop_size, crop_size)."""
        return torch.stack([F.interpolate(images[..., y:y + side, x:x + side], self.crop_size, mode="bilinear")
                            for y, x, side in self.boxes(images)], 1)

    def region_features(self, images: Tensor) -> Tensor:
        """F: what the backbone makes of each region, (N, R, D)."""
        regions = self.regions(images)
        return global_average_pool(self.blocks(regions.flatten(0, 1))).unflatten(0, regions.shape[:2])

    def attend(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(output (N, 2 D), μ, ν (N, R), each summing to 1) of region features (N, R, D); in fp32 whatever the
        precision, for weights differ little."""
        with torch.autocast(features.device.type, enabled=False):
            features = features.float()
            even = features.new_full(features.shape[:2], 1 / features.shape[1])
            mu = _weights(self.self_attention, features) if self.self_attention is not None else even
            mean = (mu[..., None] * features).sum(1, keepdim=True)
            both = torch.cat([features, mean.expand_as(features)], 2)
            nu = _weights(self.relation, both) if self.relation is not None else even
            return (combined(mu, nu)[..., None] * both).sum(1), mu, nu

    def forward_features(self, images: Tensor) -> Tensor:
        """The weighted mean of [F_i; F_m], (N, 2 D)."""
        return self.attend(self.region_features(images))[0]

    def attention(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Where it looks: (maps (N, R, H, W) that sum to 1 over an image's regions and pixels, what they would sum to
        with equal weights, (H, W)). A region's weight is spread evenly over its pixels."""
        _, mu, nu = self.attend(self.region_features(images))
        areas = torch.stack([_area(box, images) for box in self.boxes(images)])
        return combined(mu, nu)[:, :, None, None] * areas, areas.mean(0)


def combined(mu: Tensor, nu: Tensor) -> Tensor:
    """The weight of each region, μ ν / Σ μ ν: (N, R)."""
    return mu * nu / (mu * nu).sum(1, keepdim=True)


class Ensemble(FeatureNetwork):
    """Networks of their own on the full face, logits averaged; one member is one network.

    widths: of every member. view: side at which the face is read, in pixels.
    """

    penalised = ()

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.0, members: int = 3,
                 widths: tuple[int, ...] = (16, 32, 64), view: int = 34, input_size: int = 44) -> None:
        super().__init__()
        self.num_classes, self.num_features, self.input_size = num_classes, members * widths[-1], input_size
        self.view = view
        self.members = nn.ModuleList(_blocks(in_chans, widths) for _ in range(members))
        self.dropout = nn.Dropout(drop_rate)
        self.heads = nn.ModuleList(nn.Linear(widths[-1], num_classes) for _ in range(members))

    @property
    def weight_layers(self) -> int:
        """Convolutions of one member, and its linear layer."""
        return 2 * len(self.members[0]) + 1

    def forward_features(self, images: Tensor) -> Tensor:
        """Pooled features of all members, (N, M D)."""
        if images.shape[-1] != self.view:
            images = F.interpolate(images, self.view, mode="bilinear")
        return torch.cat([global_average_pool(member(images)) for member in self.members], 1)

    def member_logits(self, features: Tensor) -> Tensor:
        """Logits of each member, (N, M, K)."""
        each = self.dropout(features).chunk(len(self.heads), 1)
        return torch.stack([head(own) for head, own in zip(self.heads, each, strict=True)], 1)

    def forward_head(self, features: Tensor) -> Tensor:
        """The members' mean logits (N, K)."""
        return self.member_logits(features).mean(1)


def _blocks(in_chans: int, widths: tuple[int, ...]) -> nn.Sequential:
    return nn.Sequential(*(conv_block(a, b) for a, b in zip((in_chans, *widths), widths, strict=False)))


def _weights(layer: nn.Linear, features: Tensor) -> Tensor:
    """softmax over regions of sigmoid(layer): (N, R, D) → (N, R); two weights differ by a factor of e at most."""
    return F.softmax(layer(features)[..., 0].sigmoid(), 1)


def _area(box: Box, images: Tensor) -> Tensor:
    """A map (H, W) of equal values inside the box, 0 outside, that sums to 1."""
    y, x, side = box
    area = images.new_zeros(images.shape[-2:])
    area[y:y + side, x:x + side] = 1 / side**2
    return area
