"""One run at a time on one folder, also across a run that was killed."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ferkit.core import processes
from ferkit.core.errors import InputError

ORPHAN_SECONDS = 30.0  # a killed run's kernel sees within a second or two that its parent is gone


@contextmanager
def only_one(directory: Path, otherwise: str = "name another folder with --output") -> Iterator[int]:
    """Hold the folder's ``.lock``; yields its file descriptor, for kernels to inherit. otherwise: what one can do
    instead of waiting.

    A kernel that outlives its killed run keeps the lock until it has gone, so that two never write the same
    files: that is waited for. InputError at once when the run that holds it is alive.
    """
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + ORPHAN_SECONDS
        while not _try(descriptor):
            holder = _holder(descriptor)
            if processes.is_alive(holder) or time.monotonic() > deadline:
                raise InputError(f"another run (process {holder}) is at work in {directory}: wait for it, "
                                 f"or {otherwise}")
            time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> int:
    """The process that wrote its number into the lock; 0 in the instant before it has."""
    text = os.pread(descriptor, 20, 0)
    return int(text) if text.isdigit() else 0
