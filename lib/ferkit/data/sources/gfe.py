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

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ferkit.core.errors import InputError
from ferkit.data import archive, splits
from ferkit.data.archive import Files
from ferkit.data.sequences.sequence_set import SequenceSet

EXPRESSIONS = ("affirmative", "conditional", "doubt_question", "emphasis", "negative", "relative", "topics",
               "wh_question", "yn_question")
NONE = "none"
SIGNERS = ("a", "b")
DIRECTIONS = {"a_to_b": ("a", "b"), "b_to_a": ("b", "a")}
POINTS = 100
WINDOW = 13           # frames, odd: about 0.8 s at the median 16 frames a second
VALIDATION = 0.2      # the last part of every training recording
# The README's groups of points.
LEFT_EYE, RIGHT_EYE, NOSE, CONTOUR = slice(0, 8), slice(8, 16), slice(36, 48), slice(68, 87)
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
    """Facial points without the head's place, size and tilt, and these beside them: float32 (T, D).

    points: (T, 100, 3). Every frame is moved, turned in the image plane and scaled so that the middles of both eyes
    lie where they lie in the recording's median face; what is kept are the differences from that face (contour left
    out), in distances between the eyes. The head's own movement, which carries nods and shakes, follows as six
    columns: place (2), log scale, roll (radians), and the nose tip's place between the eyes (turn and pitch), each
    relative to its median. The median face is the recording's own: no label and no other recording enters.
    """
    image = points[..., :2].astype(np.float64)
    complex_points = image[..., 0] + 1j * image[..., 1]
    left, right = complex_points[:, LEFT_EYE].mean(1), complex_points[:, RIGHT_EYE].mean(1)
    middle, span = (left + right) / 2, right - left
    aligned = (complex_points - middle[:, None]) / span[:, None]  # eyes at -0.5 and 0.5
    shape = np.delete(aligned, np.r_[CONTOUR], axis=1)
    shape = shape - np.median(shape.real, 0) - 1j * np.median(shape.imag, 0)
    size = np.median(np.abs(span))
    nose = aligned[:, NOSE_TIP]
    head = np.stack([middle.real / size, middle.imag / size, np.log(np.abs(span)), np.angle(span), nose.real,
                     nose.imag], 1)
    return np.concatenate([shape.real, shape.imag, head - np.median(head, 0)], 1).astype(np.float32)
