"""Deep-Emotion: a small CNN whose feature map is read through a spatial transformer.

Minaee, Minaei & Abdolrashidi: Deep-Emotion: Facial Expression Recognition Using Attentional Convolutional Network.
arXiv 1902.01019 (2019); Sensors 2021, 21(9), 3046, doi 10.3390/s21093046. Layers as the paper's figure draws them:
the localisation path reads the input image, the grid samples the 9×9×10 feature map after dropout.

Differs from the paper:
Not stated in the paper; we use an adaptive 3×3 max-pool at the end of the localisation path because the figure's
"FC 90→32" needs 10·3·3 inputs where valid convolutions and 2×2 pools would give 1000; with it the network has the
47,657 parameters that the figure adds up to. `localization="valid"` builds the other reading (76,777 parameters).
Not stated in the paper; we use a ReLU between the two fully connected layers because without one they are a single
linear map.
Not stated in the paper; we use a dropout rate of 0.5 in the published recipe because that is the layer's usual
default at the paper's time.
Not stated in the paper; we use a θ layer that starts at the identity because a random θ samples outside the map.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ferkit.models.layers import FeatureNetwork, affine_grid, global_average_pool, grid_sample, identity_theta
from ferkit.models.receptive_field import receptive_field

SAMPLERS = ("features", "input", "identity", "none")
LOCALIZATIONS = ("adaptive", "valid")


class SpatialTransformer(nn.Module):
    """Localisation path and grid: image (N, 1, 48, 48) → θ (N, 2, 3) → sampled features.

    Jaderberg et al. 2015, arXiv 1506.02025. `frozen` keeps θ at the identity (nothing of it is trained).
    """

    def __init__(self, localization: str = "adaptive", in_chans: int = 1, frozen: bool = False) -> None:
        super().__init__()
        last_pool = nn.AdaptiveMaxPool2d(3) if localization == "adaptive" else nn.MaxPool2d(2)
        self.localization = nn.Sequential(
            nn.Conv2d(in_chans, 8, 3), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(8, 10, 3), last_pool, nn.ReLU(), nn.Flatten())
        self.hidden = nn.Linear(90 if localization == "adaptive" else 1000, 32)
        self.to_theta = nn.Linear(32, 6)
        self.frozen = frozen
        self.reset_theta()
        if frozen:
            self.requires_grad_(False)

    def reset_theta(self) -> None:
        """Start at the identity, whatever the image."""
        nn.init.zeros_(self.to_theta.weight)
        with torch.no_grad():
            self.to_theta.bias.copy_(identity_theta(1).flatten())

    def theta(self, images: Tensor) -> Tensor:
        """The affine matrix (N, 2, 3) for each image."""
        if self.frozen:
            return identity_theta(len(images), images.device)
        return self.to_theta(F.relu(self.hidden(self.localization(images)))).float().view(-1, 2, 3)

    def read(self, features: Tensor, located: Tensor) -> Tensor:
        """`features` (N, C, H, W) read where the flattened localisation features (N, D) say: (N, C, H, W)."""
        theta = self.to_theta(F.relu(self.hidden(located))).float()
        grid = theta @ _unit_grids(*features.shape[2:]).to(theta)  # the grid is linear in θ: one product for all
        return grid_sample(features, grid.view(-1, *features.shape[2:], 2))

    def forward(self, features: Tensor, images: Tensor) -> Tensor:
        """`features` (N, C, H, W) read where the localisation of `images` says: (N, C, H, W)."""
        return grid_sample(features, affine_grid(self.theta(images), *features.shape[2:]))


@cache
def _unit_grids(height: int, width: int) -> Tensor:
    """The sampling grids of the six unit thetas, (6, height·width·2)."""
    return affine_grid(torch.eye(6).view(6, 2, 3), height, width).flatten(1)


def _pair(inputs: int, outputs: int) -> list[nn.Module]:
    """conv – ReLU – conv – max-pool – ReLU, as the figure draws each half of the main path."""
    return [nn.Conv2d(inputs, outputs, 3), nn.ReLU(), nn.Conv2d(outputs, outputs, 3), nn.MaxPool2d(2), nn.ReLU()]


class DeepEmotion(FeatureNetwork):
    """The published network.

    sampler: "features" as the figure draws it, "input" as many re-implementations have it, "identity" (transformer
    frozen: the control without attention) or "none" (transformer removed, the first fully connected layer widened
    to about equal parameter count).
    """

    input_size = 48
    penalised = ("fc1", "fc2")  # the layers under the loss's λ term ([S]: the last two fully connected layers)

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.5, sampler: str = "features",
                 localization: str = "adaptive") -> None:
        super().__init__()
        if sampler not in SAMPLERS or localization not in LOCALIZATIONS:
            raise TypeError(f"sampler is one of {SAMPLERS}, localization one of {LOCALIZATIONS}")
        self.num_classes, self.sampler = num_classes, sampler
        self.features = nn.Sequential(*_pair(in_chans, 10), *_pair(10, 10))
        self.dropout = nn.Dropout(drop_rate)
        if sampler != "none":
            self.transformer = SpatialTransformer(localization, in_chans, frozen=sampler == "identity")
        # Without the transformer its parameters go to the hidden layer: 817 + … per unit, the nearest whole number.
        hidden = 50 if sampler != "none" else 50 + round(3920 / (810 + 1 + num_classes))
        self.fc1 = nn.Linear(810, hidden)
        self.fc2 = nn.Linear(hidden, num_classes)
        self.num_features = hidden

    @property
    def weight_layers(self) -> int:
        """Layers with weights on the main path: four convolutions and two fully connected layers."""
        return 6

    @property
    def receptive_field(self) -> int:
        """Input pixels along one side that one position of the 9×9 map sees."""
        return receptive_field([(3, 1), (3, 1), (2, 2)] * 2)

    @property
    def sampled_span(self) -> float:
        """What share of the input's side the places of the sampled map fill: 9 places at every fourth of 48 pixels, or
        the image itself."""
        return 9 * 4 / self.input_size if self.sampler in ("features", "identity") else 1.0

    def theta(self, images: Tensor) -> Tensor | None:
        """Where the transformer looks, (N, 2, 3) in [-1, 1] coordinates; None without a transformer."""
        return self.transformer.theta(images) if self.sampler != "none" else None

    def feature_map(self, images: Tensor) -> Tensor:
        """The (N, 10, 9, 9) map that the fully connected layers read, after dropout and sampling."""
        if self.sampler == "input":
            images = self.transformer(images, images)
        maps = self.dropout(self.features(images))
        return self.transformer(maps, images) if self.sampler in ("features", "identity") else maps

    def stages(self) -> tuple[list[list[nn.Module]], Callable[..., Tensor]] | None:
        """For the incremental occlusion analysis: layers that read the image, and what makes features of their outputs.
        None where the sampler moves the image itself."""
        if self.sampler == "input":
            return None
        layers = [list(self.features)]
        if self.sampler == "features":
            layers.append(list(self.transformer.localization))

        def join(maps: Tensor, *located: Tensor) -> Tensor:
            return F.relu(self.fc1((self.transformer.read(maps, *located) if located else maps).flatten(1)))

        return layers, join

    def forward_features(self, images: Tensor) -> Tensor:
        """The hidden layer (N, D), after its ReLU."""
        return F.relu(self.fc1(self.feature_map(images).flatten(1)))

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits (N, K)."""
        return self.fc2(features)


class DeepEmotionWide(FeatureNetwork):
    """Our widening of the same idea: eight convolutions with batch-norm, a transformer half way, one linear layer.

    Nine weight layers on the main path, so still "fewer than 10 layers"; trained end to end; attention by a spatial
    transformer on the map after the second block, led by the same localisation path. Everything that differs from the
    figure is here and in the recipe, for the path table of notebook 02. widths: maps of the four blocks. input_size:
    side of the square input in pixels.
    """

    penalised = ("fc",)

    def __init__(self, num_classes: int = 7, in_chans: int = 1, drop_rate: float = 0.2,
                 widths: tuple[int, ...] = (32, 64, 128, 256), input_size: int = 48) -> None:
        super().__init__()
        self.num_classes, self.num_features, self.input_size = num_classes, widths[-1], input_size
        chans = [in_chans, *widths]
        pairs = [_norm_pair(a, b) for a, b in zip(chans, widths, strict=False)]
        self.before, self.after = nn.Sequential(*pairs[:2]), nn.Sequential(*pairs[2:])
        self.transformer = SpatialTransformer("adaptive", in_chans)
        self.dropout = nn.Dropout(drop_rate)
        self.fc = nn.Linear(widths[-1], num_classes)

    @property
    def weight_layers(self) -> int:
        """The convolutions and one fully connected layer."""
        return 2 * (len(self.before) + len(self.after)) + 1

    @property
    def receptive_field(self) -> int:
        """Input pixels along one side that one position of the last map sees."""
        return receptive_field([(3, 1), (3, 1), (2, 2)] * (len(self.before) + len(self.after)))

    def theta(self, images: Tensor) -> Tensor:
        """Where the transformer looks, (N, 2, 3)."""
        return self.transformer.theta(images)

    def stages(self) -> tuple[list[list[nn.Module]], Callable[..., Tensor]]:
        """For the incremental occlusion analysis, as `DeepEmotion.stages`."""
        def join(maps: Tensor, located: Tensor) -> Tensor:
            return global_average_pool(self.after(self.transformer.read(maps, located)))

        return [[layer for pair in self.before for layer in pair], list(self.transformer.localization)], join

    def forward_features(self, images: Tensor) -> Tensor:
        """The pooled last map (N, D)."""
        return self.dropout(global_average_pool(self.after(self.transformer(self.before(images), images))))

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits (N, K)."""
        return self.fc(features)


def _norm_pair(inputs: int, outputs: int) -> nn.Sequential:
    layers = []
    for chans in (inputs, outputs):
        layers += [nn.Conv2d(chans, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))
