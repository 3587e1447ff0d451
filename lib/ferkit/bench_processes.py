"""How to use the cores of one machine: one training on all of them, or one a core, side by side.

Every arrangement is measured in processes of its own, in alternating rounds of one run: our step (`bench_training`),
for so many seconds, all processes at once. What a machine's other load does to one arrangement it does to the others.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from statistics import median

from ferkit.errors import InputError

WARM_UP = 3  # steps before the clock starts
PIXELS = 1024  # random faces a process trains on: speed does not depend on what is in them
PATIENCE = 120.0  # seconds that processes wait for each other before they give up


@dataclass(frozen=True)
class Arrangement:
    """processes: how many trainings at once. threads: of each. keep: whether freed memory is kept (`heap`). sleep:
    whether threads sleep while they wait (OMP_WAIT_POLICY, see `__main__`) or spin."""

    name: str
    processes: int
    threads: int
    keep: bool
    sleep: bool


def arrangements(cores: int) -> tuple[Arrangement, ...]:
    """What is compared on so many cores: torch's own defaults first, then what is changed, one thing after another."""
    return (Arrangement("as torch has it", 1, cores, keep=False, sleep=False),
            Arrangement("memory kept", 1, cores, keep=True, sleep=False),
            Arrangement("and threads asleep", 1, cores, keep=True, sleep=True),
            Arrangement("and side by side", cores, 1, keep=True, sleep=True))


def bench(models: Sequence[str], cores: int, *, batch_size: int = 128, rounds: int = 3, seconds: float = 5.0,
          say: Callable[[dict[str, object]], None] = lambda _: None) -> dict[str, object]:
    """Images per second of every arrangement in every round, all its processes together, and what they come to.

    rounds[i]: {model, arrangement, round, images_per_second, page_faults (a step)}. ratios: {model: {arrangement: its
    speed over that of torch's defaults, the median over rounds}}. say: takes each row as it is measured. Raises
    InputError if a process ends early.
    """
    compared = arrangements(cores)
    rows = []
    for model in models:
        for number in range(rounds):
            for one in (*compared[number % len(compared):], *compared[:number % len(compared)]):
                speed, faults = _measure(one, model, batch_size, seconds)
                rows.append({"model": model, "arrangement": one.name, "round": number, "images_per_second": speed,
                             "page_faults": faults})
                say(rows[-1])
    return {"rounds": rows, "ratios": {model: ratios([row for row in rows if row["model"] == model])
                                       for model in models},
            "arrangements": [vars(one) for one in compared], "batch": batch_size, "seconds": seconds}


def ratios(rows: Sequence[dict[str, object]]) -> dict[str, float]:
    """Each arrangement's speed over that of torch's defaults, the median over rounds."""
    speeds: dict[str, list[float]] = {}
    for row in sorted(rows, key=lambda row: row["round"]):
        speeds.setdefault(row["arrangement"], []).append(row["images_per_second"])
    first = arrangements(1)[0].name
    return {name: median(a / b for a, b in zip(values, speeds[first], strict=True))
            for name, values in speeds.items() if name != first}


def _measure(one: Arrangement, model: str, batch_size: int, seconds: float) -> tuple[float, float]:
    """Images per second of all processes together, and page faults a step (their mean)."""
    context = multiprocessing.get_context("spawn")  # a forked torch hangs in its own threads
    barrier, answers = context.Barrier(one.processes), context.SimpleQueue()
    workers = [context.Process(target=_work, args=(one, model, batch_size, seconds, barrier, answers))
               for _ in range(one.processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise InputError(f"bench processes: a process of {one.name!r} ended early (out of memory?)")
    found = [answers.get() for _ in workers]
    return sum(speed for speed, _ in found), sum(faults for _, faults in found) / len(found)


def _work(one: Arrangement, model: str, batch_size: int, seconds: float, barrier: Barrier, answers: object) -> None:
    """What one process does: train, as long as the others do, and say how fast."""
    import resource

    os.environ["OMP_WAIT_POLICY"] = "passive" if one.sleep else "active"  # read as torch is loaded, which is now
    import torch

    from ferkit import bench_training, heap
    from ferkit.loader import Split

    torch.set_num_threads(one.threads)
    if one.keep:
        heap.keep_freed_memory()
    g = torch.Generator().manual_seed(os.getpid())
    split = Split(torch.randint(0, 256, (max(PIXELS, batch_size), 1, 48, 48), dtype=torch.uint8, generator=g),
                  torch.randint(0, 7, (max(PIXELS, batch_size),), generator=g))
    step = bench_training.our_step(model, batch_size, split)
    for _ in range(WARM_UP):
        step()
    barrier.wait(PATIENCE)
    faults, started, steps = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.perf_counter(), 0
    while not steps or time.perf_counter() - started < seconds:
        step()
        steps += 1
    speed = steps * batch_size / (time.perf_counter() - started)
    answers.put((speed, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / steps))
