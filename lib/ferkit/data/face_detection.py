"""Faces in photographs: found by Haar features, levelled by the eyes, cropped; and those features made
visible.

Viola & Jones 2001, Rapid object detection using a boosted cascade of simple features, doi
10.1109/CVPR.2001.990517; the trained cascades are the ones that OpenCV 4 carries. OpenCV is imported only
where it is used.

Not stated in the paper; we use OpenCV's frontalface_default cascade because the reading notes name no other.
Not stated in the paper; we use the largest centred square of a photograph in which no face is found because
dropping it would hide the failure; such photographs are counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import numpy as np

from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError

FACE_CASCADE = "haarcascade_frontalface_default.xml"
EYE_CASCADE = "haarcascade_eye.xml"
WINDOW = 24  # side of the cascade's window, pixels
SMALLEST = 16  # pixels; below it there is nothing to recognise
SMALL = 96  # a picture with a shorter side than this is enlarged first: the smallest window is 24 pixels
MARGIN = (
    0.25  # of a ready crop's side, added around it by repeating its edge, so that the face has surroundings
)
LEVEL_LIMIT = 25.0  # degrees; a steeper line through two "eyes" is a wrong detection

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Crop:
    """A face cut out of a photograph.

    image: uint8 0…255, (48, 48). box: x, y, width, height in the photograph's pixels; None where no face
    was found and the largest centred square was taken.
    """

    image: np.ndarray
    box: Box | None


@dataclass(frozen=True)
class HaarFeature:
    """One weak classifier: a difference of rectangle sums, held against a threshold.

    rectangles: (x, y, width, height, weight) in a 24×24 window. A value below `threshold` adds `below` to the
    stage's sum, any other adds `above`; the greater of the two is the side that speaks for a face.
    """

    rectangles: tuple[tuple[int, int, int, int, float], ...]
    threshold: float
    below: float
    above: float


def detect(image: np.ndarray) -> list[Box]:
    """The faces in a photograph, the largest first: x, y, width, height in pixels; [] where none is found.

    image: uint8, (H, W), upright. A shorter side under 96 pixels is enlarged for the search only.
    """
    cv2 = _opencv()
    factor = max(1.0, SMALL / min(image.shape))
    searched = image if factor == 1.0 else cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    found = _cascade(FACE_CASCADE).detectMultiScale(searched, scaleFactor=1.1, minNeighbors=5, minSize=(24, 24))
    boxes = [tuple(round(float(value) / factor) for value in box) for box in found]
    return sorted(boxes, key=lambda box: (-box[2] * box[3], box))


def crop_face(image: np.ndarray) -> Crop:
    """The largest face, levelled by its eyes where both are found; the largest centred square where no face
    is.

    image: uint8, (H, W), upright. InputError for a photograph smaller than 16 pixels.
    """
    return crop_faces(image, at_most=1)[0]


def crop_faces(image: np.ndarray, at_most: int | None = None) -> list[Crop]:
    """Every face (or the `at_most` largest), the largest first, each as :func:`crop_face` cuts it; one crop,
    the largest centred square, where no face is found.

    image: uint8, (H, W), upright. InputError for a photograph smaller than 16 pixels.
    """
    if min(image.shape) < SMALLEST:
        raise InputError(f"photograph of {image.shape[1]}×{image.shape[0]} pixels is too small for a face")
    found = [Crop(_resized(_cut_level(image, box), SIZE), box) for box in detect(image)[:at_most]]
    return found or [replace(whole(image), box=None)]


def whole(image: np.ndarray) -> Crop:
    """A picture that is a face crop already: its largest centred square, without a search."""
    side = min(image.shape)
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return Crop(_resized(image[top:top + side, left:left + side], SIZE), (left, top, side, side))


def found_in_crops(images: np.ndarray) -> np.ndarray:
    """In which ready crops the cascade sees a face; bool, (N,).

    images: uint8, (N, H, W). Each is set in a margin of its own repeated edge, without which a tight crop has
    no window around the face to find.
    """
    edge = round(MARGIN * images.shape[1])
    return np.array([bool(detect(np.pad(image, edge, mode="edge"))) for image in images], dtype=bool)


def integral_image(image: np.ndarray) -> np.ndarray:
    """Sums of everything above and left of a pixel, int64, (…, H+1, W+1): any rectangle's sum in four
    look-ups."""
    padded = np.zeros((*image.shape[:-2], image.shape[-2] + 1, image.shape[-1] + 1), np.int64)
    padded[..., 1:, 1:] = image.astype(np.int64).cumsum(axis=-1).cumsum(axis=-2)
    return padded


def rectangle_sum(integral: np.ndarray, x: int, y: int, width: int, height: int) -> np.ndarray:
    """The sum of the pixels in a rectangle, from the integral image (…, H+1, W+1)."""
    return (integral[..., y + height, x + width] - integral[..., y, x + width]
            - integral[..., y + height, x] + integral[..., y, x])


@cache
def first_features() -> tuple[HaarFeature, ...]:
    """The nine weak classifiers of the first stage of OpenCV's frontal-face cascade."""
    cascade = ElementTree.parse(_cascade_file(FACE_CASCADE)).getroot().find("cascade")
    rectangles = [tuple(_rectangle(rect.text) for rect in feature.find("rects"))
                  for feature in cascade.find("features")]
    features = []
    for weak in cascade.find("stages")[0].find("weakClassifiers"):
        _, _, number, threshold = weak.find("internalNodes").text.split()
        below, above = map(float, weak.find("leafValues").text.split())
        features.append(HaarFeature(rectangles[int(number)], float(threshold), below, above))
    return tuple(features)


def feature_values(windows: np.ndarray, features: tuple[HaarFeature, ...]) -> np.ndarray:
    """Each feature's contrast-normalised value in each window, float64, (N, F).

    windows: uint8, (N, 24, 24). As in OpenCV: the weighted rectangle sums, divided by the inner area (22×22)
    and by its standard deviation; a window without contrast gives 0.
    """
    integral = integral_image(windows)
    inner = windows[:, 1:-1, 1:-1].astype(np.float64)
    scale = inner[0].size * inner.std(axis=(1, 2))
    sums = [sum(weight * rectangle_sum(integral, *place) for *place, weight in feature.rectangles)
            for feature in features]
    return np.stack(sums, axis=1) / np.where(scale > 0, scale, np.inf)[:, None]


def fires(values: np.ndarray, features: tuple[HaarFeature, ...]) -> np.ndarray:
    """Whether each value falls on its feature's face side; bool, (N, F)."""
    votes = [
        np.where(values[:, k] < feature.threshold, feature.below, feature.above)
        > min(feature.below, feature.above)
        for k, feature in enumerate(features)
    ]
    return np.stack(votes, axis=1)


def as_windows(images: np.ndarray) -> np.ndarray:
    """Face crops at the cascade's own size, uint8, (N, 24, 24), by area averaging."""
    return np.stack([_resized(image, WINDOW) for image in images])


def firing_map(images: np.ndarray, features: tuple[HaarFeature, ...]) -> np.ndarray:
    """How large a share of `features` fires with the window at each place around the face, float64, (H/2+1, W/2+1).

    images: uint8, (N, H, W), ready crops, H = W = 48 for the cascade's own scale. Each lies in a margin as wide as
    half of it, at half its size, so that the middle of the map is the window that holds the whole crop. The mean
    over all images and features.
    """
    total = 0.0
    for image in images:
        wide = np.pad(image, image.shape[0] // 2, mode="edge")
        half = _resized(wide, wide.shape[0] // 2)
        places = np.lib.stride_tricks.sliding_window_view(half, (WINDOW, WINDOW))
        fired = fires(feature_values(places.reshape(-1, WINDOW, WINDOW), features), features)
        total = total + fired.mean(axis=1).reshape(places.shape[:2])
    return np.asarray(total) / len(images)


def _opencv() -> ModuleType:
    """OpenCV with its Haar cascades; InputError that says what to install otherwise."""
    try:
        import cv2
    except ImportError as error:
        raise InputError("photographs need OpenCV: pip install 'opencv-python-headless>=4.10,<5'") from error
    if not hasattr(cv2, "CascadeClassifier"):
        raise InputError(
            f"OpenCV {cv2.__version__} has no Haar cascades: pip install 'opencv-python-headless>=4.10,<5'"
        )
    return cv2


def _cascade_file(name: str) -> Path:
    return Path(_opencv().data.haarcascades) / name


@cache
def _cascade(name: str) -> object:
    return _opencv().CascadeClassifier(str(_cascade_file(name)))


def _tilt(face: np.ndarray) -> float:
    """The slope of the line through both eyes in degrees (clockwise positive); 0 unless one eye is in each
    half."""
    cv2 = _opencv()
    height, width = face.shape
    factor = max(1.0, SMALL / min(face.shape))
    upper = cv2.resize(face[: int(0.6 * height)], None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    found = _cascade(EYE_CASCADE).detectMultiScale(upper, scaleFactor=1.05, minNeighbors=4)
    centres = [(x + w / 2, y + h / 2, w) for x, y, w, h in found]
    left = [eye for eye in centres if eye[0] < factor * width / 2]
    right = [eye for eye in centres if eye[0] >= factor * width / 2]
    if not left or not right:
        return 0.0
    (x1, y1, _), (x2, y2, _) = max(left, key=lambda eye: eye[2]), max(right, key=lambda eye: eye[2])
    angle = math.degrees(math.atan2(y2 - y1, x2 - x1))
    return angle if abs(angle) <= LEVEL_LIMIT and x2 - x1 > 0.25 * factor * width else 0.0


def _cut_level(image: np.ndarray, box: Box) -> np.ndarray:
    """The box, turned about its centre until the eyes are level; beyond the picture its edge is repeated."""
    x, y, width, height = box
    face = image[y:y + height, x:x + width]
    if not (angle := _tilt(face)):
        return face
    cv2 = _opencv()
    turn = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), angle, 1.0)
    turn[:, 2] -= (x, y)
    return cv2.warpAffine(image, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _resized(image: np.ndarray, size: int) -> np.ndarray:
    """The square picture at `size`: area averaging to shrink, bilinear to enlarge."""
    cv2 = _opencv()
    way = cv2.INTER_AREA if image.shape[0] > size else cv2.INTER_LINEAR
    return image.copy() if image.shape == (size, size) else cv2.resize(image, (size, size), interpolation=way)


def _rectangle(text: str) -> tuple[int, int, int, int, float]:
    x, y, width, height, weight = text.split()
    return int(x), int(y), int(width), int(height), float(weight)
