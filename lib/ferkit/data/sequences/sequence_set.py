"""Sequences of faces in one shape: frames, features or facial points over time, of unequal lengths."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.face_set import FaceSet

ARRAYS = ("inputs", "lengths", "key_frames", "labels", "subjects", "sequences", "split", "names", "index")
OPTIONAL = ("candidates", "units")
WIDTH = 64  # features a frame that networks take; fewer are padded with zeros, so that one network fits every source


@dataclass(frozen=True)
class SequenceSet:
    """Labelled sequences; all arrays have the same first length N. What `FaceSet` has in common bears the same name.

    inputs: float32 (N, T, D) points or features, or uint8 (N, T, H, W) grey frames; zero from a sequence's length on.
    lengths: int64 1…T, (N,). key_frames: int64 (N,), the frame that stands for the sequence where one frame must (the
    apex, the middle of a window). labels: int64 0…K-1, (N,). subjects, sequences, split, names, index: as in FaceSet,
    a row being a sequence (or a window of the recording that `sequences` names).
    candidates: bool (N, K), the labels between which a row's answer lies, where the task says so; None = all.
    units: float32 0…1, (N, T, U), action units in the order of `unit_names`, of drawn sequences only.
    inputs_sha256: where inputs were computed (features, normalised points), the hash of what from and how, for their
    last digits differ between machines; "" where they are the data themselves.
    """

    inputs: np.ndarray
    lengths: np.ndarray
    key_frames: np.ndarray
    labels: np.ndarray
    subjects: np.ndarray
    sequences: np.ndarray
    split: np.ndarray
    names: np.ndarray
    index: np.ndarray
    label_names: tuple[str, ...] = LABELS
    source: Mapping[str, object] = field(default_factory=dict)
    candidates: np.ndarray | None = None
    units: np.ndarray | None = None
    unit_names: tuple[str, ...] = ()
    inputs_sha256: str = ""

    def __post_init__(self) -> None:
        n, longest = self.inputs.shape[:2]
        for name in (*ARRAYS, *(name for name in OPTIONAL if getattr(self, name) is not None)):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} has {len(getattr(self, name))} entries for {n} sequences")
        if n and not (self.lengths.min() >= 1 and self.lengths.max() <= longest):
            raise ValueError(f"lengths lie outside 1…{longest}")
        if np.any((self.key_frames < 0) | (self.key_frames >= self.lengths)):
            raise ValueError("a key frame lies outside its sequence")

    def __len__(self) -> int:
        return len(self.inputs)

    # What these read of a set (labels, splits, `images`) is here under the same names.
    part, noted, counts, copies = FaceSet.part, FaceSet.noted, FaceSet.counts, FaceSet.copies
    targets = None

    @property
    def frames(self) -> np.ndarray:
        """Which frames exist: bool (N, T)."""
        return np.arange(self.inputs.shape[1]) < self.lengths[:, None]

    @property
    def images(self) -> np.ndarray:
        """What networks and heads are given, in the place where a `FaceSet` has its images: float32 (N, T, C), every
        frame's `WIDTH` features (zeros behind the D there are), whether it exists, whether it is the key frame, and the
        sequence's candidates (K). InputError for frames, or more than `WIDTH` features."""
        if self.inputs.ndim != 3 or self.inputs.shape[2] > WIDTH:
            raise InputError(f"sequences of {self.inputs.shape[2:]}: features of at most {WIDTH} numbers a frame are "
                             "needed; compute them first")
        n, longest, d = self.inputs.shape
        packed = np.zeros((n, longest, WIDTH + 2 + len(self.label_names)), np.float32)
        packed[..., :d] = self.inputs
        packed[..., WIDTH] = self.frames
        packed[np.arange(n), self.key_frames, WIDTH + 1] = 1
        packed[..., WIDTH + 2:] = 1 if self.candidates is None else self.candidates[:, None]
        return packed

    @cached_property
    def content_hash(self) -> str:
        """sha256 over (split, label, candidates, key frame, existing frames) of every sequence, in an order of its own:
        neither padding nor the order of the rows changes it. Of computed inputs their origin and the row's name and
        length stand for the frames."""
        rows = []
        for row in range(len(self)):
            allowed = "" if self.candidates is None else self.candidates[row].tobytes().hex()
            head = f"{self.split[row]}\0{self.label_names[self.labels[row]]}\0{allowed}\0{self.key_frames[row]}\0"
            if self.inputs_sha256:
                rows.append(hashlib.sha256(f"{head}{self.names[row]}\0{self.lengths[row]}".encode()).digest())
            else:
                frames = np.ascontiguousarray(self.inputs[row, :self.lengths[row]])
                head += f"{frames.shape}\0{frames.dtype}\0"
                rows.append(hashlib.sha256(head.encode() + frames.tobytes()).digest())
        return hashlib.sha256(self.inputs_sha256.encode() + b"".join(sorted(rows))).hexdigest()

    def select(self, rows: np.ndarray) -> SequenceSet:
        """The set at `rows` (int indices or a bool mask, (N,)), everything else as it is."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        present = [name for name in (*ARRAYS, *OPTIONAL) if getattr(self, name) is not None]
        return replace(self, **{name: getattr(self, name)[rows] for name in present})

    def first(self, share: float) -> SequenceSet:
        """The same sequences broken off after a `share` (0, 1] of their frames, one at least; a key frame that is not
        reached becomes the last one seen."""
        lengths = np.maximum(np.ceil(np.round(share * self.lengths, 9)).astype(np.int64), 1)
        seen = np.arange(self.inputs.shape[1]) < lengths[:, None]
        kept = seen.reshape(*seen.shape, *[1] * (self.inputs.ndim - 2))
        return replace(self, inputs=self.inputs * kept.astype(self.inputs.dtype), lengths=lengths,
                       key_frames=np.minimum(self.key_frames, lengths - 1))
