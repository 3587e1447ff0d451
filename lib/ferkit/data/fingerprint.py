"""FER2013 recognised without its pixels: for each of its images two hashes, the label and the usage.

What is stored, 127 bits an image beside label and usage, against the 18,432 bits of its pixels: the first 64 bits of
the sha256 of the pixels, from which nothing can be computed back, and 63 signs of its lowest spatial frequencies, which
say where an image is lighter or darker than its mean at the coarseness of an 8×8 grid; no grey value follows from them.
The file also holds mean and spread of `image_statistics.qualities` over each split of the original.

Any copy of the images, whatever its names, order or folders, gets the official split and row numbers back; what was
left out, added, relabelled, repeated or processed is counted. Made by ``python -m ferkit fingerprint``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.image_statistics import perceptual_hash, pixel_hash, qualities
from ferkit.data.matching import Match, held_out_together, match

FER2013 = "fer2013_fingerprint.npz"
KNOWN_SHARE = 0.95  # of a copy's images that must be FER2013's for its official split to be restored


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


def restore(faces: FaceSet, known: Fingerprint | None = None) -> FaceSet:
    """The copy with FER2013's official split, row numbers (`index`) and order, and what was found in `source`.

    faces: labels -1 where the copy names none (they are taken from the known image), split "" where it names none.
    Fewer than 95 % known images: only what was found is added. Of a copy with more images than the original, files that
    repeat another one pixel by pixel are left out first. Images that are not FER2013's keep the copy's split and are
    numbered after the known ones; ``source["fingerprint"]`` counts everything, and says whether it was restored.
    """
    known = load() if known is None else known
    found = match(faces.images, faces.labels, faces.split, known)
    hit = found.row >= 0
    report = _report(faces, found, known)
    repeats = _repeats(faces, found, known)
    if repeats.any() and not report["restored"] and np.mean(hit[~repeats]) >= KNOWN_SHARE:
        once = restore(faces.select(~repeats), known)
        return _with_report(once, {**once.source["fingerprint"], "images": len(faces), "surplus": report["surplus"],
                                   "first": report["first"]})
    if not report["restored"]:
        return _with_report(faces, report)
    labels, split = faces.labels.copy(), faces.split.copy()
    unnamed = hit & (labels < 0)
    labels[unnamed] = known.labels[found.row[unnamed]]
    # An image found by its perceptual hash alone may be its near double: what the copy itself declares goes first.
    # Where it does not name all three splits, what it calls its one other split is not the original's.
    declares = all(np.any(faces.split == part) for part in SPLITS)
    settled = hit & (found.exact | (faces.split == "") | (not declares))
    split[settled] = known.split[found.row[settled]]
    index = np.where(hit, found.row, len(known) + np.arange(len(faces)))
    kept = np.flatnonzero((labels >= 0) & (split != ""))
    restored = replace(faces, labels=labels, split=split.astype("<U5"), index=index)
    return _with_report(restored.select(kept[np.argsort(index[kept], kind="stable")]), report)


def _with_report(faces: FaceSet, report: dict[str, object]) -> FaceSet:
    return replace(faces, source={**faces.source, "fingerprint": report})


def _repeats(faces: FaceSet, found: Match, known: Fingerprint) -> np.ndarray:
    """Which images of a copy larger than the original are, pixel by pixel, others of it that have their row; bool."""
    if len(faces) <= len(known):
        return np.zeros(len(faces), bool)
    keys = pixel_hash(faces.images)
    return found.surplus & np.isin(keys, keys[found.row >= 0])


def _report(faces: FaceSet, found: Match, known: Fingerprint) -> dict[str, object]:
    """The counts of what a copy is, JSON-able; names are those within the copy."""
    hit = found.row >= 0
    foreign = ~hit & ~found.surplus
    relabelled = hit & (faces.labels >= 0) & (faces.labels != known.labels[found.row])
    official = known.split[found.row]
    held_out = held_out_together(faces.split)
    moved = hit & found.exact & (faces.split != "") & (faces.split != official) & ~(
        (faces.split == held_out) & (official != "train"))
    missing = np.setdiff1d(np.arange(len(known)), found.row[hit])
    return {
        "images": len(faces), "exact": int(np.sum(hit & found.exact)), "near": int(np.sum(hit & ~found.exact)),
        "surplus": int(found.surplus.sum()), "foreign": int(foreign.sum()), "missing": len(missing),
        "relabelled": int(relabelled.sum()), "moved": int(moved.sum()), "ambiguous": found.ambiguous,
        "restored": bool(np.mean(hit) >= KNOWN_SHARE), "border": found.border,
        "treatment": _treatment(faces, found, known),
        "test_versions_in_train": _leaked(faces.split, found.version, known),
        "first": {name: str(faces.names[rows[0]]) for name, mask in
                  (("surplus", found.surplus), ("foreign", foreign), ("relabelled", relabelled), ("moved", moved))
                  if len(rows := np.flatnonzero(mask))},
    }


def _leaked(split: np.ndarray, version: np.ndarray, known: Fingerprint) -> int:
    """How many images in the copy's own test split are versions of an image that its training split shows too."""
    test, train = (known.perceptual[version[(split == part) & (version >= 0)]] for part in ("test", "train"))
    return int(np.isin(test, train).sum())


WORDS = {"sharpness": ("blurred", "sharpened"), "contrast": ("flattened in contrast", "raised in contrast"),
         "brightness": ("darkened", "brightened"), "evenness": ("", "equalised"), "blocking": ("", "JPEG-compressed")}
# Standard deviations between a copy's images and the original's above which a treatment is named.
DIFFERENCE = {"sharpness": 0.3, "contrast": 0.3, "brightness": 0.3, "evenness": 1.0, "blocking": 0.3}
TREATED_SHARE = 0.05  # of a split's images that must differ for its treatment to be named


def _treatment(faces: FaceSet, found: Match, known: Fingerprint) -> dict[str, list[str]]:
    """What was done to the images of each declared split ("" for none declared), in words; {} for exact copies."""
    near = (found.row >= 0) & ~found.exact
    said: dict[str, list[str]] = {}
    for split in sorted(set(faces.split[near].tolist())):
        rows = near & (faces.split == split)
        if rows.sum() < TREATED_SHARE * np.sum(faces.split == split):
            continue
        looks = {name: values for name, values in qualities(faces.images[rows]).items() if name in WORDS}
        official = known.split[found.row[rows]]
        words = [f"cropped by about {found.border} of 48 pixels on each side"] if found.border else []
        changed = {}
        for name, values in looks.items():
            mean, spread = np.array([known.looks[name][part] for part in official]).T
            gap = float(np.nanmean((values - mean) / spread))
            if abs(gap) > DIFFERENCE[name]:
                changed[name] = WORDS[name][gap > 0]
        if changed.get("evenness"):  # equalising changes light and contrast, too
            changed = {name: word for name, word in changed.items() if name not in ("contrast", "brightness")}
        words += filter(None, changed.values())
        said[split] = words or ["re-encoded"]
    return said


def _rows_of(hashes: np.ndarray) -> dict[int, list[int]]:
    rows = defaultdict(list)
    for row, value in enumerate(hashes.tolist()):
        rows[value].append(row)
    return dict(rows)


def _moments(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (round(float(finite.mean()), 4), round(float(finite.std(ddof=1)), 4)) if len(finite) > 1 else (0.0, 1.0)
