"""Anyone's own images: ``<split>/<class>/…``, ``<class>/…`` or a table ``index.csv``, with a label map where classes
have other names.

Splits are called train, val and test (or as FER2013's copies call them); without a val folder validation is carved out
of train. ``index.csv`` (columns file and label; subject, sequence and split where they are known) replaces the folders'
meaning. Subjects also come from the paths, by a regular expression (``--subject-from``). ``labels.json`` beside the
folders maps classes: ``{"freude": "happy", "contempt": "contempt", "bored": "+bored", "unclear": null}`` renames one,
keeps the eighth expression, adds a class of its own and drops one.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.core.labels import CONTEMPT, LABELS, to_label
from ferkit.data import archive, splits
from ferkit.data.archive import Files
from ferkit.data.crops import read_photos
from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.sources.fer2013 import SPLIT_FOLDERS, split_of

MAP_NAME, INDEX_NAME = "labels.json", "index.csv"
Map = dict[str, str | None]  # class folder → label, None to leave its images out


class _Row(NamedTuple):
    """What is known of an image before it is read, "" for what is not. name: its member; kind: its class."""

    name: str
    kind: str
    subject: str = ""
    sequence: str = ""
    split: str = ""


def read(*data: Path, subject_from: str | None = None) -> FaceSet:
    """The whole set, with splits where they are declared; InputError for what has no one reading.

    Crops of 48×48 stay as they are; anything else is a photograph, in which the largest face is used. Images lie in the
    order train, val, test, so that each split of a large set is one piece on disk. subject_from: a regular expression
    whose first group (or whole match) in an image's path is its subject (default: ``FERKIT_SUBJECT_FROM``).
    """
    pattern = os.environ.get(paths.SUBJECT_VARIABLE, "") if subject_from is None else subject_from
    if len(data) != 1:
        raise InputError(f"folder: {len(data)} paths given; name one folder or archive")
    with archive.open_files(data[0]) as files:
        found = _with_subjects(_listed(files), pattern, files.title)
        known = _labels_of(files, sorted({row.kind for row in found}), read_label_map(files))
        label_names = (*LABELS, *dict.fromkeys(label for label in known.values() if label and label not in LABELS))
        rows = [row for row in found if known[row.kind] is not None]
        if not rows:
            raise InputError(f"{files.title}: no images in it; expected <class>/<image> or <split>/<class>/<image>")
        labels = np.array([label_names.index(known[row.kind]) for row in rows], np.int64)
        names, subjects, sequences = (np.array([getattr(row, column) for row in rows])
                                      for column in ("name", "subject", "sequence"))
        split, notes = _carved(labels, _checked_splits(files, rows), subjects)
        order = np.argsort([SPLITS.index(part) if part else 0 for part in split], kind="stable")
        in_order = names[order].tolist()
        images, said = read_photos([(files, name) for name in in_order], [archive.stamp(data[0]), in_order])
        notes += archive.others_noted(files)
    dropped = len(found) - len(rows)
    notes += [f"{dropped} images of classes that {MAP_NAME} drops are left out."] if dropped else []
    source = {"dataset": "folder", "layout": "splits" if "train" in split else "classes", "label_map": known,
              "notes": [*said, *notes]}
    return FaceSet(images, labels[order], subjects[order], sequences[order], split[order], names[order], order,
                   label_names, source)


def read_label_map(files: Files) -> Map:
    """Class → label from ``labels.json``, {} without one; InputError where a value is no label."""
    found = [name for name in files.names if name.rpartition("/")[2] == MAP_NAME]
    if not found:
        return {}
    where = f"{files.title}: {found[0]}"
    try:
        pairs = json.loads(files.read(found[0]).decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({archive.reason(error)})") from error
    if not isinstance(pairs, dict) or not all(isinstance(value, str | None) for value in pairs.values()):
        raise InputError(f'{where}: expected one object such as {{"freude": "happy", "unclear": null}}')
    return {key: value if value is None else _target(value, where) for key, value in pairs.items()}


def _target(value: str, where: str) -> str:
    """The label that a value of the map means: one of the eight, or with a plus sign one of its own."""
    if value.startswith("+") and re.fullmatch(r"[\w-]{1,30}", value[1:]) and to_label(value[1:]) is None:
        return value[1:]
    label = to_label(value)
    if label is None:
        raise InputError(f"{where}: {value[:40]!r} is none of {', '.join((*LABELS, CONTEMPT))}; a class of its own is "
                         'written with a plus sign, as in "+bored"')
    return label


def _labels_of(files: Files, folders: list[str], label_map: Map) -> Map:
    """Class → label, one to one, None for those that are dropped."""
    known: Map = {}
    for folder in folders:
        label = label_map[folder] if folder in label_map else to_label(folder)
        if folder not in label_map and label not in LABELS:
            raise InputError(f"{files.title}: folder {folder!r} is none of {', '.join(LABELS)}; map it in "
                             f"{MAP_NAME} (null drops it)")
        twin = next((other for other, value in known.items() if label is not None and value == label), None)
        if twin is not None:
            raise InputError(f"{files.title}: folders {twin!r} and {folder!r} both mean {label}; merge them")
        known[folder] = label
    return known


# --- which images there are, and what is known of them

def _listed(files: Files) -> list[_Row]:
    """The images by ``index.csv`` where there is one, else by their folders."""
    names = archive.image_names(files)
    indices = [name for name in files.names if name.rpartition("/")[2] == INDEX_NAME]
    if indices:
        return _by_index(files, set(names), min(indices, key=lambda name: name.count("/")))
    for name in names:
        if "/" not in name:
            raise InputError(f"{files.title}: {name}: lies in no class folder; expected <class>/<image>")
    folders = [name.rpartition("/")[0] for name in names]
    return [_Row(name, folder.split("/")[-1], split=split_of(folder))
            for name, folder in zip(names, folders, strict=True)]


def _by_index(files: Files, names: set[str], index: str) -> list[_Row]:
    """The images that the table `index` names, by their paths from the folder it lies in."""
    where, folder = f"{files.title}: {index}", index.removesuffix(INDEX_NAME)
    try:
        reader = csv.DictReader(io.StringIO(files.read(index).decode("utf-8-sig"), newline=""))
        columns = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        table = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{where}: cannot be read ({archive.reason(error)})") from error
    missing = [column for column in ("file", "label") if column not in columns]
    if missing:
        raise InputError(f"{where}: no column {missing[0]} (found {','.join(columns)[:80] or 'nothing'}); expected "
                         "file, label and, where known, subject, sequence, split")
    rows: dict[str, _Row] = {}
    for line, cells in enumerate(table, 2):
        name, kind, subject, sequence, part = (str(cells.get(column) or "").strip() for column in
                                               ("file", "label", "subject", "sequence", "split"))
        name = folder + name
        if name not in names or name in rows:
            raise InputError(f"{where}: line {line}: {name[:80]!r} is {'listed twice' if name in rows else 'no image'} "
                             f"in {files.title}")
        if part and part.lower() not in SPLIT_FOLDERS:
            raise InputError(f"{where}: line {line}: split {part[:40]!r} is none of train, val, test")
        rows[name] = _Row(name, kind, subject, sequence, SPLIT_FOLDERS.get(part.lower(), ""))
    return list(rows.values())


def _with_subjects(rows: list[_Row], pattern: str, title: str) -> list[_Row]:
    """The rows with subjects taken from the paths by a regular expression, "" for none."""
    if not pattern:
        return rows
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise InputError(f"--subject-from {pattern[:60]!r}: not a regular expression ({error})") from None
    named = []
    for row in rows:
        match = expression.search(row.name)
        if not match or not (subject := match[1 if expression.groups else 0]):
            raise InputError(f"{title}: {row.name}: --subject-from {pattern[:60]!r} finds no subject in its path")
        named.append(row._replace(subject=subject))
    return named


def _checked_splits(files: Files, rows: list[_Row]) -> np.ndarray:
    """The declared split of every image, "" for all where none is declared; InputError where only some are."""
    split = np.array([row.split for row in rows], dtype="<U5")
    nowhere = np.flatnonzero(split == "")
    if len(nowhere) == len(split):
        return split
    if len(nowhere):
        raise InputError(f"{files.title}: {rows[nowhere[0]].name}: lies in no split folder while others do")
    missing = [part for part in ("train", "test") if part not in split]
    if missing:
        raise InputError(f"{files.title}: there is no {missing[0]} folder; give train and test, or classes alone")
    return split


def _carved(labels: np.ndarray, split: np.ndarray, subjects: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The splits with validation carved out of training where none is declared (by subject where they are known), and
    the sentence that says so."""
    if "train" not in split or "val" in split:
        return split, []
    carved = splits.carve_validation(labels, split, subjects=subjects)
    apart = set(subjects[carved == "train"]).isdisjoint(subjects[carved == "val"])
    what = "people with about one eighth of the" if apart else "one eighth of each label's"
    return carved, [f"There is no val folder: {what} training images (seed 0) {'are' if apart else 'is'} validation, "
                    f"{int(np.sum(carved == 'val'))} images."]
