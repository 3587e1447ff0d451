"""What moves in a face: brows, eyes, nose, mouth, each drawn from an identity and the strengths of action units.

Strengths come as two mappings, for the image's left (-1) and right (+1) side. An action unit moves only what its
region's mask encloses (`ferkit.drawing.action_units`).
"""

from collections import defaultdict

import numpy as np

from ferkit.drawing.geometry import between, closed_spline, oval, ribbon
from ferkit.drawing.identity import Identity
from ferkit.drawing.shapes import BROAD, FINE, FRONT, Shape

Units = defaultdict[int, float]
SIDES = (-1, 1)

_BROW_X = np.array([3.5, 5.9, 8.6, 11.2, 13.3])
_BROW_TAPER = np.array([0.85, 1.1, 1.05, 0.75, 0.25])
_BROW_ARCH = np.array([0.0, -0.55, -1.0, -0.85, 0.0])
_BROW_MOVES = {  # (dx, dy) of the five points at full strength
    1: (np.zeros(5), np.array([-2.6, -1.9, -0.9, -0.2, 0.2])),
    2: (np.zeros(5), np.array([-0.3, -0.9, -1.9, -2.5, -2.3])),
    4: (np.array([-1.2, -0.9, -0.5, -0.2, 0.0]), np.array([2.3, 1.9, 1.3, 0.6, 0.1])),
}
_LID_X = np.linspace(-1, 1, 13)
_LIP_X = np.linspace(-1, 1, 19)
_SQUARE = 1 - _LIP_X**2


def brows(who: Identity, side_units: dict[int, Units]) -> list[Shape]:
    """Brows, the furrows between them (AU 4) and the wrinkles above (AU 1, 2)."""
    shapes = []
    base_y = who.eye_y - who.brow_gap
    stretch = who.eye_x / 8.1
    for side in SIDES:
        units = side_units[side]
        x = _BROW_X * stretch
        y = base_y + who.brow_arch * _BROW_ARCH + who.brow_slant * np.linspace(0.6, -0.6, 5)
        for unit, (dx, dy) in _BROW_MOVES.items():
            x = x + dx * units[unit]
            y = y + dy * units[unit]
        line = np.stack([side * x, y], 1)
        thickness = who.brow_thickness * _BROW_TAPER * (1 + 0.25 * units[4])
        tone = min(who.hair * 0.8 + 8, who.skin * 0.62)
        shapes.append(Shape(FRONT, ribbon(line, thickness), tone))
        furrow, inner_y = 12 * who.age + 78 * units[4], float(y[0])
        if furrow > 8:
            top = np.array([[1.35, inner_y - 2.6], [1.05, inner_y - 0.8], [1.5, inner_y + 1.2]]) * (side, 1)
            shapes.append(Shape(FINE, ribbon(top, [0.2, 0.42, 0.25]), -furrow))
        raised = max(units[1], 0.0)
        wrinkle = 10 * who.age + 55 * raised
        if wrinkle > 8:
            for k in range(2):
                height = base_y - 4.0 - 2.0 * k - 0.6 * raised
                shapes.append(Shape(FINE, ribbon([(0, height + 0.2), (side * 3, height), (side * 5.5, height + 0.5)],
                                                 [0.28, 0.3, 0.1]), -wrinkle))
        wrinkle = 50 * units[2]
        if wrinkle > 8:
            for k in range(2):
                height = base_y - 4.3 - 1.9 * k
                shapes.append(Shape(FINE, ribbon([(side * 5.5, height + 0.7), (side * 8.5, height - 0.3),
                                                  (side * 11.5, height + 0.4)], [0.1, 0.3, 0.1]), -wrinkle))
    return shapes


def eyes(who: Identity, side_units: dict[int, Units], gaze: tuple[float, float]) -> list[Shape]:
    """Eyeballs between their lids (AU 5, 7, 43), lashes, lid creases, and the folds of AU 6."""
    shapes = []
    white = min(228.0, 118 + 0.45 * who.skin)
    for side in SIDES:
        units = side_units[side]
        narrow = max(units[43], 0.0)
        raised, tight, cheek = units[5] * (1 - narrow), units[7], units[6]
        upper_height = who.eye_height * (1.05 + 0.85 * raised - 0.22 * tight - 0.12 * cheek) * (1 - narrow)
        lower_height = who.eye_height * (0.72 + 0.12 * raised - 0.75 * tight - 0.62 * cheek) * (1 - narrow)
        lower_height = max(lower_height, -0.15) + 0.35 * narrow
        width = who.eye_width
        # _LID_X runs from the nose outwards, so that both eyes mirror each other
        tilt = -who.eye_tilt * _LID_X
        arch = 1 - np.abs(_LID_X) ** 2.2
        upper = who.eye_y + tilt - upper_height * arch + 0.5 * narrow * arch
        lower = who.eye_y + tilt + lower_height * (1 - np.abs(_LID_X) ** 2.6)
        lower = np.maximum(lower, upper)
        x = side * (who.eye_x + width * _LID_X)

        crease = who.eye_y + tilt - (upper_height + 1.05) * (1 - 0.75 * np.abs(_LID_X) ** 2)
        shapes.append(Shape(FINE, ribbon(np.stack([x, crease], 1)[::2], 0.28), -34 - 10 * who.age))
        bag = who.eye_y + tilt + np.maximum(lower_height, 0.3) + 1.1 - 0.3 * cheek + 0.5 * _SQUARE_LID
        fold = 16 + 26 * who.age + 52 * cheek + 42 * tight
        shapes.append(Shape(FINE, ribbon(np.stack([x, bag], 1)[1:-1:2], 0.3), -fold))
        if cheek > 0.1:
            outer = side * (who.eye_x + width)
            for dy, end in ((-1.1, -2.0), (0.0, 0.1), (1.0, 2.0)):
                foot = [(outer + side * 0.7, who.eye_y + 0.5 * dy), (outer + side * 3.2, who.eye_y + end)]
                shapes.append(Shape(FINE, ribbon(foot, [0.32, 0.15]), -62 * cheek))
            raise_ = [(side * (who.eye_x - 3.4), who.eye_y + 3.6), (side * who.eye_x, who.eye_y + 4.2),
                      (side * (who.eye_x + 3.8), who.eye_y + 3.0)]
            shapes.append(Shape(FINE, ribbon(raise_, [0.3, 0.75, 0.3]), 34 * cheek))

        if narrow < 0.9:
            shapes.append(Shape(FRONT, between(x, upper, lower), white))
            radius = 1.72
            centre_x, centre_y = who.eye_x + side * gaze[0], who.eye_y - 0.18 + gaze[1]
            for part, tone in ((1.0, who.iris), (0.5, 8.0)):
                ix = np.linspace(-1, 1, 11) * radius * part
                rim = np.sqrt(np.maximum((radius * part) ** 2 - ix**2, 0))
                at = (centre_x + ix - who.eye_x) / width
                top = np.maximum(centre_y - rim, np.interp(at, _LID_X, upper))
                low = np.minimum(centre_y + rim, np.interp(at, _LID_X, lower))
                shapes.append(Shape(FRONT, between(side * (centre_x + ix), top, low), tone))
            if upper_height > 0.9:
                shapes.append(Shape(FRONT, oval(side * centre_x - 0.55, centre_y - 0.55, 0.36, 0.36, 8), 245))
        shapes.append(Shape(FRONT, ribbon(np.stack([x, upper], 1)[::2], who.lashes * _LASH_TAPER),
                            min(0.3 * who.skin, 40)))
        shapes.append(Shape(FRONT, ribbon(np.stack([x, lower + 0.1], 1)[2::2], 0.13), 0.55 * who.skin))
    return shapes


_SQUARE_LID = 1 - _LID_X**2
_LASH_TAPER = np.linspace(0.8, 1.25, 7)


def nose(who: Identity, side_units: dict[int, Units], light_x: float) -> list[Shape]:
    """Bridge, wings and nostrils (AU 9 raises and widens the wings and wrinkles the bridge)."""
    base = who.eye_y + who.nose_length
    top = who.eye_y - 0.5
    width = who.nose_width
    shade = -30 if light_x == 0 else -26 - 26 * abs(light_x)
    dark = 1 if light_x < 0 else -1      # the side away from the light
    shapes = [
        Shape(BROAD, np.array([(dark * 1.2, top), (dark * 2.9, top + 0.5), (dark * 2.2, base - 5),
                               (dark * (width + 0.9), base - 1), (dark * 1.2, base - 1.5)]), shade, 1.25),
        Shape(BROAD, np.array([(-dark * 1.4, top), (-dark * 2.6, top), (-dark * 1.9, base - 5),
                               (-dark * (width + 0.4), base - 1.5), (-dark * 1.2, base - 2)]), shade * 0.35, 1.25),
        Shape(BROAD, np.array([(-0.8, top + 1), (0.8, top + 1), (1.2, base - 3), (1.3, base - 1.4), (-1.3, base - 1.4),
                               (-1.2, base - 3)]), 30, 1.35),
        Shape(BROAD, np.array([(-width, base + 0.2), (width, base + 0.2), (1.6, base + 2.0), (-1.6, base + 2.0)]),
              -34, 1.2),
    ]
    for side in SIDES:
        wrinkled = side_units[side][9]
        lift, flare = 1.3 * wrinkled, 0.55 * wrinkled
        wing = np.array([(1.9, base - 3.0), (width + 0.1, base - 1.9), (width + 0.35, base - 0.4),
                         (width - 0.6, base + 0.25)]) + (flare, -lift)
        shapes.append(Shape(FINE, ribbon(wing * (side, 1), [0.12, 0.4, 0.48, 0.3]), -46 - 22 * wrinkled, 1.2))
        hole = closed_spline(np.array([(0.75, base + 0.05), (1.6, base - 0.62), (2.45 + flare, base - 0.3),
                                       (1.7, base + 0.35)]) - (0, 0.75 * lift), 3)
        shapes.append(Shape(FRONT, hole * (side, 1), 0.24 * who.skin, 1.25))
        if wrinkled > 0.08:
            for k in range(3):
                y = who.eye_y + 0.6 + 1.35 * k
                line = [(side * 0.1, y + 0.2), (side * 1.5, y - 0.1), (side * (2.6 + 0.25 * k), y - 1.1)]
                shapes.append(Shape(FINE, ribbon(line, [0.32, 0.38, 0.2]), -74 * wrinkled, 1.2))
            fold = [(side * (width + 0.9), base - 3.4), (side * (width + 1.7), base - 1.2),
                    (side * (width + 2.2), base + 0.8)]
            shapes.append(Shape(FINE, ribbon(fold, [0.35, 0.5, 0.3]), -70 * wrinkled))
    tip = [(-0.9, base + 0.2), (0, base + 0.55), (0.9, base + 0.2)]
    shapes.append(Shape(FINE, ribbon(tip, 0.3), -44, 1.3))
    return shapes


def mouth(who: Identity, side_units: dict[int, Units]) -> list[Shape]:
    """Lips, teeth, the mouth's dark, the chin's and the cheeks' folds (AU 10…27)."""
    left, right = side_units[-1], side_units[1]
    both = {unit: 0.5 * (left[unit] + right[unit]) for unit in (10, 12, 15, 16, 17, 20, 23, 24, 25, 26, 27)}
    y = who.eye_y + who.nose_length + who.mouth_gap
    smile, open_ = both[12], both[25]
    jaw = min(both[26] + 1.4 * both[27], 1.7)
    press = min(both[23] + both[24], 1.3)

    width = who.mouth_width * (1 + 0.24 * smile + 0.2 * both[20] + 0.05 * both[15] - 0.13 * both[23]
                               - 0.08 * both[24] - 0.15 * min(jaw, 1.3) * (1 - 0.6 * smile))
    corner = np.where(_LIP_X < 0, left[12], right[12]) * -2.7 + np.where(_LIP_X < 0, left[15], right[15]) * 2.3
    corner = corner + 0.55 * both[20] + who.mouth_curve
    bend = corner * (0.75 * np.abs(_LIP_X) ** 1.8 + 0.25 * np.abs(_LIP_X) ** 4)
    rise = -0.5 * both[10] - 1.15 * both[17] + 0.25 * smile      # of the middle of the mouth
    middle = y + rise * _SQUARE + bend
    parted = (1 - 0.7 * min(press, 1)) * (0.75 * open_ + 0.55 * both[16] + 0.5 * both[10])
    shape_ = _SQUARE ** (0.8 - 0.3 * min(jaw, 1) * (1 - smile))
    up_gap = (0.35 * parted + 0.45 * jaw + 0.25 * smile * open_ + 0.45 * both[10]) * shape_
    low_gap = (0.65 * parted + 3.3 * jaw + 0.75 * smile * open_ + 0.9 * both[16] + 0.35 * both[20] * open_) * shape_
    thin = (1 - 0.55 * both[23] - 0.6 * both[24]) * (1 - 0.22 * smile) * (1 - 0.12 * both[20])
    thin = max(thin, 0.15)
    bow = 1 - 0.22 * np.exp(-(_LIP_X / 0.16) ** 2)
    upper_low = middle - up_gap
    upper_top = upper_low - who.upper_lip * thin * bow * _SQUARE**0.75
    lower_top = middle + low_gap
    lower_low = lower_top + who.lower_lip * max(thin, 0.2) * (1 + 0.25 * both[17]) * _SQUARE**0.85
    x = width * _LIP_X
    lip = who.skin * who.lip_tone
    gap = float(up_gap.max() + low_gap.max())

    shapes = []
    for side in SIDES:
        units = side_units[side]
        wing_x, nose_y = who.nose_width + 1.3, who.eye_y + who.nose_length - 0.3
        cx, cy = width + 1.5 + 0.5 * units[12], y + float(bend[0]) - 0.3
        depth = 14 + 40 * who.age + 62 * units[12] + 42 * units[10] + 25 * units[20]
        fold = np.array([(wing_x, nose_y), ((wing_x + cx) / 2 + 0.7, (nose_y + cy) / 2 - 0.5), (cx, cy),
                         (cx + 0.2, cy + 1.6)])
        shapes.append(Shape(FINE, ribbon(fold * (side, 1), [0.25, 0.42, 0.4, 0.15]), -min(depth, 100)))
        shapes.append(Shape(FINE, oval(side * (width + 0.4), y + float(bend[0]), 0.75, 0.7, 8), -40 - 25 * units[12]))
        hang = 70 * units[15] + 10 * who.age
        if hang > 8:
            line = [(side * (width + 0.3), y + float(bend[0]) + 0.6), (side * (width + 1.0), y + float(bend[0]) + 2.4)]
            shapes.append(Shape(FINE, ribbon(line, [0.5, 0.2]), -hang))
    low = float(lower_low[9])
    shapes.append(Shape(BROAD, oval(0, low + 1.5 - 0.3 * both[17], 3.6, 0.95, 10), -38 - 30 * both[17]))
    shapes.append(Shape(BROAD, oval(0, low + 4.2, 3.2, 1.5, 10), 18 + 12 * both[17]))
    if both[17] > 0.1:
        for dx in (-1.4, 0.2, 1.6):
            shapes.append(Shape(FINE, oval(dx, low + 3.2 + 0.4 * abs(dx), 0.5, 0.4, 6), -58 * both[17]))

    if gap > 0.25:
        shapes.append(Shape(FRONT, between(x, upper_low - 0.1, lower_top + 0.1), 26))
        teeth = min(1.0, 0.55 * smile + 0.5 * both[20] + 0.5 * both[10] + 0.35 * both[25] + 0.1 * jaw)
        if gap > 0.7 and teeth > 0.15:
            length = np.minimum((up_gap + low_gap) * 0.8, 0.5 + 1.5 * teeth)
            inner = np.abs(_LIP_X) < 0.88
            shapes.append(Shape(FRONT, between(x[inner], upper_low[inner], (upper_low + length)[inner]), 222))
        if both[16] + 0.5 * both[20] > 0.2 and gap > 0.7:
            inner = np.abs(_LIP_X) < 0.75
            length = np.minimum((up_gap + low_gap) * 0.4, 0.8)
            shapes.append(Shape(FRONT, between(x[inner], (lower_top - length)[inner], lower_top[inner]), 196))
        if jaw > 0.5 and gap > 2:
            shapes.append(Shape(FRONT, oval(0, float(lower_top[9]) - 0.55, width * 0.5, 0.8, 10), 95))
    shapes.append(Shape(FRONT, between(x, upper_top, upper_low), lip * 0.86))
    shapes.append(Shape(FRONT, between(x, lower_top, lower_low), lip))
    shine = np.abs(_LIP_X) < 0.45
    shapes.append(Shape(FRONT, ribbon(np.stack([x, lower_top + 0.4 * (lower_low - lower_top)], 1)[shine],
                                      0.14 * who.lower_lip * thin + 0.02), min(lip * 1.22, 235)))
    if gap <= 1.2:
        shapes.append(Shape(FRONT, ribbon(np.stack([x, middle], 1)[::2], 0.2 + 0.14 * min(press, 1)), lip * 0.42))
    return shapes


def region_outlines(who: Identity) -> dict[str, list[np.ndarray]]:
    """Where brows, eyes, nose and mouth can be, whatever the expression: outlines in face coordinates.

    They enclose what the region's action units move, not only the feature at rest, and depend on the identity
    alone, so that a mask tells nothing about the label.
    """
    base = who.eye_y + who.nose_length
    mouth_y = base + who.mouth_gap
    brow_y = who.eye_y - who.brow_gap
    bottom = who.chin_y + 2.2
    stretch = who.eye_x / 8.1
    top = brow_y - 7.2
    return {
        "mouth": [oval(0, (base + bottom) / 2 + 0.3, who.mouth_width * 1.24 + 3.6, (bottom - base) / 2 + 0.2, 24, 3.0)],
        "brows": [np.array([(side * -0.2, top), (side * 13.0 * stretch, top + 1.5), (side * 15.2 * stretch, brow_y - 0.5),
                            (side * 14.0 * stretch, brow_y + 1.6), (side * 8.6 * stretch, brow_y + 1.6),
                            (side * 3.2, brow_y + 3.6), (side * -0.2, brow_y + 3.8)]) for side in SIDES],
        "eyes": [oval(side * (who.eye_x + 0.9), who.eye_y + 0.8, who.eye_width + 2.6, 4.2, 16, 2.6) for side in SIDES],
        "nose": [closed_spline(np.array([(-2.8, who.eye_y - 1.6), (2.8, who.eye_y - 1.6), (3.4, base - 5),
                                         (who.nose_width + 2.9, base - 3.2), (who.nose_width + 2.9, base + 1.2),
                                         (0, base + 1.8), (-who.nose_width - 2.9, base + 1.2),
                                         (-who.nose_width - 2.9, base - 3.2), (-3.4, base - 5)]), 3)],
    }
