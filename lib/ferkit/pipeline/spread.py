"""What the notebooks of a run train, trained beforehand by the workers of a sweep's backend.

The notebooks then find every system finished and load it: they are executed on this machine, one after the other, as
ever.
"""

from __future__ import annotations

from ferkit.core.console import Console
from ferkit.experiments.jobs import train_size
from ferkit.papers import training
from ferkit.pipeline.checked_run import Run
from ferkit.sweep.backends import Backend
from ferkit.sweep.rows import Task, counted
from ferkit.sweep.run import Board, complete
from ferkit.sweep.worker import Worker

CHOICES = {"CELLS": "only", "SEEDS": "n_seeds", "EPOCHS": "epochs", "BATCH_SIZE": "batch_size"}  # notebook → `jobs`


def tasks(run: Run, stems: list[str]) -> list[Task]:
    """Every run that these notebooks will ask for, with their parameters as the run resolves them."""
    options, n_train, found = run.options, train_size(run.load()), []
    for stem in stems:
        resolved = run.parameters_of(stem)
        choices = {name: resolved[parameter] for parameter, name in CHOICES.items() if parameter in resolved}
        found += [counted(Task(options.dataset, job, run.directory, tested=True))
                  for job in training.jobs(options.profile, stem, options.seed, n_train=n_train, **choices)]
    return found


def train(run: Run, stems: list[str], backend: Backend, console: Console) -> None:
    """Have the backend's workers train what these notebooks will ask for. What fails is left to the notebook."""

    options = run.options
    worker = Worker(options.profile, run.protocol, options.data or None, options.device, seed=options.seed)
    complete(Board(tasks(run, stems), console.line), worker, backend, console.line)
