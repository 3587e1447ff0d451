"""LeNet-5, the baseline that paper B measures itself against.

LeCun, Bottou, Bengio & Haffner: Gradient-based learning applied to document recognition. Proceedings of the IEEE
1998, 86(11): 2278–2324, doi 10.1109/5.726791.

Differs from the paper:
Input of 48×48 in place of 32×32, so the first fully connected layer reads 16·9·9 values; full connection between S2
and C3; a linear layer with softmax in place of the radial-basis output; tanh, as there, but unscaled.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ferkit.models.layers import FeatureNetwork
from ferkit.models.receptive_field import receptive_field

ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU}


class LeNet5(FeatureNetwork):
    """Two 5×5 convolutions with subsampling, fully connected layers of 120 and 84."""

    input_size = 48
    penalised = ("fc",)

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.0,
                 activation: str = "tanh") -> None:
        super().__init__()
        act = ACTIVATIONS[activation]
        self.num_classes, self.num_features = num_classes, 84
        self.features = nn.Sequential(
            nn.Conv2d(in_chans, 6, 5), act(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), act(), nn.AvgPool2d(2),
            nn.Flatten())
        self.hidden = nn.Sequential(nn.Linear(16 * 9 * 9, 120), act(), nn.Dropout(drop_rate), nn.Linear(120, 84), act())
        self.fc = nn.Linear(84, num_classes)

    @property
    def weight_layers(self) -> int:
        """Two convolutions and three fully connected layers."""
        return 5

    @property
    def receptive_field(self) -> int:
        """Input pixels along one side that one position of the last map sees."""
        return receptive_field([(5, 1), (2, 2)] * 2)

    def stages(self) -> tuple[list[list[nn.Module]], Callable[..., Tensor]]:
        """For the incremental occlusion analysis: layers that read the image, and what makes features of their
        outputs."""
        return [list(self.features)], self.hidden

    def forward_features(self, images: Tensor) -> Tensor:
        """The layer of 84 (N, 84)."""
        return self.hidden(self.features(images))

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits (N, K)."""
        return self.fc(features)
