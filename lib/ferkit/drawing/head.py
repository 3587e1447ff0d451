"""What stays in a face whatever it feels: head, neck, hair, beard, glasses, and things held before it."""

import numpy as np

from ferkit.drawing.geometry import closed_spline, oval, ribbon
from ferkit.drawing.identity import Identity
from ferkit.drawing.shapes import BACK, BROAD, COVER, FINE, FRONT, Shape

LONG = ("long", "long_fringe")


def head_outline(who: Identity, jaw_drop: float = 0.0) -> np.ndarray:
    """The outline of the face from crown to chin, (n, 2); `jaw_drop` lowers the chin (pixels)."""
    w, chin = who.half_width, who.chin_y + jaw_drop
    right = np.array([(0.55 * w, -24.5), (0.93 * w, -16), (w, -7), (0.985 * w, 1), (0.93 * w, 7.5),
                      (who.jaw * w, 13.2 + 0.3 * jaw_drop), (who.chin_width, chin - 1.3)])
    return closed_spline(np.concatenate([[(0, -26.5)], right, [(0, chin)], right[::-1] * (-1, 1)]), 4)


def head(who: Identity, jaw_drop: float, cloth: float) -> list[Shape]:
    """Hair behind, shoulders, neck, ears, face."""
    w, skin = who.half_width, who.skin
    rng = np.random.default_rng(who.seed)
    shapes = []
    if who.hair_style in LONG or who.hair_style == "scarf":
        spread = 2.5 + 3 * rng.random()
        shapes.append(Shape(BACK, closed_spline([(0, -33), (w + 1, -24), (w + spread, -4), (w + spread, 14),
                                                 (w + spread - 1, 32), (-w - spread + 1, 32), (-w - spread, 14),
                                                 (-w - spread, -4), (-w - 1, -24)]), who.hair * 0.8, 0.0))
    elif who.hair_style == "curly":
        for angle in np.linspace(np.pi * 0.93, np.pi * 2.07, 13):
            x, y = (w + 1.6) * np.cos(angle), 25 * np.sin(angle) - 3
            shapes.append(Shape(BACK, oval(x, y, 4.2, 4.2, 10), who.hair * rng.uniform(0.7, 1.1), 0.0))
    elif who.hair_style == "bun":
        shapes.append(Shape(BACK, oval(0, -27, 7, 6), who.hair * 0.8, 0.0))
    if who.hair_style not in ("bald", "scarf"):
        shapes.append(Shape(BACK, closed_spline([(0, -30), (0.8 * w, -26), (w + 1.4, -14), (w + 0.8, -4), (0, 0),
                                                 (-w - 0.8, -4), (-w - 1.4, -14), (-0.8 * w, -26)]),
                            who.hair * 0.85, 0.0))
    neck = 0.62 * w
    shapes.append(Shape(BACK, np.array([(-neck, 8), (neck, 8), (neck + 0.5, 26), (w + 6, 29), (w + 8, 40), (-w - 8, 40),
                                        (-w - 6, 29), (-neck - 0.5, 26)]), skin * 0.66, 0.0))
    shapes.append(Shape(BACK, closed_spline([(-w - 9, 31), (-neck - 1, 26), (0, 29.5), (neck + 1, 26), (w + 9, 31),
                                             (w + 9, 45), (-w - 9, 45)]), cloth, 0.0))
    if who.hair_style not in (*LONG, "scarf"):
        for side in (-1, 1):
            ear = oval(side * (w + 0.35 * who.ears), who.eye_y + 4.2, who.ears, 4.1)
            shapes.append(Shape(BACK, ear, skin * 0.84, 0.0))
            inner = oval(side * (w + 0.5 * who.ears), who.eye_y + 4.0, 0.5 * who.ears, 2.4)
            shapes.append(Shape(BACK, inner, skin * 0.62, 0.0))
    shapes.append(Shape(BACK, head_outline(who, jaw_drop), skin, 0.0))
    return shapes


def shading(who: Identity) -> list[Shape]:
    """Soft lights and darks of the skull: sockets, cheekbones, temples, forehead."""
    w = who.half_width
    shapes = [Shape(BROAD, oval(0, -12.5, 9, 3.2), 12)]
    for side in (-1, 1):
        shapes += [
            Shape(BROAD, oval(side * who.eye_x, who.eye_y - 0.6, who.eye_width + 1.4, 2.9), -16 - 26 * who.socket),
            Shape(BROAD, oval(side * (w - 5.6), 3.0, 3.2, 2.4), 16),
            Shape(BROAD, oval(side * (w - 3.0), 9.5, 2.0, 4.2), -20 - 16 * who.age),
            Shape(BROAD, oval(side * (w - 0.5), -9, 1.7, 5.5), -18),
        ]
    return shapes


def beard(who: Identity, jaw_drop: float) -> list[Shape]:
    """Stubble as a soft darkening, hair as a surface around the mouth."""
    if who.beard == "none":
        return []
    w = who.half_width
    base = who.eye_y + who.nose_length
    y, mw, chin = base + who.mouth_gap, who.mouth_width, who.chin_y + jaw_drop
    tone = min(who.hair, who.skin * 0.7)
    dark = 100 * (1 - tone / who.skin)
    sides = [(w * 0.95, 4), (w * 0.93, 8), (who.jaw * w + 0.2, 13.6), (who.chin_width + 0.3, chin - 0.9)]
    outline = np.array([*sides, (0, chin + 0.5), *[(-a, b) for a, b in sides[::-1]], (-w * 0.8, 6), (-mw - 3, y - 1.5),
                        (-mw, y - 3.4), (0, y - 2.9), (mw, y - 3.4), (mw + 3, y - 1.5), (w * 0.8, 6)])
    if who.beard == "stubble":
        return [Shape(FINE, outline, -0.38 * dark)]
    shapes = []
    if who.beard == "full":
        shapes.append(Shape(FINE, outline, -0.85 * dark))
    if who.beard in ("goatee", "full"):
        shapes.append(Shape(FINE, oval(0, chin - 2.2, who.chin_width - 0.4, 2.9), -0.85 * dark))
    if who.beard in ("moustache", "goatee", "full"):
        line = [(-mw - 0.6, y - 0.6), (-mw * 0.5, y - 2.5), (0, y - 2.5), (mw * 0.5, y - 2.5), (mw + 0.6, y - 0.6)]
        shapes.append(Shape(FINE, ribbon(line, [0.4, 0.95, 0.75, 0.95, 0.4]), -0.95 * dark))
    return shapes


def glasses(who: Identity) -> list[Shape]:
    """A frame over the eyes; dark ones cover them."""
    if who.glasses == "none":
        return []
    rng = np.random.default_rng(who.seed + 1)
    power = float(rng.choice([2.2, 3.5, 5.0]))
    half = {"thin": 0.16, "thick": 0.42, "dark": 0.3}[who.glasses]
    tone = float(rng.uniform(10, 70)) if who.glasses != "thin" or rng.random() < 0.6 else 190.0
    rx, ry, y = min(5.3, who.eye_x - 1.6), float(rng.uniform(2.9, 3.9)), who.eye_y + 0.6
    shapes = []
    for side in (-1, 1):
        rim = oval(side * (who.eye_x + 0.2), y, rx, ry, 20, power)
        if who.glasses == "dark":
            shapes.append(Shape(FRONT, rim, 34))
            continue
        shapes.append(Shape(FRONT, ribbon(np.concatenate([rim, rim[:1]]), half), tone))
        temple = [(side * (who.eye_x + rx), y - 1), (side * who.half_width, y - 1.3)]
        shapes.append(Shape(FRONT, ribbon(temple, half), tone))
    bridge = [(-who.eye_x + rx, y - 0.9), (0, y - 1.5), (who.eye_x - rx, y - 0.9)]
    shapes.append(Shape(FRONT, ribbon(bridge, half), tone))
    return shapes


def front_hair(who: Identity) -> list[Shape]:
    """Hair before the forehead: everything above a hairline, with a few strands."""
    style, w, h, side = who.hair_style, who.half_width, who.hairline_y, who.hair_side
    if style == "bald":
        return []
    rng = np.random.default_rng(who.seed + 2)
    line = {
        "short": [(-1, -4), (-0.93, -9), (-0.7, h + 1.2), (-0.25, h), (0.25, h), (0.7, h + 1.2), (0.93, -9), (1, -4)],
        "receding": [(-1, -5), (-0.96, -10), (-0.72, h - 3.5), (-0.3, h - 0.5), (0.3, h - 0.5), (0.72, h - 3.5),
                     (0.96, -10), (1, -5)],
        "parted": [(-1, -3), (-0.92, -10), (-0.55, h - 1), (-0.35, h - 2.5), (0.1, h), (0.6, h + 2.5), (0.92, -9),
                   (1, -3)],
        "fringe": [(-1, -1), (-0.9, -7), (-0.8, -11), (-0.3, -11.6), (0.3, -11.3), (0.8, -11), (0.9, -7), (1, -1)],
        "long": [(-1.04, 22), (-0.96, 8), (-0.88, -8), (-0.4, h - 0.5), (-0.1, h - 2), (0.5, h), (0.9, -7), (0.97, 8),
                 (1.04, 22)],
        "long_fringe": [(-1.04, 22), (-0.95, 6), (-0.86, -7), (-0.78, -11), (-0.2, -12), (0.4, -11.2), (0.8, -10.5),
                        (0.87, -7), (0.95, 6), (1.04, 22)],
        "curly": [(-1.02, -3), (-0.92, -8), (-0.75, h + 1.5), (-0.4, h + 0.5), (0, h + 1.2), (0.4, h + 0.2),
                  (0.75, h + 1.5), (0.92, -8), (1.02, -3)],
        "bun": [(-1, -5), (-0.94, -10), (-0.66, h - 1), (0, h - 2), (0.66, h - 1), (0.94, -10), (1, -5)],
        "scarf": [(-0.98, 24), (-0.9, 12), (-0.9, -4), (-0.74, -11), (-0.3, h + 1), (0.3, h + 1), (0.74, -11), (0.9, -4),
                  (0.9, 12), (0.98, 24)],
    }[style]
    lower = np.array(line) * (w, 1)
    lower[1:-1] += rng.normal(0, 0.35, (len(lower) - 2, 2))
    wide = w + (3.0 if style in (*LONG, "scarf", "curly") else 1.5)
    outer = [(wide, lower[-1, 1]), (wide + 0.2, -16), (0.8 * w, -27), (0, -31), (-0.8 * w, -27), (-wide - 0.2, -16),
             (-wide, lower[0, 1])]
    shapes = [Shape(FINE, ribbon(lower[1:-1] + (0, 0.7), 0.7), -26, 0.0),      # the hair's shadow on the skin
              Shape(FRONT, np.concatenate([lower, outer]) * (side, 1), who.hair, 0.0)]
    if style != "scarf":
        for k in range(6):
            x = rng.uniform(-0.85, 0.85)
            end = np.interp(x, np.array(line)[1:-1, 0], np.array(line)[1:-1, 1]) + 0.3
            sweep = {"parted": 5.0, "long": 3.0}.get(style, 1.0) * rng.uniform(0.5, 1)
            strand = [(x * w * 0.6 - sweep, -27), (x * w * 0.9 - 0.3 * sweep, (end - 27) / 2), (x * w, end)]
            tone = np.clip(who.hair * (1.35 if k % 2 else 0.65) + (12 if k % 2 else 0), 4, 235)
            shapes.append(Shape(FRONT, ribbon(np.array(strand) * (side, 1), [0.3, 0.5, 0.15]), float(tone), 0.0))
    return shapes


def occluder(kind: str, rng: np.random.Generator, who: Identity) -> list[Shape]:
    """Something between the camera and the face: "hand", "bar", "patch" or "shawl"."""
    if kind == "hand":
        side = int(rng.choice((-1, 1)))
        x, y = side * rng.uniform(7, 13), rng.uniform(8, 17)
        tone = who.skin * rng.uniform(0.85, 1.05)
        fingers = []
        for k in range(4):
            root = (x + side * (5 - 0.3 * k), y + 9 + 0.5 * k)
            tip = (x + side * (2.6 * k - 4), y - 5 + 1.4 * k)
            line = [root, ((root[0] + tip[0]) / 2, (root[1] + tip[1]) / 2), tip]
            fingers.append(Shape(COVER, ribbon(line, [1.7, 1.6, 1.1]), tone * 0.62, 0.0))
            fingers.append(Shape(COVER, ribbon(line, [1.3, 1.25, 0.8]), tone, 0.0))
        return [Shape(COVER, oval(x + side * 6, y + 13, 7, 7), tone * 0.9, 0.0), *fingers]
    if kind == "shawl":
        y = rng.uniform(15.5, 19)
        shapes = [Shape(COVER, np.array([(-30, y + 4), (-8, y + 0.5), (0, y), (8, y + 0.5), (30, y + 4), (30, 40),
                                         (-30, 40)]), rng.uniform(20, 220), 0.0)]
        return shapes
    tone = float(rng.uniform(10, 240))
    if kind == "bar":
        angle, offset = rng.uniform(-0.9, 0.9), rng.uniform(-14, 14)
        along = np.array([np.sin(angle), np.cos(angle)]) * 45
        return [Shape(COVER, ribbon([(offset, 0) - along, (offset, 0) + along], rng.uniform(1.2, 2.6)), tone, 0.0)]
    x, y = rng.uniform(-14, 14), rng.uniform(-12, 18)
    return [Shape(COVER, oval(x, y, rng.uniform(3, 6), rng.uniform(3, 5), 16, 5.0), tone, 0.0)]
