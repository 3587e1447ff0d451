"""From a face's parameters to 48×48 pixels: shapes, pose, paint, light, camera.

Surfaces are painted at four times the size and reduced; pose acts on the outlines, not on pixels, so that masks
and image move together and nothing is resampled twice.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ferkit.core.crop import SIZE
from ferkit.data.synthetic.accessories import beard, glasses, occluder
from ferkit.data.synthetic.action_units import REGIONS
from ferkit.data.synthetic.brows import brows
from ferkit.data.synthetic.eyes import eyes
from ferkit.data.synthetic.hair import hair_before, hair_behind
from ferkit.data.synthetic.head import head, shading
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.mouth import jaw_opening, mouth
from ferkit.data.synthetic.nose import nose
from ferkit.data.synthetic.regions import region_outlines
from ferkit.data.synthetic.shapes import BACK, BROAD, COVER, FINE, FRONT, LAYERS, SIDES, Shape, SideUnits, mean_units

SCALE = 4           # supersampling of surfaces
SOFT_SCALE = 2      # of the soft layers, which are blurred anyway
CENTRE_Y = SIZE / 2 + 1.2
CHIN_DROP = 1.1     # pixels by which an open jaw (1) lowers the chin

Painted = list[tuple[list[float], float]]   # outlines as [x, y, x, y…] with their tones


@dataclass(frozen=True)
class Pose:
    """Where the head is.

    shift_x, shift_y: pixels. scale: factor. roll: degrees, clockwise. turn: about the vertical axis, -1…1
    (1 is about 25°, towards the right of the image).
    """

    shift_x: float = 0.0
    shift_y: float = 0.0
    scale: float = 1.0
    roll: float = 0.0
    turn: float = 0.0


@dataclass(frozen=True)
class Light:
    """What the face is seen by.

    x, y: where the light comes from, -1 left or above … 1 right or below. strength: how directed it is, 0…1.
    background: tones at the left and the right edge, 0…255. cloth: tone of the clothes.
    """

    x: float = -0.3
    y: float = -0.4
    strength: float = 0.35
    background: tuple[float, float] = (120.0, 120.0)
    cloth: float = 70.0


@dataclass(frozen=True)
class Sensor:
    """What the camera adds.

    noise: standard deviation, grey levels. blur: standard deviation, pixels. gain: contrast about mid-grey.
    lift: of all tones, grey levels. blotch: smooth irregularity of the surface, fraction.
    """

    noise: float = 0.0
    blur: float = 0.0
    gain: float = 1.0
    lift: float = 0.0
    blotch: float = 0.0


@dataclass(frozen=True)
class Face:
    """Everything that decides an image.

    units: FACS action unit → amount 0…1. asymmetry: the right side of the image moves (1 + asymmetry) as much as
    it should, the left side (1 - asymmetry). gaze: shift of the irises, pixels. occluder: one of `OCCLUDERS`, or of
    `REGIONS` for a cover of just that. seed: of noise and occluder.
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
    image = _paint(_posed(_shapes(face, rng), face), face.light)
    return _expose(_lit(image, face), face.sensor, rng)


def draw_masks(face: Face) -> np.ndarray:
    """Where mouth, brows, eyes and nose can move: bool, (4, 48, 48), in the order of `REGIONS`.

    The same for every expression of this person in this pose; occluders and hair take nothing away.
    """
    masks = np.empty((len(REGIONS), SIZE, SIZE), dtype=bool)
    outlines = region_outlines(face.identity)
    for row, region in enumerate(REGIONS):
        image = Image.new("L", (SIZE, SIZE))
        for outline in outlines[region]:
            points = _warp(outline, 1.0, face.pose, face.identity.half_width)
            ImageDraw.Draw(image).polygon((points - 0.5).ravel().tolist(), fill=1)
        masks[row] = np.asarray(image)
    return masks


def _shapes(face: Face, rng: np.random.Generator) -> list[Shape]:
    """All outlines of a face before posing, each layer in painting order."""
    who, sides = face.identity, _side_units(face)
    jaw_drop = CHIN_DROP * jaw_opening(mean_units(sides))
    return [
        *hair_behind(who), *head(who, jaw_drop, face.light.cloth), *shading(who), *beard(who, jaw_drop),
        *nose(who, sides, face.light.x), *mouth(who, sides), *eyes(who, sides, face.gaze), *brows(who, sides),
        *glasses(who), *hair_before(who), *occluder(face.occluder, who, rng),
    ]


def _side_units(face: Face) -> SideUnits:
    """What each side of the face does."""
    return {side: defaultdict(float, {unit: min(max(amount * (1 + side * face.asymmetry), 0.0), 1.0)
                                      for unit, amount in face.units.items()}) for side in SIDES}


def _warp(points: np.ndarray, depth: np.ndarray | float, pose: Pose, half_width: float) -> np.ndarray:
    """Face coordinates → image coordinates, (n, 2); `depth` (n,): how far a turn of the head moves a point."""
    x, y = points[:, 0], points[:, 1]
    x = x + pose.turn * 4.6 * depth * np.maximum(1 - (x / (half_width * 1.15)) ** 2, 0)
    angle = np.deg2rad(pose.roll)
    cos, sin = pose.scale * np.cos(angle), pose.scale * np.sin(angle)
    posed = np.empty(points.shape)
    posed[:, 0] = cos * x - sin * y + (SIZE / 2 + pose.shift_x)
    posed[:, 1] = sin * x + cos * y + (CENTRE_Y + pose.shift_y)
    return posed


def _posed(shapes: list[Shape], face: Face) -> dict[str, Painted]:
    """The outlines in the image, by layer; all are warped in one go, for speed."""
    lengths = [len(shape.points) for shape in shapes]
    depth = np.repeat([shape.depth for shape in shapes], lengths)
    points = np.concatenate([shape.points for shape in shapes])
    points = _warp(points, depth, face.pose, face.identity.half_width)
    flat = {scale: (points * scale - 0.5).ravel().tolist() for scale in (SCALE, SOFT_SCALE)}
    layers: dict[str, Painted] = {layer: [] for layer in LAYERS}
    end = 0
    for shape, length in zip(shapes, lengths, strict=True):
        start, end = end, end + 2 * length
        scale = SOFT_SCALE if shape.layer in (BROAD, FINE) else SCALE
        layers[shape.layer].append((flat[scale][start:end], shape.tone))
    return layers


def _fill(image: Image.Image, outlines: Painted, offset: float = 0.0) -> None:
    """Paint outlines in order; tones beyond 0…255 are cut."""
    draw = ImageDraw.Draw(image)
    for points, tone in outlines:
        draw.polygon(points, fill=int(min(max(tone + offset, 0), 255)))


def _soft(outlines: Painted, blur: float) -> np.ndarray:
    """By how much a blurred layer brightens (above 1) or darkens the surface: float32, (96, 96)."""
    image = Image.new("L", (SIZE * SOFT_SCALE, SIZE * SOFT_SCALE), 128)
    _fill(image, outlines, offset=128)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(blur * SOFT_SCALE)), dtype=np.float32) / 128


def _paint(layers: dict[str, Painted], light: Light) -> np.ndarray:
    """The surface before it is lit: float32 0…255, (48, 48)."""
    full, half, step = SIZE * SCALE, SIZE * SOFT_SCALE, SCALE // SOFT_SCALE
    ramp = np.linspace(*light.background, full).astype(np.uint8)
    image = Image.fromarray(np.broadcast_to(ramp, (full, full)).copy())
    _fill(image, layers[BACK])
    soft = _soft(layers[BROAD], 1.3) * _soft(layers[FINE], 0.35)
    surface = np.asarray(image).reshape(half, step, half, step) * soft[:, None, :, None]
    image = Image.fromarray(np.minimum(surface, 255).astype(np.uint8).reshape(full, full))
    _fill(image, layers[FRONT])
    _fill(image, layers[COVER])
    return np.asarray(image.reduce(SCALE), dtype=np.float32)


_PIXEL_Y, _PIXEL_X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) + 0.5


def _lit(image: np.ndarray, face: Face) -> np.ndarray:
    """The surface under the light, the head being an ellipsoid; what lies outside of it keeps its tone."""
    pose, light, angle = face.pose, face.light, np.deg2rad(face.pose.roll)
    dx = (_PIXEL_X - (SIZE / 2 + pose.shift_x)) / pose.scale
    dy = (_PIXEL_Y - (CENTRE_Y + pose.shift_y)) / pose.scale
    x = (dx * np.cos(angle) + dy * np.sin(angle)) / (face.identity.half_width * 1.12)
    y = (dy * np.cos(angle) - dx * np.sin(angle) + 2) / 27
    z2 = 1 - x * x - y * y
    towards = x * light.x + y * light.y + 0.85 * np.sqrt(np.maximum(z2, 0))
    gain = light.strength * (1.35 * np.maximum(towards, 0) - 1)
    return image * (1 + np.clip(z2 * 6, 0, 1) * gain)


def _expose(image: np.ndarray, sensor: Sensor, rng: np.random.Generator) -> np.ndarray:
    """What the camera makes of it: uint8 0…255, (48, 48)."""
    if sensor.blotch:
        blotch = Image.fromarray(rng.standard_normal((12, 12), dtype=np.float32))
        image = image * (1 + sensor.blotch * np.asarray(blotch.resize((SIZE, SIZE), Image.Resampling.BICUBIC)))
    image = 128 + (image - 128) * sensor.gain + sensor.lift
    if sensor.blur:
        blurred = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
        image = np.asarray(blurred.filter(ImageFilter.GaussianBlur(sensor.blur)), dtype=np.float32)
    if sensor.noise:
        image = image + sensor.noise * rng.standard_normal(image.shape, dtype=np.float32)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
