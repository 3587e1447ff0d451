"""Bridge, wings and nostrils: AU 9."""

import numpy as np

from ferkit.data.synthetic.geometry import closed_spline, ribbon
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.shapes import BROAD, FINE, FRONT, SIDES, Shape, SideUnits


def nose(who: Identity, side_units: SideUnits, light_x: float) -> list[Shape]:
    """The nose; the flank away from the light (`light_x` -1 left … 1 right) lies in shadow."""
    top, base, width = who.eye_y - 0.5, who.eye_y + who.nose_length, who.nose_width
    dark = 1 if light_x < 0 else -1
    shade = -26 - 26 * abs(light_x)
    far = np.array([(1.2, top), (2.9, top + 0.5), (2.2, base - 5), (width + 0.9, base - 1), (1.2, base - 1.5)])
    near = np.array([(1.4, top), (2.6, top), (1.9, base - 5), (width + 0.4, base - 1.5), (1.2, base - 2)])
    ridge = np.array([(-0.8, top + 1), (0.8, top + 1), (1.2, base - 3), (1.3, base - 1.4), (-1.3, base - 1.4),
                      (-1.2, base - 3)])
    under = np.array([(-width, base + 0.2), (width, base + 0.2), (1.6, base + 2.0), (-1.6, base + 2.0)])
    tip = [(-0.9, base + 0.2), (0, base + 0.55), (0.9, base + 0.2)]
    shapes = [Shape(BROAD, far * (dark, 1), shade, 1.25), Shape(BROAD, near * (-dark, 1), 0.35 * shade, 1.25),
              Shape(BROAD, ridge, 30, 1.35), Shape(BROAD, under, -34, 1.2)]
    for side in SIDES:
        shapes += _wing(who, side, base, side_units[side][9])
    return [*shapes, Shape(FINE, ribbon(tip, 0.3), -44, 1.3)]


def _wing(who: Identity, side: int, base: float, wrinkled: float) -> list[Shape]:
    """One wing with its nostril; wrinkled (0…1) it is raised and wide, with folds on the bridge and the cheek."""
    width, flare, lift = who.nose_width, 0.55 * wrinkled, 1.3 * wrinkled
    wing = np.array([(1.9, base - 3.0), (width + 0.1, base - 1.9), (width + 0.35, base - 0.4),
                     (width - 0.6, base + 0.25)]) + np.array([flare, -lift])
    hole = closed_spline([(0.75, base + 0.05 - 0.75 * lift), (1.6, base - 0.62 - 0.75 * lift),
                          (2.45 + flare, base - 0.3 - 0.75 * lift), (1.7, base + 0.35 - 0.75 * lift)], 3)
    shapes = [Shape(FINE, ribbon(wing * (side, 1), [0.12, 0.4, 0.48, 0.3]), -46 - 22 * wrinkled, 1.2),
              Shape(FRONT, hole * (side, 1), 0.24 * who.skin, 1.25)]
    if wrinkled > 0.05:
        for k in range(3):
            y = who.eye_y + 0.6 + 1.35 * k
            line = [(side * 0.6, y + 0.5), (side * 1.6, y), (side * (2.7 + 0.2 * k), y - 0.9)]
            shapes.append(Shape(FINE, ribbon(line, [0.18, 0.34, 0.18]), -66 * wrinkled, 1.2))
        fold = [(side * (width + 0.9), base - 3.4), (side * (width + 1.7), base - 1.2),
                (side * (width + 2.2), base + 0.8)]
        shapes.append(Shape(FINE, ribbon(fold, [0.35, 0.5, 0.3]), -70 * wrinkled))
    return shapes
