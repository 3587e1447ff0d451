"""FER2013 in every layout that circulates: csv, image tree (with or without usage prefixes, splits, class folders),
lossless mosaics.

Goodfellow et al. 2013, Challenges in representation learning, doi 10.1007/978-3-642-42051-1_16: 35,887 grey
48×48 images, expressions coded 0…6. Usage Training is train, PublicTest is val, PrivateTest is test.

An image of a tree is identified by its path; the number in its name is a row in some copies and means nothing in
others. Which image it is, and with it split and row, tells `ferkit.data.restoration`.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS, to_label
from ferkit.data import archive, restoration, splits
from ferkit.data.archive import Files
from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.fingerprint import Fingerprint

USAGES = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
SPLIT_FOLDERS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
                 "publictest": "val", "public_test": "val", "test": "test", "testing": "test",
                 "privatetest": "test", "private_test": "test"}
PUBLISHED = {"train": (3995, 436, 4097, 7215, 4830, 3171, 4965),
             "val": (467, 56, 496, 895, 653, 415, 607),
             "test": (491, 55, 528, 879, 594, 416, 626)}
SMALLEST, LARGEST = 24, 512  # pixels: sides of the square images of resized copies
LARGEST_ROW = 99_999  # FER2013 has 35,887 rows; larger numbers in names are somebody's ids
MOSAIC_SIDE = 32  # images per row and column of one mosaic
_PREFIXED = re.compile(r"(Training|PublicTest|PrivateTest)_(\d+)\.[A-Za-z]+")
_MOSAIC = re.compile(r"mosaic_(\d+)\.webp")


def read(*data: Path, known: Fingerprint | None = None) -> FaceSet:
    """The whole set at its path or paths in the order of the original csv; InputError for an unknown, partial or broken
    copy.

    data: csv, zip, tar or folder; the two mosaic halves are two paths, or lie in one folder. known:
    what images are recognised by (default: FER2013's own fingerprint). ``source["fingerprint"]`` says what was found;
    where the copy is FER2013's, its official split and rows are restored.
    """
    with archive.open_all(_archives(data)) as parts:
        faces = restoration.restore(_read_parts(parts), known)
    faces = _noted(faces) if faces.source["fingerprint"]["restored"] else _as_declared(faces)
    _refuse_missing(faces, data[0].name)
    off = deviations(faces)
    return faces.noted(f"The counts are not the published ones: {'; '.join(off)}.") if off else faces


def _noted(faces: FaceSet) -> FaceSet:
    """A restored copy, which says so unless it was the original's in everything."""
    found = faces.source["fingerprint"]
    if found["exact"] == found["images"] and not found["moved"] and faces.source["layout"] != "tree without usage":
        return faces
    return faces.noted(f"Recognised by fingerprint: {found['exact']} images pixel by pixel, {found['near']} re-encoded "
                       "or processed; the official split and rows are restored.")


def _as_declared(faces: FaceSet) -> FaceSet:
    """A copy that is not FER2013's, with the labels and splits that its folders name; InputError where they do not."""
    title, size = faces.source["title"], faces.source["image_size"]
    if size != [SIZE, SIZE]:
        raise InputError(f"{title}: {faces.names[0]}: image is {size[1]}×{size[0]}, {SIZE}×{SIZE} is expected, and no "
                         "image is known from FER2013; use --dataset folder for images of your own")
    if np.any(faces.labels < 0):
        raise InputError(f"{title}: {faces.names[0]}: its folder is none of {', '.join(LABELS)}, and too few images "
                         "are known from FER2013 to tell their labels")
    if np.any(faces.split == ""):
        raise InputError(f"{title}: {faces.names[0]}: neither a usage prefix (Training_…) nor a split folder (train, "
                         "test), and too few images are known from FER2013 to tell their splits")
    if "val" in faces.split or "train" not in faces.split:
        return faces
    split = splits.carve_validation(faces.labels, faces.split)
    return replace(faces, split=split).noted(
        "The copy names no validation images: one eighth of each label's training images (seed 0) is validation here, "
        f"{int(np.sum(split == 'val'))} images; it is not the published PublicTest.")


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


def _archives(parts: Sequence[Path]) -> Sequence[Path]:
    """What to open: the parts named, or, of a folder of archives, FER2013's."""
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
        raise InputError(f"{titles}: several paths are only for the two mosaic halves; name one archive or folder")
    files = parts[0]
    tables = [name for name in files.names if name.lower().endswith(".csv")]
    if tables:
        return _read_csv(files, _choose_table(files, tables))
    names = archive.image_names(files)
    if not names:
        seen = ", ".join(files.names[:3]) or "nothing"
        raise InputError(f"{files.title}: no FER2013 in it (found {seen}); expected fer2013.csv, "
                         "<split>/<class>/<image> or mosaic_NN.webp with index.csv")
    return _read_tree(files, names)


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
        raise InputError(f"{files.title}: {name}: cannot be read as UTF-8 text ({archive.reason(error)})") from error
    return [column.strip().lower() for column in next(csv.reader(io.StringIO(first, newline="")), [])]


def _read_csv(files: Files, name: str) -> FaceSet:
    """The set of a table of one image per row."""
    where = f"{files.title}: {name}" if files.title != name else name
    images, labels, usages = [], [], []
    try:
        with files.open(name) as stream, warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # numpy's sign for text that is not all numbers
            rows = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
            column = {key.strip().lower(): number for number, key in enumerate(next(rows))}
            places = [column[key] for key in ("emotion", "pixels", "usage")]
            for number, row in enumerate(filter(None, rows)):
                here = f"{where}: row {number} (line {rows.line_num})"
                if len(row) <= max(places):
                    raise InputError(f"{here}: has {len(row)} columns, {len(column)} are expected; fetch it again")
                emotion, pixels, usage = (row[place] for place in places)
                labels.append(parse_emotion(emotion, here))
                images.append(parse_pixels(pixels, here))
                usages.append(parse_usage(usage, here))
    except (*archive.READ_ERRORS, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{where}: cannot be read ({archive.reason(error)}); fetch it again") from error
    if not images:
        raise InputError(f"{where}: holds no rows; fetch it again")
    return _of_rows(files.title, np.stack(images), labels, usages, "csv")


def parse_emotion(text: str, where: str) -> int:
    """The expression code 0…6; InputError naming `where` for anything else."""
    if text.strip() not in tuple("0123456"):
        raise InputError(f"{where}: emotion {text.strip()[:20]!r} is not one of 0…6")
    return int(text.strip())  # int() alone refuses separators that strip() takes away


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

def _read_tree(files: Files, names: list[str]) -> FaceSet:
    """Images in folders: label and split as far as folders and usage prefixes name them, else -1 and ""."""
    usages = [_PREFIXED.fullmatch(_base(name)) for name in names]
    prefixed = any(usages)
    if prefixed and not all(usages):
        name = names[usages.index(None)]
        raise InputError(f"{files.title}: {name}: other files here are called Training_<row>.png; this one is not")
    classes = any(_is_class(name) for name in names)
    labels = np.array([_folder_label(files, name) if classes else -1 for name in names], np.int64)
    divided = any(split_of(name) for name in names)
    split = np.array([USAGES[usage[1]] if prefixed else _folder_split(files, name) if divided else ""
                      for name, usage in zip(names, usages, strict=True)])
    numbers = np.array([int(usage[2]) for usage in usages] if prefixed else range(len(names)), np.int64)
    if len(np.unique(numbers)) < len(numbers) or numbers.max() > LARGEST_ROW:
        numbers = np.arange(len(names))  # numbers that repeat, or of eight digits, are no rows
    order = np.argsort(numbers, kind="stable")
    names = [names[place] for place in order]
    images, size = _crops(files, names)
    notes = [] if size == (SIZE, SIZE) else [f"The copy's images are {size[1]}×{size[0]}; they are resized to "
                                             f"{SIZE}×{SIZE}."]
    layout = "tree" if prefixed else "tree without usage"
    return _face_set(files.title, images, labels[order], split[order], names, numbers[order], layout, notes, size)


def _crops(files: Files, names: list[str]) -> tuple[np.ndarray, tuple[int, int]]:
    """All images at 48×48, and the one size that all of them have; InputError for one of another size."""
    size = archive.read_grey(files, names[0]).shape
    if size[0] != size[1] or not SMALLEST <= size[0] <= LARGEST:
        size = (SIZE, SIZE)
    wanted = f"{SIZE}×{SIZE} is expected" if size == (SIZE, SIZE) else f"others here are {size[1]}×{size[0]}"
    images = np.empty((len(names), SIZE, SIZE), np.uint8)
    shrinking = Image.Resampling.BOX if size[0] % SIZE == 0 else Image.Resampling.LANCZOS
    for row, name in enumerate(names):
        image = archive.read_grey(files, name)
        if image.shape != size:
            raise InputError(f"{files.title}: {name}: image is {image.shape[1]}×{image.shape[0]}, {wanted}")
        images[row] = np.asarray(Image.fromarray(image).resize((SIZE, SIZE), shrinking))
    return images, size


def _is_class(name: str) -> bool:
    folder = name.split("/")[-2] if "/" in name else ""
    return folder in tuple("0123456") or to_label(folder) in LABELS


def _folder_label(files: Files, name: str) -> int:
    """The class number of the folder that holds `name` (a label's name or FER2013's own code)."""
    folder = name.split("/")[-2] if "/" in name else ""
    if not _is_class(name):
        raise InputError(f"{files.title}: {name}: folder {folder!r} is none of {', '.join(LABELS)}")
    return int(folder) if folder in tuple("0123456") else LABELS.index(to_label(folder))


def split_of(name: str) -> str:
    """The split that a folder above `name` stands for, "" for none."""
    return next((SPLIT_FOLDERS[folder.lower()] for folder in name.split("/")[:-1] if folder.lower() in SPLIT_FOLDERS),
                "")


def _folder_split(files: Files, name: str) -> str:
    split = split_of(name)
    if not split:
        raise InputError(f"{files.title}: {name}: neither a usage prefix (Training_…) nor a split folder (train, test)")
    return split


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
    return _of_rows(parts[0].title, images[:len(labels)], labels, usages, "mosaics")


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
        raise InputError(f"{files.title}: {name}: is {mosaic.shape[1]}×{mosaic.shape[0]}, {side}×{side} is expected")
    return mosaic.reshape(MOSAIC_SIDE, SIZE, MOSAIC_SIDE, SIZE).swapaxes(1, 2).reshape(-1, SIZE, SIZE)


# --- common

def _of_rows(title: str, images: np.ndarray, labels: list[int], usages: list[str], layout: str) -> FaceSet:
    """A set whose rows are the rows of the original csv."""
    prefix = {split: usage for usage, split in USAGES.items()}
    names = [f"{prefix[usage]}_{row}" for row, usage in enumerate(usages)]
    return _face_set(title, images, np.asarray(labels), np.asarray(usages), names, np.arange(len(names)), layout)


def _face_set(title: str, images: np.ndarray, labels: np.ndarray, split: np.ndarray, names: list[str],
              index: np.ndarray, layout: str, notes: list[str] | tuple[str, ...] = (),
              size: tuple[int, int] = (SIZE, SIZE)) -> FaceSet:
    """A copy as it declares itself. title: the archive's or folder's name, for messages."""
    nothing = np.full(len(images), "", dtype="<U1")
    source = {"dataset": "fer2013", "layout": layout, "notes": list(notes), "title": title, "image_size": list(size)}
    return FaceSet(images, labels.astype(np.int64), nothing, nothing, split.astype("<U5"), np.asarray(names),
                   index.astype(np.int64), source=source)


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
