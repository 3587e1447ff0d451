"""The one shape in which every data set reaches the rest of the library."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np

from ferkit.core.labels import LABELS
from ferkit.data.image_statistics import pixel_hash

SPLITS = ("train", "val", "test")
PLAIN = ("labels", "subjects", "sequences", "split", "names", "index")  # a value for each image
OPTIONAL = ("masks", "targets")


@dataclass(frozen=True)
class FaceSet:
    """Grey faces with labels, groups and splits; all arrays have the same first length N.

    images: uint8 0…255, (N, 48, 48), possibly memory-mapped read-only.
    labels: int64 0…K-1, (N,), positions in `label_names`.
    subjects, sequences: str, (N,); "" where the source does not say.
    split: str, (N,), "train", "val" or "test"; "" where the source declares none and no protocol was applied.
    names: str, (N,), the file or row in the source, unique.
    index: int64, (N,), row or file order in the source (what predictions.npz stores).
    source: where it came from: dataset, layout, protocol, notes (JSON-able, no absolute path).
    masks: bool, (N, R, 48, 48), region masks known for drawn faces only; `regions` names the R.
    targets: float32, (N, K), rows that sum to 1, to train on in place of `labels` (shares of votes); None where every
    image has its one label.
    """

    images: np.ndarray
    labels: np.ndarray
    subjects: np.ndarray
    sequences: np.ndarray
    split: np.ndarray
    names: np.ndarray
    index: np.ndarray
    label_names: tuple[str, ...] = LABELS
    source: Mapping[str, object] = field(default_factory=dict)
    masks: np.ndarray | None = None
    regions: tuple[str, ...] = ()
    targets: np.ndarray | None = None

    def __post_init__(self) -> None:
        n = len(self.images)
        for name in PLAIN:
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} has {len(getattr(self, name))} entries for {n} images")

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def content_hash(self) -> str:
        """sha256 over (split, label, pixels, targets if any) of every image, in an order of its own.

        The same images give the same hash from a csv, a zip or a folder, whatever order they were read in.
        """
        rows = []
        soft = [b""] * len(self) if self.targets is None else [row.tobytes() for row in self.targets]
        for image, label, split, target in zip(self.images, self.labels, self.split, soft, strict=True):
            head = f"{split}\0{self.label_names[label]}\0{image.shape}\0".encode()
            rows.append(hashlib.sha256(head + image.tobytes() + target).digest())
        return hashlib.sha256(b"".join(sorted(rows))).hexdigest()

    @cached_property
    def copies(self) -> np.ndarray:
        """Which images outside the training split have an exact copy in it; bool, (N,), False in training itself."""
        keys, train = pixel_hash(self.images), self.split == "train"
        return np.isin(keys, keys[train]) & ~train

    def select(self, rows: np.ndarray) -> FaceSet:
        """The set at `rows` (int indices or a bool mask, (N,)), everything else as it is."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        if len(rows) and np.array_equal(rows, np.arange(rows[0], rows[0] + len(rows))):
            rows = slice(int(rows[0]), int(rows[0]) + len(rows))  # a piece in one: a map on disk stays one
        present = [name for name in ("images", *PLAIN, *OPTIONAL) if getattr(self, name) is not None]
        return replace(self, **{name: getattr(self, name)[rows] for name in present})

    def part(self, split: str) -> FaceSet:
        """The images of one split, in source order."""
        return self.select(self.split == split)

    def noted(self, says: str, **changes: object) -> Self:
        """The set whose `source` has one more sentence in its notes, and other `changes`."""
        source = {**self.source, **changes, "notes": [*self.source.get("notes", ()), says]}
        return replace(self, source=source)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many images of each label lie in each split: ``{split: {label: n}}``."""
        table = {}
        for split in [s for s in (*SPLITS, "") if np.any(self.split == s)]:
            numbers = np.bincount(self.labels[self.split == split], minlength=len(self.label_names))
            table[split] = dict(zip(self.label_names, map(int, numbers), strict=True))
        return table


def trained_on(source: Mapping[str, object]) -> str:
    """What weights say they were trained on: the data set, and whose labels where they are not its own. source: as in
    `FaceSet`."""
    labels = str(source.get("labels", "own"))
    return str(source.get("dataset", "")) + ("" if labels == "own" else f" ({labels} labels)")


def without_splits(dataset: str, layout: str, images: np.ndarray, who: Sequence[tuple[str, str]],
                   names: Sequence[str], notes: Sequence[str], sequences: Sequence[str] | None = None,
                   label_names: tuple[str, ...] = LABELS) -> FaceSet:
    """A source's images as it orders them, no split declared.

    images: uint8 (N, 48, 48). who: (subject, label) of each. notes: what a data sheet says of the copy. sequences: of
    each image where the source names them.
    """
    subjects = np.array([subject for subject, _ in who])
    labels = np.array([label_names.index(label) for _, label in who], np.int64)
    nothing = np.full(len(who), "", "<U5")
    return FaceSet(images, labels, subjects, nothing if sequences is None else np.array(sequences), nothing,
                   np.array(names), np.arange(len(who)), label_names,
                   {"dataset": dataset, "layout": layout, "notes": list(notes)})
