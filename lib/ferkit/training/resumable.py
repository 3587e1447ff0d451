"""Training in sittings: the same call trains for at most so many minutes and goes on later, here or on another machine.

A GPU that is there for minutes at a time is a normal case. The folder is all that has to travel. Only what a bare
GPU node has is imported, and the test split is not touched: `experiments` and ``evaluate`` do that afterwards.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from ferkit.core import files, locking
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.models import weights
from ferkit.training import trainer
from ferkit.training.batching import Split
from ferkit.training.recipes import Recipe

STATUS, WEIGHTS = "status.json", "weights.safetensors"


def train(directory: Path, system: str, recipe: Recipe, faces: FaceSet, *, seed: int = 0, device: str = "auto",
          max_minutes: float | None = None, recipe_name: str = "", started: float | None = None) -> dict[str, object]:
    """Train, or go on training, in `directory` and return what its status.json says.

    max_minutes: counted from `started` (``time.monotonic()``; now if not given), the loading of the data included.
    Raises InputError if the folder holds a run of another configuration, or one that is at work. A
    finished run is left as it is.
    """
    started = time.monotonic() if started is None else started
    before = read_status(directory)
    if before and before["config_sha256"] != files.sha256_of(_configuration(system, recipe, faces, seed)):
        raise InputError(f"{directory}: holds a run of another model, recipe, seed or data; name another --output")
    if before and before["state"] != "paused":
        return before
    chosen, k = trainer.resolve_device(device), len(faces.label_names)
    parts = {name: faces.part(name) for name in ("train", "val")}
    splits = [Split.of(part.images, part.labels, k, chosen, name, part.targets) for name, part in parts.items()]
    directory.mkdir(parents=True, exist_ok=True)
    left = None if max_minutes is None else max_minutes - (time.monotonic() - started) / 60
    with locking.only_one(directory):
        fitted = trainer.fit(system, recipe, *splits, seed=seed, num_classes=k, directory=directory / "checkpoints",
                              max_minutes=left, name=f"{system}/{recipe_name}".rstrip("/"))
        return record(directory, fitted, system, recipe, faces, seed=seed, device=str(chosen), recipe_name=recipe_name)


def record(directory: Path, fitted: trainer.Fit, system: str, recipe: Recipe, faces: FaceSet, *, seed: int,
           device: str, recipe_name: str = "") -> dict[str, object]:
    """Write weights and status.json of a training, however it was done, and return the status."""
    directory.mkdir(parents=True, exist_ok=True)
    config = _configuration(system, recipe, faces, seed)
    weights.save(directory / WEIGHTS, fitted.model.cpu(), system, dict(config["recipe"]["model"]),
                 label_names=faces.label_names, tta=recipe.tta, trained_on=str(faces.source.get("dataset", "")))
    status = {"state": fitted.state, "epoch": fitted.epoch, "epochs": recipe.epochs, "best_epoch": fitted.best_epoch,
              "val_accuracy": fitted.val_accuracy, "weights_sha256": files.sha256(directory / WEIGHTS),
              "minutes": round(fitted.minutes, 3), "device": device, "recipe": recipe_name, "config": config,
              "config_sha256": files.sha256_of(config), "history": fitted.history}
    files.write_json(directory / STATUS, files.finite(status))
    return status


def _configuration(system: str, recipe: Recipe, faces: FaceSet, seed: int) -> dict[str, object]:
    """What a training follows from."""
    return {"system": system, "recipe": recipe.to_dict(), "seed": seed, "data_sha256": faces.content_hash,
            "protocol": str(faces.source.get("protocol", ""))}


def read_status(directory: Path) -> dict[str, object] | None:
    """What a folder's status.json says; None if there is none, InputError if it is no longer readable."""
    path = directory / STATUS
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: unreadable ({error}); remove it to start this run again") from None
