"""From photographs to expressions: find the faces, cut them out, ask a system, one row for each face.

A picture of exactly 48×48 pixels is a face crop already and is not searched; any other is searched with the
Viola–Jones cascade, and where it finds nothing the largest centred square stands for the whole image, and the row
says so.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from ferkit.apps import predictor
from ferkit.apps.predictor import Model
from ferkit.core import files
from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError
from ferkit.data import archive, face_detection

BEHIND = 255  # grey value behind transparent pixels: paper white
AT_ONCE = 64  # faces that go through the network together
STDIN = "-"
PICTURES = (*archive.IMAGE_SUFFIXES, *archive.OTHER_PICTURES)


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


@dataclass(frozen=True)
class Face:
    """One face of a photograph, and what an annotator would probably call its expression.

    box: x, y, width, height in the upright photograph's pixels; None where no face was found and the largest centred
    square was read. expression, runner_up: of `ferkit.core.labels`, or of the model's own. probability, probabilities:
    of the expression and by name; None for an SVM, which is not calibrated. crop: what was read, uint8 (48, 48).
    """

    box: tuple[int, int, int, int] | None
    expression: str
    probability: float | None
    runner_up: str
    probabilities: dict[str, float] | None
    crop: np.ndarray


def read(photo: str | os.PathLike[str] | bytes | Image.Image | np.ndarray, model: Model | str | None = None, *,
         crop: bool = False) -> list[Face]:
    """The faces of a photograph, the largest first.

    photo: a file's name or bytes, a Pillow image, or an array uint8 (H, W) or (H, W, 3) in RGB. model: as `ferkit.load`
    gives it, or a name for it; None takes the best published one. crop: the photograph is a face crop and is not
    searched (one of 48×48 pixels never is). InputError for what cannot be read as one picture.
    """
    model = model if isinstance(model, Model) else _loaded(model)
    if isinstance(photo, str | os.PathLike):
        path, source = os.fspath(photo), partial(_bytes, Path(photo))
    else:
        path, source = "photo", partial(_encoded, photo)
    try:
        crops = crops_of(Photo(path, source), crop)
    except InputError as error:
        raise InputError(f"{path}: {_reason(str(error), path)}") from None
    rows = answered(model, [(Row(path, box=crop.box), crop.image) for crop in crops])
    return [Face(row.box, str(row.expression), row.probability, str(row.runner_up), row.probabilities, crop.image)
            for row, crop in zip(rows, crops, strict=True)]


def _loaded(name: str | None) -> Model:
    """The model of a published name (None: the best one) or a file, loaded once; a file again when written anew."""
    return _load(name, files.state(Path(name)) if name is not None and Path(name).is_file() else None)


@cache
def _load(name: str | None, _: tuple[int, int, int] | None) -> Model:
    return predictor.load(name)


def _encoded(photo: bytes | Image.Image | np.ndarray) -> bytes:
    """The bytes of an image file; InputError for an array that is no picture."""
    if isinstance(photo, bytes):
        return photo
    if not isinstance(photo, Image.Image):
        array = np.asarray(photo)
        if array.dtype != np.uint8 or not array.size or not (array.ndim == 2 or array.shape[2:] == (3,)):
            raise InputError(f"an array {array.dtype} {array.shape}: give uint8 (H, W), or (H, W, 3) in RGB")
        photo = Image.fromarray(array)
    if photo.mode in archive.NO_GREY:
        raise InputError(f"a picture in colour mode {photo.mode}: give it in grey or RGB")
    file = io.BytesIO()
    photo.save(file, "PNG", compress_level=0, exif=photo.getexif())
    return file.getvalue()


def photos_of(named: Iterable[str], stdin: BinaryIO) -> list[Photo]:
    """The pictures that `named` paths mean: files as they are, folders with everything below them that has an image's
    suffix (sorted), "-" the bytes of one image on `stdin`.

    A path that is not there is a photo that cannot be read. InputError for a folder without images, or where nothing
    that was named is there.
    """
    named = list(dict.fromkeys(named))  # each once: what stdin holds can be read once
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
    return list({photo.path: photo for photo in found}.values())


def _below(folder: Path) -> Iterator[Photo]:
    """The pictures below a folder by their suffix, sorted, those of other formats too, for they are told not to be
    readable; so is a folder that cannot be listed."""
    unlisted: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=unlisted.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(PICTURES) and not name.startswith("."):
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
        return [face_detection.whole(image)]
    return face_detection.crop_faces(image)


def predict(model: Model, photos: Iterable[Photo], *, ready: bool = False) -> Iterator[Row]:
    """A row for each face, in the order of the photographs, as soon as it is known; a photo that cannot be read gives
    one row with its error. ready: see :func:`crops_of`."""
    waiting: list[tuple[Row, np.ndarray | None]] = []
    for photo in photos:
        waiting += unanswered(photo, ready)
        if len(waiting) >= AT_ONCE:
            yield from answered(model, waiting)
            waiting = []
    yield from answered(model, waiting)


def unanswered(photo: Photo, ready: bool = False) -> list[tuple[Row, np.ndarray | None]]:
    """A row for each face of a photograph with its crop, the largest first, or one with the error and None."""
    try:
        crops = crops_of(photo, ready)
    except InputError as error:
        return [(Row(photo.path, error=_reason(str(error), photo.path)), None)]
    return [(Row(photo.path, None if crop.box is None else number, crop.box), crop.image)
            for number, crop in enumerate(crops, 1)]


def answered(model: Model, waiting: list[tuple[Row, np.ndarray | None]]) -> Iterator[Row]:
    """The rows with what the system says of their crops. model: whatever has a `Model`'s `label_names` and `predict`.
    """
    crops = [crop for _, crop in waiting if crop is not None]
    if not crops:
        yield from (row for row, _ in waiting)
        return
    answer = model.predict(np.stack(crops))
    seconds, k = answer.runners_up, 0
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
