"""What choosing the epoch on the test split would gain: the field's commonest fault, made a number.

One network is trained as everywhere here, but after every epoch it is scored on the test split too. The difference
between the best of those scores and the test score of the epoch that validation chose is what a paper adds that
selects on its test data. Nothing of it is a result: the file says so, and no other part of the project reads it.
"""

from __future__ import annotations

import time
from pathlib import Path

from ferkit.core import files, locking, progress
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.training import checkpoint, trainer
from ferkit.training.batching import Split, batches, epoch_order
from ferkit.training.recipes import Recipe

WARNING = "THE TEST SPLIT WAS READ AFTER EVERY EPOCH. This shows what that would gain; it is not a result."


def measure(directory: Path, system: str, recipe: Recipe, faces: FaceSet, *, recipe_name: str = "", seed: int = 0,
            device: str = "auto") -> dict[str, object]:
    """Train, score every epoch on both splits, and return (and write to ``optimism.json``) what became of it.

    curve: [{epoch, val_accuracy, test_accuracy}]; honest, peeked: the epoch chosen on validation and the one chosen on
    test, each with its test accuracy; optimism: their difference, a fraction. Scores are of single views in the
    recipe's precision. Interrupted, the same call goes on from the last whole epoch. Raises InputError if the folder
    holds another training.
    """
    chosen, k = trainer.resolve_device(device), len(faces.label_names)
    train, val, test = (Split.of(part.images, part.labels, k, chosen, name, part.targets) for name, part in
                        ((name, faces.part(name)) for name in ("train", "val", "test")))
    directory.mkdir(parents=True, exist_ok=True)
    with locking.only_one(directory):
        run = trainer._Run(system, recipe, train, seed, k)
        if checkpoint.load(directory) is not None and not run.restore(directory):
            raise InputError(f"{directory}: holds a training of another recipe or seed; name another --output")
        started = time.monotonic() - run.at.seconds
        while run.at.epoch < recipe.epochs and run.finite():
            for rows in batches(epoch_order(train, seed, run.at.epoch, recipe.sampling), recipe.batch_size):
                run.step(rows)
            run.at.seconds = time.monotonic() - started
            if run.finite():
                run.end_epoch(val)
                row = run.at.history[-1]
                row["test_accuracy"] = _accuracy(run, test)
                run.save(directory)
                progress.epoch(f"{system}/{recipe_name} seed {seed}", run.at.epoch, recipe.epochs, row["train_loss"],
                               row["val_accuracy"],
                               run.at.seconds / run.at.epoch * (recipe.epochs - run.at.epoch))
        if not run.at.history:
            raise InputError(f"{system}: the loss stopped being a number in the first epoch; lower the learning rate")
        found = {"warning": WARNING, "system": system, "recipe": recipe_name, "seed": seed,
                 "dataset": faces.source.get("dataset", ""), "data_sha256": faces.content_hash,
                 "protocol": faces.source.get("protocol", ""), "n_test": len(test), "config": recipe.to_dict(),
                 **summary(run.at.history)}
        files.write_json(directory / "optimism.json", found)
    return found


def _accuracy(run: trainer._Run, test: Split) -> float:
    """Of the weights that this epoch was validated with, as validated."""
    with trainer._weights(run.model, run.candidate()):
        logits = trainer._validate(run.model, test, run.recipe)
    run.model.train()
    return (logits.argmax(1) == test.labels).double().mean().item()


def summary(history: list[dict]) -> dict[str, object]:
    """The curve and the two choices; equal validation accuracies go to the earlier epoch, as do equal test ones."""
    curve = [{key: row[key] for key in ("epoch", "val_accuracy", "test_accuracy")} for row in history]
    chosen = {name: max(curve, key=lambda row: (row[key], -row["epoch"]))
              for name, key in (("honest", "val_accuracy"), ("peeked", "test_accuracy"))}
    return {**{name: {"epoch": row["epoch"], "test_accuracy": row["test_accuracy"]} for name, row in chosen.items()},
            "optimism": chosen["peeked"]["test_accuracy"] - chosen["honest"]["test_accuracy"], "curve": curve}
