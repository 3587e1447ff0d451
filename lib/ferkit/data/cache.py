"""Prepared sets on disk, so that a source is decoded once: memory-mapped images in an entry named by content
hash.

``<cache>/faces/<content hash>-<details>/`` holds the arrays, ``<cache>/keys/<key>.json`` says which entry a
source (by path, size and modification time) led to. Entries are written beside their place and renamed into
it, so a reader never sees half of one, and of two processes that prepare the same set the second adopts the first's
(while a large one is being decoded, `decoding`, a second is refused). An entry is believed after its bytes were
compared, once in each process, with the hashes stored in it; what was damaged is prepared again, and said. A key file
can name nothing but an entry of this cache.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.data import decoding
from ferkit.data.face_set import PLAIN, FaceSet

SCHEMA = 1  # raise when a reader changes what it makes of the same files
LAYOUT = 4  # raise when an entry is stored in another form, or its `source` says more
STALE_SECONDS = 24 * 3600
_ENTRY = re.compile(r"[0-9a-f]{64}-[0-9a-f]{16}")  # a content hash and a hash of everything else
_verified: set[tuple[str, int]] = set()  # entries (path and inode) whose bytes this process has compared


class _Damaged(Exception):
    """An entry that does not hold what was stored in it."""


def prepared(key: object, build: Callable[[], FaceSet]) -> FaceSet:
    """The set that `key` (JSON-able) stands for: mapped from the cache, or built, stored and then mapped.

    Its `content_hash` is known without hashing again. Nothing is written when `build` raises; InputError when
    the cache cannot be written (full disk, no permission).
    """
    found = _lookup(key)
    if found is not None:
        return found
    faces = build()
    try:
        entry = _store(faces)
        place = _key_file(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(place, json.dumps({"entry": entry.name}))
        return _read(entry)
    except (OSError, _Damaged) as error:
        raise InputError(f"{paths.cache_root()}: cannot store the prepared set "
                         f"({getattr(error, 'strerror', None) or error}); free space or set FERKIT_CACHE to another "
                         "folder") from error


def known_content_hash(key: object) -> str | None:
    """The content hash of the set that `key` stands for, None if it is not prepared yet."""
    entry = _entry_of(key)
    return entry.name.partition("-")[0] if entry is not None and (entry / "meta.json").is_file() else None


def with_content_hash(faces: FaceSet, content_hash: str) -> FaceSet:
    """The same set, with a hash that is already known put where `content_hash` would keep it."""
    faces.__dict__["content_hash"] = content_hash  # cached_property's own place: never computed again
    return faces


def _key_file(key: object) -> Path:
    return paths.cache_root() / "keys" / f"{files.sha256_of([LAYOUT, SCHEMA, key])}.json"


def _entry_of(key: object) -> Path | None:
    """The folder a key points at; None if there is no readable key or it names no entry of this cache."""
    name = files.read_json(_key_file(key), {}).get("entry")
    if not isinstance(name, str) or not _ENTRY.fullmatch(name):
        return None
    return paths.cache_root() / "faces" / name


def _lookup(key: object) -> FaceSet | None:
    """The stored set; None if there is none or it is damaged (then it is removed, and that is said).

    InputError where it is there and cannot be read (no permission, no memory to map it): it is left alone.
    """
    entry = _entry_of(key)
    if entry is None or not entry.is_dir():
        return None
    try:
        return _read(entry)
    except _Damaged as error:
        print(f"{entry}: a prepared set was damaged ({error}); it is prepared again", file=sys.stderr)
        _remove(entry)
        return None
    except OSError as error:
        raise InputError(f"{entry}: the prepared set cannot be read ({error.strerror or error}); free memory, fix "
                         "the permissions or set FERKIT_CACHE to another folder") from error


def _remove(entry: Path) -> None:
    """Delete one entry: renamed first, so that nobody reads a half of it; a link goes, not what it points at."""
    if entry.is_symlink():
        entry.unlink()
        return
    aside = Path(tempfile.mkdtemp(prefix=".tmp-", dir=entry.parent))
    try:
        os.replace(entry, aside)
    except OSError:
        aside.rmdir()  # another process was first
    else:
        shutil.rmtree(aside, ignore_errors=True)


def _read(entry: Path) -> FaceSet:
    """The set in one entry, images and packed masks mapped read-only; _Damaged unless its bytes are those stored."""
    try:
        meta = json.loads((entry / "meta.json").read_text(encoding="utf-8"))
        mark = (str(entry), entry.stat().st_ino)
        if mark not in _verified:
            _compare(entry, meta)
            _verified.add(mark)
        arrays = {name: np.load(entry / f"{name}.npy") for name in PLAIN}
        arrays["images"] = np.load(entry / "images.npy", mmap_mode="r")
        if meta["regions"]:
            packed = np.load(entry / "masks.npy", mmap_mode="r")
            shape = (*packed.shape[:2], *arrays["images"].shape[1:])
            arrays["masks"] = np.unpackbits(packed, axis=-1, count=shape[2] * shape[3]).reshape(shape).view(bool)
        faces = FaceSet(**arrays, label_names=tuple(meta["label_names"]), source=meta["source"],
                        regions=tuple(meta["regions"]))
    except FileNotFoundError as error:
        raise _Damaged(f"{Path(error.filename or '').name} is missing") from error
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, RecursionError) as error:
        raise _Damaged(" ".join(str(error).split()) or type(error).__name__) from error
    return with_content_hash(faces, meta["content_hash"])


def _compare(entry: Path, meta: dict[str, object]) -> None:
    """_Damaged where the entry's name, its meta.json and the bytes of its arrays do not belong together."""
    if entry.name != _name_of(meta):
        raise _Damaged("meta.json is not the one stored")
    for name, stored in meta["files"].items():
        if files.sha256(entry / name) != stored:
            raise _Damaged(f"{name} has other bytes than were stored")


def _name_of(meta: dict[str, object]) -> str:
    """An entry's name: the content hash, and a hash of all that meta.json says, the arrays' hashes included."""
    return f"{meta['content_hash']}-{files.sha256_of(meta)[:16]}"


def _store(faces: FaceSet) -> Path:
    """Write an entry under another name, then rename it into its place; the place it ended in."""
    if faces.targets is not None:
        raise ValueError("an entry has no place for targets; set them after the set was prepared")
    meta = {
        "content_hash": faces.content_hash,
        "label_names": faces.label_names,
        "source": dict(faces.source),
        "regions": faces.regions,
    }
    root = paths.cache_root() / "faces"
    root.mkdir(parents=True, exist_ok=True)
    _remove_stale(root)
    aside = Path(tempfile.mkdtemp(prefix=".tmp-", dir=root))
    try:
        _write_arrays(aside, faces)
        meta["files"] = {path.name: files.sha256(path) for path in sorted(aside.iterdir())}
        meta = json.loads(json.dumps(meta))  # as it reads back: tuples are lists
        (aside / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
        for path in (*aside.iterdir(), aside):
            files.flush(path)
        entry = root / _name_of(meta)
        _rename(aside, entry)
        files.flush(root)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return entry


def _write_arrays(folder: Path, faces: FaceSet) -> None:
    if not decoding.take(faces.images, folder / "images.npy"):
        np.save(folder / "images.npy", np.ascontiguousarray(faces.images))
    for name in PLAIN:
        np.save(folder / f"{name}.npy", getattr(faces, name))
    if faces.masks is not None:
        flat = np.asarray(faces.masks).reshape(*faces.masks.shape[:2], -1)
        np.save(folder / "masks.npy", np.packbits(flat, axis=-1))


def _rename(aside: Path, entry: Path) -> None:
    """Put a finished entry into its place; another process's whole entry of the same name is as good."""
    try:
        os.replace(aside, entry)
    except OSError:
        try:
            _read(entry)
        except _Damaged:
            _remove(entry)
            os.replace(aside, entry)


def _remove_stale(root: Path) -> None:
    """Clear what killed processes left half-written a day ago or longer."""
    for left in root.glob(".tmp-*"):
        try:
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue
