"""The small-kernel CNN with global average pooling whose features a non-linear SVM classifies.

Qiao, Hou & Liu: Facial expression recognition algorithm based on combination of improved convolutional neural network
and support vector machine. Journal of Computer Applications 2022, 42(4): 1253–1259,
doi 10.11772/j.issn.1001-9081.2021071270. Blocks of two 3×3 convolutions (32, 64, 128 maps), each followed by 2×2
max-pooling, global average pooling in place of fully connected layers.

Differs from the paper:
Not stated in the paper; we use three blocks in the published form because the accessible part of its table ends
there; ours adds a fourth (256 maps).
Not stated in the paper; we use no batch-norm in the published form because none is mentioned, and batch-norm in ours
because it trains faster and better.
Not stated in the paper; we use one linear layer with softmax to train the features because an SVM gives no gradient
to the convolutions; the SVM is then fitted on the frozen pooled features.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ferkit.models.layers import FeatureNetwork, global_average_pool
from ferkit.models.receptive_field import receptive_field

# The convolutions of a block: two 3×3 see what one 5×5 sees, three what one 7×7 sees.
KERNELS = {"small": (3, 3), "large": (5,), "three_small": (3, 3, 3), "seven": (7,)}
POOLS = ("max", "average", "stride", "none")


class GapCNN(FeatureNetwork):
    """Convolution blocks, global average pooling, one linear layer.

    widths: maps of each block. norm: batch-norm after every convolution. kernels: a block's convolutions, a name of
    `KERNELS`. pool: how a block halves its map: "max", "average", "stride" (by its last convolution) or "none" (not at
    all). skip: each block's input is added to its last convolution, through a 1×1 convolution where the maps differ
    (He et al. 2016, arXiv 1512.03385). head: "gap" or "fc" (the flattened last map through a hidden layer of 256, what
    GAP replaces). input_size: side of the square input in pixels, at least 2**blocks.
    """

    penalised = ("fc",)

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.0,
                 widths: tuple[int, ...] = (32, 64, 128), norm: bool = False, kernels: str = "small",
                 pool: str = "max", skip: bool = False, head: str = "gap", input_size: int = 48) -> None:
        super().__init__()
        if kernels not in KERNELS or pool not in POOLS or head not in ("gap", "fc"):
            raise TypeError(f"kernels is one of {tuple(KERNELS)}, pool one of {POOLS}, head is gap or fc")
        if skip and pool == "stride":
            raise TypeError("a skip connection needs maps of equal size: pool is not stride")
        self.num_classes, self.input_size, self.head, self.norm = num_classes, input_size, head, norm
        self.pool, self.skip, self._kernels, self._blocks = pool, skip, KERNELS[kernels], len(widths)
        chans = [in_chans, *widths]
        self.blocks = nn.Sequential(*(self._block(a, b) for a, b in zip(chans, widths, strict=False)))
        self.dropout = nn.Dropout(drop_rate)
        self.num_features = widths[-1]
        if head == "fc":
            side = input_size
            for _ in widths:  # a convolution of stride 2 keeps the last column of an odd side
                side = {"none": side, "stride": -(-side // 2)}.get(pool, side // 2)
            self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(widths[-1] * side * side, 256), nn.ReLU())
            self.num_features = 256
        self.fc = nn.Linear(self.num_features, num_classes)

    def _block(self, inputs: int, outputs: int) -> nn.Sequential:
        layers: list[nn.Module] = []
        for number, kernel in enumerate(self._kernels, 1):
            stride = 2 if self.pool == "stride" and number == len(self._kernels) else 1
            layers.append(nn.Conv2d(inputs if number == 1 else outputs, outputs, kernel, stride, kernel // 2,
                                    bias=not self.norm))
            layers += [nn.BatchNorm2d(outputs)] * self.norm + [nn.ReLU()]
        if self.skip:
            layers = [_Skip(nn.Sequential(*layers[:-1]), inputs, outputs), layers[-1]]
        pools = {"max": [nn.MaxPool2d(2)], "average": [nn.AvgPool2d(2)]}
        return nn.Sequential(*layers, *pools.get(self.pool, []))

    @property
    def weight_layers(self) -> int:
        """Convolutions and linear layers on the main path."""
        return len(self._kernels) * self._blocks + (2 if self.head == "fc" else 1)

    @property
    def receptive_field(self) -> int:
        """Input pixels along one side that one position of the last map sees."""
        *inner, last = self._kernels
        halving = {"stride": [(last, 2)], "none": [(last, 1)]}.get(self.pool, [(last, 1), (2, 2)])
        return receptive_field([*((kernel, 1) for kernel in inner), *halving] * self._blocks)

    def extra_parts(self) -> dict[str, int]:
        """The count that the paper's table can be held against: convolutions of blocks 1–3 with their biases."""
        convolutions = [m for m in self.blocks[:3].modules() if isinstance(m, nn.Conv2d)]
        return {"blocks_convolutions": sum(m.weight.numel() + m.out_channels for m in convolutions)}

    def stages(self) -> tuple[list[list[nn.Module]], Callable[..., Tensor]] | None:
        """For the incremental occlusion analysis: layers that read the image, and what makes features of their outputs.
        None with skip connections."""
        if self.skip:
            return None
        return ([[layer for block in self.blocks for layer in block]],
                self.hidden if self.head == "fc" else global_average_pool)

    def maps(self, images: Tensor) -> Tensor:
        """The last feature maps (N, C, h, w), of which the pooled features are the means."""
        return self.blocks(images)

    def forward_features(self, images: Tensor) -> Tensor:
        """Pooled features (N, D): what the SVM sees."""
        maps = self.maps(images)
        return self.hidden(maps) if self.head == "fc" else global_average_pool(maps)


class _Skip(nn.Module):
    """What the layers make of a map, plus the map itself."""

    def __init__(self, layers: nn.Sequential, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = layers
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x) + self.shortcut(x)
