"""The Self-Cure Network on a small backbone: a CNN with one more output, how far an image is to be trusted.

Wang, Peng, Yang, Lu & Qiao: Suppressing uncertainties for large-scale facial expression recognition. CVPR 2020,
arXiv 2002.10392. Self-attention importance weighting: α = sigmoid(w · features), one number in (0, 1) for each image.

Differs from the paper:
A small CNN on 48×48 grey images from random initialisation in place of a ResNet-18 pretrained on faces at 224 px, so
that published accuracies are no target here; what the method does to a network can still be measured.
The pool follows a block's first convolution, which halves the cost of a block.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ferkit.models import inference
from ferkit.models.layers import FeatureNetwork, conv_block, global_average_pool
from ferkit.models.receptive_field import receptive_field


class SelfCureNetwork(FeatureNetwork):
    """Blocks of convolution, max-pool, convolution, each convolution with batch-norm; global average pooling; one
    linear layer for the logits and one for α. The logits are without α: it is positive, so that it never changes which
    class is largest.

    widths: maps of each block. alpha: whether there is the layer for α; False is the backbone by itself. input_size:
    side of the square input in pixels, at least 2**blocks.
    """

    penalised = ("fc",)

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.0,
                 widths: tuple[int, ...] = (16, 32, 64, 128), alpha: bool = True, input_size: int = 48) -> None:
        super().__init__()
        self.num_classes, self.num_features, self.input_size = num_classes, widths[-1], input_size
        self.blocks = nn.Sequential(*(conv_block(a, b) for a, b in zip((in_chans, *widths), widths, strict=False)))
        self.dropout = nn.Dropout(drop_rate)
        self.fc = nn.Linear(widths[-1], num_classes)
        self.alpha = nn.Linear(widths[-1], 1) if alpha else None

    @property
    def weight_layers(self) -> int:
        """Convolutions and the linear layer on the main path."""
        return 2 * len(self.blocks) + 1

    @property
    def receptive_field(self) -> int:
        """Input pixels along one side that one position of the last map sees."""
        return receptive_field([(3, 1), (2, 2), (3, 1)] * len(self.blocks))

    def forward_features(self, images: Tensor) -> Tensor:
        """Pooled features (N, D)."""
        return global_average_pool(self.blocks(images))

    def forward_importance(self, features: Tensor) -> Tensor:
        """α of each image, float32 (N,), in (0, 1); in fp32 whatever the precision, for its ranks decide."""
        with torch.autocast(features.device.type, enabled=False):
            return self.alpha(features.float()).sigmoid()[:, 0]


def importance(model: SelfCureNetwork, images: np.ndarray) -> np.ndarray:
    """α of any images, float32 (N,), in (0, 1): how far a trained network trusts them. images: uint8 (N, H, W)."""
    features = torch.from_numpy(inference.infer_features(model, images))
    with torch.no_grad():
        return model.forward_importance(features.to(next(model.parameters()).device)).cpu().numpy()
