"""CK+ as released (640×490 photographs and emotion codes) and as it circulates (CK+48: 48×48 crops in class
folders).

Lucey et al. 2010, The Extended Cohn-Kanade Dataset (CK+), doi 10.1109/CVPRW.2010.5543262: 327 labelled
sequences of 118 subjects, each from a neutral frame to the apex. Subject and sequence come from the file
names.

Not stated in the paper; we use the last three frames of a labelled sequence as its apex because CK+48 does.
Not stated in the paper; we use the first frame of each labelled sequence as neutral because one per sequence keeps
neutral about as frequent as the most frequent expressions.
"""

from __future__ import annotations

import re
from pathlib import Path

from ferkit.core.errors import InputError
from ferkit.core.labels import CONTEMPT, LABELS, to_label
from ferkit.data import archive
from ferkit.data.archive import Files
from ferkit.data.crops import read_photos
from ferkit.data.face_set import FaceSet, without_splits

# The release's own codes in Emotion/<subject>/<sequence>/*_emotion.txt.
CODES = {0: "neutral", 1: "angry", 2: CONTEMPT, 3: "disgust", 4: "fear", 5: "happy", 6: "sad", 7: "surprise"}
APEX_FRAMES = 3
WORDS = ("ck", "cohn", "emotion")  # in the names of its archives
PUBLISHED_48 = {
    "angry": 135,
    CONTEMPT: 54,
    "disgust": 177,
    "fear": 75,
    "happy": 207,
    "sad": 84,
    "surprise": 249,
}
_FRAME = re.compile(r"(S\d{3})_(\d{3})_(\d{8})\.[A-Za-z]+")
_EMOTION = re.compile(r"(S\d{3})_(\d{3})_\d{8}_emotion\.txt")

Row = tuple[Files, str, str]  # files, member, label


def read(*data: Path, contempt: bool = False) -> FaceSet:
    """The whole set, without splits; contempt is dropped, or kept as the eighth label.

    data: folder, zip or tar; images and emotion codes of the release may be two paths or two
    archives in one folder. InputError for anything else than the two layouts.
    """
    with archive.open_all(archive.expand(data, WORDS)) as parts:
        if any(_EMOTION.fullmatch(_base(name)) for files in parts for name in files.names):
            rows, layout = _release_rows(parts), "release"
        else:
            rows, layout = _folder_rows(parts), "CK+48"
        dropped = 0 if contempt else sum(label == CONTEMPT for *_, label in rows)
        rows = [row for row in rows if contempt or row[2] != CONTEMPT]
        images, notes = read_photos([row[:2] for row in rows])
    label_names = (*LABELS, CONTEMPT) if contempt else LABELS
    names, labels = [name for _, name, _ in rows], [label for *_, label in rows]
    found = [_FRAME.fullmatch(_base(name)) for name in names]
    who = [(match[1], label) for match, label in zip(found, labels, strict=True)]
    return without_splits("ckplus", layout, images, who, names,
                          [*notes, *_noted(labels, label_names, layout, dropped)],
                          [f"{match[1]}_{match[2]}" for match in found], label_names)


def _folder_rows(parts: list[Files]) -> list[Row]:
    """``<class>/S010_004_00000017.png``, sorted by name."""
    rows = []
    for files in parts:
        for name in archive.image_names(files):
            folder = name.split("/")[-2] if "/" in name else ""
            label = to_label(folder)
            if label is None:
                raise InputError(
                    f"{files.title}: {name}: folder {folder!r} is no expression of CK+; expected "
                    "CK+48/<class>/S010_004_00000017.png or the release with its Emotion folder"
                )
            if not _FRAME.fullmatch(_base(name)):
                raise InputError(f"{files.title}: {name}: not named <subject>_<sequence>_<frame> like "
                                 "S010_004_00000017.png, so its subject is unknown; use --dataset folder")
            rows.append((files, name, label))
    tables = [name for files in parts for name in files.names if name.lower().endswith(".csv")]
    if not rows and tables:
        raise InputError(f"{parts[0].title}: {tables[0]}: a table of CK+ names neither subjects nor sequences, so that "
                         "it can only be divided leakily; take the image folders (CK+48) or the release")
    if not rows:
        raise InputError(f"{parts[0].title}: no CK+ in it (no images); expected CK+48/<class>/S010_004_00000017.png")
    return rows


def _release_rows(parts: list[Files]) -> list[Row]:
    """The first frame as neutral and the last three as the coded expression, of every labelled sequence."""
    codes = _codes(parts)
    rows = []
    for sequence, shots in _release_shots(parts, codes).items():
        rows.append((*shots[0], "neutral"))
        rows += [(*shot, codes[sequence]) for shot in shots[-APEX_FRAMES:] if codes[sequence] != "neutral"]
    return rows


def sequences(parts: list[Files]) -> tuple[dict[tuple[str, str], list[tuple[Files, str]]], dict[tuple[str, str], str],
                                           str]:
    """By (subject, sequence): the images in order of time, and the label; and which layout it is. Of the release all
    frames of the labelled sequences, of CK+48 the three there are. InputError as for `read`."""
    if any(_EMOTION.fullmatch(_base(name)) for files in parts for name in files.names):
        codes = _codes(parts)
        return _release_shots(parts, codes), codes, "release"
    shots, labels = {}, {}
    for files, name, label in sorted(_folder_rows(parts), key=lambda row: _base(row[1])):
        match = _FRAME.fullmatch(_base(name))
        shots.setdefault((match[1], match[2]), []).append((files, name))
        labels[match[1], match[2]] = label
    return shots, labels, "CK+48"


def _release_shots(parts: list[Files], codes: dict[tuple[str, str], str]
                   ) -> dict[tuple[str, str], list[tuple[Files, str]]]:
    """The images of every labelled sequence, in order of time."""
    frames: dict[tuple[str, str], list[tuple[Files, str]]] = {}
    for files in parts:
        for name in archive.image_names(files):
            if match := _FRAME.fullmatch(_base(name)):
                frames.setdefault((match[1], match[2]), []).append((files, name))
    shots = {}
    for subject, sequence in sorted(codes):
        found = sorted(frames.get((subject, sequence), []), key=lambda shot: _base(shot[1]))
        if len(found) <= APEX_FRAMES:
            raise InputError(
                f"{parts[0].title}: sequence {subject}/{sequence} is labelled but has {len(found)} images; "
                "add cohn-kanade-images (both paths joined, or one folder holding both)"
            )
        shots[subject, sequence] = found
    return shots


def _codes(parts: list[Files]) -> dict[tuple[str, str], str]:
    """The expression of every labelled sequence."""
    codes = {}
    for files in parts:
        for name in files.names:
            if match := _EMOTION.fullmatch(_base(name)):
                text = files.read(name).decode("ascii", "replace").strip()
                codes[match[1], match[2]] = parse_code(text, f"{files.title}: {name}")
    return codes


def parse_code(text: str, where: str) -> str:
    """The label of an emotion file ("3.0000000e+00" → "disgust"); InputError naming `where` for no known
    code."""
    try:
        return CODES[int(float(text))] if float(text) == int(float(text)) else CODES[-1]
    except (ValueError, OverflowError, KeyError):
        raise InputError(f"{where}: emotion code {text[:20]!r} is not one of 0…7") from None


def _noted(labels: list[str], label_names: tuple[str, ...], layout: str, dropped: int) -> list[str]:
    """What a data sheet says of the images that are there and of those that are not."""
    notes = [f"{dropped} contempt images are left out: they are none of the seven labels."] if dropped else []
    counts = {label: labels.count(label) for label in label_names}
    absent = [label for label, n in counts.items() if not n]
    if absent:
        notes.append(f"The copy holds no {' and no '.join(absent)} images.")
    off = [f"{label} {counts[label]} instead of {n}" for label, n in PUBLISHED_48.items()
           if layout == "CK+48" and counts.get(label, n) != n]
    if off:
        notes.append(f"The counts are not those of the circulating CK+48: {', '.join(off)}.")
    return notes


def _base(name: str) -> str:
    return name.rpartition("/")[2]
