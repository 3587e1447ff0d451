"""Drawn faces: a face is a set of parameters (who, which action units, pose, light, camera), drawn with Pillow.

`identity` says who, `action_units` what an expression moves and where; `brows`, `eyes`, `nose`, `mouth`, `head`,
`hair` and `accessories` turn both into outlines; `render` poses, paints and lights them; `regions` are the masks.
"""

from ferkit.data.synthetic.accessories import OCCLUDERS
from ferkit.data.synthetic.action_units import (
    ACTION_UNITS,
    EXPRESSIONS,
    REGIONS,
    ActionUnit,
    random_units,
    restrict,
    units_of,
)
from ferkit.data.synthetic.identity import Identity, random_identity
from ferkit.data.synthetic.render import SIZE, Face, Light, Pose, Sensor, draw_face, draw_masks

__all__ = [
    "ACTION_UNITS", "EXPRESSIONS", "OCCLUDERS", "REGIONS", "SIZE", "ActionUnit", "Face", "Identity", "Light", "Pose",
    "Sensor", "draw_face", "draw_masks", "random_identity", "random_units", "restrict", "units_of",
]
