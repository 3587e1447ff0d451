"""What the notebooks of a run train, trained beforehand by the workers of a sweep's backend.

The notebooks then find every system finished and load it: they are executed on this machine, one after the other, as
ever.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from ferkit.core import lease, progress
from ferkit.core.console import Console
from ferkit.experiments import duration
from ferkit.experiments.jobs import train_size
from ferkit.papers import training
from ferkit.pipeline.checked_run import Run
from ferkit.sweep.backends import Backend
from ferkit.sweep.rows import Task, counted
from ferkit.sweep.run import Board, complete
from ferkit.sweep.worker import Worker

CHOICES = {"SYSTEMS": "only", "SEEDS": "n_seeds", "EPOCHS": "epochs", "BATCH_SIZE": "batch_size"}  # notebook → `jobs`


def tasks(run: Run, stems: list[str]) -> list[Task]:
    """Every run that these notebooks will ask for, with their parameters as the run resolves them."""
    options, found = run.options, []
    for stem in stems:
        resolved = run.parameters_of(stem)
        choices = {name: resolved[parameter] for parameter, name in CHOICES.items() if parameter in resolved}
        planned = training.jobs(options.profile, stem, options.seed, **choices)
        if planned:  # anew for the number that these data have, of which a small set's recipes depend
            n_train = train_size(_worker(run).faces(Task(options.dataset, planned[0], run.directory, tested=True)))
            planned = training.jobs(options.profile, stem, options.seed, n_train=n_train, **choices)
        found += [counted(Task(options.dataset, job, run.directory, tested=True)) for job in planned]
    return found


def train(run: Run, stems: list[str], backend: Backend, console: Console) -> None:
    """Have the backend's workers train what these notebooks will ask for. What fails is left to the notebook."""
    board = Board(tasks(run, stems), console.line)
    if not board.open:
        return
    due = [(task, (task.job, train_size(_worker(run).faces(task)))) for task in board.open]
    console.line(f"training {duration.in_words([one for _, one in due])}, which the notebooks then load")

    def watched(worker: Worker, open_tasks: Sequence[Task]) -> Iterator[str | None]:
        """The backend, with the time and what is at work shown while it is."""
        started = time.monotonic()
        for said in backend(worker, open_tasks):
            seconds = time.monotonic() - started
            left = duration.left([one for task, one in due if task not in board.open],
                                 [one for task, one in due if task in board.open], seconds)
            console.at(seconds, " · ".join(filter(None, [left, *map(_latest, board.open)])))
            yield said

    complete(board, _worker(run), watched, console.line)


def _worker(run: Run) -> Worker:
    options = run.options
    return Worker(options.profile, run.protocol, options.data or None, options.device, seed=options.seed)


def _latest(task: Task) -> str:
    """What a task that is at work reported last, in words; "" for one that is not."""
    attempt = lease.latest(task.directory)
    if attempt is None or attempt.state != lease.RUNNING:
        return ""
    try:
        lines = (task.directory / lease.ATTEMPTS / f"{attempt.number}.log").read_text(encoding="utf-8").splitlines()
        return progress.describe(json.loads(lines[-1]))
    except (OSError, ValueError, IndexError):  # nothing reported yet
        return task.name
