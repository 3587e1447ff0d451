"""FER2013 in every layout that circulates: csv, image tree (with or without usage prefixes), lossless
mosaics.

Goodfellow et al. 2013, Challenges in representation learning, doi 10.1007/978-3-642-42051-1_16: 35,887 grey
48×48 images, expressions coded 0…6. Usage Training is train, PublicTest is val, PrivateTest is test.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS, to_label
from ferkit.data import archive, splits
from ferkit.data.archive import Files
from ferkit.data.face_set import SPLITS, FaceSet

SIZE = 48
USAGES = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
SPLIT_FOLDERS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
                 "publictest": "val", "public_test": "val", "test": "test", "testing": "test",
                 "privatetest": "test", "private_test": "test"}
PUBLISHED = {"train": (3995, 436, 4097, 7215, 4830, 3171, 4965),
             "val": (467, 56, 496, 895, 653, 415, 607),
             "test": (491, 55, 528, 879, 594, 416, 626)}
MOSAIC_SIDE = 32  # images per row and column of one mosaic
_PREFIXED = re.compile(r"(Training|PublicTest|PrivateTest)_(\d+)\.[A-Za-z]+")
_MOSAIC = re.compile(r"mosaic_(\d+)\.webp")


def read(data: Path) -> FaceSet:
    """The whole set at `data` in the order of the original csv; InputError for an unknown, partial or broken
    copy.

    data: csv, zip, tar or folder; the two mosaic halves may be joined by ``os.pathsep`` or lie in one folder.
    """
    with ExitStack() as stack:
        parts = [stack.enter_context(archive.open_files(path)) for path in _archives(data)]
        faces = _read_parts(parts)
    _refuse_missing(faces, data.name)
    return faces


def deviations(faces: FaceSet) -> list[str]:
    """How the counts per split and label differ from the published ones, one sentence each; [] where they
    agree."""
    counts = faces.counts()
    says = []
    for split, numbers in PUBLISHED.items():
        for label, expected in zip(LABELS, numbers, strict=True):
            found = counts.get(split, {}).get(label, 0)
            if found != expected:
                says.append(f"{split} holds {found} {label} images, {expected} are published")
    return says


def _archives(data: Path) -> list[Path]:
    """What to open: the parts named, or, of a folder of archives, FER2013's."""
    parts = archive.parts_of(data)
    if len(parts) == 1 and parts[0].is_dir():
        inside = [path for path in archive.inner_archives(parts[0]) if "fer2013" in path.name.lower()]
        whole = [path for path in inside if "mosaic" not in path.name.lower()]
        return whole[:1] or inside or parts
    return parts


def _read_parts(parts: list[Files]) -> FaceSet:
    """The set in whichever layout the opened files have."""
    if any(_MOSAIC.fullmatch(_base(name)) for files in parts for name in files.names):
        return _read_mosaics(parts)
    if len(parts) > 1:
        titles = " and ".join(files.title for files in parts)
        raise InputError(
            f"{titles}: several paths are only for the two mosaic halves; name one archive or folder"
        )
    files = parts[0]
    tables = [name for name in files.names if name.lower().endswith(".csv")]
    if tables:
        return _read_csv(files, _choose_table(files, tables))
    names = archive.image_names(files)
    if not names:
        seen = ", ".join(files.names[:3]) or "nothing"
        raise InputError(f"{files.title}: no FER2013 in it (found {seen}); expected fer2013.csv, "
                         "<split>/<class>/<image> or mosaic_NN.webp with index.csv")
    if any(_PREFIXED.fullmatch(_base(name)) for name in names):
        return _read_prefixed_tree(files, names)
    return _read_plain_tree(files, names)


# --- csv

def _choose_table(files: Files, tables: list[str]) -> str:
    """The table with expression, pixels and usage; InputError that says what the best other one lacks."""
    headers = {name: _header(files, name) for name in tables}
    for name in sorted(tables, key=lambda name: (_base(name) != "fer2013.csv", name)):
        if {"emotion", "pixels", "usage"} <= set(headers[name]):
            return name
    name = max(sorted(tables), key=lambda name: len({"emotion", "pixels", "usage"} & set(headers[name])))
    missing = [column for column in ("emotion", "pixels", "usage") if column not in headers[name]]
    where = f"{files.title}: {name}" if files.title != name else name
    found = ",".join(headers[name][:6]) or "nothing"
    hint = "give fer2013.csv or icml_face_data.csv"
    if missing == ["usage"]:
        hint = f"Kaggle's train.csv does not say which images are PublicTest and PrivateTest; {hint}"
    elif "emotion" in missing and "pixels" in headers[name]:
        hint = f"Kaggle's test.csv carries no labels, so nothing can be scored on it; {hint}"
    raise InputError(f"{where}: no column {' and no column '.join(missing)} (found {found}); {hint}")


def _header(files: Files, name: str) -> list[str]:
    """The column names of a table, lower case, without the spaces that icml_face_data.csv has."""
    try:
        with files.open(name) as stream:
            first = stream.readline(65536).decode("utf-8-sig")
    except (*archive.READ_ERRORS, UnicodeDecodeError) as error:
        raise InputError(
            f"{files.title}: {name}: cannot be read as UTF-8 text ({archive.reason(error)})"
        ) from error
    return [column.strip().lower() for column in first.strip().split(",")]


def _read_csv(files: Files, name: str) -> FaceSet:
    """The set of a table of one image per row."""
    where = f"{files.title}: {name}" if files.title != name else name
    images, labels, usages = [], [], []
    try:
        with files.open(name) as stream, warnings.catch_warnings():
            warnings.simplefilter(
                "error", DeprecationWarning
            )  # numpy's sign for text that is not all numbers
            rows = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
            column = {key.strip().lower(): number for number, key in enumerate(next(rows))}
            places = [column[key] for key in ("emotion", "pixels", "usage")]
            for number, row in enumerate(filter(None, rows)):
                here = f"{where}: row {number} (line {rows.line_num})"
                if len(row) <= max(places):
                    raise InputError(
                        f"{here}: has {len(row)} columns, {len(column)} are expected; fetch it again"
                    )
                emotion, pixels, usage = (row[place] for place in places)
                labels.append(parse_emotion(emotion, here))
                images.append(parse_pixels(pixels, here))
                usages.append(parse_usage(usage, here))
    except (*archive.READ_ERRORS, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{where}: cannot be read ({archive.reason(error)}); fetch it again") from error
    if not images:
        raise InputError(f"{where}: holds no rows; fetch it again")
    return _of_rows(np.stack(images), labels, usages, "csv")


def parse_emotion(text: str, where: str) -> int:
    """The expression code 0…6; InputError naming `where` for anything else."""
    if text.strip() not in tuple("0123456"):
        raise InputError(f"{where}: emotion {text.strip()[:20]!r} is not one of 0…6")
    return int(text)


def parse_usage(text: str, where: str) -> str:
    """The split that a usage stands for; InputError naming `where` for an unknown one."""
    if text.strip() not in USAGES:
        raise InputError(f"{where}: usage {text.strip()[:20]!r} is none of {', '.join(USAGES)}")
    return USAGES[text.strip()]


def parse_pixels(text: str, where: str) -> np.ndarray:
    """The image written as 2,304 numbers 0…255, uint8, (48, 48); InputError naming `where` for anything
    else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # numpy's sign for text that is not all numbers
            values = np.fromstring(text, dtype=np.int64, sep=" ")
    except (DeprecationWarning, ValueError):
        raise InputError(f"{where}: pixels are not all whole numbers 0…255") from None
    if len(values) != SIZE * SIZE or not text.strip():
        raise InputError(f"{where}: {len(text.split())} pixels, {SIZE * SIZE} are expected")
    if values.min() < 0 or values.max() > 255:
        raise InputError(f"{where}: pixel {values[(values < 0) | (values > 255)][0]} is outside 0…255")
    return values.astype(np.uint8).reshape(SIZE, SIZE)


# --- image trees

def _read_prefixed_tree(files: Files, names: list[str]) -> FaceSet:
    """``…/<class>/Training_<row>.png``: usage and row come from the file names."""
    rows, labels, usages = [], [], []
    for name in names:
        match = _PREFIXED.fullmatch(_base(name))
        if not match:
            raise InputError(
                f"{files.title}: {name}: other files here are called Training_<row>.png; this one is not"
            )
        labels.append(_folder_label(files, name))
        usages.append(USAGES[match[1]])
        rows.append(int(match[2]))
    order = np.argsort(rows, kind="stable")
    sorted_rows = np.asarray(rows, np.int64)[order]
    twice = np.flatnonzero(sorted_rows[1:] == sorted_rows[:-1])
    if len(twice):
        raise InputError(f"{files.title}: row {sorted_rows[twice[0]]} occurs twice "
                         f"({names[order[twice[0]]]} and {names[order[twice[0] + 1]]}); remove one")
    names = [names[place] for place in order]
    images = archive.read_crops(files, names, SIZE)
    return _face_set(images, np.asarray(labels)[order], np.asarray(usages)[order], names, sorted_rows, "tree")


def _read_plain_tree(files: Files, names: list[str]) -> FaceSet:
    """``<split>/<class>/<any name>``: no usage prefixes; where there is no validation folder it is carved
    out."""
    labels = [_folder_label(files, name) for name in names]
    split = np.asarray([_folder_split(files, name) for name in names])
    notes = []
    if "val" not in split:
        split = splits.carve_validation(np.asarray(labels), split)
        notes = [
            "The copy names no validation images: one eighth of each label's training images (seed 0) is "
            f"validation here, {int(np.sum(split == 'val'))} images; it is not the published PublicTest."
        ]
    images = archive.read_crops(files, names, SIZE)
    return _face_set(
        images, np.asarray(labels), split, names, np.arange(len(names)), "tree without usage", notes
    )


def _folder_label(files: Files, name: str) -> int:
    """The class number of the folder that holds `name` (a label's name or FER2013's own code)."""
    folder = name.split("/")[-2] if "/" in name else ""
    if folder in tuple("0123456"):
        return int(folder)
    label = to_label(folder)
    if label not in LABELS:
        raise InputError(f"{files.title}: {name}: folder {folder!r} is none of {', '.join(LABELS)}")
    return LABELS.index(label)


def _folder_split(files: Files, name: str) -> str:
    for folder in name.split("/")[:-2]:
        if folder.lower() in SPLIT_FOLDERS:
            return SPLIT_FOLDERS[folder.lower()]
    raise InputError(
        f"{files.title}: {name}: neither a usage prefix (Training_…) nor a split folder (train, test)"
    )


# --- mosaics

def _read_mosaics(parts: list[Files]) -> FaceSet:
    """36 mosaics of 32×32 images in two halves, each with the whole ``index.csv``."""
    places = {int(match[1]): (files, name) for files in parts for name in files.names
              if (match := _MOSAIC.fullmatch(_base(name)))}
    tables = [(files, name) for files in parts for name in files.names if _base(name) == "index.csv"]
    if not tables:
        raise InputError(f"{parts[0].title}: mosaics without their index.csv; take the whole archive")
    labels, usages = _read_index(*tables[0])
    if any(_read_index(*table) != (labels, usages) for table in tables[1:]):
        raise InputError(f"{parts[0].title}: the two halves carry different index.csv; fetch both again")
    per_mosaic = MOSAIC_SIDE**2
    missing = sorted(set(range(-(-len(labels) // per_mosaic))) - set(places))
    if missing:
        _refuse_half(parts, missing, -(-len(labels) // per_mosaic))
    images = np.concatenate([_tiles(*places[number]) for number in range(-(-len(labels) // per_mosaic))])
    return _of_rows(images[:len(labels)], labels, usages, "mosaics")


def _refuse_half(parts: list[Files], missing: list[int], count: int) -> None:
    half = {True: "the first half (fer2013_mosaics_a.tar)", False: "the second half (fer2013_mosaics_b.tar)"}
    first = missing[0] < count // 2
    whole = len(missing) == len([n for n in range(count) if (n < count // 2) == first])
    what = half[first] if whole else f"mosaic_{missing[0]:02d}.webp"
    raise InputError(
        f"{' and '.join(files.title for files in parts)}: {what} is missing; name both halves, "
        "--data A --data B, or one folder that holds both"
    )


def _read_index(files: Files, name: str) -> tuple[list[int], list[str]]:
    """Expression codes and splits of ``index.csv`` (row, expression, usage)."""
    where = f"{files.title}: {name}"
    try:
        rows = list(csv.reader(io.StringIO(files.read(name).decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{where}: cannot be read ({archive.reason(error)}); fetch it again") from error
    if not rows or [column.strip().lower() for column in rows[0]] != ["row", "expression", "usage"]:
        raise InputError(f"{where}: the columns row,expression,usage are expected")
    labels, usages = [], []
    for number, row in enumerate(filter(None, rows[1:])):
        here = f"{where}: row {number}"
        if len(row) != 3 or row[0].strip() != str(number):
            raise InputError(f"{here}: is out of order or has {len(row)} columns; fetch it again")
        labels.append(parse_emotion(row[1], here))
        usages.append(parse_usage(row[2], here))
    return labels, usages


def _tiles(files: Files, name: str) -> np.ndarray:
    """The images of one mosaic, row by row, uint8, (1024, 48, 48)."""
    mosaic = archive.read_grey(files, name)
    side = MOSAIC_SIDE * SIZE
    if mosaic.shape != (side, side):
        raise InputError(
            f"{files.title}: {name}: is {mosaic.shape[1]}×{mosaic.shape[0]}, {side}×{side} is expected"
        )
    return mosaic.reshape(MOSAIC_SIDE, SIZE, MOSAIC_SIDE, SIZE).swapaxes(1, 2).reshape(-1, SIZE, SIZE)


# --- common

def _of_rows(images: np.ndarray, labels: list[int], usages: list[str], layout: str) -> FaceSet:
    """A set whose rows are the rows of the original csv."""
    prefix = {split: usage for usage, split in USAGES.items()}
    names = [f"{prefix[usage]}_{row}" for row, usage in enumerate(usages)]
    return _face_set(images, np.asarray(labels), np.asarray(usages), names, np.arange(len(names)), layout)


def _face_set(images: np.ndarray, labels: np.ndarray, split: np.ndarray, names: list[str], index: np.ndarray,
              layout: str, notes: list[str] | tuple[str, ...] = ()) -> FaceSet:
    nothing = np.full(len(images), "", dtype="<U1")
    faces = FaceSet(images, labels.astype(np.int64), nothing, nothing, split.astype("<U5"), np.asarray(names),
                    index.astype(np.int64))
    off = deviations(faces)
    notes = [*notes, *([f"The counts are not the published ones: {'; '.join(off)}."] if off else [])]
    return FaceSet(images, faces.labels, nothing, nothing, faces.split, faces.names, faces.index,
                   source={"dataset": "fer2013", "layout": layout, "counts": faces.counts(), "notes": notes})


def _refuse_missing(faces: FaceSet, title: str) -> None:
    """InputError for a copy that lacks a whole split or all images of a label in one."""
    counts = faces.counts()
    for split in SPLITS:
        missing = [label for label in LABELS if not counts.get(split, {}).get(label)]
        if len(missing) == len(LABELS):
            raise InputError(f"{title}: holds no {split} images; the copy is incomplete, fetch it again")
        if missing:
            raise InputError(
                f"{title}: holds no {missing[0]} images in {split}; the copy is incomplete, fetch it again"
            )


def _base(name: str) -> str:
    return name.rpartition("/")[2]
