"""The element of a drawing: a filled outline on a layer."""

from typing import NamedTuple

import numpy as np

# Layers, painted in this order: `back` and `front` hold tones of the surface, the soft layers brighten or darken
# what lies on `back`, `cover` lies over everything and takes no light.
BACK, BROAD, FINE, FRONT, COVER = "back", "broad", "fine", "front", "cover"


class Shape(NamedTuple):
    """A filled outline.

    points: (n, 2) in face coordinates. tone: 0…255 on a surface; on a soft layer how much it brightens (+) or
    darkens (-), in 1/128 of the surface's tone. depth: how far before the head's axis, 0 for the outline of the
    head, 1 for the features, more for the nose: what a turn of the head shifts.
    """

    layer: str
    points: np.ndarray
    tone: float
    depth: float = 1.0
