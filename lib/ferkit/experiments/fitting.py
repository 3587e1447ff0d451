"""A system's network trained on a data set. Imports only what a bare GPU node has."""

from __future__ import annotations

import torch

from ferkit.core import versions
from ferkit.core.errors import InputError
from ferkit.data import label_noise
from ferkit.data.face_set import FaceSet
from ferkit.experiments import initial
from ferkit.experiments.system import System
from ferkit.models import inference
from ferkit.training import trainer
from ferkit.training.batching import Split
from ferkit.training.inputs import IMAGE
from ferkit.training.recipe import Recipe


def fit(system: System, recipe: Recipe, faces: FaceSet, *, device: str = "auto", seed: int = 0, **options: object
        ) -> trainer.Fit:
    """`trainer.fit` with the system's own builder, method and input, on the set's training and validation split, the
    noise that the recipe asks for planted in the training labels.

    options: those of `trainer.fit` (directory, max_minutes, name, on_epoch).
    """
    system.kind.check(recipe)
    _try(system, recipe, faces)
    k, chosen, kind, method = (len(faces.label_names), inference.resolve_device(device), system.kind,
                               system.method(recipe))
    if faces.targets is not None and "mixup" not in method.honours:
        raise InputError(f"recipe: the method {method.name} learns one label an image, this data set's images are "
                         "learned by shares of votes; take --labels ferplus")
    splits = {}
    for name in ("train", "val"):
        part = faces.part(name)
        labels = label_noise.plant(part.labels, recipe.label_noise if name == "train" else 0.0, seed, k)
        if recipe.label_noise and part.targets is not None:
            raise InputError("recipe: label_noise moves labels, this data set's images are learned by shares of votes; "
                             "take other labels or none of one")
        splits[name] = Split.of(part.images, labels, k, chosen, name, store=kind.store, targets=part.targets)
    return trainer.fit(initial.builder(system, recipe, faces.label_names), recipe, splits["train"], splits["val"],
                       seed=seed, num_classes=k, method=method, kind=kind, about=_about(system, recipe), **options)


def _about(system: System, recipe: Recipe) -> dict[str, object]:
    """What training follows from beside recipe, seed and data."""
    return {"system": system.name, "versions": {"training": versions.TRAINING, "network": system.version,
                                                "method": system.method(recipe).version}, **initial.noted(recipe)}


def _try(system: System, recipe: Recipe, faces: FaceSet) -> None:
    """One stored example through the untrained network; InputError where it takes another kind of data, such as
    sequences in place of images."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        model = system.build(len(faces.label_names), **recipe.model).eval()
        if system.kind is IMAGE:
            trained, whole = recipe.augmentation.crop or faces.images.shape[-1], faces.images.shape[-1]
            if not trained == model.input_size <= whole:
                raise InputError(f"recipe: {system.name} would train on {trained} pixels a side (augmentation.crop, "
                                 f"0 = all of {whole}) and be tested on {model.input_size} (its input_size); take one "
                                 f"number up to {whole} for both")
        try:
            for x in system.kind.views(system.kind.store(faces.images[:1]), model, "none"):
                model(x)
        except (IndexError, RuntimeError, ValueError, TypeError) as error:
            raise InputError(f"{system.name} does not take what {faces.source.get('dataset', 'the data')} holds, "
                             f"arrays of {faces.images.shape[1:]} ({str(error).splitlines()[0]})") from None
