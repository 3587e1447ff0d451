"""Drawn sequences with known truth: an expression appears, holds and perhaps fades on a face that never keeps still.

Every subject shows every expression once, at a tempo of its own. Action units follow their own onsets within the
expression's; beside them the head drifts, eyes wander and blink, single frames are lost. The same durations hold for
all expressions, so that timing alone tells nothing: what time can add is a neutral face to compare with, and more than
one look at a noisy apex. Sequence i of a set depends on (seed, i) and its subject only.

Not stated in the paper; we use 8 to 18 frames because a posed expression takes about a second and CK+'s sequences are
of that length at half their frame rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.face_set import SPLITS
from ferkit.data.sequences.sequence_set import SequenceSet
from ferkit.data.sources import synthetic
from ferkit.data.synthetic.action_units import ACTION_UNITS, random_units
from ferkit.data.synthetic.identity import Identity
from ferkit.data.synthetic.render import Face, draw_face

UNITS = tuple(ACTION_UNITS)
LONGEST = 18       # frames
LOST = 0.08        # share of frames that the camera drops
BLINK = 0.03       # chance of closed eyes in a frame
FADES = 0.5        # share of sequences that go back to neutral
UNIT_NAMES = tuple(f"AU{unit}" for unit in UNITS)
VERSION = 1        # raised where the same arguments draw something else: the cache's key


@dataclass(frozen=True)
class Timing:
    """When an expression happens, in frames: `rest` before it, `onset`, `apex`, `offset` (0: it does not fade)."""

    rest: float
    onset: float
    apex: float
    offset: float

    @property
    def frames(self) -> int:
        """How many frames the sequence has before any are lost."""
        return int(np.clip(np.ceil(self.rest + self.onset + self.apex + self.offset) + 1, 8, LONGEST))

    def amount(self, times: np.ndarray, delay: float = 0.0, speed: float = 1.0) -> np.ndarray:
        """How much of an action unit shows at `times` (frames), 0…1; it starts `delay` frames late and takes
        1/`speed` of the onset."""
        rise = (times - self.rest - delay) / max(self.onset / speed, 1e-6)
        fall = (self.rest + self.onset + self.apex + self.offset - times) / max(self.offset, 1e-6)
        rise, fall = np.clip(rise, 0, 1), np.clip(fall, 0, 1) if self.offset else 1.0
        return _smooth(rise) * _smooth(fall)


def draw_sequences(n_train: int, n_val: int, n_test: int, seed: int = 0) -> SequenceSet:
    """Drawn sequences in three splits that share no subject; `units` holds the action units of every frame.

    Sizes are counts of sequences, seven a subject (one for each expression; neutral ones move all the same). Frames are
    uint8 (48, 48). Deterministic in all arguments. Raises InputError for a negative size.
    """
    sizes = (n_train, n_val, n_test)
    if min(sizes) < 0:
        raise InputError(f"a split of {min(sizes)} drawn sequences is impossible: use 0 or more")
    each = len(LABELS)
    people, first = [], 0
    for size in sizes:
        people.append(first + np.arange(size) // each)
        first += -(-size // each)
    people, labels = np.concatenate(people), np.concatenate([np.arange(size) % each for size in sizes])
    total = len(people)
    images, units = np.zeros((total, LONGEST, SIZE, SIZE), np.uint8), np.zeros((total, LONGEST, len(UNITS)), np.float32)
    lengths, apexes = np.zeros(total, np.int64), np.zeros(total, np.int64)
    for row, (number, label) in enumerate(zip(people.tolist(), labels.tolist(), strict=True)):
        faces, apexes[row] = moving_face(seed, number, LABELS[label], np.random.default_rng([seed, 5, row]))
        lengths[row] = len(faces)
        for frame, face in enumerate(faces):
            images[row, frame] = draw_face(face)
            units[row, frame] = [face.units.get(unit, 0.0) for unit in UNITS]
    names = np.array([f"sequence_{row:05d}" for row in range(total)], dtype=str)
    return SequenceSet(
        inputs=images, lengths=lengths, key_frames=apexes, labels=labels.astype(np.int64), sequences=names, names=names,
        split=np.repeat(SPLITS, sizes), subjects=np.array([f"s{number + 1:04d}" for number in people], dtype=str),
        index=np.arange(total), units=units, unit_names=UNIT_NAMES, source=source(seed))


def source(seed: int) -> dict[str, object]:
    """Where drawn sequences come from, as `SequenceSet.source` says it."""
    return {"dataset": "synthetic", "layout": "sequences", "protocol": "official", "seed": seed}


def person(seed: int, number: int) -> Identity:
    """Subject `number` of the set with this seed: none that the stills of any small seed have."""
    return synthetic.subject(seed + 1_000_003, number)


def moving_face(seed: int, number: int, expression: str, rng: np.random.Generator) -> tuple[list[Face], int]:
    """The frames of one sequence, and which of them shows the expression most (the middle one of neutral)."""
    timing = random_timing(np.random.default_rng([seed, 6, number]), rng)
    intensity = 0.0 if expression == "neutral" else float(0.3 + 0.7 * rng.beta(1.8, 1.2))
    still = synthetic.random_face(person(seed, number), expression, rng)
    peaks = random_units(expression, intensity, rng)
    delays, speeds = rng.uniform(0, 1.2, len(UNITS)), rng.uniform(0.8, 1.6, len(UNITS))
    times = _kept(timing.frames, rng)
    shown = np.stack([peaks.get(unit, 0.0) * timing.amount(times, delays[k], speeds[k])
                      for k, unit in enumerate(UNITS)], 1)
    shown[rng.random(len(times)) < BLINK, UNITS.index(43)] = 1.0
    faces = [replace(still, occluder="none", units=dict(zip(UNITS, amounts, strict=True)), **moves)
             for amounts, moves in zip(shown.tolist(), _drift(still, times, rng), strict=True)]
    full = np.flatnonzero(timing.amount(times) >= 0.99 * timing.amount(times).max())
    return faces, len(times) // 2 if expression == "neutral" else int(full[len(full) // 2])


def random_timing(own: np.random.Generator, rng: np.random.Generator) -> Timing:
    """A sequence's timing: the subject's own tempo (from `own`) with what differs from one time to the next."""
    tempo = own.lognormal(0.0, 0.3)
    onset, offset = tempo * rng.uniform(2, 5), tempo * rng.uniform(2, 5)
    return Timing(rest=rng.uniform(1, 4), onset=onset, apex=rng.uniform(1.5, 4),
                  offset=offset if rng.random() < FADES else 0.0)


def _kept(frames: int, rng: np.random.Generator) -> np.ndarray:
    """The times of the frames that were not lost; the first never is."""
    kept = rng.random(frames) >= LOST
    kept[0] = True
    return np.flatnonzero(kept).astype(float)


def _drift(still: Face, times: np.ndarray, rng: np.random.Generator) -> Iterator[dict[str, object]]:
    """Head, eyes and camera of every frame: slow random walks about the first frame's, fresh noise."""
    steps = np.cumsum(rng.normal(0, 1, (len(times), 5)), 0) * (0.25, 0.25, 0.6, 0.03, 0.1)
    for x, y, roll, turn, gaze in steps.tolist():
        pose = replace(still.pose, shift_x=still.pose.shift_x + x, shift_y=still.pose.shift_y + y,
                       roll=still.pose.roll + roll, turn=float(np.clip(still.pose.turn + turn, -1, 1)))
        yield {"pose": pose, "gaze": (still.gaze[0] + gaze, still.gaze[1]), "seed": int(rng.integers(2**31))}


def _smooth(x: np.ndarray) -> np.ndarray:
    """0…1 with level ends: 3x² - 2x³."""
    return x * x * (3 - 2 * x)
