"""One notebook run through papermill, in a kernel of this very interpreter, watched while it runs."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ferkit.core import files, paths, progress, quick_import

EVERY_SECONDS = 0.5
NAME = "python3"


@dataclass(frozen=True)
class Failure:
    """Where a notebook stopped: the number of the cell (from 1) of how many, its id and source, the error."""

    cell: int
    of: int
    cell_id: str
    source: str
    error: str


@dataclass(frozen=True)
class Execution:
    """How executing a notebook went: wall time in s, its kernel's peak memory in MiB, the failure if there was one."""

    seconds: float
    peak_memory_mib: float
    failure: Failure | None


def execute(source: Path, target: Path, parameters: dict[str, object], *, inherit: int | None = None,
            on_event: Callable[[dict], None] = lambda event: None,
            on_tick: Callable[[float], None] = lambda seconds: None) -> Execution:
    """Run the notebook `source` with `parameters` and save it, whole or as far as it came, as `target`.

    inherit: a file descriptor that the kernel keeps open as long as it lives (the run's lock).
    on_event: gets each progress event of the training; on_tick: the seconds since the start, twice a second.
    """
    quick_import.jsonschema()
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    for chatty in ("papermill", "asyncio"):  # an interrupt leaves tasks behind; what matters is told by `run`
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    started = time.monotonic()
    failure = None
    with files.scratch() as scratch, _surroundings(scratch) as events, \
            open(scratch / ".kernel.log", "wb") as log, _Watch(events, on_event, on_tick) as watch:
        # What a kernel says beside its notebook (a traceback of its own when it is interrupted) goes into the log.
        start = {"pass_fds": () if inherit is None else (inherit,), "stdout": log, "stderr": log}
        try:
            papermill.execute_notebook(
                _plain(source), _plain(target), parameters, kernel_name=NAME, language="python", progress_bar=False,
                cwd=str(scratch), kernel_manager_class=_manager(watch, start, scratch / ".kernel.json"))
        except PapermillExecutionError as error:
            failure = _failure(target, f"{error.ename}: {error.evalue}")
        except DeadKernelError:
            failure = _failure(target, f"the kernel died{_last_words(log.name)}; too little memory is the usual reason")
        except RuntimeError as error:  # from jupyter_client: it died, or was silent, before the first cell
            failure = _failure(target, f"the kernel did not start: {error}{_last_words(log.name)}")
    _forget_places(target, source.name)
    return Execution(time.monotonic() - started, watch.peak_mib, failure)


def _last_words(log: str) -> str:
    """The last line that a kernel wrote beside its notebook, in brackets; empty if it wrote none."""
    lines = Path(log).read_text(errors="replace").split("\n")
    return next((f" ({line.strip()})" for line in reversed(lines) if line.strip()), "")


def _plain(path: Path) -> str:
    """A path that papermill takes as it is: it would put parameters in place of names in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _manager(watch: _Watch, start: dict[str, object], connection: Path) -> type:
    """A kernel manager class that starts sys.executable, whatever kernels the user has installed.

    start: how its process is started, as for `subprocess.Popen`. connection: the file that tells the kernel where to
    listen and its key; in the scratch folder, so that a killed run leaves none behind.
    """
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    class ThisInterpreter(AsyncKernelManager):
        def __init__(self, **options: object) -> None:
            super().__init__(**{**options, "connection_file": str(connection), "transport": _transport(connection)})

        @property
        def kernel_spec(self) -> KernelSpec:
            spec = get_kernel_dict()
            quiet = [sys.executable, *spec["argv"][1:], "--log-level=ERROR"]
            return KernelSpec(**{**spec, "argv": quiet})

        async def start_kernel(self, **options: object) -> None:
            await super().start_kernel(**start, **options)
            watch.process = self.provisioner.pid

    return ThisInterpreter


def _transport(connection: Path) -> str:
    """How papermill and kernel talk: by sockets in the folder of `connection` where the system has such.

    A TCP port is chosen before the kernel starts and bound a second later; a program that takes it meanwhile (another
    kernel's connections do) lets the kernel die. Names of sockets have 103 bytes at most on macOS, 107 on Linux.
    """
    return "ipc" if os.name == "posix" and len(os.fsencode(connection)) <= 96 else "tcp"


@contextmanager
def _surroundings(scratch: Path) -> Iterator[Path]:
    """The environment that kernels start in; yields the file their progress events go to.

    The kernel finds this library wherever it was found, and nobody's IPython start-up files.
    """
    events = scratch / ".progress"
    events.touch()
    settings = {progress.VARIABLE: str(events), "IPYTHONDIR": str(scratch / ".ipython")}
    with environment(settings | paths.for_kernels(Path(__file__).resolve().parents[2])):
        yield events


@contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    """Set environment variables for as long as the block runs."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _Watch:
    """Follows a kernel from a thread: its memory, its progress events, the time."""

    def __init__(self, events: Path, on_event: Callable[[dict], None],
                 on_tick: Callable[[float], None]) -> None:
        self.process: int | None = None
        self.peak_mib = 0.0
        self._events, self._on_event, self._on_tick = events, on_event, on_tick
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        started = time.monotonic()
        with open(self._events, encoding="utf-8") as stream:
            rest = ""
            while True:
                last = self._stop.wait(EVERY_SECONDS)
                self.peak_mib = max(self.peak_mib, memory_mib(self.process))
                *lines, rest = (rest + stream.read()).split("\n")  # the last may be only half written yet
                for line in lines:
                    self._on_event(json.loads(line))
                self._on_tick(time.monotonic() - started)
                if last:
                    return


def memory_mib(process: int | None) -> float:
    """Resident memory of a process and its children in MiB, or its own peak if that is more; 0 if gone."""
    import psutil

    if process is None:
        return 0.0
    try:
        parent = psutil.Process(process)
        now = sum(one.memory_info().rss for one in [parent, *parent.children(recursive=True)]) / 2**20
    except psutil.Error:
        return 0.0
    try:
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except OSError:
        peak = None
    return max(now, int(peak[1]) / 2**10 if peak else 0.0)


def _failure(partial: Path, error: str) -> Failure:
    """Where the saved partial notebook stopped: at its first cell that did not complete."""
    cells = json.loads(partial.read_text(encoding="utf-8"))["cells"]
    cells = [cell for cell in cells if "papermill-error-cell-tag" not in cell["metadata"].get("tags", [])]
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] == "code" and cell["metadata"].get("papermill", {}).get("status") != "completed":
            return Failure(number, len(cells), cell.get("id", ""), "".join(cell["source"]).strip(), error)
    return Failure(len(cells), len(cells), "", "", error)


def _forget_places(executed: Path, name: str) -> None:
    """Take this machine's paths out of what papermill noted, so that the notebook reads the same anywhere."""
    import nbformat

    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.papermill.update(input_path=f"notebooks/{name}", output_path=f"notebooks/{name}")
    files.write_text(executed, nbformat.writes(notebook) + "\n")
