"""Prepared sets on disk, so that a source is decoded once: memory-mapped images in an entry named by content
hash.

``<cache>/faces/<content hash>-<details>/`` holds the arrays, ``<cache>/keys/<key>.json`` says which entry a
source (by path, size and modification time) led to. Entries are written beside their place and renamed into
it, so a reader never sees half of one, and of two processes that prepare the same set the second adopts the
first's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet

SCHEMA = 1  # raise when a reader changes what it makes of the same files
PLAIN = ("labels", "subjects", "sequences", "split", "names", "index")
STALE_SECONDS = 24 * 3600


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
        _write_key(key, entry.name)
    except OSError as error:
        raise InputError(f"{paths.cache_root()}: cannot store the prepared set ({error.strerror or error}); "
                         "free space or set FERKIT_CACHE to another folder") from error
    return _read(entry)


def known_content_hash(key: object) -> str | None:
    """The content hash of the set that `key` stands for, None if it is not prepared yet."""
    entry = _entry_of(key)
    return entry.name.partition("-")[0] if entry is not None and (entry / "meta.json").is_file() else None


def with_content_hash(faces: FaceSet, content_hash: str) -> FaceSet:
    """The same set, with a hash that is already known put where `content_hash` would keep it."""
    faces.__dict__["content_hash"] = content_hash  # cached_property's own place: never computed again
    return faces


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _key_file(key: object) -> Path:
    return paths.cache_root() / "keys" / f"{_digest([SCHEMA, key])}.json"


def _entry_of(key: object) -> Path | None:
    """The folder a key points at; None if there is no readable key."""
    try:
        name = json.loads(_key_file(key).read_text(encoding="utf-8"))["entry"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return paths.cache_root() / "faces" / str(name)


def _lookup(key: object) -> FaceSet | None:
    """The stored set; None if there is none or it does not read back whole."""
    entry = _entry_of(key)
    if entry is None:
        return None
    try:
        return _read(entry)
    except (OSError, ValueError, KeyError, TypeError):
        shutil.rmtree(entry, ignore_errors=True)
        return None


def _read(entry: Path) -> FaceSet:
    """The set in one entry, images and packed masks mapped read-only."""
    meta = json.loads((entry / "meta.json").read_text(encoding="utf-8"))
    arrays = {name: np.load(entry / f"{name}.npy") for name in PLAIN}
    arrays["images"] = np.load(entry / "images.npy", mmap_mode="r")
    if meta["regions"]:
        packed = np.load(entry / "masks.npy", mmap_mode="r")
        shape = (*packed.shape[:2], *arrays["images"].shape[1:])
        arrays["masks"] = np.unpackbits(packed, axis=-1, count=shape[2] * shape[3]).reshape(shape).view(bool)
    if meta["intensity"]:
        arrays["intensity"] = np.load(entry / "intensity.npy")
    faces = FaceSet(**arrays, label_names=tuple(meta["label_names"]), source=meta["source"],
                    regions=tuple(meta["regions"]))
    return with_content_hash(faces, meta["content_hash"])


def _store(faces: FaceSet) -> Path:
    """Write an entry under another name, then rename it into its place; the place it ended in."""
    meta = {
        "content_hash": faces.content_hash,
        "label_names": faces.label_names,
        "source": dict(faces.source),
        "regions": faces.regions,
        "intensity": faces.intensity is not None,
    }
    details = hashlib.sha256(_digest([SCHEMA, meta]).encode())
    for name in PLAIN:
        details.update(np.ascontiguousarray(getattr(faces, name)).tobytes())
    root = paths.cache_root() / "faces"
    entry = root / f"{faces.content_hash}-{details.hexdigest()[:16]}"
    root.mkdir(parents=True, exist_ok=True)
    _remove_stale(root)
    aside = Path(tempfile.mkdtemp(prefix=".tmp-", dir=root))
    try:
        _write_arrays(aside, faces)
        (aside / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
        _rename(aside, entry)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return entry


def _write_arrays(folder: Path, faces: FaceSet) -> None:
    np.save(folder / "images.npy", np.ascontiguousarray(faces.images))
    for name in PLAIN:
        np.save(folder / f"{name}.npy", getattr(faces, name))
    if faces.masks is not None:
        flat = np.asarray(faces.masks).reshape(*faces.masks.shape[:2], -1)
        np.save(folder / "masks.npy", np.packbits(flat, axis=-1))
    if faces.intensity is not None:
        np.save(folder / "intensity.npy", faces.intensity)


def _rename(aside: Path, entry: Path) -> None:
    """Put a finished entry into its place; another process's whole entry of the same name is as good."""
    try:
        os.replace(aside, entry)
    except OSError:
        try:
            _read(entry)
        except (OSError, ValueError, KeyError, TypeError):
            shutil.rmtree(entry, ignore_errors=True)
            os.replace(aside, entry)


def _write_key(key: object, entry: str) -> None:
    place = _key_file(key)
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=".tmp-", dir=place.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"entry": entry}, file)
        os.replace(aside, place)
    finally:
        Path(aside).unlink(missing_ok=True)


def _remove_stale(root: Path) -> None:
    """Clear what killed processes left half-written a day ago or longer."""
    for left in root.glob(".tmp-*"):
        try:
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue
