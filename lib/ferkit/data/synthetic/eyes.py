"""Eyeballs between their lids, lashes, lid creases and the folds around: AU 5, 6, 7, 43."""

import numpy as np

from ferkit.data.synthetic.geometry import between, oval, ribbon
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.shapes import FINE, FRONT, SIDES, Shape, SideUnits, Units

_X = np.linspace(-1, 1, 13)        # along an eye, from the nose outwards
_UPPER_ARCH = 1 - np.abs(_X) ** 2.2
_LOWER_ARCH = 1 - np.abs(_X) ** 2.6
_CREASE_ARCH = 1 - 0.75 * _X**2
_BAG_ARCH = 0.5 * (1 - _X**2)
_IRIS_X = np.linspace(-1, 1, 11)
_IRIS_RIM = np.sqrt(np.maximum(1 - _IRIS_X**2, 0))
_LASH_TAPER = np.linspace(0.8, 1.25, 7)
_IRIS = 1.72                       # radius


def eyes(who: Identity, side_units: SideUnits, gaze: tuple[float, float]) -> list[Shape]:
    """Both eyes; `gaze` shifts the irises (pixels)."""
    return [shape for side in SIDES for shape in _eye(who, side, side_units[side], gaze)]


def _eye(who: Identity, side: int, units: Units, gaze: tuple[float, float]) -> list[Shape]:
    closed, cheek, tight = units[43], units[6], units[7]
    raised = units[5] * (1 - closed)
    above = who.eye_height * (1.05 + 0.85 * raised - 0.22 * tight - 0.12 * cheek) * (1 - closed)
    below = who.eye_height * (0.72 + 0.12 * raised - 0.75 * tight - 0.62 * cheek) * (1 - closed)
    below = max(below, -0.15) + 0.35 * closed
    middle = who.eye_y - who.eye_tilt * _X
    upper = middle + (0.5 * closed - above) * _UPPER_ARCH
    lower = np.maximum(middle + below * _LOWER_ARCH, upper)
    x = side * (who.eye_x + who.eye_width * _X)

    crease = middle - (above + 1.05) * _CREASE_ARCH
    bag = middle + max(below, 0.3) + 1.1 - 0.3 * cheek + _BAG_ARCH
    fold = 16 + 26 * who.age + 52 * cheek + 42 * tight
    shapes = [Shape(FINE, ribbon(np.stack([x, crease], 1)[::2], 0.28), -34 - 10 * who.age),
              Shape(FINE, ribbon(np.stack([x, bag], 1)[1:-1:2], 0.3), -fold)]
    if cheek > 0.05:
        shapes += _crows_feet(who, side, cheek)
    if closed < 0.9:
        shapes.append(Shape(FRONT, between(x, upper, lower), min(228.0, 118 + 0.45 * who.skin)))
        shapes += _iris(who, side, upper, lower, gaze, shines=above > 0.9)
    lashes = ribbon(np.stack([x, upper], 1)[::2], who.lashes * _LASH_TAPER)
    rim = ribbon(np.stack([x, lower + 0.1], 1)[2::2], 0.13)
    return [*shapes, Shape(FRONT, lashes, min(0.3 * who.skin, 40)), Shape(FRONT, rim, 0.55 * who.skin)]


def _iris(who: Identity, side: int, upper: np.ndarray, lower: np.ndarray, gaze: tuple[float, float],
          shines: bool) -> list[Shape]:
    """Iris and pupil, cut by the lids, with a highlight."""
    centre_x, centre_y = who.eye_x + side * gaze[0], who.eye_y - 0.18 + gaze[1]
    shapes = []
    for radius, tone in ((_IRIS, who.iris), (0.5 * _IRIS, 8.0)):
        x, rim = centre_x + radius * _IRIS_X, radius * _IRIS_RIM
        along = (x - who.eye_x) / who.eye_width
        top = np.maximum(centre_y - rim, np.interp(along, _X, upper))
        low = np.minimum(centre_y + rim, np.interp(along, _X, lower))
        shapes.append(Shape(FRONT, between(side * x, top, low), tone))
    if shines:
        shapes.append(Shape(FRONT, oval(side * centre_x - 0.55, centre_y - 0.55, 0.36, 0.36, 8), 245))
    return shapes


def _crows_feet(who: Identity, side: int, cheek: float) -> list[Shape]:
    """Three wrinkles at the outer corner and the raised cheek's light under the lid."""
    shapes = []
    corner = side * (who.eye_x + who.eye_width)
    for start, end in ((-0.55, -2.0), (0.0, 0.1), (0.5, 2.0)):
        foot = [(corner + side * 0.7, who.eye_y + start), (corner + side * 3.2, who.eye_y + end)]
        shapes.append(Shape(FINE, ribbon(foot, [0.32, 0.15]), -62 * cheek))
    light = [(side * (who.eye_x - 3.4), who.eye_y + 3.6), (side * who.eye_x, who.eye_y + 4.2),
             (side * (who.eye_x + 3.8), who.eye_y + 3.0)]
    return [*shapes, Shape(FINE, ribbon(light, [0.3, 0.8, 0.3]), 18 * cheek)]
