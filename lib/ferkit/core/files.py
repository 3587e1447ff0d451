"""Files that are never half-written, and their hashes."""

import hashlib
import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path


def write_text(path: Path, text: str) -> Path:
    """Write `text` (UTF-8) aside and rename it to `path`, which is never a part of a file.

    Returns `path`; OSError where the folder cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        aside.write_text(text, encoding="utf-8")
        flush(aside)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path


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
    """Write `content` as readable JSON, atomically; ValueError for NaN and infinity, which JSON lacks."""
    return write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


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
