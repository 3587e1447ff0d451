"""What a user's own input can cause, and what the outside world can: each told in one line."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

LONGEST = 400  # characters of one line of complaint
MANY = 12  # names that are not all listed beside the likeliest
_HOW_TO_FIX = {
    errno.ENOSPC: "free some space, or name another place with --output",
    errno.EDQUOT: "free some space, or name another place with --output",
    errno.EACCES: "change the permissions, or name another place",
    errno.EPERM: "change the permissions, or name another place",
    errno.EROFS: "name another place with --output",
    errno.ENAMETOOLONG: "shorten the name",
    errno.ENOENT: "check the name, and that the working directory still exists",
    errno.ENOTDIR: "a part of the path is a file; name another place",
    errno.EISDIR: "name a file, not a folder",
    errno.EMFILE: "raise the limit with ulimit -n",
    errno.ENOMEM: "free some memory, or take a smaller --profile",
}


class InputError(Exception):
    """Bad input or usage, told in one line: what is wrong, where, and how to fix it.

    The command line prints the line on stderr and exits with status 2; nothing has been written by then.
    """


class DataChanged(InputError):
    """A published or prepared file no longer has the content it was recorded with."""


def unknown(kind: str, name: object, known: Iterable[str], where: str = "", fix: str = "") -> InputError:
    """The complaint about a name that is none of those known, with the likeliest meant. where: what it stands in.
    fix: what else helps; given, or where many are known, only the likeliest is named where there is one."""
    known = list(known)
    same_case = {one.lower(): one for one in known}
    close = [same_case[one] for one in difflib.get_close_matches(str(name).lower(), same_case, 1)]
    meant = f"; did you mean {close[0]}?" if close else ";"
    listed = "" if close and (fix or len(known) > MANY) else f" known are {', '.join(known) or 'none'}"
    also = f" ({fix})" if fix else ""
    return InputError(f"{where}{': ' * bool(where)}unknown {kind} {str(name)[:60]!r}{meant}{listed}{also}")


def in_one_line(error: BaseException) -> str | None:
    """What went wrong outside the program, and how to fix it, as one line of at most 400 characters.

    None where the error is no such thing (then it is a mistake in the program).
    """
    says = _says(error)
    if says is None:
        return None
    line = " ".join(says.encode("utf-8", "backslashreplace").decode().split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST // 2]} … {line[-LONGEST // 2 + 3:]}"


def _says(error: BaseException) -> str | None:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError) or _is_out_of_memory(error):
        return "not enough memory: free some, raise the limit (ulimit -v), or take a smaller --profile or batch size"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename not in (None, "") else ""
        said = error.strerror or str(error) or type(error).__name__
        how = _HOW_TO_FIX.get(error.errno)
        return f"{where}{said}{f'; {how}' if how else ''}"
    if isinstance(error, ModuleNotFoundError) and (error.name or "ferkit").partition(".")[0] != "ferkit":
        return (f"{error.name} is not installed: pip install 'ferkit[notebooks]', or in a checkout ./run_all.sh "
                "--setup-only")
    if isinstance(error, RecursionError):
        return "the input is nested too deeply"
    if isinstance(error, UnicodeError):
        return f"text that cannot be read or written ({error}); set PYTHONUTF8=1 or a UTF-8 locale"
    return None


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether torch says so (its CPU allocator raises a plain RuntimeError), or a library found no room."""
    said = str(error).lower()
    return isinstance(error, RuntimeError | ImportError) and any(words in said for words in (
        "can't allocate memory", "out of memory", "failed to map segment", "cannot allocate memory"))
