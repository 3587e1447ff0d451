"""Hair behind the head and before the forehead."""

import numpy as np

from ferkit.data.synthetic.geometry import closed_spline, oval, ribbon
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.shapes import BACK, FINE, FRONT, Shape

COVERS_EARS = ("long", "long_fringe", "scarf")

_SWEEP = {"parted": 5.0, "long": 3.0}    # how far a strand leans, in pixels


def hair_behind(who: Identity) -> list[Shape]:
    """What shows around the head."""
    w, style = who.half_width, who.hair_style
    rng = np.random.default_rng(who.seed)
    shapes = []
    if style in COVERS_EARS:
        out = w + 2.5 + 3 * rng.random()
        mane = [(0, -33), (w + 1, -24), (out, -4), (out, 14), (out - 1, 32), (1 - out, 32), (-out, 14), (-out, -4),
                (-w - 1, -24)]
        shapes.append(Shape(BACK, closed_spline(mane), who.hair * 0.8, 0.0))
    elif style == "curly":
        for angle in np.linspace(np.pi * 0.93, np.pi * 2.07, 13):
            curl = oval((w + 1.6) * np.cos(angle), 25 * np.sin(angle) - 3, 4.2, 4.2, 10)
            shapes.append(Shape(BACK, curl, who.hair * rng.uniform(0.7, 1.1), 0.0))
    elif style == "bun":
        shapes.append(Shape(BACK, oval(0, -27, 7, 6), who.hair * 0.8, 0.0))
    if style not in ("bald", "scarf"):
        cap = [(0, -30), (0.8 * w, -26), (w + 1.4, -14), (w + 0.8, -4), (0, 0), (-w - 0.8, -4), (-w - 1.4, -14),
               (-0.8 * w, -26)]
        shapes.append(Shape(BACK, closed_spline(cap), who.hair * 0.85, 0.0))
    return shapes


def _hairline(style: str, h: float) -> list[tuple[float, float]]:
    """The lower edge of the hair from left to right: x in half widths of the face, y in pixels; h: the hairline."""
    return {
        "short": [(-1, -4), (-0.93, -9), (-0.7, h + 1.2), (-0.25, h), (0.25, h), (0.7, h + 1.2), (0.93, -9),
                  (1, -4)],
        "receding": [(-1, -5), (-0.96, -10), (-0.72, h - 3.5), (-0.3, h - 0.5), (0.3, h - 0.5), (0.72, h - 3.5),
                     (0.96, -10), (1, -5)],
        "parted": [(-1, -3), (-0.92, -10), (-0.55, h - 1), (-0.35, h - 2.5), (0.1, h), (0.6, h + 2.5), (0.92, -9),
                   (1, -3)],
        "fringe": [(-1, -1), (-0.9, -7), (-0.8, -11.8), (-0.3, -12.8), (0.3, -12.5), (0.8, -11.8), (0.9, -7),
                   (1, -1)],
        "long": [(-1.04, 22), (-0.96, 8), (-0.88, -8), (-0.4, h - 0.5), (-0.1, h - 2), (0.5, h), (0.9, -7),
                 (0.97, 8), (1.04, 22)],
        "long_fringe": [(-1.04, 22), (-0.95, 6), (-0.86, -7), (-0.78, -12), (-0.2, -13), (0.4, -12.2),
                        (0.8, -11.5), (0.87, -7), (0.95, 6), (1.04, 22)],
        "curly": [(-1.02, -3), (-0.92, -8), (-0.75, h + 1.5), (-0.4, h + 0.5), (0, h + 1.2), (0.4, h + 0.2),
                  (0.75, h + 1.5), (0.92, -8), (1.02, -3)],
        "bun": [(-1, -5), (-0.94, -10), (-0.66, h - 1), (0, h - 2), (0.66, h - 1), (0.94, -10), (1, -5)],
        "scarf": [(-0.98, 24), (-0.9, 12), (-0.9, -4), (-0.74, -11), (-0.3, h + 1), (0.3, h + 1), (0.74, -11),
                  (0.9, -4), (0.9, 12), (0.98, 24)],
    }[style]


def hair_before(who: Identity) -> list[Shape]:
    """Everything above the hairline, its shadow on the skin and a few strands."""
    style, w, side = who.hair_style, who.half_width, np.array((who.hair_side, 1))
    if style == "bald":
        return []
    rng = np.random.default_rng(who.seed + 2)
    line = np.array(_hairline(style, who.hairline_y))
    lower = line * (w, 1)
    lower[1:-1] += rng.normal(0, 0.35, (len(lower) - 2, 2))
    wide = w + (3.0 if style in (*COVERS_EARS, "curly") else 1.5)
    crown = [(wide, lower[-1, 1]), (wide + 0.2, -16), (0.8 * w, -27), (0, -31), (-0.8 * w, -27), (-wide - 0.2, -16),
             (-wide, lower[0, 1])]
    shadow = ribbon((lower[1:-1] + np.array((0, 0.7))) * side, 0.7)
    shapes = [Shape(FINE, shadow, -26, 0.0), Shape(FRONT, np.concatenate([lower, crown]) * side, who.hair, 0.0)]
    if style == "scarf":
        return shapes
    places, leans = rng.uniform(-0.85, 0.85, 6), _SWEEP.get(style, 1.0) * rng.uniform(0.5, 1, 6)
    ends = np.interp(places, line[1:-1, 0], line[1:-1, 1]) + 0.3
    for k, (x, lean, end) in enumerate(zip(places.tolist(), leans.tolist(), ends.tolist(), strict=True)):
        strand = np.array([(0.6 * x * w - lean, -27), (0.9 * x * w - 0.3 * lean, (end - 27) / 2), (x * w, end)])
        tone = who.hair * 1.18 + 8 if k % 2 else who.hair * 0.75
        shapes.append(Shape(FRONT, ribbon(strand * side, [0.3, 0.5, 0.15]), tone, 0.0))
    return shapes
