"""From a face's parameters to 48×48 pixels: shapes, pose, paint, light, sensor.

Everything is painted at four times the size and reduced; pose acts on the outlines, not on pixels, so that masks
and image move together and nothing is resampled twice.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ferkit.drawing import features, head
from ferkit.drawing.action_units import REGIONS
from ferkit.drawing.identity import Identity
from ferkit.drawing.shapes import BACK, BROAD, COVER, FINE, FRONT, Shape

SIZE = 48
SCALE = 4        # supersampling of surfaces
SOFT_SCALE = 2   # of the soft layers, which are blurred anyway
OCCLUDERS = ("none", "hand", "bar", "patch", "shawl")


@dataclass(frozen=True)
class Pose:
    """Where the head is: shift in pixels, scale, roll in degrees, turn about the vertical axis in -1…1 (about 25°)."""

    shift_x: float = 0.0
    shift_y: float = 0.0
    scale: float = 1.0
    roll: float = 0.0
    turn: float = 0.0


@dataclass(frozen=True)
class Light:
    """Where the light is (x: -1 left … 1 right, y: -1 above), how directional (0…1), background and clothes."""

    x: float = -0.3
    y: float = -0.4
    strength: float = 0.35
    background: tuple[float, float] = (120.0, 120.0)   # tone at the left and at the right edge
    cloth: float = 70.0


@dataclass(frozen=True)
class Sensor:
    """What the camera adds: standard deviation of the noise (grey levels), blur (pixels), gain about mid-grey,
    lift of all tones (grey levels), blotches of the skin (fraction)."""

    noise: float = 0.0
    blur: float = 0.0
    gain: float = 1.0
    lift: float = 0.0
    blotch: float = 0.0


@dataclass(frozen=True)
class Face:
    """Everything that decides an image.

    units: FACS action unit → amount 0…1. asymmetry: the image's right side moves (1 + asymmetry) as much as it
    should, the left side (1 - asymmetry). gaze: shift of the irises in pixels. seed: noise and occluder.
    """

    identity: Identity = field(default_factory=Identity)
    units: Mapping[int, float] = field(default_factory=dict)
    asymmetry: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    pose: Pose = field(default_factory=Pose)
    light: Light = field(default_factory=Light)
    sensor: Sensor = field(default_factory=Sensor)
    occluder: str = "none"
    seed: int = 0


def draw_face(face: Face) -> np.ndarray:
    """The image of a face: uint8 0…255, (48, 48)."""
    rng = np.random.default_rng(face.seed)
    outlines, head_outline = _warped(_shapes(face, rng), face)
    image = _paint(outlines, face)
    image = _light(image, head_outline, face)
    return _expose(image, face.sensor, rng)


def draw_masks(face: Face) -> np.ndarray:
    """Where mouth, brows, eyes and nose can move: bool, (4, 48, 48), in the order of `REGIONS`.

    The same for every expression of this person in this pose; occluders and hair do not reduce them.
    """
    outlines = features.region_outlines(face.identity)
    masks = np.zeros((len(REGIONS), SIZE, SIZE), dtype=bool)
    for row, region in enumerate(REGIONS):
        image = Image.new("L", (SIZE, SIZE))
        draw = ImageDraw.Draw(image)
        for outline in outlines[region]:
            points = _warp(outline, np.ones(len(outline)), face.pose, face.identity.half_width)
            draw.polygon((points - 0.5).ravel().tolist(), fill=1)
        masks[row] = np.asarray(image, dtype=bool)
    return masks


def _shapes(face: Face, rng: np.random.Generator) -> list[Shape]:
    """All outlines of a face, unposed, in painting order within each layer."""
    who = face.identity
    side_units = {side: defaultdict(float, {unit: float(np.clip(amount * (1 + side * face.asymmetry), 0, 1))
                                            for unit, amount in face.units.items()}) for side in features.SIDES}
    jaw_drop = 1.1 * min(face.units.get(26, 0) + 1.4 * face.units.get(27, 0), 1.7)
    return [
        *head.head(who, jaw_drop, face.light.cloth), *head.shading(who), *head.beard(who, jaw_drop),
        *features.nose(who, side_units, face.light.x), *features.mouth(who, side_units),
        *features.eyes(who, side_units, face.gaze), *features.brows(who, side_units),
        *head.glasses(who), *head.front_hair(who),
        *(head.occluder(face.occluder, rng, who) if face.occluder != "none" else ()),
    ]


def _warp(points: np.ndarray, depth: np.ndarray, pose: Pose, half_width: float) -> np.ndarray:
    """Face coordinates → image coordinates, (n, 2); `depth` (n,) says how far a turn of the head moves a point."""
    x, y = points[:, 0], points[:, 1]
    bulge = np.maximum(1 - (x / (half_width * 1.15)) ** 2, 0) * depth
    x = x + pose.turn * 4.6 * bulge
    angle = np.deg2rad(pose.roll)
    cos, sin = pose.scale * np.cos(angle), pose.scale * np.sin(angle)
    centre = (SIZE / 2 + pose.shift_x, SIZE / 2 + 1.2 + pose.shift_y)
    return np.stack([centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y], axis=1)


def _warped(shapes: list[Shape], face: Face) -> tuple[dict[str, list[tuple[list[float], float]]], np.ndarray]:
    """Posed outlines by layer, as flat lists [x, y, x, y…] with their tones; all warped in one go, for speed."""
    lengths = [len(shape.points) for shape in shapes]
    depth = np.repeat([shape.depth for shape in shapes], lengths)
    points = _warp(np.concatenate([shape.points for shape in shapes]), depth, face.pose, face.identity.half_width)
    scaled = {SCALE: (points * SCALE - 0.5).ravel().tolist(), SOFT_SCALE: (points * SOFT_SCALE - 0.5).ravel().tolist()}
    layers: dict[str, list[tuple[list[float], float]]] = {BACK: [], BROAD: [], FINE: [], FRONT: [], COVER: []}
    end = 0
    for shape, length in zip(shapes, lengths, strict=True):
        start, end = end, end + length
        scale = SOFT_SCALE if shape.layer in (BROAD, FINE) else SCALE
        layers[shape.layer].append((scaled[scale][2 * start:2 * end], shape.tone))
    return layers, points


def _soft(outlines: list[tuple[list[float], float]], blur: float) -> np.ndarray:
    """A blurred layer of lights and darks: float32 around 0, (192, 192), in fractions of the surface's tone."""
    image = Image.new("L", (SIZE * SOFT_SCALE, SIZE * SOFT_SCALE), 128)
    draw = ImageDraw.Draw(image)
    for points, tone in outlines:
        draw.polygon(points, fill=int(np.clip(128 + tone, 0, 255)))
    image = image.filter(ImageFilter.GaussianBlur(blur * SOFT_SCALE))
    image = image.resize((SIZE * SCALE, SIZE * SCALE), Image.Resampling.BILINEAR)
    return (np.asarray(image, dtype=np.float32) - 128) / 128


def _paint(layers: dict[str, list[tuple[list[float], float]]], face: Face) -> np.ndarray:
    """The unlit surface, reduced to 48×48: float32."""
    full = SIZE * SCALE
    left, right = face.light.background
    ramp = np.linspace(left, right, full, dtype=np.float32)
    image = Image.fromarray(np.broadcast_to(ramp.astype(np.uint8), (full, full)).copy())
    draw = ImageDraw.Draw(image)
    for points, tone in layers[BACK]:
        draw.polygon(points, fill=int(min(max(tone, 0), 255)))
    shaded = np.asarray(image, dtype=np.float32) * (1 + _soft(layers[BROAD], 1.3)) * (1 + _soft(layers[FINE], 0.35))
    image = Image.fromarray(np.clip(shaded, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for points, tone in layers[FRONT] + layers[COVER]:
        draw.polygon(points, fill=int(min(max(tone, 0), 255)))
    return np.asarray(image.reduce(SCALE), dtype=np.float32)


_GRID = np.stack(np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5), axis=-1).astype(np.float32)


def _light(image: np.ndarray, points: np.ndarray, face: Face) -> np.ndarray:
    """The surface under a directed light, the head being an ellipsoid; what lies outside the head keeps its tone."""
    pose, who, light = face.pose, face.identity, face.light
    angle = np.deg2rad(pose.roll)
    dx = (_GRID[..., 0] - SIZE / 2 - pose.shift_x) / pose.scale
    dy = (_GRID[..., 1] - SIZE / 2 - 1.2 - pose.shift_y) / pose.scale
    x = (dx * np.cos(angle) + dy * np.sin(angle)) / (who.half_width * 1.12)
    y = (dy * np.cos(angle) - dx * np.sin(angle) + 2) / 27
    z2 = 1 - x * x - y * y
    z = np.sqrt(np.maximum(z2, 0))
    lit = x * light.x + y * light.y + z * 0.85
    gain = 1 - light.strength + light.strength * 1.35 * np.maximum(lit, 0)
    inside = np.clip(z2 * 6, 0, 1)
    return image * (1 + inside * (gain - 1))


def _expose(image: np.ndarray, sensor: Sensor, rng: np.random.Generator) -> np.ndarray:
    """What the camera makes of it: uint8 0…255."""
    if sensor.blotch:
        blotch = Image.fromarray(rng.normal(0, 1, (12, 12)).astype(np.float32))
        image = image * (1 + sensor.blotch * np.asarray(blotch.resize((SIZE, SIZE), Image.Resampling.BICUBIC)))
    image = 128 + (image - 128) * sensor.gain + sensor.lift
    if sensor.blur:
        blurred = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(sensor.blur))
        image = np.asarray(blurred, dtype=np.float32)
    if sensor.noise:
        image = image + rng.normal(0, sensor.noise, image.shape)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
