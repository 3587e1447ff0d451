"""The built-in data set: drawn faces with known truth (results/synthetic/DATASHEET.md says what it is and is not).

Every image comes with its subject and the masks of mouth, brows, eyes and nose. Image i of a set depends on (seed, i)
only.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.synthetic.action_units import REGIONS, random_units, restrict, units_of
from ferkit.data.synthetic.identity import Identity, random_identity
from ferkit.data.synthetic.render import Face, Light, Pose, Sensor, draw_face, draw_masks

IMAGES_PER_SUBJECT = 7


def draw_set(n_train: int, n_val: int, n_test: int, seed: int = 0, *, regions: Sequence[str] = REGIONS,
             variation: float = 1.0) -> FaceSet:
    """Drawn faces in three splits that share no subject, with masks; class sizes differ by one at most in each.

    regions: the expression shows in these regions only, e.g. ("mouth",). variation: as for `random_face`, on the same
    people, expressions and labels. Deterministic in all arguments. Raises InputError for an unknown region or a
    negative size.
    """
    if unknown := [region for region in regions if region not in REGIONS]:
        raise InputError(f"region {unknown[0]!r} is unknown: use one of {', '.join(REGIONS)}")
    sizes = (n_train, n_val, n_test)
    if min(sizes) < 0:
        raise InputError(f"a split of {min(sizes)} drawn faces is impossible: use 0 or more")
    total = sum(sizes)
    rng = np.random.default_rng([seed, 0])
    labels, people, first = [], [], 0
    for size in sizes:
        labels.append(rng.permutation(np.sort(np.arange(size) % len(LABELS))))
        people.append(first + np.arange(size) // IMAGES_PER_SUBJECT)
        first += -(-size // IMAGES_PER_SUBJECT)
    labels, people = np.concatenate(labels), np.concatenate(people)

    images = np.empty((total, SIZE, SIZE), np.uint8)
    masks = np.empty((total, len(REGIONS), SIZE, SIZE), bool)
    who = {int(person): subject(seed, int(person)) for person in np.unique(people)}
    for i in range(total):
        face = random_face(who[int(people[i])], LABELS[labels[i]], np.random.default_rng([seed, 2, i]), regions,
                           variation)
        images[i], masks[i] = draw_face(face), draw_masks(face)

    return FaceSet(
        images=images, labels=labels.astype(np.int64), split=np.repeat(SPLITS, sizes),
        index=np.arange(total, dtype=np.int64),
        subjects=np.array([f"s{person + 1:04d}" for person in people], dtype=str),
        sequences=np.full(total, ""), names=np.array([f"drawn_{i:06d}" for i in range(total)], dtype=str),
        masks=masks, regions=REGIONS,
        source={"dataset": "synthetic", "protocol": "official", "seed": seed, "regions": list(regions),
                **({"variation": variation} if variation != 1 else {})})


def redraw(faces: FaceSet, change: Callable[[Face], Face]) -> FaceSet:
    """The same drawn faces with something changed: images and masks anew, all else as it was.

    faces: all or some of a set of :func:`draw_set`. change: a face → the face to be drawn in its place. InputError for
    a set that was not drawn so.
    """
    if faces.masks is None:
        raise InputError("redraw: only drawn faces can be drawn again")
    seed, regions, variation = faces.source["seed"], faces.source["regions"], faces.source.get("variation", 1.0)
    drawn = [change(random_face(subject(seed, int(name[1:]) - 1), LABELS[label], np.random.default_rng([seed, 2, i]),
                                regions, variation))
             for name, label, i in zip(faces.subjects, faces.labels, faces.index, strict=True)]
    return replace(faces, images=np.stack([draw_face(face) for face in drawn]),
                   masks=np.stack([draw_masks(face) for face in drawn]))


def subject(seed: int, number: int) -> Identity:
    """Person `number` of the set with this seed."""
    return random_identity(np.random.default_rng([seed, 1, number]))


def random_face(who: Identity, expression: str, rng: np.random.Generator,
                regions: Sequence[str] = REGIONS, variation: float = 1.0) -> Face:
    """A face as a camera might catch it.

    variation: of pose, light, camera and occluders: 0 = all alike and none, 1 = as the data set has it, 2 = twice as
    far from the mean, and twice as often occluded. The same generator gives the same expression at each.

    The numbers here set how hard the data set is; results/synthetic/DATASHEET.md tells what they were set to reach.
    """
    intensity = 0.0 if expression == "neutral" else float(0.25 + 0.75 * rng.beta(1.8, 1.2))
    units = restrict(random_units(expression, intensity, rng), tuple(regions))
    pose = Pose(shift_x=rng.normal(0, 1.0), shift_y=rng.normal(0, 1.0), scale=rng.uniform(1.02, 1.17),
                roll=rng.normal(0, 5), turn=float(np.clip(rng.normal(0, 0.3), -1, 1)))
    tone = rng.uniform(10, 235)
    light = Light(x=rng.uniform(-1, 1), y=rng.uniform(-0.8, 0.2), strength=rng.uniform(0.1, 0.75),
                  background=(tone, float(np.clip(tone + rng.normal(0, 40), 0, 255))), cloth=rng.uniform(15, 220))
    sensor = Sensor(noise=rng.uniform(0.5, 5), blur=max(0.0, rng.uniform(-0.6, 0.6)), gain=rng.uniform(0.75, 1.15),
                    lift=rng.normal(0, 15), blotch=rng.uniform(0.0, 0.04))
    occluded = rng.random() < 0.08 * variation
    kind = str(rng.choice(("hand", "bar", "patch", "shawl")))
    face = Face(identity=who, units=units, asymmetry=float(np.clip(rng.normal(0, 0.12), -0.3, 0.3)),
                gaze=(float(rng.normal(0, 0.4)), float(rng.normal(0, 0.15))), pose=pose, light=light, sensor=sensor,
                occluder=kind if occluded else "none", seed=int(rng.integers(2**31)))
    return face if variation == 1 else _varied(face, variation)


def _varied(face: Face, variation: float) -> Face:
    """A face with the deviations of its pose, light and camera from their means multiplied."""
    def about(mean: float, value: float, low: float = -np.inf, high: float = np.inf) -> float:
        return float(np.clip(mean + variation * (value - mean), low, high))

    pose, light, sensor = face.pose, face.light, face.sensor
    return replace(
        face,
        pose=Pose(about(0, pose.shift_x), about(0, pose.shift_y), about(1.095, pose.scale), about(0, pose.roll),
                  about(0, pose.turn, -1, 1)),
        light=replace(light, strength=about(0, light.strength, 0, 1),
                      background=tuple(about(120, tone, 0, 255) for tone in light.background)),
        sensor=Sensor(about(0, sensor.noise), about(0, sensor.blur), about(1, sensor.gain), about(0, sensor.lift),
                      about(0, sensor.blotch)))


def contact_sheet(n_subjects: int = 10, seed: int = 0) -> Image.Image:
    """Ten faces a row and subject: the expressions in the order of LABELS at full strength, then three images as the
    data set has them. Shown is the first subject with each hair style."""
    styles: dict[str, int] = {}
    for number in range(200):
        styles.setdefault(subject(seed, number).hair_style, number)
    rows = []
    for number in sorted(styles.values())[:n_subjects]:
        who = subject(seed, number)
        row = [draw_face(Face(identity=who, units=units_of(label, 1.0), pose=Pose(scale=1.08))) for label in LABELS]
        for k in range(3):
            rng = np.random.default_rng([seed, 3, number, k])
            row.append(draw_face(random_face(who, LABELS[(3 * number + k) % len(LABELS)], rng)))
        rows.append(np.hstack([np.pad(image, 1, constant_values=255) for image in row]))
    sheet = Image.fromarray(np.vstack(rows))
    return sheet.quantize(32, dither=Image.Dither.NONE).convert("L")  # half the bytes, nothing the eye sees
