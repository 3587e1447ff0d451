"""Test-selection bias: the optimistic bias of choosing the epoch on the test split, the field's most frequent fault.

One network is trained as everywhere here, but after every epoch it is scored on the test split too. The difference
between the best of those scores and the test score of the epoch that validation chose is what a paper adds that
selects on its test data. Nothing of it is a result: the file says so, and no other part of the project reads it.
"""

from __future__ import annotations

import json
from pathlib import Path

from ferkit.core import files, locking
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.experiments.fitting import fit
from ferkit.experiments.system import System
from ferkit.models import inference
from ferkit.training.batching import Split
from ferkit.training.recipe import Recipe
from ferkit.training.trainer import Trainer

WARNING = "THE TEST SPLIT WAS READ AFTER EVERY EPOCH. This shows what that would gain; it is not a result."


def measure(directory: Path, system: System, recipe: Recipe, faces: FaceSet, *, recipe_name: str = "", seed: int = 0,
            device: str = "auto") -> dict[str, object]:
    """Train, score every epoch on both splits, and return (and write to ``optimism.json``) what became of it.

    curve: [{epoch, val_accuracy, test_accuracy}]; honest, peeked: the epoch chosen on validation and the one chosen on
    test, each with its test accuracy; optimism: their difference, a fraction. Scores are of single views in the
    recipe's precision. Interrupted, the same call goes on from its checkpoint. Raises InputError if the folder holds
    another training.
    """
    part, k = faces.part("test"), len(faces.label_names)
    test = Split.of(part.images, part.labels, k, inference.resolve_device(device), "test", store=system.kind.store)
    about = {"system": system.name, "config": recipe.to_dict(), "seed": seed, "data_sha256": faces.content_hash}
    directory.mkdir(parents=True, exist_ok=True)
    begun = directory / "training.json"

    def score(trainer: Trainer) -> None:
        right = trainer.infer(test).argmax(1) == test.labels
        trainer.at.history[-1]["test_accuracy"] = right.double().mean().item()

    with locking.only_one(directory):
        if begun.is_file() and json.loads(begun.read_text(encoding="utf-8")) != json.loads(json.dumps(about)):
            raise InputError(f"{directory}: holds a training of another recipe or seed; name another --output")
        files.write_json(begun, about)
        fitted = fit(system, recipe, faces, device=device, seed=seed, directory=directory,
                          name=f"{system.name}/{recipe_name}", on_epoch=score)
        history = [row for row in fitted.history if row["val_loss"] is not None]
        if not history:
            raise InputError(f"{system.name}: the loss stopped being a number in the first epoch; lower the learning "
                             "rate")
        found = {"warning": WARNING, "recipe": recipe_name, "dataset": faces.source.get("dataset", ""),
                 "protocol": faces.source.get("protocol", ""), "n_test": len(test), **about, **summary(history)}
        files.write_json(directory / "optimism.json", found)
    return found


def summary(history: list[dict]) -> dict[str, object]:
    """The curve and the two choices: on validation as the trainer chooses, equal accuracies by the smaller loss; equal
    test accuracies go to the earlier epoch."""
    curve = [{key: row[key] for key in ("epoch", "val_accuracy", "test_accuracy")} for row in history]
    chosen = {"honest": max(history, key=lambda row: (row["val_accuracy"], -row["val_loss"], -row["epoch"])),
              "peeked": max(history, key=lambda row: (row["test_accuracy"], -row["epoch"]))}
    return {**{name: {"epoch": row["epoch"], "test_accuracy": row["test_accuracy"]} for name, row in chosen.items()},
            "optimism": chosen["peeked"]["test_accuracy"] - chosen["honest"]["test_accuracy"], "curve": curve}
