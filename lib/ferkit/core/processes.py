"""Processes by their number: which are still alive, and work that ends with the process that asked for it."""

import os
import pickle
import threading
import time
from pathlib import Path

LOOK_SECONDS = 0.25  # how soon a child notices that its parent is gone


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
        state = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state != "Z"


def under(parent: int, pickled: bytes) -> None:
    """What a child process does: call the function that was pickled with its arguments, and end as soon as `parent` is
    gone. Nothing heavy is imported before that is watched: libraries take seconds, in which a parent can be killed."""
    end_with(parent)
    function, *arguments = pickle.loads(pickled)
    function(*arguments)


def end_with(parent: int) -> None:
    """Let this process end as soon as its parent `parent` is gone."""
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
