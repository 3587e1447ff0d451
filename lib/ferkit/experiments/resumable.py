"""Resumable training with a time limit: the same call goes on where the last one stopped, here or on another machine.

The folder is all that has to travel. Only what a bare GPU node has is imported, and the test split is not touched:
`experiments.jobs` and ``evaluate`` do that afterwards.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from ferkit.core import files, locking
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet, trained_on
from ferkit.experiments import initial
from ferkit.experiments.fitting import fit
from ferkit.experiments.plan import CHECKPOINTS
from ferkit.experiments.system import System
from ferkit.models import inference, weights
from ferkit.training.distributed import ALONE, Processes
from ferkit.training.recipe import Recipe

STATUS, WEIGHTS = "status.json", "weights.safetensors"


def train(directory: Path, system: System, recipe: Recipe, faces: FaceSet, *, seed: int = 0, device: str = "auto",
          max_minutes: float | None = None, recipe_name: str = "", started: float | None = None,
          processes: Processes = ALONE, leased: bool = False, **options: object) -> dict[str, object]:
    """Train, or go on training, in `directory` and return what its status.json says.

    max_minutes: counted from `started` (``time.monotonic()``; now if not given), the loading of the data included.
    processes: those that train it together; the first writes. leased: the caller holds the folder by a lease, so
    no lock is taken (network file systems often lack them). options: further ones of `trainer.fit` (on_epoch).
    Raises InputError if the folder holds a run of another configuration, or one that is at work. A finished run is left
    as it is.
    """
    started = time.monotonic() if started is None else started
    config = {"system": system.name, "recipe": recipe.to_dict(), "seed": seed, "data_sha256": faces.content_hash,
              "protocol": str(faces.source.get("protocol", "")), **initial.noted(recipe)}
    before = read_status(directory)
    if before and before["config_sha256"] != files.sha256_of(config):
        raise InputError(f"{directory}: holds a run of another model, recipe, seed or data; name another --output")
    if before and before["state"] != "paused":
        if (directory / WEIGHTS).is_file() and files.sha256(directory / WEIGHTS) == before["weights_sha256"]:
            return before
        print(f"{directory / WEIGHTS}: missing or damaged; made again from the last checkpoint", file=sys.stderr)
    directory.mkdir(parents=True, exist_ok=True)
    left = None if max_minutes is None else max_minutes - (time.monotonic() - started) / 60
    with nullcontext() if leased or processes.rank else locking.only_one(directory):
        fitted = fit(system, recipe, faces, device=device, seed=seed, directory=directory / CHECKPOINTS,
                     max_minutes=left, name=f"{system.name}/{recipe_name}".rstrip("/"), processes=processes, **options)
        if processes.rank:
            return {"state": fitted.state}
        weights.save(directory / WEIGHTS, fitted.model.cpu(), system.name, dict(config["recipe"]["model"]),
                     label_names=faces.label_names, tta=recipe.tta, trained_on=trained_on(faces.source),
                     about=system.kind.header)
        status = {"state": fitted.state, "epoch": fitted.epoch, "epochs": recipe.epochs,
                  "best_epoch": fitted.best_epoch, "val_accuracy": fitted.val_accuracy,
                  "weights_sha256": files.sha256(directory / WEIGHTS), "minutes": round(fitted.minutes, 3),
                  "device": str(inference.resolve_device(device)), "precision": fitted.precision,
                  "recipe": recipe_name, "config": config,
                  "config_sha256": files.sha256_of(config), "history": fitted.history}
        files.write_json(directory / STATUS, files.finite(status))
    return status


def read_status(directory: Path) -> dict[str, object] | None:
    """What a folder's status.json says; None if there is none, InputError if it is no longer readable."""
    path = directory / STATUS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not {"state", "config_sha256", "weights_sha256"} <= set(found):
            raise ValueError("not the status of a run")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: unreadable ({error}); remove it to start this run again") from None
    return found
