"""Images of a large data set decoded one by one into an array on disk: little memory, resumable, with progress.

A set of fewer than IN_MEMORY images is decoded into memory. A larger one goes to ``<cache>/partial/<key>/``, from where
`ferkit.data.cache` moves it, so that it exists once; killed at any moment, the next call goes on where this one was.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ferkit.core import files, locking, paths, progress
from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError

IN_MEMORY = 20_000  # images of 48×48: 46 MB
BLOCK = 2_000  # images between two marks of how far it has come


def decode(count: int, one: Callable[[int], tuple[np.ndarray, int]], key: object) -> tuple[np.ndarray, np.ndarray]:
    """(images uint8 (count, 48, 48), what `one` said of each uint8 (count,)); a large set's images are mapped.

    one: row → (image uint8 (48, 48), a number 0…255); InputError where it cannot be read, and then nothing is left
    on disk. key: JSON-able, another for any other images. InputError where the disk is too full, before it begins.
    """
    if count < IN_MEMORY:
        images, said = np.empty((count, SIZE, SIZE), np.uint8), np.empty(count, np.uint8)
        for row in range(count):
            images[row], said[row] = one(row)
        return images, said
    folder = _folder(count * (SIZE * SIZE + 1), files.sha256_of([key, count, SIZE]))
    try:
        with locking.only_one(folder, "set FERKIT_CACHE to another one"):
            return _on_disk(folder, count, one)
    except InputError:
        if not _is_busy(folder):
            shutil.rmtree(folder, ignore_errors=True)
        raise


def take(images: np.ndarray, place: Path) -> bool:
    """Move the file of images that `decode` left on disk to `place`; False where they are not such a file."""
    source = Path(getattr(images, "filename", None) or "")
    if source.parent.parent != _root():
        return False
    try:
        if images.nbytes + images.offset != source.stat().st_size:
            return False
        source.replace(place)
    except FileNotFoundError:  # another process that prepares the same set has moved it
        return False
    shutil.rmtree(source.parent, ignore_errors=True)
    return True


def _root() -> Path:
    return paths.cache_root() / "partial"


def _folder(size: int, name: str) -> Path:
    """The folder to work in, made; says how much will lie there. InputError where that does not fit."""
    folder = _root() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = sum(path.stat().st_size for path in folder.iterdir())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}; set FERKIT_CACHE to another folder") from error
    print(f"{size / 1e6:,.0f} MB will lie in {folder.parents[1]} ({free / 1e9:,.1f} GB free)", file=sys.stderr)
    if size - there > free:
        raise InputError(f"{folder.parents[1]}: {size / 1e6:,.0f} MB are needed, {free / 1e6:,.0f} MB are free; free "
                         "space or set FERKIT_CACHE to another folder")
    return folder


def _on_disk(folder: Path, count: int, one: Callable[[int], tuple[np.ndarray, int]]) -> tuple[np.ndarray, np.ndarray]:
    mark = folder / "done.txt"
    done = 0
    with contextlib.suppress(OSError, ValueError):
        done = int(mark.read_text(encoding="utf-8"))
    shapes = {"images": (count, SIZE, SIZE), "said": (count,)}
    if done == 0 or not all((folder / f"{name}.npy").is_file() for name in shapes):
        done = 0
        for name, shape in shapes.items():
            np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, shape)
    images, said = (np.load(folder / f"{name}.npy", mmap_mode="r+") for name in shapes)
    started, first = time.monotonic(), done
    for start in range(done, count, BLOCK):
        stop = min(start + BLOCK, count)
        for row in range(start, stop):
            images[row], said[row] = one(row)
        images.flush()
        said.flush()
        files.write_text(mark, str(stop))
        left = (time.monotonic() - started) / (stop - first) * (count - stop)
        progress.note(f"{stop:,} of {count:,} images read  {progress.clock(left)} left")
    return np.load(folder / "images.npy", mmap_mode="r"), np.array(said)


def _is_busy(folder: Path) -> bool:
    """Whether another process is decoding the same set just now."""
    try:
        with locking.only_one(folder):
            return False
    except (InputError, OSError):
        return True
