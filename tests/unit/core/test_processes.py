"""A process is known by its number, whatever its name holds."""

import os
import subprocess
import sys

from ferkit.core import processes


def test_a_process_whose_name_is_no_text_is_alive():
    rename = ("import ctypes; ctypes.CDLL(None).prctl(15, b'\\xff\\xfe', 0, 0, 0); print(flush=True); input()")
    with subprocess.Popen([sys.executable, "-c", rename], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        assert processes.is_alive(child.pid)
        child.communicate(b"\n")
    assert not processes.is_alive(child.pid) and processes.is_alive(os.getpid())
