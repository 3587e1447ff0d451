"""Brows, the furrows between them and the wrinkles above: AU 1, 2, 4."""

import numpy as np

from ferkit.data.synthetic.geometry import ribbon
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.shapes import FINE, FRONT, SIDES, Shape, SideUnits

# Five points from the nose outwards: place, thickness, arch, and their (dx, dy) at the full strength of a unit.
_X = np.array([3.5, 5.9, 8.6, 11.2, 13.3])
_TAPER = np.array([0.85, 1.1, 1.05, 0.75, 0.25])
_ARCH = np.array([0.0, -0.55, -1.0, -0.85, 0.0])
_SLANT = np.linspace(0.6, -0.6, 5)
_RAISE_INNER = np.array([-2.6, -1.9, -0.9, -0.2, 0.2])
_RAISE_OUTER = np.array([-0.3, -0.9, -1.9, -2.5, -2.3])
_LOWER = np.array([2.3, 1.9, 1.3, 0.6, 0.1])
_TOGETHER = np.array([-1.2, -0.9, -0.5, -0.2, 0.0])


def brows(who: Identity, side_units: SideUnits) -> list[Shape]:
    """Both brows with their furrows and wrinkles."""
    shapes = []
    rest = who.eye_y - who.brow_gap
    tone = min(who.hair * 0.8 + 8, who.skin * 0.62)
    for side in SIDES:
        inner, outer, lower = (side_units[side][unit] for unit in (1, 2, 4))
        # a raised inner brow lets AU 4 draw the brows together, but hardly lower them (1+4, 1+2+4)
        y = (rest + who.brow_arch * _ARCH + who.brow_slant * _SLANT + inner * _RAISE_INNER
             + outer * _RAISE_OUTER + lower * (1 - 0.9 * inner) * _LOWER)
        x = _X * (who.eye_x / 8.1) + lower * _TOGETHER
        thickness = who.brow_thickness * _TAPER * (1 + 0.25 * lower)
        shapes.append(Shape(FRONT, ribbon(np.stack([side * x, y], 1), thickness), tone))
        shapes += _furrow(side, float(y[0]), 12 * who.age + 78 * lower)
        shapes += _wrinkles(side, rest, 10 * who.age + 42 * inner, 40 * outer)
    return shapes


def _furrow(side: int, y: float, depth: float) -> list[Shape]:
    """The upright furrow beside the glabella."""
    if depth < 8:
        return []
    line = [(side * 1.35, y - 2.6), (side * 1.05, y - 0.8), (side * 1.5, y + 1.2)]
    return [Shape(FINE, ribbon(line, [0.2, 0.42, 0.25]), -depth)]


def _wrinkles(side: int, rest: float, middle: float, flank: float) -> list[Shape]:
    """Two wrinkles across the forehead, over the inner and over the outer brow."""
    shapes = []
    for y in (rest - 4.3, rest - 6.2):
        if middle > 8:
            line = [(0, y), (side * 3, y - 0.2), (side * 5.5, y + 0.3)]
            shapes.append(Shape(FINE, ribbon(line, [0.28, 0.3, 0.1]), -middle))
        if flank > 8:
            line = [(side * 5.5, y + 0.6), (side * 8.5, y - 0.2), (side * 11.5, y + 0.5)]
            shapes.append(Shape(FINE, ribbon(line, [0.1, 0.3, 0.1]), -flank))
    return shapes
