"""Multiple attention for facial expressions: a RECONSTRUCTION OF THE IDEA FROM MEMORY, not a replication.

Gan, Chen, Yang & Xu: Multiple attention network for facial expression recognition. IEEE Access 8, 2020. No text, figure
or code of it could be found when this was written. What is remembered: a region-aware sub-network learns masks of the
critical regions from coarse to fine, and a recognition sub-network uses them through several blocks of channel and
spatial attention. Everything below is ours, and no number of the paper is claimed.

    masks    coarse c = sigmoid(conv) at a quarter of the side; fine m = sigmoid(conv [maps; c]) · c at half of it
    heads    of the masked maps x: v_k = Σ over places of softmax(s_k · x) · (V_k x), times sigmoid(G_k mean(x))

Every option has nearly the parameters of the others, so that heads and masks are compared at equal size: h heads share
a layer of C×C values and one of C×C gates; without heads the gates' layer is a hidden one.

Not stated in the paper; we use soft masks in (0, 1) because binary ones have no gradient.
Not stated in the paper; we use four heads, the pooled vector of each a quarter as wide, because the cost then stays.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ferkit.models.layers import FeatureNetwork, conv_block, global_average_pool
from ferkit.models.receptive_field import receptive_field


class MultipleAttentionNetwork(FeatureNetwork):
    """Masks on the first maps of a small CNN, and attention heads on its last (reconstructed from memory).

    widths: maps of the blocks, the last a multiple of `heads`. heads: of channel and spatial attention; 0 for pooling.
    masks: whether the region branch masks the maps. region_widths: maps of that branch. input_size: side in pixels, a
    multiple of 4.
    """

    penalised = ("fc",)

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.0,
                 widths: tuple[int, int, int] = (16, 32, 64), heads: int = 4, masks: bool = True,
                 region_widths: tuple[int, int] = (4, 8), input_size: int = 44) -> None:
        super().__init__()
        if heads and widths[-1] % heads:
            raise TypeError(f"{widths[-1]} maps do not divide into {heads} heads")
        last = widths[-1]
        self.num_classes, self.num_features, self.input_size, self.heads = num_classes, last, input_size, heads
        self.first, self.rest = conv_block(in_chans, widths[0]), nn.Sequential(conv_block(*widths[:2]),
                                                                               conv_block(*widths[1:]))
        if masks:
            self.near, self.far = conv_block(in_chans, region_widths[0]), conv_block(*region_widths)
            self.coarse = nn.Conv2d(region_widths[1], 1, 3, padding=1)
            self.fine = nn.Conv2d(region_widths[0] + 1, 1, 3, padding=1)
        self.masks = masks
        self.value, self.gate = nn.Conv2d(last, last, 1), nn.Linear(last, last)
        self.place = nn.Conv2d(last, heads, 1) if heads else None
        self.dropout = nn.Dropout(drop_rate)
        self.fc = nn.Linear(last, num_classes)

    @property
    def weight_layers(self) -> int:
        """Convolutions, values and the linear layers on the main path."""
        return 6 + 3

    @property
    def extra_multiply_adds(self) -> int:
        """Of the heads' weighted sums over the places of the last map."""
        return 0 if self.place is None else self.num_features * (self.input_size // 8) ** 2

    @property
    def receptive_field(self) -> int:
        """Input pixels along one side that one position of the last map sees."""
        return receptive_field([(3, 1), (2, 2), (3, 1)] * 3)

    def mask(self, images: Tensor) -> Tensor:
        """The fine mask (N, 1, H/2, W/2) in (0, 1), nowhere above the coarse one; ones without a region branch."""
        if not self.masks:
            return torch.ones_like(images[:, :1, ::2, ::2])
        near = self.near(images)
        coarse = F.interpolate(self.coarse(self.far(near)).sigmoid(), near.shape[2:], mode="bilinear")
        return self.fine(torch.cat([near, coarse], 1)).sigmoid() * coarse

    def masked_maps(self, images: Tensor, mask: Tensor) -> Tensor:
        """The last maps (N, C, h, w), made of masked first ones."""
        return self.rest(self.first(images) * mask)

    def places(self, maps: Tensor) -> Tensor:
        """Spatial attention of each head, (N, heads, h, w), summing to 1 over the places; even without heads."""
        if self.place is None:
            return torch.full_like(maps[:, :1], 1 / (maps.shape[2] * maps.shape[3]))
        return F.softmax(self.place(maps).float().flatten(2), 2).unflatten(2, maps.shape[2:])

    def pool(self, maps: Tensor) -> Tensor:
        """The heads' vectors side by side, (N, C)."""
        mean, values = global_average_pool(maps), self.value(maps)
        if self.place is None:
            return F.relu(self.gate(global_average_pool(values)))
        read = torch.einsum("nhp,nhcp->nhc", self.places(maps).flatten(2).to(values.dtype),
                            values.flatten(2).unflatten(1, (self.heads, -1)))
        return read.flatten(1) * self.gate(mean).sigmoid()

    def forward_features(self, images: Tensor) -> Tensor:
        """Features (N, D)."""
        return self.pool(self.masked_maps(images, self.mask(images)))

    def attention(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Where it looks: (maps (N, heads, H, W), each head's places times the mask, summing to 1 over heads and
        pixels; the even map (H, W))."""
        mask, side = self.mask(images), images.shape[2:]
        # A place stands for 8 pixels; those that do not fill another one, right and below, take the last place's value.
        places = F.interpolate(self.places(self.masked_maps(images, mask)).float(), scale_factor=8, mode="bilinear")
        places = F.pad(places, (0, side[1] - places.shape[3], 0, side[0] - places.shape[2]), mode="replicate")
        seen = places * F.interpolate(mask.float(), side, mode="bilinear") + 1e-12
        even = images.new_full(side, 1 / (side[0] * side[1]))
        return seen / seen.sum((2, 3), keepdim=True) / seen.shape[1], even
