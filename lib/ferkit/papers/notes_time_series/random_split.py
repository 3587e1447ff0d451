"""Inflation by a random split: the same system when its test sequences' people, or neighbouring frames, also train."""

from __future__ import annotations

import numpy as np

from ferkit.data.sequences.sequence_set import SequenceSet
from ferkit.experiments import fitting
from ferkit.experiments.system import System
from ferkit.models import inference
from ferkit.stats.intervals import wilson
from ferkit.training.recipe import Recipe


def inflation(system: System, recipe: Recipe, honest: SequenceSet, leaky: SequenceSet, *, seed: int = 0,
              device: str = "auto") -> list[dict[str, object]]:
    """One row a split, the honest one first: protocol, training and test sequences, how many of these share their
    subject with training, test accuracy and its 95 % interval, and on the second row the points it lies higher.

    Nothing is written: two trainings to be looked at, no results.
    """
    rows: list[dict[str, object]] = []
    for sequences in (honest, leaky):
        fitted = fitting.fit(system, recipe, sequences, device=device, seed=seed, name=f"{system.name} split")
        train, test = sequences.part("train"), sequences.part("test")
        logits = inference.infer_logits(fitted.model, test.images, store=system.kind.store, views=system.kind.views)
        right = int(np.sum(logits.argmax(1) == test.labels))
        low, high = wilson(right, len(test))
        rows.append({"protocol": sequences.source["protocol"], "train": len(train), "test": len(test),
                     "subject in training": int(np.isin(test.subjects, train.subjects).sum()),
                     "accuracy": right / len(test), "low": low, "high": high})
    rows[1]["inflation"] = rows[1]["accuracy"] - rows[0]["accuracy"]
    return rows
