"""From photographs to expressions: find the faces, cut them out, ask a system, one row for each face.

A picture of exactly 48×48 pixels is a face crop already and is not searched; any other is searched with the
Viola–Jones cascade, and where it finds nothing the largest centred square stands for the whole image, and the row
says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ferkit.apps.predictor import SIZE, Recogniser
from ferkit.core.errors import InputError
from ferkit.data import archive, face_detection

BEHIND = 255  # grey value behind transparent pixels: paper white
AT_ONCE = 64  # faces that go through the network together
STDIN = "-"


@dataclass(frozen=True)
class Photo:
    """A picture to be read. path: what a user calls it. read: its bytes; may raise InputError or OSError."""

    path: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Row:
    """One face of one photograph, or what went wrong with it.

    face: 1, 2, … from the largest; None where the whole image was read because no face was found, and for an error.
    box: x, y, width, height in the upright photograph's pixels; None where no face was found. probability,
    runner_up_probability: None for an SVM, which is not calibrated. error: one line, else None.
    """

    path: str
    face: int | None = None
    box: tuple[int, int, int, int] | None = None
    expression: str | None = None
    probability: float | None = None
    runner_up: str | None = None
    runner_up_probability: float | None = None
    probabilities: dict[str, float] | None = None
    error: str | None = None

    def says(self) -> str:
        """The row in words, one line."""
        if self.error:
            return f"{self.path}: {self.error}"
        sure = "" if self.probability is None else f" {100 * self.probability:.0f} %"
        second = "" if self.runner_up_probability is None else f" {100 * self.runner_up_probability:.0f} %"
        if self.box is None:
            where = "no face found, whole image read"
        else:
            where = "face {} at {},{} size {}×{}".format(self.face, *self.box)
        return f"{self.path}  {self.expression}{sure}, then {self.runner_up}{second}  ({where})"


def photos_of(named: Iterable[str], stdin: BinaryIO) -> list[Photo]:
    """The pictures that `named` paths mean: files as they are, folders with everything below them that has an image's
    suffix (sorted), "-" the bytes of one image on `stdin`.

    A path that is not there is a photo that cannot be read. InputError for a folder without images, or where nothing
    that was named is there.
    """
    named = list(named)
    if not any(name == STDIN or Path(name).exists() for name in named):
        raise InputError(f"{named[0]}: no such file or folder; name photographs, folders of them, or - for stdin")
    found: list[Photo] = []
    for name in named:
        path = Path(name)
        if name == STDIN:
            content = stdin.read(archive.MEMBER_LIMIT + 1)
            found.append(Photo(STDIN, lambda content=content: content))
        elif path.is_dir():
            below = list(_below(path))
            if not below:
                raise InputError(f"{name}: no images below this folder; read are {', '.join(archive.IMAGE_SUFFIXES)}")
            found += below
        else:
            read = partial(_bytes, path)
            pipe = path.exists() and not path.is_file()  # <(command): what it gives can be read once
            found.append(Photo(name, cache(read) if pipe else read))
    return found


def _below(folder: Path) -> Iterator[Photo]:
    """The images below a folder by their suffix, sorted; a folder that cannot be listed is one that cannot be read."""
    unlisted: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=unlisted.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(archive.IMAGE_SUFFIXES) and not name.startswith("."):
                path = Path(root, name)
                yield Photo(str(path), partial(_bytes, path))
    for error in unlisted:
        path = Path(error.filename)
        yield Photo(str(path), partial(_bytes, path))


def _bytes(path: Path) -> bytes:
    """A file's bytes, never more than one too many: what is no photograph may have no end."""
    with open(path, "rb") as file:
        return file.read(archive.MEMBER_LIMIT + 1)


def crops_of(photo: Photo, ready: bool = False) -> list[face_detection.Crop]:
    """The faces of a photograph, the largest first; InputError for what cannot be read as one picture.

    ready: it is a face crop, whatever its size, and is not searched. A picture of 48×48 always is.
    """
    try:
        content = photo.read()
    except OSError as error:
        raise InputError(f"cannot be read ({archive.reason(error)})") from error
    if len(content) > archive.MEMBER_LIMIT:
        raise InputError(f"larger than {archive.MEMBER_LIMIT // 2**20} MiB: not a photograph; shrink it")
    image = archive.decode_grey(content, photo.path, background=BEHIND)
    if image.shape == (SIZE, SIZE) or (ready and image.size):
        side = min(image.shape)
        corner = ((image.shape[1] - side) // 2, (image.shape[0] - side) // 2)
        return [replace(face_detection.whole(image, SIZE), box=(*corner, side, side))]
    return face_detection.crop_faces(image, SIZE)


def predict(model: Recogniser, photos: Iterable[Photo], *, ready: bool = False) -> Iterator[Row]:
    """A row for each face, in the order of the photographs, as soon as it is known; a photo that cannot be read gives
    one row with its error. ready: see :func:`crops_of`."""
    waiting: list[tuple[Row, np.ndarray | None]] = []
    for photo in photos:
        try:
            crops = crops_of(photo, ready)
        except InputError as error:
            waiting.append((Row(photo.path, error=_reason(str(error), photo.path)), None))
        else:
            waiting += [(Row(photo.path, None if crop.box is None else number, crop.box), crop.image)
                        for number, crop in enumerate(crops, 1)]
        if len(waiting) >= AT_ONCE:
            yield from _answered(model, waiting)
            waiting = []
    yield from _answered(model, waiting)


def _answered(model: Recogniser, waiting: list[tuple[Row, np.ndarray | None]]) -> Iterator[Row]:
    """The rows with what the system says of their crops."""
    crops = [crop for _, crop in waiting if crop is not None]
    if crops:
        answer = model.predict(np.stack(crops))
        seconds = answer.runners_up
    k = 0
    for row, crop in waiting:
        if crop is None:
            yield row
            continue
        first, second = int(answer.labels[k]), int(seconds[k])
        chances = None if answer.probabilities is None else answer.probabilities[k].tolist()
        yield replace(
            row, expression=model.label_names[first], runner_up=model.label_names[second],
            probability=None if chances is None else chances[first],
            runner_up_probability=None if chances is None else chances[second],
            probabilities=None if chances is None else dict(zip(model.label_names, chances, strict=True)))
        k += 1


def _reason(says: str, path: str) -> str:
    """An error's line without the path it begins with."""
    return says.removeprefix(f"{path}: ")
