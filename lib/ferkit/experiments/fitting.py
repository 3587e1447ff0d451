"""A system's network trained on a data set. Imports only what a bare GPU node has."""

from __future__ import annotations

from ferkit.data.face_set import FaceSet
from ferkit.experiments.system import System
from ferkit.models import inference
from ferkit.training import trainer
from ferkit.training.batching import Split
from ferkit.training.recipe import Recipe


def fit(system: System, recipe: Recipe, faces: FaceSet, *, device: str = "auto", **options: object) -> trainer.Fit:
    """`trainer.fit` with the system's own builder, method and input, on the set's training and validation split.

    options: those of `trainer.fit` (seed, directory, max_minutes, name, on_epoch).
    """
    k, chosen, kind = len(faces.label_names), inference.resolve_device(device), system.kind
    train, val = (Split.of(part.images, part.labels, k, chosen, name, store=kind.store,
                           targets=getattr(part, "targets", None))  # sequences have none
                  for name, part in ((name, faces.part(name)) for name in ("train", "val")))
    return trainer.fit(system.build, recipe, train, val, num_classes=k, method=system.method(recipe), kind=kind,
                       **options)
