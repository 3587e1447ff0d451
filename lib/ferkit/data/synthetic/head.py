"""What hardly moves: the head, ears, neck and shoulders, and the soft light on the skull."""

import numpy as np

from ferkit.data.synthetic.geometry import closed_spline, oval
from ferkit.data.synthetic.hair import COVERS_EARS
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.shapes import BACK, BROAD, SIDES, Shape


def head(who: Identity, jaw_drop: float, cloth: float) -> list[Shape]:
    """Shoulders in cloth of the given tone, neck, ears, and the face, its chin lowered by `jaw_drop` pixels."""
    w, neck = who.half_width, 0.62 * who.half_width
    throat = np.array([(-neck, 8), (neck, 8), (neck + 0.5, 26), (w + 6, 29), (w + 8, 40), (-w - 8, 40),
                       (-w - 6, 29), (-neck - 0.5, 26)])
    collar = closed_spline([(-w - 9, 31), (-neck - 1, 26), (0, 29.5), (neck + 1, 26), (w + 9, 31), (w + 9, 45),
                            (-w - 9, 45)])
    shapes = [Shape(BACK, throat, who.skin * 0.66, 0.0), Shape(BACK, collar, cloth, 0.0)]
    if who.hair_style not in COVERS_EARS:
        for side in SIDES:
            outer = oval(side * (w + 0.35 * who.ears), who.eye_y + 4.2, who.ears, 4.1)
            inner = oval(side * (w + 0.5 * who.ears), who.eye_y + 4.0, 0.5 * who.ears, 2.4)
            shapes += [Shape(BACK, outer, who.skin * 0.84, 0.0), Shape(BACK, inner, who.skin * 0.62, 0.0)]
    return [*shapes, Shape(BACK, _outline(who, jaw_drop), who.skin, 0.0)]


def _outline(who: Identity, jaw_drop: float) -> np.ndarray:
    """The face from crown to chin, (n, 2)."""
    w, chin = who.half_width, who.chin_y + jaw_drop
    right = np.array([(0.55 * w, -24.5), (0.93 * w, -16), (w, -7), (0.985 * w, 1), (0.93 * w, 7.5),
                      (who.jaw * w, 13.2 + 0.3 * jaw_drop), (who.chin_width, chin - 1.3)])
    return closed_spline(np.concatenate([[(0, -26.5)], right, [(0, chin)], right[::-1] * (-1, 1)]), 4)


def shading(who: Identity) -> list[Shape]:
    """Lights and darks of the skull: forehead, sockets, cheekbones, hollow cheeks, temples."""
    w = who.half_width
    shapes = [Shape(BROAD, oval(0, -12.5, 9, 3.2), 12)]
    for side in SIDES:
        socket = oval(side * who.eye_x, who.eye_y - 0.6, who.eye_width + 1.4, 2.9)
        shapes += [
            Shape(BROAD, socket, -16 - 26 * who.socket),
            Shape(BROAD, oval(side * (w - 5.6), 3.0, 3.2, 2.4), 16),
            Shape(BROAD, oval(side * (w - 3.0), 9.5, 2.0, 4.2), -20 - 16 * who.age),
            Shape(BROAD, oval(side * (w - 0.5), -9, 1.7, 5.5), -18),
        ]
    return shapes
