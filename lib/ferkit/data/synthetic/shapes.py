"""The element of a drawing, a filled outline on a layer, and the sides of a face."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

# Layers, painted in this order: `back` and `front` hold tones of the surface, the soft layers brighten or
# darken what lies on `back`, `cover` lies over everything.
BACK, BROAD, FINE, FRONT, COVER = "back", "broad", "fine", "front", "cover"
LAYERS = (BACK, BROAD, FINE, FRONT, COVER)

SIDES = (-1, 1)                    # left and right in the image
Units = defaultdict[int, float]    # action unit → amount 0…1, 0 for those not named
SideUnits = dict[int, Units]       # by side


class Shape(NamedTuple):
    """A filled outline.

    points: (n, 2) in face coordinates. tone: 0…255 on a surface; on a soft layer how much it brightens (+) or
    darkens (-), in 1/128 of the surface's tone. depth: how far before the head's axis, 0 for the outline of
    the head, 1 for the features, more for the nose: what a turn of the head shifts.
    """

    layer: str
    points: np.ndarray
    tone: float
    depth: float = 1.0


def mean_units(side_units: SideUnits) -> Units:
    """The amounts that act on the middle of the face: the mean of both sides."""
    left, right = side_units[-1], side_units[1]
    return defaultdict(float, {unit: 0.5 * (left[unit] + right[unit]) for unit in {*left, *right}})
