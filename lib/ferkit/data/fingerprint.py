"""FER2013 recognised without its pixels: for each of its images two hashes, the label and the usage.

What is stored, 127 bits an image beside label and usage, against the 18,432 bits of its pixels: the first 64 bits of
the sha256 of the pixels, from which nothing can be computed back, and 63 signs of its lowest spatial frequencies, which
say where an image is lighter or darker than its mean at the coarseness of an 8×8 grid; no grey value follows from them.
The file also holds mean and spread of `image_statistics.qualities` over each split of the original.

What is done with it stands in `ferkit.data.restoration`. Made by ``python -m ferkit fingerprint``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.image_statistics import perceptual_hash, pixel_hash, qualities

FER2013 = "fer2013_fingerprint.npz"


@dataclass(frozen=True)
class Fingerprint:
    """What is known of N images in their official order.

    exact: uint64 (N,), `pixel_hash`. perceptual: uint64 (N,), `perceptual_hash`. labels: int64 0…6, (N,). split: str
    (N,), train, val or test. looks: quality → split → (mean, standard deviation).
    """

    exact: np.ndarray
    perceptual: np.ndarray
    labels: np.ndarray
    split: np.ndarray
    looks: Mapping[str, Mapping[str, tuple[float, float]]]

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def by_exact(self) -> dict[int, list[int]]:
        """Pixel hash → the rows of all images with these pixels."""
        return _rows_of(self.exact)

    @cached_property
    def by_perceptual(self) -> dict[int, list[int]]:
        """Perceptual hash → the rows of all images with it."""
        return _rows_of(self.perceptual)

    @classmethod
    def of(cls, faces: FaceSet) -> Fingerprint:
        """The fingerprint of a set in its official order, every image in a split."""
        looks = {name: {split: _moments(values[faces.split == split]) for split in SPLITS}
                 for name, values in qualities(faces.images).items()}
        return cls(pixel_hash(faces.images), perceptual_hash(faces.images), faces.labels, faces.split, looks)

    def save(self, place: Path) -> Path:
        """Write it as a compressed npz; the same fingerprint gives the same bytes."""
        names = sorted(self.looks)
        np.savez_compressed(
            place, exact=self.exact, perceptual=self.perceptual, labels=self.labels.astype(np.uint8),
            split=np.array([SPLITS.index(split) for split in self.split], np.uint8), qualities=np.array(names),
            looks=np.array([[self.looks[name][split] for split in SPLITS] for name in names]))
        return place


@lru_cache(maxsize=2)
def load(place: Path | None = None) -> Fingerprint:
    """The fingerprint at `place`, FER2013's own where none is named."""
    with resources.as_file(resources.files("ferkit.data") / "assets" / FER2013) as own, \
            np.load(place or own, allow_pickle=False) as held:
        looks = {str(name): {split: tuple(map(float, pair)) for split, pair in zip(SPLITS, table, strict=True)}
                 for name, table in zip(held["qualities"], held["looks"], strict=True)}
        return Fingerprint(held["exact"], held["perceptual"], held["labels"].astype(np.int64),
                           np.array(SPLITS)[held["split"]], looks)


def _rows_of(hashes: np.ndarray) -> dict[int, list[int]]:
    rows = defaultdict(list)
    for row, value in enumerate(hashes.tolist()):
        rows[value].append(row)
    return dict(rows)


def _moments(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (round(float(finite.mean()), 4), round(float(finite.std(ddof=1)), 4)) if len(finite) > 1 else (0.0, 1.0)
