"""Anyone's own images: ``<split>/<class>/…`` or ``<class>/…``, with a label map where class folders have
other names.

The map is a file ``labels.json`` beside the folders: ``{"freude": "happy", …}``. Splits are called train, val
and test (or as FER2013's copies call them); without a val folder validation is carved out of train.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS, to_label
from ferkit.data import archive, splits
from ferkit.data.archive import Files
from ferkit.data.crops import read_photos
from ferkit.data.face_set import FaceSet
from ferkit.data.sources.fer2013 import SPLIT_FOLDERS

MAP_NAME = "labels.json"


def read(data: Path) -> FaceSet:
    """The whole set, with splits where the folders declare them; InputError for a folder that is no class.

    Crops of 48×48 stay as they are; anything else is a photograph, in which the largest face is used.
    """
    with ExitStack() as stack:
        files = stack.enter_context(archive.open_files(data))
        names = archive.image_names(files)
        if not names:
            raise InputError(
                f"{files.title}: no images in it; expected <class>/<image> or <split>/<class>/<image>"
            )
        label_map = read_label_map(files)
        folders = {name: _class_folder(files, name) for name in names}
        known = _labels_of(files, sorted(set(folders.values())), label_map)
        labels = np.array([LABELS.index(known[folders[name]]) for name in names], np.int64)
        split = _splits(files, names)
        images, notes = read_photos([(files, name) for name in names])
    if "train" in split and "val" not in split:
        split = splits.carve_validation(labels, split)
        notes.append(
            f"There is no val folder: one eighth of each label's training images (seed 0) is validation, "
            f"{int(np.sum(split == 'val'))} images."
        )
    nothing = np.full(len(names), "", "<U1")
    faces = FaceSet(images, labels, nothing, nothing, split, np.array(names), np.arange(len(names)))
    source = {
        "dataset": "folder",
        "layout": "splits" if "train" in split else "classes",
        "counts": faces.counts(),
        "label_map": known,
        "notes": notes,
    }
    return FaceSet(images, labels, nothing, nothing, split, faces.names, faces.index, source=source)


def read_label_map(files: Files) -> dict[str, str]:
    """Class folder → label from ``labels.json``, {} without one; InputError where a value is no label."""
    found = [name for name in files.names if name.rpartition("/")[2] == MAP_NAME]
    if not found:
        return {}
    where = f"{files.title}: {found[0]}"
    try:
        pairs = json.loads(files.read(found[0]).decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{where}: not JSON ({archive.reason(error)})") from error
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        raise InputError(f'{where}: expected one object such as {{"freude": "happy"}}')
    wrong = [value for value in pairs.values() if to_label(value) not in LABELS]
    if wrong:
        raise InputError(f"{where}: {wrong[0]!r} is none of {', '.join(LABELS)}")
    return {key: to_label(value) for key, value in pairs.items()}


def _labels_of(files: Files, folders: list[str], label_map: dict[str, str]) -> dict[str, str]:
    """Folder → label, one to one."""
    known: dict[str, str] = {}
    for folder in folders:
        label = label_map.get(folder) or to_label(folder)
        if label not in LABELS:
            raise InputError(
                f"{files.title}: folder {folder!r} is none of {', '.join(LABELS)}; map it in {MAP_NAME}"
            )
        twin = next((other for other, value in known.items() if value == label), None)
        if twin is not None:
            raise InputError(f"{files.title}: folders {twin!r} and {folder!r} both mean {label}; merge them")
        known[folder] = label
    return known


def _class_folder(files: Files, name: str) -> str:
    if "/" not in name:
        raise InputError(f"{files.title}: {name}: lies in no class folder; expected <class>/<image>")
    return name.split("/")[-2]


def _splits(files: Files, names: list[str]) -> np.ndarray:
    """The split of every image, "" for all where no folder names one; InputError where only some are
    named."""
    found = [
        next(
            (SPLIT_FOLDERS[part.lower()] for part in name.split("/")[:-2] if part.lower() in SPLIT_FOLDERS),
            "",
        )
        for name in names
    ]
    if any(found) and not all(found):
        name = names[found.index("")]
        raise InputError(f"{files.title}: {name}: lies in no split folder while others do")
    split = np.array(found, dtype="<U5")
    missing = [part for part in ("train", "test") if any(found) and part not in found]
    if missing:
        raise InputError(
            f"{files.title}: there is no {missing[0]} folder; give train and test, or classes alone"
        )
    return split
