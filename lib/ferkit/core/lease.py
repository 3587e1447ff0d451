"""Leases: one worker at a time on a folder, between processes and machines that share nothing but a file system.

Every attempt at a folder's work is a numbered file ``.attempts/<n>.json``. Creating it exclusively (``O_EXCL``, atomic
also on NFS) takes the lease; touching it is the heartbeat; writing ``state`` into it gives the lease back. An attempt
whose heartbeat has stopped is *lost*, and whoever creates number n + 1 takes over. Numbers only grow and no file is
removed, so that of two workers who find the same lost attempt one gets the next number, and a worker that was
suspended and wakes up sees the higher number and stops. No ``flock``: network file systems often lack it.

Ages are differences of two times that the file system itself stamps, since machines' clocks differ. A lost attempt
of this machine is seen at once, by its process.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ferkit.core import files

ATTEMPTS = ".attempts"
HEARTBEAT_SECONDS = 15.0
STALE_SECONDS = 180.0  # above the 60 s for which NFS clients may show an old time stamp
RUNNING, LOST = "running", "lost"


class LeaseLost(RuntimeError):
    """Another worker has taken this folder over."""


@dataclass(frozen=True)
class Attempt:
    """One attempt at a folder's work.

    number: counted from 1. state: "running", "lost", or what it was given back with. facts: all that its file says.
    """

    number: int
    state: str
    facts: Mapping[str, object] = field(default_factory=dict)


class Lease:
    """A lease that is held; as a context it beats, and is given back with `failed` or `paused` if the block raises.

    log: the attempt's own text file, ``.attempts/<n>.log``, for whoever holds the lease to write.
    """

    def __init__(self, path: Path, facts: Mapping[str, object]) -> None:
        self.path, self.log, self._facts = path, path.with_suffix(".log"), dict(facts)
        self.number = int(path.stem)
        self._successor = path.with_name(f"{self.number + 1}.json")
        self._given_back, self._stop = False, threading.Event()

    def __enter__(self) -> Lease:
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is not None and issubclass(kind, Exception):
            self.give_back("failed", error=" ".join(f"{kind.__name__}: {error}".split())[:300])
        else:  # interrupted (Ctrl-C, a requeued job), or left without a word: the work goes on from its checkpoint
            self.give_back("paused")
        self._stop.set()

    def check(self) -> None:
        """LeaseLost if another worker has taken over, which happens to one that was suspended for minutes."""
        if self._successor.exists():
            raise LeaseLost(f"{self.path.parent.parent}: another worker has taken this run over")

    def give_back(self, state: str, **facts: object) -> None:
        """Write how the attempt ended (only the first time counts); the lease is free then."""
        if not self._given_back:
            self._given_back = True
            ended = self._facts | {"ended": round(time.time(), 3), "state": state} | facts
            try:
                files.write_json(self.path, ended)
            except OSError:  # a full disk: in place, which needs no new block; an attempt that never ends is waited for
                with open(self.path, "r+", encoding="utf-8") as stream:
                    stream.write(json.dumps(ended))
                    stream.truncate()

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(OSError):  # a file server that is away for a while
                os.utime(self.path)


def latest(directory: Path, stale_seconds: float = STALE_SECONDS) -> Attempt | None:
    """The newest attempt at a folder's work, None if there was none."""
    number = max((int(path.stem) for path in (directory / ATTEMPTS).glob("*.json") if path.stem.isdigit()), default=0)
    return read(directory, number, stale_seconds) if number else None


def read(directory: Path, number: int, stale_seconds: float = STALE_SECONDS) -> Attempt:
    """Attempt `number` at a folder's work."""
    with open(directory / ATTEMPTS / f"{number}.json", encoding="utf-8") as stream:  # opening asks NFS anew
        text, beat = stream.read(), os.fstat(stream.fileno()).st_mtime
    try:
        facts = json.loads(text)
    except ValueError:  # created in this instant and not written yet
        facts = {}
    state = facts.get("state") or (LOST if _is_lost(directory, facts.get("worker"), beat, stale_seconds) else RUNNING)
    return Attempt(number, state, facts)


def take(directory: Path, after: Attempt | None) -> Lease | None:
    """The lease of a folder whose newest attempt is `after`; None if another worker was faster."""
    path = directory / ATTEMPTS / f"{(after.number if after else 0) + 1}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    # "worker" lets others on the same machine tell whether it lives
    worker = {"machine": _machine(), "pid": os.getpid(), "born": _born(os.getpid())}
    facts = {"worker": worker, "host": os.uname().nodename, "pid": os.getpid(), "started": round(time.time(), 3)}
    try:
        stream = open(path, "x", encoding="utf-8")  # noqa: SIM115 (closed below)
    except FileExistsError:
        return None
    try:
        with stream:
            stream.write(json.dumps(facts))
    except OSError as error:  # a full disk: without its facts the attempt would count as at work until it is stale
        path.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    return Lease(path, facts)


def _is_lost(directory: Path, worker: Mapping[str, object] | None, beat: float, stale_seconds: float) -> bool:
    if worker and worker["machine"] and worker["machine"] == _machine():
        return _born(worker["pid"]) != worker["born"]
    with tempfile.TemporaryFile(dir=directory) as probe:
        return os.fstat(probe.fileno()).st_mtime - beat > stale_seconds


@functools.cache
def _machine() -> str:
    """This boot of this kernel and this namespace of process numbers; "" where Linux does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _born(pid: int) -> str | None:
    """When a living process of this machine began, in ticks since boot; None for one that is gone (or a zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
