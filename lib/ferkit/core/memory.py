"""Too little memory, told in one line where native code ends the process instead of raising.

Under a limit (``ulimit -v``, a batch system's) torch and OpenBLAS abort where they find no memory, which no ``except``
sees. There a command runs in a child process of its own, and its parent tells how it ended.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence

from ferkit.core import processes

_PARENT = "FERKIT_PARENT"
_LAST_WORDS = re.compile(r"terminate called|\s*what\(\):|cannot allocate memory for thread-local data|OpenBLAS|"
                         r"OMP: Error|libgomp:|Fatal Python error|MemoryError")
_KILLED = (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS, -signal.SIGKILL)
_NO_ROOM = 127  # what glibc's loader exits with


def is_limited() -> bool:
    """Whether this process may have less memory than the machine has, and is not already a child that is watched."""
    parent = os.environ.pop(_PARENT, "")
    if parent.isdigit():
        processes.end_with(int(parent))
        return False
    return any(resource.getrlimit(kind)[0] != resource.RLIM_INFINITY
               for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA))


def run_apart(arguments: Sequence[str]) -> int:
    """Run a command of ferkit in a child process; its exit status. MemoryError where native code ended it."""
    child = subprocess.Popen([sys.executable, "-m", "ferkit", *arguments], stderr=subprocess.PIPE, errors="replace",
                             env={**os.environ, _PARENT: str(os.getpid())})
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child, which tells it
    try:
        for line in child.stderr:
            if not _LAST_WORDS.match(line):
                print(line, end="", file=sys.stderr, flush=True)
    finally:
        status = child.wait()
        signal.signal(signal.SIGINT, before)
    if status in _KILLED or status == _NO_ROOM:
        raise MemoryError
    return status
