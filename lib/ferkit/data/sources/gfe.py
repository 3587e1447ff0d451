"""Grammatical Facial Expressions of Brazilian Sign Language: facial points over time, two signers, nine expressions.

Freitas, Peres, Lima & Barbosa, Grammatical Facial Expressions Recognition with Machine Learning, FLAIRS 2014; UCI
Machine Learning Repository. In each recording one signer performs five sentences five times; every frame holds 100
points (x, y in pixels, z in millimetres) and says whether the recording's expression is being shown.

A row is a window of frames around one frame, whose target is its label: the recording's expression or "none". The
question is the authors': is the expression of this recording shown or not (`candidates`)? Without that restriction the
same rows ask which of all expressions is shown.

Differs from the paper: points are normalised (`normalise`) in place of the authors' distances and angles, and only
expressions that both signers recorded are kept, since one trains and the other tests.
Not stated in the paper; we use windows centred on the frame whose target they take because that favours neither past
nor future. Not stated in the paper; we use the last fifth of every training recording as validation, with no window
that reaches into both, because neighbouring frames are nearly equal.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ferkit.core.errors import InputError
from ferkit.data import archive
from ferkit.data.archive import Files
from ferkit.data.sequences.sequence_set import SequenceSet

EXPRESSIONS = ("affirmative", "conditional", "doubt_question", "emphasis", "negative", "relative", "topics",
               "wh_question", "yn_question")
NONE = "none"
SIGNERS = ("a", "b")
DIRECTIONS = {"a_to_b": ("a", "b"), "b_to_a": ("b", "a")}
POINTS = 100
WINDOW = 13           # frames, odd: about 0.8 s at the median 16 frames a second
PAUSE = 0.5           # seconds between two frames that belong to different takes
VALIDATION = 0.2      # the last part of every training recording
VERSION = 1           # of `normalise` and `read`: raised where what they return changes
# The README's groups of points; the face's contour and the irises are not used.
PARTS = {"left eye": slice(0, 8), "right eye": slice(8, 16), "left brow": slice(16, 26), "right brow": slice(26, 36),
         "nose": slice(36, 48), "mouth": slice(48, 68), "above left brow": slice(90, 95),
         "above right brow": slice(95, 100)}
NOSE_TIP = 89
_FILE = re.compile(rf"(?P<signer>[ab])_(?P<expression>{'|'.join(EXPRESSIONS)})_(?P<kind>datapoints|targets)\.txt")


@dataclass(frozen=True)
class Recording:
    """One signer performing one expression.

    points: float32 (T, 100, 3), x and y in pixels, z in millimetres, 0 where depth was lost. targets: bool (T,).
    seconds: float64 (T,), since the epoch.
    """

    signer: str
    expression: str
    points: np.ndarray
    targets: np.ndarray
    seconds: np.ndarray

    @property
    def name(self) -> str:
        """``<signer>_<expression>``."""
        return f"{self.signer}_{self.expression}"


def recordings(data: Path) -> list[Recording]:
    """Every recording in a folder or archive of the UCI layout, complete or partial, by signer and expression.

    InputError for a file of a pair that is missing, frames without 100 points, or as many targets as there are not
    frames.
    """
    with archive.open_files(Path(data)) as files:
        pairs: dict[tuple[str, str], dict[str, str]] = {}
        for name in files.names:
            if match := _FILE.fullmatch(name.rpartition("/")[2]):
                pairs.setdefault((match["signer"], match["expression"]), {})[match["kind"]] = name
        if not pairs:
            raise InputError(f"{files.title}: no Grammatical Facial Expressions in it; expected "
                             "a_affirmative_datapoints.txt and a_affirmative_targets.txt, as UCI has them")
        return [_recording(files, *key, pair) for key, pair in sorted(pairs.items())]


def _recording(files: Files, signer: str, expression: str, pair: dict[str, str]) -> Recording:
    for kind in ("datapoints", "targets"):
        if kind not in pair:
            raise InputError(f"{files.title}: {signer}_{expression}_{kind}.txt is missing; fetch the archive again")
    where = f"{files.title}: {pair['datapoints']}"
    lines = files.read(pair["datapoints"]).decode("ascii", "replace").split("\n", 1)
    rows = lines[1] if len(lines) > 1 and lines[0].startswith("FrameId") else "\n".join(lines)
    try:
        stamps = [line.split(None, 1)[0] for line in rows.splitlines() if line.strip()]
        table = np.loadtxt(io.StringIO(rows), dtype=np.float32, usecols=range(1, 3 * POINTS + 1), ndmin=2)
        seconds = np.array([_seconds(stamp) for stamp in stamps])
        targets = np.array(files.read(pair["targets"]).decode("ascii", "replace").split(), dtype=np.int64)
    except (ValueError, IndexError) as error:
        raise InputError(f"{where}: not a table of a time and {POINTS} points a line ({archive.reason(error)})"
                         ) from None
    if len(targets) != len(table) or not np.isin(targets, (0, 1)).all():
        raise InputError(f"{where}: {len(table)} frames, but {len(targets)} targets of 0 and 1; fetch it again")
    return Recording(signer, expression, table.reshape(len(table), POINTS, 3), targets.astype(bool), seconds)


def _seconds(stamp: str) -> float:
    """A time stamp as a number. Its milliseconds are written without leading zeros: "12.7" is 12.007 s."""
    whole, _, thousandths = stamp.partition(".")
    return int(whole) + int(thousandths or 0) / 1000


def normalise(points: np.ndarray) -> np.ndarray:
    """What the face does, without where the head is, and that beside it: float32 (T, 46).

    points: (T, 100, 3). Every frame is moved, turned in the image plane and scaled so that the middles of both eyes lie
    at ±0.5. Of each of eight parts (`PARTS`) five numbers are kept: where it is (2), how wide and high, how tilted
    (correlation of x and y). The head's own movement, which carries nods and shakes, follows as six: place (2, in
    distances between the eyes), log scale, roll (radians), the nose tip's place between the eyes (turn and pitch). All
    are relative to their median over the recording, in units of 1.5 interquartile ranges, cut at ±4: the face at rest
    and how lively a signer is do not enter. No label and no other recording does either.
    """
    plane = points[..., 0].astype(np.float64) + 1j * points[..., 1]
    left, right = plane[:, PARTS["left eye"]].mean(1), plane[:, PARTS["right eye"]].mean(1)
    middle, span = (left + right) / 2, right - left
    face = (plane - middle[:, None]) / span[:, None]
    measures = [value for part in PARTS.values() for value in _moments(face[:, part])]
    size, nose = np.median(np.abs(span)), face[:, NOSE_TIP]
    head = [middle.real / size, middle.imag / size, np.log(np.abs(span)), np.unwrap(np.angle(span)), nose.real,
            nose.imag]
    values = np.stack([*measures, *head], 1)
    low, rest, high = np.percentile(values, (25, 50, 75), axis=0)
    return np.clip((values - rest) / np.maximum(1.5 * (high - low), 1e-6), -4, 4).astype(np.float32)


def _moments(part: np.ndarray) -> list[np.ndarray]:
    """Mean x and y, their deviations and their correlation, (T,) each. part: complex (T, P)."""
    x, y = part.real - part.real.mean(1, keepdims=True), part.imag - part.imag.mean(1, keepdims=True)
    wide, high = x.std(1), y.std(1)
    return [part.real.mean(1), part.imag.mean(1), wide, high, (x * y).mean(1) / np.maximum(wide * high, 1e-9)]


def read(data: Path, window: int = WINDOW) -> SequenceSet:
    """One window of `window` frames (odd) around every frame, without splits: label, candidates and recording of each.

    Windows end at the recording's ends and at pauses of more than half a second. Expressions that only one signer
    recorded are left out, as `source` says. InputError for an even window, or where no expression has both signers.
    """
    if window < 1 or window % 2 == 0:
        raise InputError(f"window {window}: give an odd number of frames, so that one lies in the middle")
    found = recordings(data)
    both = [name for name in EXPRESSIONS if {r.signer for r in found if r.expression == name} == set(SIGNERS)]
    if not both:
        raise InputError(f"{Path(data).name}: no expression was recorded by both signers; add the other recordings")
    kept = [recording for recording in found if recording.expression in both]
    label_names = (NONE, *both)
    parts = [_windows(recording, window, label_names) for recording in kept]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    notes = [f"Recordings of {', '.join(sorted(r.name for r in found if r not in kept))} are left out: the other "
             "signer's is missing."] if len(kept) < len(found) else []
    total = len(columns["labels"])
    return SequenceSet(
        **columns, split=np.full(total, "", "<U5"), index=np.arange(total), label_names=label_names,
        inputs_sha256=_sha256(kept, window),
        source={"dataset": "gfe", "layout": "UCI", "window": window, "recordings": len(kept), "notes": notes})


def _windows(recording: Recording, window: int, label_names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The columns of `read` for one recording."""
    values, n, half = normalise(recording.points), len(recording.points), window // 2
    take = np.cumsum(np.diff(recording.seconds, prepend=recording.seconds[0]) > PAUSE)  # uninterrupted stretches
    rows = np.arange(n)
    first = np.maximum(rows - half, np.searchsorted(take, take))
    last = np.minimum(rows + half, np.searchsorted(take, take, side="right") - 1)
    span = first[:, None] + np.arange(window)
    inputs = values[np.minimum(span, n - 1)] * (span <= last[:, None])[..., None]
    label = label_names.index(recording.expression)
    candidates = np.zeros((n, len(label_names)), bool)
    candidates[:, [0, label]] = True
    return {"inputs": inputs.astype(np.float32), "lengths": last - first + 1, "key_frames": rows - first,
            "labels": np.where(recording.targets, label, 0), "candidates": candidates,
            "subjects": np.full(n, recording.signer), "sequences": np.full(n, recording.name),
            "names": np.array([f"{recording.name}_{row:05d}" for row in range(n)])}


def _sha256(kept: list[Recording], window: int) -> str:
    digest = hashlib.sha256(f"{VERSION}\0{window}".encode())
    for recording in kept:
        digest.update(recording.name.encode() + recording.points.tobytes() + recording.targets.tobytes()
                      + recording.seconds.tobytes())
    return digest.hexdigest()


def divide(windows: SequenceSet, direction: str) -> SequenceSet:
    """The windows under "a_to_b" or "b_to_a": one signer trains and, by the last fifth of every recording, selects; the
    other tests. Windows that reach across the cut are dropped."""
    trains, tests = DIRECTIONS[direction]
    split = np.where(windows.subjects == tests, "test", "").astype("<U5")
    for name in np.unique(windows.sequences[windows.subjects == trains]):
        rows = np.flatnonzero(windows.sequences == name)
        cut = len(rows) - round(VALIDATION * len(rows))
        position = np.arange(len(rows))
        first, last = position - windows.key_frames[rows], position + windows.lengths[rows] - windows.key_frames[rows]
        split[rows[last <= cut]], split[rows[first >= cut]] = "train", "val"
    return replace(windows, split=split)
