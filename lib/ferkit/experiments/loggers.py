"""Loggers: a training's epochs handed to a tool that draws them while it runs. Optional; nothing here decides a result.

A logger is a function for `trainer.fit`'s ``on_epoch``. TensorBoard (extra ``tensorboard``): ``tensorboard --logdir
DIR`` finds the ``.tensorboard`` folder of every run below DIR, also those that other machines are at work on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.core.errors import InputError

if TYPE_CHECKING:
    from ferkit.training.trainer import Trainer

OnEpoch = Callable[["Trainer"], None]


def check(name: str) -> None:
    """InputError where the package behind a logger is not installed."""
    if name != "none" and importlib.util.find_spec(name) is None:
        raise InputError(f"--log {name}: it is not installed; pip install 'ferkit[{name}]'")


def logger(name: str, directory: Path) -> OnEpoch:
    """The logger called `name`, "tensorboard" or "none", for the run in `directory`."""
    return tensorboard(directory / ".tensorboard") if name == "tensorboard" else lambda trainer: None


def tensorboard(directory: Path) -> OnEpoch:
    """Every numeric column of the history as a scalar by epoch. A run that goes on hides what was logged beyond its
    checkpoint."""
    writers = []

    def on_epoch(trainer: Trainer) -> None:
        from torch.utils.tensorboard import SummaryWriter

        row = trainer.at.history[-1]
        if not writers:
            writers.append(SummaryWriter(directory, purge_step=row["epoch"]))
        for name, value in row.items():
            if name != "epoch" and isinstance(value, int | float):
                writers[0].add_scalar(name, value, row["epoch"])
        writers[0].flush()

    return on_epoch
