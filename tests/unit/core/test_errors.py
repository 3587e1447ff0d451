"""What goes wrong outside the program is one line that says how to fix it; mistakes of the program are none."""

import errno
import os

import numpy as np
import pytest

from ferkit.core import errors
from ferkit.core.errors import InputError, in_one_line


def os_error(number, name="/there/x"):
    return OSError(number, os.strerror(number), name)


@pytest.mark.parametrize(("error", "says"), [
    (InputError("a\nb"), "a b"), (os_error(errno.ENOSPC), "/there/x: No space left on device; free some space"),
    (os_error(errno.EROFS), "name another place"), (os_error(errno.EACCES), "change the permissions"),
    (os_error(errno.ENAMETOOLONG, "n" * 5000), "File name too long; shorten the name"), (OSError("odd"), "odd"),
    (MemoryError(), "not enough memory"), (np.exceptions.AxisError("x"), None), (KeyError("x"), None),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "not enough memory"),
    (ImportError("libtorch_cpu.so: failed to map segment from shared object"), "not enough memory"),
    (ImportError("no module"), None), (RuntimeError("shapes"), None), (RecursionError(), "nested too deeply"),
    (UnicodeEncodeError("ascii", "ü", 0, 1, "no"), "UTF-8"), (InputError("caf\udce9"), "caf\\udce9")])
def test_one_line_or_none(error, says):
    line = in_one_line(error)
    assert line is None if says is None else says in line and len(line) <= errors.LONGEST + 3 and "\n" not in line


def test_the_likeliest_name_is_offered():
    assert str(errors.unknown("column", "acuracy", ["accuracy", "seed"], where="table")) == (
        "table: unknown column 'acuracy'; did you mean accuracy? known are accuracy, seed")
    assert "known are none" in str(errors.unknown("column", "x", []))
