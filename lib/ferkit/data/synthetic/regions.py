"""Where brows, eyes, nose and mouth can be, whatever the expression: the ground truth for "which part moves"."""

import numpy as np

from ferkit.data.synthetic.geometry import closed_spline, oval
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.shapes import SIDES


def region_outlines(who: Identity) -> dict[str, list[np.ndarray]]:
    """Outlines in face coordinates, one or two for each of `action_units.REGIONS`.

    They enclose what the region's action units move, not only the feature at rest, and depend on the identity
    alone, so that a mask tells nothing about the label.
    """
    base, brow_y = who.nose_y, who.eye_y - who.brow_gap
    bottom, stretch = who.chin_y + 2.2, who.eye_x / 8.1
    brow = np.array([(-0.2, brow_y - 7.2), (13.0 * stretch, brow_y - 5.7), (15.2 * stretch, brow_y - 0.5),
                     (14.0 * stretch, brow_y + 1.6), (8.6 * stretch, brow_y + 1.6), (3.2, brow_y + 3.6),
                     (-0.2, brow_y + 3.8)])
    half = np.array([(2.8, who.eye_y - 1.6), (3.4, base - 5), (who.nose_width + 2.9, base - 3.2),
                     (who.nose_width + 2.9, base + 1.2)])
    return {
        "mouth": [oval(0, (base + bottom) / 2 + 0.3, who.mouth_width * 1.24 + 3.6, (bottom - base) / 2 + 0.2, 24, 3.0)],
        "brows": [brow * (side, 1) for side in SIDES],
        "eyes": [oval(side * (who.eye_x + 0.9), who.eye_y + 0.8, who.eye_width + 2.6, 4.2, 16, 2.6) for side in SIDES],
        "nose": [closed_spline(np.concatenate([half, [(0, base + 1.8)], half[::-1] * (-1, 1)]), 3)],
    }
