"""The sequences of CK+: whole ones of the original release, or the last three frames that CK+48 holds of each.

Lucey et al. 2010, doi 10.1109/CVPRW.2010.5543262: a sequence goes from a neutral face to the apex, its last frame, and
carries one label. What both layouts look like is said in `data.sources.ckplus`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ferkit.core.crop import SIZE
from ferkit.core.labels import CONTEMPT, LABELS
from ferkit.data import archive
from ferkit.data.crops import read_photos
from ferkit.data.sequences.sequence_set import SequenceSet
from ferkit.data.sources import ckplus


def read(*data: Path) -> SequenceSet:
    """Every labelled sequence but contempt, in order of time, as 48×48 crops; the apex is the last frame.

    data: as for `data.sources.ckplus.read`. InputError for anything else than the two layouts. There is no neutral
    sequence: neutral is how each begins.
    """
    with archive.open_all(archive.expand(data, ckplus.WORDS)) as parts:
        shots, labels, layout = ckplus.sequences(parts)
        names = [name for name in sorted(shots) if labels[name] not in (CONTEMPT, "neutral")]
        images, notes = read_photos([shot for name in names for shot in shots[name]])
    lengths = np.array([len(shots[name]) for name in names])
    frames = np.zeros((len(names), lengths.max(initial=1), SIZE, SIZE), np.uint8)
    frames[np.arange(frames.shape[1]) < lengths[:, None]] = images
    joined = np.array([f"{subject}_{sequence}" for subject, sequence in names])
    return SequenceSet(
        inputs=frames, lengths=lengths, key_frames=lengths - 1,
        labels=np.array([LABELS.index(labels[name]) for name in names], np.int64),
        subjects=np.array([subject for subject, _ in names]), sequences=joined, names=joined,
        split=np.full(len(names), "", "<U5"), index=np.arange(len(names)),
        source={"dataset": "ckplus", "layout": f"{layout}, sequences", "notes": notes})
