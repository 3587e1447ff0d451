"""Lips, teeth, the dark between them, the folds of chin and cheeks: AU 10, 12, 15, 16, 17, 20, 23…27."""

from typing import NamedTuple

import numpy as np

from ferkit.data.synthetic.geometry import between, oval, ribbon
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.shapes import BROAD, FINE, FRONT, SIDES, Shape, SideUnits, Units, mean_units

_X = np.linspace(-1, 1, 19)        # along the mouth, from corner to corner
_MIDDLE = len(_X) // 2
_ROUND = 1 - _X**2
_BOW = 1 - 0.22 * np.exp(-((_X / 0.16) ** 2))
_CORNER = 0.75 * np.abs(_X) ** 1.8 + 0.25 * _X**4


class _Lips(NamedTuple):
    """Edges of the lips over x, (19,) each: upper lip from `top` to `upper`, lower lip from `lower` to `bottom`."""

    x: np.ndarray
    top: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    bottom: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """How far the lips are apart, (19,)."""
        return self.lower - self.upper


def jaw_opening(units: Units) -> float:
    """How far AU 26 and 27 open the jaw: 0…1.7 (1 is a dropped, 1.4 a stretched jaw)."""
    return min(units[26] + 1.4 * units[27], 1.7)


def mouth(who: Identity, side_units: SideUnits) -> list[Shape]:
    """The mouth and the folds around it."""
    both = mean_units(side_units)
    lips = _lips(who, side_units, both)
    shapes = _folds(who, side_units, both, lips)
    if lips.gap.max() > 0.25:
        shapes += _inside(both, lips)
    tone = who.skin * who.lip_tone
    full = (lips.bottom - lips.lower)[_MIDDLE]
    shine = np.stack([lips.x, 0.6 * lips.lower + 0.4 * lips.bottom], 1)[np.abs(_X) < 0.45]
    shapes += [Shape(FRONT, between(lips.x, lips.top, lips.upper), tone * 0.82),
               Shape(FRONT, between(lips.x, lips.lower, lips.bottom), tone),
               Shape(FRONT, ribbon(shine, 0.1 * full + 0.02), min(tone * 1.2, 235))]
    if lips.gap.max() <= 1.2:
        seam = np.stack([lips.x, 0.5 * (lips.upper + lips.lower)], 1)[::2]
        shapes.append(Shape(FRONT, ribbon(seam, 0.2 + 0.14 * min(both[23] + both[24], 1)), tone * 0.42))
    return shapes


def _lips(who: Identity, side_units: SideUnits, both: Units) -> _Lips:
    """Where the lips' edges run."""
    left, right = side_units[-1], side_units[1]
    smile, jaw, press = both[12], jaw_opening(both), min(both[23] + both[24], 1.0)
    width = who.mouth_width * (
        1 + 0.24 * smile + 0.2 * both[20] + 0.05 * both[15] - 0.13 * both[23] - 0.08 * both[24]
        - 0.22 * min(jaw, 1.3) * (1 - 0.6 * smile) * (1 - 0.8 * both[20]))
    corner = (who.mouth_curve + 0.55 * both[20] - 2.7 * np.where(_X < 0, left[12], right[12])
              + 2.3 * np.where(_X < 0, left[15], right[15]))
    rise = 0.25 * smile - 0.5 * both[10] - 1.15 * both[17]
    middle = who.mouth_y + 0.5 * jaw + rise * _ROUND + corner * _CORNER
    parted = (1 - 0.7 * press) * (0.75 * both[25] + 0.55 * both[16] + 0.5 * both[10])
    grin = smile * both[25]
    opening = _ROUND ** (0.8 - 0.3 * min(jaw, 1) * (1 - smile))
    upper = middle - opening * (0.35 * parted + jaw * (1 - 0.6 * both[20]) + 0.25 * grin + 0.45 * both[10])
    lower = middle + opening * (0.65 * parted + jaw * (3.3 - 0.9 * both[20]) + 0.75 * grin + 0.9 * both[16]
                                + 0.35 * both[20] * both[25])
    thin = (1 - 0.55 * both[23] - 0.6 * both[24]) * (1 - 0.22 * smile) * (1 - 0.12 * both[20])
    thin = max(thin, 0.18)
    return _Lips(width * _X, upper - who.upper_lip * thin * _BOW * _ROUND**0.75, upper, lower,
                 lower + who.lower_lip * thin * (1 + 0.25 * both[17]) * _ROUND**0.85)


def _inside(both: Units, lips: _Lips) -> list[Shape]:
    """The dark of the mouth, teeth, tongue."""
    shapes = [Shape(FRONT, between(lips.x, lips.upper - 0.1, lips.lower + 0.1), 26)]
    gap, jaw = lips.gap, jaw_opening(both)
    teeth = min(1.0, 0.7 * both[12] + 0.25 * both[20] + 0.5 * both[10] + 0.3 * both[25] + 0.1 * jaw)
    if gap.max() > 0.7 and teeth > 0.15:
        length = np.minimum(gap * 0.85, (0.4 + 1.5 * teeth) * _ROUND**0.6)
        shapes.append(Shape(FRONT, between(lips.x, lips.upper, lips.upper + length), 222))
    if gap.max() > 0.7 and both[16] + 0.5 * both[20] > 0.2:
        length = np.minimum(gap * 0.35, 0.8 * _ROUND)
        shapes.append(Shape(FRONT, between(lips.x, lips.lower - length, lips.lower), 196))
    if gap.max() > 2 and jaw > 0.5:
        tongue = oval(0, float(lips.lower[_MIDDLE]) - 0.55, lips.x[-1] * 0.5, 0.8, 10)
        shapes.append(Shape(FRONT, tongue, 95))
    return shapes


def _folds(who: Identity, side_units: SideUnits, both: Units, lips: _Lips) -> list[Shape]:
    """Nasolabial folds, corners, the hollow under the lower lip and the chin."""
    shapes = []
    width, corner_y = float(lips.x[-1]), float(lips.lower[-1])
    for side in SIDES:
        units = side_units[side]
        start = np.array([who.nose_width + 1.3, who.nose_y - 0.3])
        end = np.array([width + 1.5 + 0.5 * units[12], corner_y - 0.3])
        fold = np.array([start, (start + end) / 2 + (0.7, -0.5), end, end + np.array([0.2, 1.6])]) * (side, 1)
        depth = 14 + 40 * who.age + 62 * units[12] + 42 * units[10] + 25 * units[20]
        shapes += [Shape(FINE, ribbon(fold, [0.25, 0.42, 0.4, 0.15]), -min(depth, 100)),
                   Shape(FINE, oval(side * (width + 0.4), corner_y, 0.75, 0.7, 8), -40 - 25 * units[12])]
        hang = 70 * units[15] + 10 * who.age
        if hang > 8:
            line = [(side * (width + 0.3), corner_y + 0.6), (side * (width + 1.0), corner_y + 2.4)]
            shapes.append(Shape(FINE, ribbon(line, [0.5, 0.2]), -hang))
    low, raised = float(lips.bottom[_MIDDLE]), both[17]
    shapes += [Shape(BROAD, oval(0, low + 1.5 - 0.3 * raised, 3.6, 0.95, 10), -38 - 30 * raised),
               Shape(BROAD, oval(0, low + 4.2, 3.2, 1.5, 10), 18 + 12 * raised)]
    if raised > 0.05:
        for x in (-1.4, 0.2, 1.6):
            shapes.append(Shape(FINE, oval(x, low + 3.2 + 0.4 * abs(x), 0.5, 0.4, 6), -58 * raised))
    return shapes
