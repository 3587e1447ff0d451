"""What is freed is kept, in a process of its own: page faults are counted, not timed."""

import platform
import subprocess
import sys

import pytest

from ferkit.core import malloc

FAULTS = """
import resource
import numpy as np
from ferkit.core import malloc
if {keep}:
    assert malloc.keep_freed_memory()
def use():
    np.ones(8_000_000).sum()  # 64 MB: more than glibc ever learns to keep by itself
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = [use() for _ in range(3)][-1]
print([use() for _ in range(5)][-1] - before)
"""


def _faults(keep: bool) -> int:
    out = subprocess.run([sys.executable, "-c", FAULTS.format(keep=keep)], capture_output=True, text=True, check=True)
    return int(out.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator than glibc's is left as it is")
def test_a_block_that_comes_back_costs_no_page_faults():
    assert _faults(keep=True) < 100 < 1000 < _faults(keep=False)


def test_another_allocator_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert malloc.keep_freed_memory.__wrapped__() is False
