"""Beards, glasses, and what comes between the camera and the face."""

import numpy as np

from ferkit.data.synthetic.geometry import oval, ribbon
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.regions import region_outlines
from ferkit.data.synthetic.shapes import COVER, FINE, FRONT, SIDES, Shape

OCCLUDERS = ("none", "hand", "bar", "patch", "shawl")


def beard(who: Identity, jaw_drop: float) -> list[Shape]:
    """Stubble or hair on jaw, chin and upper lip, as a darkening of the skin."""
    if who.beard == "none":
        return []
    w, y, mw, chin = who.half_width, who.mouth_y, who.mouth_width, who.chin_y + jaw_drop
    dark = 100 * (1 - min(who.hair, who.skin * 0.7) / who.skin)
    jaw = np.array([(w * 0.95, 4), (w * 0.93, 8), (who.jaw * w + 0.2, 13.6), (who.chin_width + 0.3, chin - 0.9)])
    cheek = np.array([(w * 0.8, 6), (mw + 3, y - 1.5), (mw, y - 3.4)])
    area = np.concatenate([jaw, [(0, chin + 0.5)], jaw[::-1] * (-1, 1), cheek * (-1, 1), [(0, y - 2.9)], cheek[::-1]])
    if who.beard == "stubble":
        return [Shape(FINE, area, -0.38 * dark)]
    moustache = ribbon([(-mw - 0.6, y - 0.6), (-mw * 0.5, y - 2.5), (0, y - 2.5), (mw * 0.5, y - 2.5),
                        (mw + 0.6, y - 0.6)], [0.4, 0.95, 0.75, 0.95, 0.4])
    shapes = [Shape(FINE, moustache, -0.95 * dark)]
    if who.beard in ("goatee", "full"):
        shapes.insert(0, Shape(FINE, oval(0, chin - 2.2, who.chin_width - 0.4, 2.9), -0.85 * dark))
    if who.beard == "full":
        shapes.insert(0, Shape(FINE, area, -0.85 * dark))
    return shapes


def glasses(who: Identity) -> list[Shape]:
    """A frame around the eyes; dark glasses cover them."""
    if who.glasses == "none":
        return []
    rng = np.random.default_rng(who.seed + 1)
    power = float(rng.choice([2.2, 3.5, 5.0]))
    tone = float(rng.uniform(10, 70)) if who.glasses != "thin" or rng.random() < 0.6 else 190.0
    half = {"thin": 0.16, "thick": 0.42, "dark": 0.3}[who.glasses]
    rx, ry, y = min(5.3, who.eye_x - 1.6), float(rng.uniform(2.9, 3.9)), who.eye_y + 0.6
    shapes = []
    for side in SIDES:
        rim = oval(side * (who.eye_x + 0.2), y, rx, ry, 20, power)
        if who.glasses == "dark":
            shapes.append(Shape(FRONT, rim, 34))
            continue
        temple = [(side * (who.eye_x + rx), y - 1), (side * who.half_width, y - 1.3)]
        shapes += [Shape(FRONT, ribbon(np.concatenate([rim, rim[:1]]), half), tone),
                   Shape(FRONT, ribbon(temple, half), tone)]
    bridge = [(-who.eye_x + rx, y - 0.9), (0, y - 1.5), (who.eye_x - rx, y - 0.9)]
    return [*shapes, Shape(FRONT, ribbon(bridge, half), tone)]


def occluder(kind: str, who: Identity, rng: np.random.Generator) -> list[Shape]:
    """One of `OCCLUDERS` at a random place, or a cover of one of `REGIONS` in a tone that the identity decides; the
    hand has the tone of the face."""
    if kind == "none":
        return []
    outlines = region_outlines(who)
    if kind in outlines:  # nothing is drawn from `rng`: the rest of the image stays as it is without the cover
        tone = float(np.random.default_rng(who.seed).uniform(10, 240))
        return [Shape(COVER, outline, tone) for outline in outlines[kind]]
    if kind == "hand":
        return _hand(who, rng)
    tone = float(rng.uniform(10, 240))
    if kind == "shawl":
        y = rng.uniform(15.5, 19)
        edge = [(-30, y + 4), (-8, y + 0.5), (0, y), (8, y + 0.5), (30, y + 4), (30, 40), (-30, 40)]
        return [Shape(COVER, np.array(edge), tone, 0.0)]
    if kind == "bar":
        middle, angle = np.array([rng.uniform(-14, 14), 0.0]), rng.uniform(-0.9, 0.9)
        along = 45 * np.array([np.sin(angle), np.cos(angle)])
        return [Shape(COVER, ribbon([middle - along, middle + along], rng.uniform(1.2, 2.6)), tone, 0.0)]
    patch = oval(rng.uniform(-14, 14), rng.uniform(-12, 18), rng.uniform(3, 6), rng.uniform(3, 5), 16, 5.0)
    return [Shape(COVER, patch, tone, 0.0)]


def _hand(who: Identity, rng: np.random.Generator) -> list[Shape]:
    """A palm from below with four fingers on cheek and mouth."""
    side = int(rng.choice(SIDES))
    x, y, tone = side * rng.uniform(7, 13), rng.uniform(8, 17), who.skin * rng.uniform(0.85, 1.05)
    shapes = [Shape(COVER, oval(x + side * 6, y + 13, 7, 7), tone * 0.9, 0.0)]
    for k in range(4):
        root = np.array([x + side * (5 - 0.3 * k), y + 9 + 0.5 * k])
        tip = np.array([x + side * (2.6 * k - 4), y - 5 + 1.4 * k])
        finger = np.array([root, (root + tip) / 2, tip])
        shapes += [Shape(COVER, ribbon(finger, [1.7, 1.6, 1.1]), tone * 0.62, 0.0),
                   Shape(COVER, ribbon(finger, [1.3, 1.25, 0.8]), tone, 0.0)]
    return shapes
