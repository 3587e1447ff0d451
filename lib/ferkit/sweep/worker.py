"""What one process does for a sweep: take the runs that nobody else has, train each, write its folder.

A worker talks to nobody. It takes a run by its lease, writes inside the run's folder only, and leaves what became of
it there; so it does not matter which backend started it, on which machine, or whether others do the same beside it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import resource
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from ferkit.core import lease, progress
from ferkit.core.paths import Data
from ferkit.core.protocols import DEFAULT_PROTOCOL
from ferkit.sweep.rows import Task

if TYPE_CHECKING:
    from ferkit.data.face_set import FaceSet
    from ferkit.training.trainer import Trainer

MOST_LOST = 3  # attempts that may be lost, one after the other, before a run counts as what kills its workers

_one_at_a_time = threading.Lock()  # in one process: dropout draws from the process's own generator


@dataclass(frozen=True)
class Worker:
    """A function of tasks, small enough to travel.

    profile, protocol, data, seed: of the images, as `data.datasets.load` takes them. deadline: of ``time.time()``, None
    for none. log: as for `experiments.loggers.logger`.
    apart: whether this process is the worker's own; it then has one thread, and every attempt a log.
    """

    profile: str
    protocol: str
    data: Data
    device: str
    seed: int = 0
    deadline: float | None = None
    log: str = "none"
    apart: bool = True

    def __call__(self, tasks: Sequence[Task]) -> None:
        """Train what is free among `tasks`, in their order; return when the rest is finished, failed or others'."""
        with _one_at_a_time:
            if self.apart:
                import torch

                engine = "jobs" if any(task.tested for task in tasks) else "resumable"
                import_module(f"ferkit.experiments.{engine}")  # takes seconds: before the first lease
                torch.set_num_threads(1)  # equal bits wherever a run is trained; small layers gain little from more
            left = list(tasks)
            while left:
                waiting = [task for task in left if not self._settle(task)]
                if len(waiting) == len(left) or self.late():
                    return
                left = waiting

    def late(self) -> bool:
        """Whether the time limit is over."""
        return self.deadline is not None and time.time() >= self.deadline

    def minutes_left(self) -> float | None:
        """Until the deadline; None without one."""
        return None if self.deadline is None else (self.deadline - time.time()) / 60

    def faces(self, task: Task) -> FaceSet:
        """The data as the task's system takes them, loaded once a process."""
        protocol = self.protocol or DEFAULT_PROTOCOL[task.dataset]
        return _faces(task.job.system.kind.read, task.dataset, self.data, self.profile, protocol, self.seed)

    def _settle(self, task: Task) -> bool:
        """Train a run if it is free; False if it waits for the network under it."""
        if task.result() or self.late():
            return True
        if not task.ready:
            return False
        newest = lease.latest(task.directory)
        if (newest and newest.state == lease.RUNNING) or task.failed_now:
            return True
        if held := lease.take(task.directory, newest):
            with contextlib.suppress(Exception), held:  # told by the lease; the other runs go on
                self._train(task, held)
        return True

    def _train(self, task: Task, held: lease.Lease) -> None:
        if task.result():  # finished between our look and our lease
            return held.give_back("finished")
        if _lost_before(task, held.number) >= MOST_LOST:
            return held.give_back("failed", error=f"its worker died {MOST_LOST} times (out of memory?)")
        if self.apart:
            os.environ[progress.VARIABLE] = str(held.log)
        began = time.process_time()
        try:
            facts = self._facts(task, held)
        except Exception:
            with open(held.log, "a", encoding="utf-8") as log:
                traceback.print_exc(file=log)
            raise
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        return held.give_back(str(facts["state"]), training_minutes=facts.get("minutes"), peak_memory_mib=round(peak),
                              cpu_seconds_before=round(began, 2), cpu_seconds=round(time.process_time() - began, 3))

    def _facts(self, task: Task, held: lease.Lease) -> Mapping[str, object]:
        """What became of a run: its metrics where the test split is read, else its status."""
        from ferkit.experiments import loggers

        logger = loggers.logger(self.log, task.directory)

        def on_epoch(trainer: Trainer) -> None:
            held.check()
            logger(trainer)

        job, faces = task.job, self.faces(task)
        options = {"device": self.device, "max_minutes": self.minutes_left(), "on_epoch": on_epoch}
        if not task.tested:
            from ferkit.experiments import resumable

            return resumable.train(task.directory, job.system, job.recipe, faces, seed=job.seed,
                                   recipe_name=job.recipe_name, leased=True, **options)
        from ferkit.experiments import jobs  # scikit-learn with it, which validation alone does without

        try:
            metrics = jobs.run(job, faces, task.root, **options).metrics
        except jobs.Paused as paused:
            return {"state": "paused", "minutes": paused.minutes}
        return metrics | {"state": metrics["status"]}


def _lost_before(task: Task, number: int) -> int:
    """How many attempts in a row were lost just before attempt `number`, of those of this command."""
    for lost, earlier in enumerate(range(number - 1, task.before, -1)):
        if lease.read(task.directory, earlier).state != lease.LOST:
            return lost
    return max(0, number - 1 - task.before)


@functools.lru_cache(maxsize=2)
def _faces(read: Callable[..., FaceSet] | None, dataset: str, data: Data, profile: str, protocol: str,
           seed: int) -> FaceSet:
    from ferkit.data.datasets import load

    return (read or load)(dataset, data, profile=profile, protocol=protocol, seed=seed)
