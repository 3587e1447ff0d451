"""What reaches a network: how stored data become its input in training and at test time.

An `Input` is named by a system (`experiments.system.System.input`); images are the default, and another kind of data
(landmarks over time, several crops of a face) is another object of this class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ferkit.core.errors import InputError
from ferkit.models.inference import Views, image_store, image_views
from ferkit.models.preprocessing import to_input
from ferkit.training import augmentation
from ferkit.training.recipe import Recipe

if TYPE_CHECKING:
    from ferkit.data.face_set import FaceSet


@dataclass(frozen=True)
class Input:
    """One kind of input.

    store: arrays of a data set as one tensor, first dimension N, that lies on the device.
    train: (stored batch, recipe, generator) → network input, augmented and normalised. Everything random comes from the
    generator. views: (stored batch, model, tta) → the network inputs whose logits are averaged; deterministic.
    ttas: which `tta` of a recipe it knows. augmented: whether `train` does what a recipe's augmentation asks for.
    header: what weights files say about the input.
    moments: consecutive face crops uint8 (T, 48, 48) → what `store` takes, one row for every moment (all that was seen
    until then); None for what is asked about single images. read: what loads a data set; None for images. described:
    what a model card says it is.
    """

    name: str
    store: Callable[[np.ndarray], Tensor]
    train: Callable[[Tensor, Recipe, torch.Generator], Tensor]
    views: Views
    ttas: tuple[str, ...] = ("none",)
    augmented: bool = False
    header: Mapping[str, object] = field(default_factory=dict)
    moments: Callable[[np.ndarray], np.ndarray] | None = None
    read: Callable[..., object] | None = None
    described: str = "upright grey face crops of 48×48 pixels"

    def check(self, recipe: Recipe) -> None:
        """InputError where a recipe asks for what is not done to such inputs."""
        if recipe.tta not in self.ttas:
            raise InputError(f"recipe: tta {recipe.tta} is not known for input of the kind {self.name}; take one of "
                             f"{', '.join(self.ttas)}")
        if recipe.augmentation != augmentation.Augmentation() and not self.augmented:
            raise InputError(f"recipe: input of the kind {self.name} is not augmented; leave augmentation at its "
                             "defaults")

    def load(self, dataset: str, data: Path | None = None, **choices: object) -> FaceSet:
        """The data set as systems with this input take it; arguments of `data.datasets.load`."""
        from ferkit.data import datasets

        return (self.read or datasets.load)(dataset, data, **choices)


def _augmented(images: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    spec = recipe.augmentation
    draws = augmentation.draw(len(images), images.shape[-1], spec, generator)
    x = to_input(augmentation.apply(images, draws, crop=spec.crop, padding=spec.padding))
    return x.contiguous(memory_format=torch.channels_last) if recipe.channels_last else x


IMAGE = Input("image", image_store, _augmented, image_views, ("none", "flip", "tencrop"), augmented=True)
