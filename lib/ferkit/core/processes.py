"""Processes by their number: which are still alive."""

import os
from pathlib import Path


def is_alive(process: int) -> bool:
    """Whether a process of this number runs; a zombie, and the number 0, count as gone."""
    if process <= 0:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    try:  # a zombie has a number still, but does nothing more
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state != "Z"
