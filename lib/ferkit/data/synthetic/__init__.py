"""Drawn faces: a face is a set of parameters (who, which action units, pose, light, camera), drawn with Pillow.

`identity` says who, `action_units` what an expression moves and where; `brows`, `eyes`, `nose`, `mouth`, `head`,
`hair` and `accessories` turn both into outlines; `render` poses, paints and lights them; `regions` are the masks.
"""
