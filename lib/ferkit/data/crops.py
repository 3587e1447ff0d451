"""Photographs made into 48×48 grey crops, and the count of those in which no face was found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ferkit.core.errors import InputError
from ferkit.data import face_detection
from ferkit.data.archive import Files, read_grey

SIZE = 48
SMALLEST = 16  # pixels; below it there is nothing to recognise


def read_photos(files: list[tuple[Files, str]]) -> tuple[np.ndarray, list[str]]:
    """Crops of all members, uint8, (N, 48, 48), and what was done to them in sentences.

    A member that is 48×48 already is a ready crop and stays as it is; any other is a photograph: the largest
    face is cut out and levelled, or, without one, the largest centred square is taken and counted.
    """
    missed: list[str] = []
    photographs = 0
    images = np.empty((len(files), SIZE, SIZE), np.uint8)
    for row, (source, name) in enumerate(files):
        image = read_grey(source, name)
        if image.shape != (SIZE, SIZE):
            photographs += 1
            _refuse_tiny(image, f"{source.title}: {name}")
            crop = face_detection.crop_face(image, SIZE)
            missed += [name] if crop.box is None else []
            image = crop.image
        images[row] = image
    return images, _says(photographs, missed)


def read_resized(files: list[tuple[Files, str]], shrink: Callable[[np.ndarray], np.ndarray],
                 background: int | None = None) -> np.ndarray:
    """All members at 48×48 without a search for faces, uint8, (N, 48, 48); `background` shows through
    transparency."""
    images = np.empty((len(files), SIZE, SIZE), np.uint8)
    for row, (source, name) in enumerate(files):
        image = read_grey(source, name, background)
        _refuse_tiny(image, f"{source.title}: {name}")
        images[row] = image if image.shape == (SIZE, SIZE) else shrink(image)
    return images


def _refuse_tiny(image: np.ndarray, where: str) -> None:
    if min(image.shape) < SMALLEST:
        raise InputError(
            f"{where}: image is {image.shape[1]}×{image.shape[0]}; at least {SMALLEST}×{SMALLEST} is "
            "needed to see a face"
        )


def _says(photographs: int, missed: list[str]) -> list[str]:
    if not photographs:
        return []
    says = [
        f"{photographs} photographs were searched with the Viola–Jones cascade; the largest face is used."
    ]
    if missed:
        first = missed[0]
        says.append(
            f"In {len(missed)} of them no face was found and the centred square is used (first: {first})."
        )
    return says
