"""What `run` prints: one line that updates itself in a terminal, plain lines anywhere else."""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import TextIO

from ferkit.core import files, progress

PLAIN_SECONDS = 10.0  # without a terminal, at most one epoch line in so many seconds (a run's last always)
_level = 0  # of this process: -1 quiet, 0, 1 verbose


def set_level(level: int) -> None:
    """How much is printed from now on: -1 results and errors only, 0 progress as it fits, 1 every step."""
    global _level
    _level = level
    progress.set_shown(level >= 0)


def quiet() -> bool:
    """Whether only results and errors are to be printed."""
    return _level < 0


def json_line(content: object) -> str:
    """`content` as one line of valid JSON that this stdout can carry: null for NaN, escapes where it is not UTF-8."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    return json.dumps(files.finite(content), ensure_ascii=encoding != "utf8", allow_nan=False)


class Console:
    """Prints lines that stay, and one status line that is replaced by the next."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.terminal = self.stream.isatty()
        self._open = False
        self._last = float("-inf")
        self.latest = ""

    def line(self, text: str = "") -> None:
        """Print a line that stays."""
        self.clear()
        self.stream.write(text + "\n")
        self.stream.flush()

    def status(self, text: str) -> None:
        """Show `text` until the next line comes; nothing where there is no terminal."""
        if self.terminal and not quiet():
            width = shutil.get_terminal_size().columns - 1
            self.stream.write("\r\033[K" + text[:width])
            self.stream.flush()
            self._open = True

    def event(self, head: str, event: dict) -> None:
        """Take note of one progress event of the notebook that `head` names, and print it where that is due."""
        self.latest = progress.describe(event)
        if self.terminal or quiet():
            return  # `at` shows it with the time, twice a second
        due = _level > 0 or time.monotonic() - self._last >= PLAIN_SECONDS
        if event.get("kind") != "epoch" or event["epoch"] == event["epochs"] or due:
            self._last = time.monotonic()
            self.line(f"{head}  {self.latest}")

    def at(self, seconds: float, said: str = "") -> None:
        """Show, in a terminal, how long a notebook has been running and what it said last, or what is given."""
        self.status(f"{progress.clock(seconds):>7}  {said or self.latest}")

    def clear(self) -> None:
        """Take the status line away."""
        if self._open:
            self.stream.write("\r\033[K")
            self._open = False
