"""Photographs made into 48×48 grey crops, and the count of those in which no face was found."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError
from ferkit.data import decoding, face_detection
from ferkit.data.archive import Files, read_grey

READY, FACE, NO_FACE = range(3)  # what is noted of each image


def read_photos(files: list[tuple[Files, str]], key: object = "") -> tuple[np.ndarray, list[str]]:
    """Crops of all members, uint8, (N, 48, 48), and what was done to them in sentences.

    A member that is 48×48 already is a ready crop and stays as it is; any other is a photograph: the largest
    face is cut out and levelled, or, without one, the largest centred square is taken and counted. key: as in
    `decoding.decode`.
    """
    def one(row: int) -> tuple[np.ndarray, int]:
        source, name = files[row]
        image = read_grey(source, name)
        if image.shape == (SIZE, SIZE):
            return image, READY
        _refuse_tiny(image, f"{source.title}: {name}")
        crop = face_detection.crop_face(image)
        return crop.image, NO_FACE if crop.box is None else FACE

    images, said = decoding.decode(len(files), one, ["photos", key])
    photographs, missed, notes = int(np.sum(said != READY)), int(np.sum(said == NO_FACE)), []
    if photographs:
        notes.append(f"{photographs} photographs were searched with the Viola–Jones cascade; the largest face is used.")
    if missed:
        notes.append(f"In {missed} of them no face was found and the centred square is used.")
    return images, notes


def read_resized(files: list[tuple[Files, str]], key: object) -> np.ndarray:
    """All members whole at 48×48 by area averaging, without a search for faces, uint8, (N, 48, 48); white shows through
    transparency. key: as in `decoding.decode`."""
    def one(row: int) -> tuple[np.ndarray, int]:
        source, name = files[row]
        image = read_grey(source, name, 255)
        _refuse_tiny(image, f"{source.title}: {name}")
        return np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.BOX)), READY

    return decoding.decode(len(files), one, ["resized", key])[0]


def _refuse_tiny(image: np.ndarray, where: str) -> None:
    if min(image.shape) < (least := face_detection.SMALLEST):
        raise InputError(f"{where}: image is {image.shape[1]}×{image.shape[0]}; at least {least}×{least} is needed to "
                         "see a face")
