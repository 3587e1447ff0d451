"""The cells of a sweep side by side on a CPU: one process a core, one thread each.

A second thread has little to do in networks this small, so that two trainings side by side are done well before two
one after the other. A cell's bits are those of one thread, whatever runs beside it.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from typing import Any

LOOK_SECONDS = 1.0  # how soon a worker notices that the sweep was killed

_work: Callable[[Any], Any] | None = None  # of this process, if it is a worker


def each(items: Sequence[Any], jobs: int, make: Callable[..., Callable[[Any], Any]],
         arguments: tuple) -> Iterator[tuple[Any, Any]]:
    """`(item, make(*arguments)(item))` for every item as it ends, `jobs` at a time, in processes of their own.

    make, arguments, items and results travel between processes. When a worker dies (out of memory), what was not
    finished comes with a BrokenProcessPool in place of its result. Leaving the loop early stops what is at work.
    """
    context = multiprocessing.get_context("spawn")  # a forked torch hangs in its own threads
    stop = context.Event()
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin,
                               initargs=(os.getpid(), stop, make, arguments))
    futures = {pool.submit(_one, item): item for item in items}
    try:
        for future in as_completed(futures):
            broken = isinstance(future.exception(), BrokenProcessPool)
            yield futures[future], future.exception() if broken else future.result()
    except BaseException:  # also a caller that leaves, and Ctrl-C
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(parent: int, stop: Event, make: Callable[..., Callable[[Any], Any]], arguments: tuple) -> None:
    """Make this process a worker: one thread, gone as soon as the sweep is."""
    global _work
    import torch

    torch.set_num_threads(1)
    threading.Thread(target=_leave_with, args=(parent, stop), daemon=True).start()
    _work = make(*arguments)


def _leave_with(parent: int, stop: Event) -> None:
    """End this process when its parent stops or is gone: two sweeps must never write the same checkpoints."""
    while os.getppid() == parent and not stop.wait(LOOK_SECONDS):
        pass
    os._exit(1)


def _one(item: Any) -> Any:
    return _work(item)
