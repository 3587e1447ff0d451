"""The small-kernel CNN with global average pooling whose features a non-linear SVM classifies.

Qiao, Hou & Liu: Facial expression recognition algorithm based on an improved convolutional neural network combined
with a support vector machine. Journal of Computer Applications 2022, 42(4): 1253–1259,
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

from torch import Tensor, nn

from ferkit.layers import global_average_pool
from ferkit.receptive import receptive_field

KERNELS = {"small": (3, 3), "large": (5,)}  # two 3×3 see what one 5×5 sees


class GapCNN(nn.Module):
    """Convolution blocks, global average pooling, one linear layer.

    widths: maps of each block. norm: batch-norm after every convolution. kernels: "small" (two 3×3 a block) or
    "large" (one 5×5 a block: the same receptive field, the paper's counterpart). head: "gap" or "fc" (the flattened
    last map through a hidden layer of 256, what GAP replaces). input_size: side of the square input in pixels.
    """

    penalised = ("fc",)

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.0,
                 widths: tuple[int, ...] = (32, 64, 128), norm: bool = False, kernels: str = "small",
                 head: str = "gap", input_size: int = 48) -> None:
        super().__init__()
        if kernels not in KERNELS or head not in ("gap", "fc"):
            raise TypeError(f"kernels is one of {tuple(KERNELS)}, head is gap or fc")
        self.num_classes, self.input_size, self.head, self.norm = num_classes, input_size, head, norm
        self._kernels, self._blocks = KERNELS[kernels], len(widths)
        chans = [in_chans, *widths]
        self.blocks = nn.Sequential(*(self._block(a, b) for a, b in zip(chans, widths, strict=False)))
        self.dropout = nn.Dropout(drop_rate)
        self.num_features = widths[-1]
        if head == "fc":
            side = input_size // 2 ** len(widths)
            self.hidden = nn.Sequential(nn.Flatten(), nn.Linear(widths[-1] * side * side, 256), nn.ReLU())
            self.num_features = 256
        self.fc = nn.Linear(self.num_features, num_classes)

    def _block(self, inputs: int, outputs: int) -> nn.Sequential:
        layers: list[nn.Module] = []
        for number, kernel in enumerate(self._kernels):
            layers.append(nn.Conv2d(outputs if number else inputs, outputs, kernel, padding=kernel // 2,
                                    bias=not self.norm))
            layers += [nn.BatchNorm2d(outputs)] * self.norm + [nn.ReLU()]
        return nn.Sequential(*layers, nn.MaxPool2d(2))

    @property
    def weight_layers(self) -> int:
        """Convolutions and linear layers on the main path."""
        return len(self._kernels) * self._blocks + (2 if self.head == "fc" else 1)

    @property
    def receptive_field(self) -> int:
        """Input pixels along one side that a cell of the last map sees."""
        return receptive_field([*((kernel, 1) for kernel in self._kernels), (2, 2)] * self._blocks)

    def extra_parts(self) -> dict[str, int]:
        """The count that the paper's table can be held against: convolutions of blocks 1–3 with their biases."""
        convolutions = [m for block in self.blocks[:3] for m in block if isinstance(m, nn.Conv2d)]
        return {"blocks_convolutions": sum(m.weight.numel() + m.out_channels for m in convolutions)}

    def forward_features(self, images: Tensor) -> Tensor:
        """Pooled features (N, D): what the SVM sees."""
        maps = self.blocks(images)
        return self.hidden(maps) if self.head == "fc" else global_average_pool(maps)

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits (N, K)."""
        return self.fc(self.dropout(features))

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, K) of images (N, 1, H, W), H and W at least 2**blocks."""
        return self.forward_head(self.forward_features(images))
