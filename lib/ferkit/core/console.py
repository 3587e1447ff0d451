"""What `run` prints: one line that updates itself in a terminal, plain lines anywhere else."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from ferkit.core import progress

PLAIN_SECONDS = 10.0  # without a terminal, at most one epoch line in so many seconds (a cell's last always)


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
        self._erase()
        self.stream.write(text + "\n")
        self.stream.flush()

    def status(self, text: str) -> None:
        """Show `text` until the next line comes; nothing where there is no terminal."""
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write("\r\033[K" + text[:width])
            self.stream.flush()
            self._open = True

    def event(self, head: str, event: dict) -> None:
        """Take note of one progress event of the notebook that `head` names, and print it where that is due."""
        self.latest = progress.describe(event)
        if self.terminal:
            return  # `at` shows it with the time, twice a second
        if event.get("kind") != "epoch" or event["epoch"] == event["epochs"] or self._is_due():
            self._last = time.monotonic()
            self.line(f"{head}  {self.latest}")

    def at(self, seconds: float) -> None:
        """Show, in a terminal, how long a notebook has been running and what it said last."""
        self.status(f"{progress.clock(seconds):>7}  {self.latest}")

    def clear(self) -> None:
        """Take the status line away."""
        self._erase()

    def _is_due(self) -> bool:
        return time.monotonic() - self._last >= PLAIN_SECONDS

    def _erase(self) -> None:
        if self._open:
            self.stream.write("\r\033[K")
            self._open = False


