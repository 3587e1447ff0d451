"""Training the cells of a sweep, each for itself: a cell knows nothing of the others.

``plan.json`` is written before anything is trained; then every cell ends with a row in ``sweep.json``, whatever came
of it. The same call goes on where it was stopped: finished cells are left as they are, an interrupted one goes on from
its checkpoint, one that failed is tried again. Validation only, a cell's folder is that of ``train`` (`timebox`);
with the test split it is a cell of a run (`experiments`).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from ferkit import papers
from ferkit.core import files, locking
from ferkit.core.errors import InputError
from ferkit.data.datasets import DEFAULT_PROTOCOL, load
from ferkit.experiments import resumable
from ferkit.models import inference
from ferkit.sweep import workers
from ferkit.sweep.config import Sweep, SweepCell

PLAN, ROWS = "plan.json", "sweep.json"

Row = dict[str, object]


def run(sweep: Sweep, output: Path, *, device: str = "auto", max_minutes: float | None = None,
        data: Path | None = None, jobs: int = 1, say: Callable[[str], None] = lambda _: None) -> list[Row]:
    """Train what is not trained yet and return a row for every cell.

    data: where the one data set lies; None takes the environment's. max_minutes: stop cleanly inside this time. jobs:
    how many cells at once, one thread each (`parallel`; on a CPU). say: takes a line of progress.
    Row: {dataset, system, recipe, seed, state, best_epoch, epochs, val_accuracy, accuracy (test, null unless the sweep
    opens it), minutes, error}; state: waiting, paused, finished, diverged, collapsed or failed. Raises InputError if
    `output` holds another sweep, or one that is at work.
    """
    deadline = None if max_minutes is None else time.monotonic() + 60 * max_minutes
    if data is not None and len(sweep.datasets) > 1:
        raise InputError("--data names one data set's place; name the others' in the environment")
    work = _Work(sweep, output, data, device, deadline)
    if jobs > 1 and work.device != "cpu":
        raise InputError(f"--jobs {jobs}: trainings share a CPU only, not {work.device}")
    _write_plan(sweep, output)
    rows = {cell.name: _row(cell, "waiting") for cell in sweep.cells}

    def note(cell: SweepCell, row: Row) -> None:
        rows[cell.name] = row
        files.write_json(output / ROWS, list(rows.values()))
        say(f"[{sum(r['state'] != 'waiting' for r in rows.values())}/{len(rows)}] {cell.name}  {describe(row)}")

    with locking.only_one(output):
        for trained in _all(work, jobs, (sweep, output, data, device, deadline)):
            for cell, row in trained:
                note(cell, row)
        files.write_json(output / ROWS, list(rows.values()))
    return list(rows.values())


def describe(row: Mapping[str, object]) -> str:
    """How a cell stands, in words."""
    if row["state"] == "failed":
        return f"failed: {row['error']}"
    parts = [str(row["state"])]
    for key, word in (("val_accuracy", "validation"), ("accuracy", "test")):
        if row[key] is not None:
            parts.append(f"{word} {100 * row[key]:.2f} %")
    return "  ".join(parts)


def _row(cell: SweepCell, state: str, facts: Mapping[str, object] | None = None, error: str | None = None) -> Row:
    facts = facts or {}
    kept = {key: facts.get(key) for key in ("best_epoch", "epochs", "val_accuracy", "accuracy", "minutes")}
    return {"dataset": cell.dataset, "system": cell.system, "recipe": cell.recipe_name, "seed": cell.seed,
            "state": state, **kept, "error": error}


def _write_plan(sweep: Sweep, output: Path) -> None:
    plan = [cell.entry() | {"profile": sweep.profile} for cell in sweep.cells]
    path = output / PLAN
    if path.exists():
        try:
            same = json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(plan))
        except ValueError:
            same = False
        if not same:
            raise InputError(f"{output}: holds another sweep's plan; name another --output")
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        files.write_json(path, plan)
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror}); name another --output") from None


def _all(work: _Work, jobs: int, arguments: tuple) -> Iterator[Iterable[tuple[SweepCell, Row]]]:
    """The rows of every group of cells that is begun within the time box, here or by so many workers."""
    if jobs == 1:
        yield from (work.train(group) for group in work.groups() if not work.late())
        return
    for group, rows in workers.each(work.groups(), jobs, _worker, arguments):
        if isinstance(rows, BrokenProcessPool):
            rows = [(cell, _row(cell, "failed", error="its process died (out of memory?)")) for cell in group]
        yield rows


def _worker(*arguments: object) -> Callable[[list[SweepCell]], list[tuple[SweepCell, Row]]]:
    """What a process of `parallel` does with a group of cells: their rows, none once time is up."""
    work = _Work(*arguments)
    return lambda group: [] if work.late() else list(work.train(group))


class _Work:
    """What the cells of a sweep are trained with. deadline: of ``time.monotonic()``, the same in every process."""

    def __init__(self, sweep: Sweep, output: Path, data: Path | None, device: str, deadline: float | None) -> None:
        self.sweep, self.output, self.deadline = sweep, output, deadline
        self.faces = {name: load(name, data, profile=sweep.profile, protocol=sweep.protocol or DEFAULT_PROTOCOL[name])
                      for name in sweep.datasets}
        self.device = str(inference.resolve_device(device))

    def groups(self) -> list[list[SweepCell]]:
        """The cells as they are trained: each network by itself, followed by the SVM on it where there is one."""
        found: dict[tuple, list[SweepCell]] = {}
        for cell in sorted(self.sweep.cells, key=lambda cell: cell.system != cell.network):  # stable: in their order
            found.setdefault((cell.dataset, cell.network, cell.recipe_name, cell.seed), []).append(cell)
        return list(found.values())

    def train(self, cells: list[SweepCell]) -> Iterable[tuple[SweepCell, Row]]:
        """The rows of some cells, trained one after the other."""
        for cell in cells:
            try:
                facts = self._test(cell) if self.sweep.test else self._validate(cell)
                yield cell, _row(cell, facts["state"], facts)
            except Exception as error:
                yield cell, _row(cell, "failed", error=_in_one_line(error))

    def _directory(self, cell: SweepCell) -> Path:
        return self.output / self.sweep.place(cell)

    def late(self) -> bool:
        """Whether the time box is over."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def _minutes_left(self) -> float | None:
        return None if self.deadline is None else (self.deadline - time.monotonic()) / 60

    def _validate(self, cell: SweepCell) -> Mapping[str, object]:
        status = resumable.train(self._directory(cell), papers.system(cell.system), cell.recipe,
                                 self.faces[cell.dataset], seed=cell.seed, device=self.device,
                                 max_minutes=self._minutes_left(), recipe_name=cell.recipe_name)
        return status | {"epochs": status["epoch"]}

    def _test(self, cell: SweepCell) -> Mapping[str, object]:
        """A job of a run: within the time limit as far as its checkpoints, then tested once."""
        from ferkit.experiments import jobs  # scipy and more, which a bare node has not
        from ferkit.results import records

        directory = self._directory(cell)
        under = directory.parents[2] / cell.network / cell.recipe_name / directory.name / records.METRICS
        if cell.system != cell.network and not under.exists():
            return {"state": "waiting"}  # for the network under it, which was paused or failed
        try:
            metrics = jobs.run(self.sweep.job(cell), self.faces[cell.dataset], directory.parents[3],
                               device=self.device, max_minutes=self._minutes_left()).metrics
        except jobs.Paused as paused:
            return {"state": "paused", "epochs": paused.epoch, "minutes": paused.minutes}
        return metrics | {"state": metrics["status"]}


def _in_one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def path_of(given: list[str]) -> Path | None:
    """The places of one data set's parts as `datasets.load` takes them."""
    return Path(os.pathsep.join(given)) if given else None
