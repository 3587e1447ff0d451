"""Where the workers of a sweep run: processes of this machine, a Dask cluster, SLURM.

The seam is one generator function: ``backend(worker, tasks)`` starts workers on tasks, yields every second or so while
any is at work (None, or one line about a worker that went wrong), and ends when all have ended. What became of a run
stands in its folder; a backend brings nothing back. It need not be reliable either: what a dead worker left behind is
taken up by the others, or when the backend is called again.

dask: needs the extra ``dask``; slurm: the extra ``slurm``. Both want the sweep's folder, the data and ferkit itself
at the same paths on all machines (a shared file system).
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import multiprocessing
import os
import pickle
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path

from ferkit.core import processes
from ferkit.core.errors import InputError
from ferkit.sweep.rows import Task, groups
from ferkit.sweep.worker import MOST_LOST, Worker

Backend = Callable[[Worker, Sequence[Task]], Iterator[str | None]]

LOOK_SECONDS = 1.0


class Unreachable(Exception):
    """The cluster has gone while the sweep was at work on it."""


def chosen(name: str, output: Path, *, jobs: int = 1, device: str = "auto", scheduler: str = "", partition: str = "",
           minutes: int = 60, gpus: int = 0) -> Backend:
    """The backend that was asked for; InputError where it cannot be had here. The options are those of the classes."""
    if name == "local":
        if device != "cpu":
            from ferkit.models.inference import resolve_device

            if (found := resolve_device(device).type) != "cpu" and jobs > 1:
                raise InputError(f"--jobs {jobs}: local workers share a CPU only, not {found}; take --device cpu")
        return Local(jobs) if jobs > 1 else here
    package = {"dask": "distributed", "slurm": "submitit"}[name]
    if importlib.util.find_spec(package) is None:
        raise InputError(f"--backend {name}: {package} is not installed; pip install 'ferkit[{name}]'")
    if name == "dask":
        return Dask(jobs, scheduler)
    if shutil.which("srun") is None:
        raise InputError("--backend slurm: no srun here; start the sweep on a login node of a SLURM cluster")
    return Slurm(output / ".slurm", jobs, partition, minutes, gpus)


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """Tasks in their order, every SVM just after the network under it."""
    return [task for group in groups(tasks) for task in group]


def here(worker: Worker, tasks: Sequence[Task]) -> Iterator[None]:
    """One run after another in this process."""
    for group in groups(tasks):
        worker(group)
        yield


@dataclass(frozen=True)
class Local:
    """`jobs` processes of this machine, each with one thread. One that is killed is replaced."""

    jobs: int

    def __call__(self, worker: Worker, tasks: Sequence[Task]) -> Iterator[str | None]:
        """See the module."""
        context, ordered = multiprocessing.get_context("spawn"), in_order(tasks)  # a forked torch hangs

        def start() -> multiprocessing.process.BaseProcess:
            process = context.Process(target=processes.under,
                                      args=(os.getpid(), pickle.dumps((_serve, worker, ordered))))
            process.start()
            return process

        at_work = [start() for _ in range(min(self.jobs, len(groups(tasks))))]
        replaced = 0
        try:
            while at_work:
                connection.wait([process.sentinel for process in at_work], LOOK_SECONDS)
                for process in [process for process in at_work if not process.is_alive()]:
                    at_work.remove(process)
                    if process.exitcode:
                        yield f"a worker ended with {_how(process.exitcode)}"
                    if process.exitcode < 0 and replaced < MOST_LOST * len(tasks):
                        replaced += 1
                        at_work.append(start())
                yield None
        finally:  # also Ctrl-C and a caller that leaves
            for process in at_work:
                process.terminate()
            for process in at_work:
                process.join(10)
                process.kill()


@dataclass(frozen=True)
class Dask:
    """A ``dask.distributed`` cluster: one of `jobs` processes on this machine, or the one whose scheduler listens at
    `scheduler` (dask-jobqueue's, dask-kubernetes' …; workers with one thread each). One task for each run."""

    jobs: int = 1
    scheduler: str = ""

    def __call__(self, worker: Worker, tasks: Sequence[Task]) -> Iterator[str | None]:
        """See the module."""
        import distributed

        with contextlib.ExitStack() as stack:
            address = self.scheduler or stack.enter_context(distributed.LocalCluster(
                n_workers=self.jobs, threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
                silence_logs=logging.ERROR))
            try:
                client = stack.enter_context(distributed.Client(address, timeout=30))
            except OSError as error:
                raise InputError(f"--scheduler {self.scheduler}: nobody answers ({error})") from None
            left = set(client.map(worker, groups(tasks), pure=False, key="ferkit-sweep"))
            while left:
                with contextlib.suppress(TimeoutError):
                    distributed.wait(left, timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED")
                if client.status != "running":
                    raise Unreachable(f"the Dask scheduler {self.scheduler} is gone")
                for future in [future for future in left if future.done()]:
                    left.remove(future)
                    if future.status == "error":
                        yield f"a worker failed: {future.exception()!r}"[:300]
                yield None


@dataclass(frozen=True)
class Slurm:
    """A SLURM array of `jobs` elements through submitit, each a worker that takes runs until none is free.

    minutes: an element's time limit; before it the element saves and is put into the queue again. gpus: of each
    element. partition: "" for the default. cluster: "local" runs the same on this machine, for tests.
    """

    folder: Path
    jobs: int = 1
    partition: str = ""
    minutes: int = 60
    gpus: int = 0
    cluster: str = "slurm"
    requeues: int = 1000

    def __call__(self, worker: Worker, tasks: Sequence[Task]) -> Iterator[str | None]:
        """See the module. Leaving early leaves the jobs in the queue: they need no command to go on."""
        import submitit

        self.folder.mkdir(parents=True, exist_ok=True)
        executor = submitit.AutoExecutor(self.folder, cluster=self.cluster,
                                         **{f"{self.cluster}_max_num_timeout": self.requeues})
        own = {"slurm_partition": self.partition} if self.partition else {}
        executor.update_parameters(name="ferkit-sweep", timeout_min=self.minutes, gpus_per_node=self.gpus,
                                   cpus_per_task=1, slurm_array_parallelism=self.jobs, **own)
        bundle = self.folder / f"tasks-{os.getpid()}-{time.time_ns()}.pkl"  # once, not once an element
        bundle.write_bytes(pickle.dumps((worker, in_order(tasks))))
        jobs = executor.submit_array([Element(bundle)] * min(self.jobs, len(groups(tasks))))
        while jobs:
            time.sleep(LOOK_SECONDS)
            for job in [job for job in jobs if job.done()]:
                jobs.remove(job)
                if problem := job.exception():
                    yield f"job {job.job_id} failed: {str(problem).strip().splitlines()[-1]}"[:300]
            yield None


@dataclass(frozen=True)
class Element:
    """A worker as submitit runs it: before the time limit, or when preempted, it is interrupted (which gives the lease
    back) and the same is queued again."""

    bundle: Path

    def __call__(self) -> None:
        """Do a worker's work."""
        worker, tasks = pickle.loads(self.bundle.read_bytes())
        worker(tasks)

    def checkpoint(self) -> object:
        """What submitit queues again."""
        import submitit

        return submitit.helpers.DelayedSubmission(self)


def _serve(worker: Worker, tasks: Sequence[Task]) -> None:
    """Be a local worker: interrupted by SIGTERM."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the sweep, which stops its workers
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    worker(tasks)


def _how(code: int) -> str:
    return f"exit status {code}" if code > 0 else f"signal {signal.Signals(-code).name} (out of memory?)"
