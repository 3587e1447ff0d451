"""Training what a sweep lacks, on whichever backend, until every run has ended.

``plan.json`` is written before anything is trained; then every run ends with a row in ``sweep.json``, whatever came of
it. The same command goes on where it was stopped: finished runs are left as they are, an interrupted one goes on from
its checkpoint, one that failed is tried again. Several commands on one folder, also from several machines, share the
runs among them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ferkit.core import files, lease
from ferkit.core.errors import InputError
from ferkit.core.paths import Data, make_folder
from ferkit.sweep import backends
from ferkit.sweep.config import Sweep
from ferkit.sweep.rows import Row, Task, tasks
from ferkit.sweep.worker import Worker

PLAN, ROWS = "plan.json", "sweep.json"
LOOK_SECONDS = 5.0  # between two looks at runs that another command has
ENDED = ("finished", "diverged", "collapsed", "failed")


def run(sweep: Sweep, output: Path, *, backend: backends.Backend = backends.here, device: str = "auto",
        max_minutes: float | None = None, data: Data = None, log: str = "none",
        say: Callable[[str], None] = lambda _: None) -> list[Row]:
    """Train what is not trained yet and return a row for every run (`rows.Task.row`).

    data: where the one data set lies; None takes the environment's. max_minutes: stop cleanly inside this time. log: as
    for `experiments.loggers.logger`. say: takes a line of progress. Raises InputError if `output` holds another sweep,
    `backends.Unreachable` if a cluster has gone.
    """
    worker = Worker(sweep.profile, sweep.protocol, data, device, log=log, apart=backend is not backends.here,
                    deadline=None if max_minutes is None else time.time() + 60 * max_minutes)
    if data is not None and len(sweep.datasets) > 1:
        raise InputError("--data names one data set's place; name the others' in the environment")
    every = tasks(sweep, output)
    board = Board(every, say, output / ROWS)
    read = {_data_of(task): task for task in (every if data is not None else board.open)}
    for task in read.values():
        worker.faces(task)  # InputError where they cannot be had, before anything is written
    _refuse_other_data([task for task in every if _data_of(task) in read], worker, output)
    _write_plan(sweep, output)
    complete(board, worker, backend, say)
    return board.write()


def complete(board: Board, worker: Worker, backend: backends.Backend, say: Callable[[str], None]) -> None:
    """Have workers train what is open on a board, until it has ended, waits for what failed, or time is up."""
    trouble = None
    while board.open and not worker.late():
        before = board.progress()
        for said in backend(worker, board.open):
            trouble = said or trouble
            board.look()
        board.look(now=True)
        if board.at_work():
            time.sleep(LOOK_SECONDS)  # another command is: wait for its end, or until its attempt is lost
        elif board.progress() == before:
            break  # nothing can be done: a network under a head failed, or no worker starts
    if trouble and board.open and not worker.late():
        say(f"stopped: {trouble}")


def describe(row: Mapping[str, object]) -> str:
    """How a run stands, in words."""
    if row["state"] == "failed":
        return f"failed: {row['error']} (log: {row['log']})"
    parts = [str(row["state"])]
    for key, word in (("val_accuracy", "validation"), ("accuracy", "test")):
        if row[key] is not None:
            parts.append(f"{word} {100 * row[key]:.2f} %")
    return "  ".join(parts)


class Board:
    """The rows of some tasks as they were last seen in the folders, kept in the file `path` if there is to be one."""

    def __init__(self, every: list[Task], say: Callable[[str], None], path: Path | None = None) -> None:
        self._path, self._say = path, say
        self._rows = {task.directory: task.row() for task in every}
        self.open = [task for task in every if not self._ended(task)]
        self._next_look = 0.0

    def look(self, now: bool = False) -> None:
        """Read the runs that have not ended, and tell of those that have meanwhile; `now`, or when it is time to."""
        began = time.monotonic()
        if not now and began < self._next_look:
            return
        for task in self.open:
            self._rows[task.directory] = task.row()
        for task in [task for task in self.open if self._ended(task)]:
            self.open.remove(task)
            row = self._rows[task.directory]
            self._say(f"[{len(self._rows) - len(self.open)}/{len(self._rows)}] {task.name}  {describe(row)}")
            self.write()
        self._next_look = time.monotonic() + 20 * (time.monotonic() - began)  # 5 % of the time at most

    def progress(self) -> tuple[int, int]:
        """How many runs are open and how many attempts they have seen: equal numbers, and nothing was done."""
        newest = [lease.latest(task.directory) for task in self.open]
        return len(self.open), sum(attempt.number for attempt in newest if attempt)

    def at_work(self) -> bool:
        """Whether any run is, whoever's."""
        return any(self._rows[task.directory]["state"] == lease.RUNNING for task in self.open)

    def write(self) -> list[Row]:
        """Write the rows and return them."""
        rows = list(self._rows.values())
        if self._path and self._path.parent.is_dir():
            files.write_json(self._path, rows)
        return rows

    def _ended(self, task: Task) -> bool:
        state = self._rows[task.directory]["state"]
        return state in ENDED and (state != "failed" or task.failed_now)


def _data_of(task: Task) -> tuple[str, str]:
    """The data set of a run, and whether it is read as images or as what else."""
    return task.dataset, task.job.system.kind.name


def _refuse_other_data(every: Sequence[Task], worker: Worker, output: Path) -> None:
    """InputError where a run is finished on other data than those that the command or the environment names."""
    for task in every:
        found = task.result()
        if found and found["config"].get("data_sha256", "") not in ("", worker.faces(task).content_hash):
            raise InputError(f"{output}: {task.name} was trained on other data; name another --output")


def _write_plan(sweep: Sweep, output: Path) -> None:
    common = {"profile": sweep.profile, "protocol": sweep.protocol}
    plan = [entry.planned() | common for entry in sweep.entries]
    path = output / PLAN
    if path.exists():
        try:  # plans written before they told the protocol go on under whichever is named
            found = [{"protocol": sweep.protocol} | row for row in json.loads(path.read_text(encoding="utf-8"))]
        except (ValueError, TypeError):
            found = None
        if found != json.loads(json.dumps(plan)):
            raise InputError(f"{output}: holds another sweep's plan; name another --output")
        return
    files.write_json(make_folder(output) / PLAN, plan)
