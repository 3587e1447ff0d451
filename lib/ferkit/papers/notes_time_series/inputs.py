"""Sequences as the trainer feeds them: as they are, neither augmented nor averaged over views."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ferkit.data.sequences.sequence_set import WIDTH, SequenceSet
from ferkit.training.inputs import Input


def _store(packed: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(packed, dtype=np.float32))


def _moments(crops: np.ndarray) -> np.ndarray:
    from ferkit.papers.notes_time_series import frames

    return frames.moments(crops)


def _read(dataset: str, data: Path | None = None, **choices: object) -> SequenceSet:
    from ferkit.papers.notes_time_series import frames

    return frames.sequences(dataset, data, **choices)


SEQUENCE = Input("sequence", _store, lambda stored, recipe, generator: stored, lambda stored, model, tta: [stored],
                 header={"features": WIDTH, "beside": "existence, key frame, candidates"}, moments=_moments, read=_read,
                 described="sequences of upright grey face crops of 48×48 pixels, of each crop the features of a "
                           "network trained on FER2013")
