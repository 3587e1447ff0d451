"""How the runs of a sweep stand, read from their folders: nothing else remembers it, so any process can ask.

A run's result is its own file (status.json on validation, metrics.json with the test split). Without a result, its
newest attempt (`core.lease`) tells whether it is at work, paused or failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from ferkit.core import files, lease
from ferkit.experiments.plan import CHECKPOINTS, Job
from ferkit.sweep.config import Sweep

FACTS = ("best_epoch", "epochs", "val_accuracy", "accuracy", "minutes", "weights_sha256")

Row = dict[str, object]


@dataclass(frozen=True)
class Task:
    """A job of a data set, below `root` in the folder of its notebook, system, recipe and seed.

    tested: whether the test split is read. before: how many attempts there were when the command began; a failure of
    those is tried again.
    """

    dataset: str
    job: Job
    root: Path
    tested: bool
    before: int = 0

    @property
    def name(self) -> str:
        """For lines of output."""
        return f"{self.dataset} {self.job.name}"

    @cached_property
    def directory(self) -> Path:
        """The run's own folder."""
        return self.job.key.directory(self.root)

    @cached_property
    def base(self) -> Path | None:
        """The folder of the network under a head; None for all else."""
        return self.job.under.key.directory(self.root) if self.job.under else None

    @property
    def ready(self) -> bool:
        """Whether it can be trained: a head needs the network under it."""
        return self.base is None or _result(self.base, self.tested) is not None

    def result(self) -> Mapping[str, object] | None:
        """What the finished run says of itself; None if it is not finished, or was made with another recipe."""
        found = _result(self.directory, self.tested)
        wanted = json.loads(json.dumps(self.job.recipe.to_dict()))
        return found if found and found["config"]["recipe"] == wanted else None

    def row(self) -> Row:
        """{dataset, system, recipe, seed, state, best_epoch, epochs, val_accuracy, accuracy, minutes, weights_sha256,
        error, log}. state: waiting, running, paused, finished, diverged, collapsed or failed. log: the file in the
        run's folder that tells how a failed attempt ended. What is not known is None."""
        facts, error, log = self.result(), None, None
        if facts:
            state = facts["status" if self.tested else "state"]
        else:
            facts, attempt = {}, lease.latest(self.directory)
            state = attempt.state if attempt else "waiting"
            if state not in (lease.RUNNING, "failed"):  # lost, or its result has been removed or damaged since
                state = "paused" if state in (lease.LOST, "paused") else "waiting"
            if state == "failed":
                error, log = attempt.facts.get("error"), f"{lease.ATTEMPTS}/{attempt.number}.log"
        kept = {key: facts.get(key) for key in FACTS}
        return {"dataset": self.dataset, "system": self.job.system.name, "recipe": self.job.recipe_name,
                "seed": self.job.seed, "state": state, **kept, "epochs": facts.get("epoch", kept["epochs"]),
                "error": error, "log": log}

    @property
    def failed_now(self) -> bool:
        """Whether it has failed since the command began."""
        attempt = lease.latest(self.directory)
        return attempt is not None and attempt.state == "failed" and attempt.number > self.before


def tasks(sweep: Sweep, output: Path) -> list[Task]:
    """Every run of a sweep in `output`, in the order of its file."""
    trees = {dataset: output / dataset if len(sweep.datasets) > 1 else output for dataset in sweep.datasets}
    return [counted(Task(entry.dataset, sweep.job(entry), trees[entry.dataset], sweep.test)) for entry in sweep.entries]


def counted(task: Task) -> Task:
    """The task with the attempts that there have been."""
    attempt = None if task.result() else lease.latest(task.directory)
    return replace(task, before=attempt.number if attempt else 0)


def groups(of: Iterable[Task]) -> list[list[Task]]:
    """Tasks that have to follow one another: each network by itself, and after it the head on it where there is one."""
    found: dict[Path, list[Task]] = {}
    for task in sorted(of, key=lambda task: task.base is not None):  # stable: in their order
        found.setdefault(task.base or task.directory, []).append(task)
    return list(found.values())


def _result(directory: Path, tested: bool) -> Mapping[str, object] | None:
    """The whole result in a folder, whatever it was made with; None where there is none."""
    if tested and (directory / CHECKPOINTS).is_dir():
        return None  # `jobs.run` removes them last; until then measurements that follow the result may be missing
    found = files.read_json(directory / ("metrics.json" if tested else "status.json"), {})
    ended = found.get("status" if tested else "state") not in (None, "paused", "failed")
    noted = found.get("weights_sha256")
    return found if ended and (not noted or _sha256_now(directory / "weights.safetensors") == noted) else None


def _sha256_now(path: Path) -> str | None:
    """The sha256 of a file, read anew only when it has changed; None where there is none."""
    try:
        return _sha256(path, files.state(path))
    except OSError:
        return None


@cache
def _sha256(path: Path, _: tuple[int, int, int] | None) -> str:
    return files.sha256(path)
