"""Files that are never half-written, and their hashes."""

import glob
import hashlib
import json
import math
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ferkit.core import processes

SCRATCH = "ferkit-"  # how names of temporary folders begin, followed by the number of their process
NUMBERS = re.compile(r"\[\n([\s\d.,eE+-]+?)\n\s*\]")  # a list of numbers alone: no JSON text holds a line's end


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new, empty file beside `path` to be filled inside the block; it becomes `path` when the block ends.

    `path` holds its old content or the whole new one, also after a kill or a power cut. An error inside the block
    leaves it untouched and is raised on; an OSError then names `path`. The file gets the mode that the user's umask
    gives to new files, whatever the writer does. What a killed process left of an earlier attempt is removed.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.*-*.tmp"):
        number = left.name.split(".")[-2].partition("-")[0]
        if number.isdigit() and not processes.is_alive(int(number)):
            left.unlink(missing_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        aside.touch()
        mode = aside.stat().st_mode
        yield aside
        aside.chmod(mode)  # some writers make a file of their own that only its owner may read
        flush(aside)
        os.replace(aside, path)
    except OSError as error:
        if error.errno and error.filename in (None, aside, str(aside)):  # told by the name that a person gave
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        with suppress(OSError):  # a read-only file system, which the block has met already
            aside.unlink(missing_ok=True)


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder of this process, gone when the block ends; what killed processes left of theirs goes too."""
    for left in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*-*"):
        number = left.name.removeprefix(SCRATCH).partition("-")[0]
        with suppress(OSError):
            if number.isdigit() and not processes.is_alive(int(number)) and left.lstat().st_uid == os.getuid():
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder:
        yield Path(folder)


def write_text(path: Path, text: str) -> Path:
    """Write `text` (UTF-8) atomically and return `path`; OSError where the folder cannot be written."""
    with replacing(path) as aside:
        aside.write_text(text, encoding="utf-8")
    return path


def refresh(wanted: Mapping[Path, bytes | None], check: bool = False) -> list[Path]:
    """Give every file the content that it should have, None for a file that should not be there; the paths of those
    that had another. check: only find these."""
    changed = [path for path, content in wanted.items() if content != (path.read_bytes() if path.is_file() else None)]
    for path in () if check else changed:
        if wanted[path] is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as aside:
                aside.write_bytes(wanted[path])
    return changed


def flush(path: Path) -> None:
    """Force a file, or a folder's list of names, to the disk: after a power cut a renamed file is then whole."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folder
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, content: object) -> Path:
    """Write `content` as readable JSON, atomically; ValueError for NaN and infinity, which JSON lacks.

    A list of numbers, such as a row of a confusion matrix, takes one line.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return write_text(path, NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n")


def write_rows(path: Path, rows: Iterable[Mapping]) -> Path:
    """Write a JSON list with one entry a line, atomically: git shows then which entries came and went."""
    lines = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows]
    return write_text(path, "[\n" + ",\n".join(lines) + "\n]\n")


def read_json(path: Path, otherwise: object) -> object:
    """What a JSON file holds; `otherwise` where it cannot be read or is of another kind than that."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return otherwise
    return found if isinstance(found, type(otherwise)) else otherwise


def state(path: Path) -> tuple[int, int, int] | None:
    """(inode, bytes, modification time in ns): changes when a file is written again; None where it is not there."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def finite(value: object) -> object:
    """A JSON-able value with null in place of every NaN and infinity, which JSON lacks."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def sha256(path: Path) -> str:
    """The sha256 of a file's bytes, as 64 hex digits."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of(content: object) -> str:
    """The sha256 of a JSON-able value in canonical form (sorted keys), as 64 hex digits."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


def sha256_tree(root: Path, paths: Iterable[Path]) -> str:
    """The sha256 over names (relative to `root`) and contents of `paths`, whatever order they come in."""
    return sha256_of({path.relative_to(root).as_posix(): sha256(path) for path in paths})


def finished_files(folder: Path) -> list[Path]:
    """Every file below `folder`, sorted, without what a writer keeps aside (a leading dot, .tmp, .part)."""
    found = []
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix not in (".tmp", ".part") and path.is_file():
            found.append(path)
    return sorted(found)
