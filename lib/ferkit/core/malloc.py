"""Tune glibc's malloc to keep freed memory, which avoids page faults in training.

A training step allocates and frees the same few hundred MB every time. glibc hands large blocks back to the kernel as
they are freed and faults every page in anew: 2,000 to 15,000 page faults a step, 5 to 15 % of a CPU's time on networks
of this size. Two settings of its allocator keep them; no bit of a result depends on it. See mallopt(3).
"""

from __future__ import annotations

import ctypes
import platform
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
KEPT = 2**30  # bytes free at the end of the heap that are kept; more than a step of our largest network frees


@cache
def keep_freed_memory() -> bool:
    """Ask the allocator of this process, once, to keep what is freed; False where it is not glibc's."""
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    return bool(libc.mallopt(_M_MMAP_THRESHOLD, KEPT) and libc.mallopt(_M_TRIM_THRESHOLD, KEPT))
