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
from ferkit.data.image_statistics import is_blank, perceptual_hash, pixel_hash, qualities

FER2013 = "fer2013_fingerprint.npz"
# A perceptual hash is an image's own when it differs in at most SURE of 63 bits, or in at most LIKELY and the next
# image's differs in MARGIN bits more. Measured on 400 images of FER2013: JPEG quality 30 changes at most 4 bits of 99 %
# of them, equalisation 5 bits of half of them; the nearest other image is 12 bits away in the median.
SURE, LIKELY, MARGIN = 4, 16, 4
KNOWN_SHARE = 0.95  # of a copy's images that must be FER2013's for its official split to be restored
BORDERS = (0, 1, 2, 3, 4, 5)  # pixels of 48 that may have been cropped on each side
FEWEST, SAMPLE = 30, 500  # images on which a cropping is found, at least and about
CHUNK = 256


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


@dataclass(frozen=True)
class Match:
    """Which known image each of M images is.

    row: int64 (M,), -1 where it is none, or one too many of an image. exact: bool (M,), equal pixel by pixel.
    version: int64 (M,), a known image with this one's hash, -1 for none: an image with a version but no row is a
    further version (repeated, mirrored) of one that is there already. border: pixels of 48 cropped on each side.
    ambiguous: images whose split cannot be told from copies of another split.
    """

    row: np.ndarray
    exact: np.ndarray
    version: np.ndarray
    border: int
    ambiguous: int

    @property
    def surplus(self) -> np.ndarray:
        """Which images are further versions of others; bool (M,)."""
        return (self.row < 0) & (self.version >= 0)


def match(images: np.ndarray, labels: np.ndarray, declared: np.ndarray, known: Fingerprint) -> Match:
    """Find every image among the known ones: by its pixels, else by its perceptual hash, also cropped or mirrored.

    images: uint8 (M, 48, 48). labels: int64 (M,), -1 where the copy names none. declared: str (M,), the split that the
    copy names; "test" without any "val" is what is not training. Of images with equal pixels each row is dealt once, to
    the same label and split first.
    """
    deal = _Dealing(labels, declared, known)
    hashes = pixel_hash(images)
    exact = np.isin(hashes, known.exact)
    deal.by_group([known.by_exact.get(int(value), []) for value in hashes], np.flatnonzero(exact))
    rest, border = np.flatnonzero(~exact & ~is_blank(images)), 0
    if len(rest):
        border = _cropping(images[rest[:: max(1, len(rest) // SAMPLE)]], known)
        rest = deal.nearest(_bordered(images, rest, border), rest)
        deal.nearest(_bordered(images, rest, border)[..., ::-1], rest, mirrored=True)
    return Match(deal.row, exact, deal.version, border, deal.ambiguous)


class _Dealing:
    """Deals the rows of known images to the images of a copy, each row once."""

    def __init__(self, labels: np.ndarray, declared: np.ndarray, known: Fingerprint) -> None:
        self.labels, self.declared, self.known = labels, declared, known
        self.has_val = bool(np.any(declared == "val"))
        self.free = np.ones(len(known), bool)
        self.row = np.full(len(labels), -1, np.int64)
        self.version = np.full(len(labels), -1, np.int64)
        self.ambiguous = 0

    def nearest(self, images: np.ndarray, rows: np.ndarray, mirrored: bool = False) -> np.ndarray:
        """Deal by perceptual hash; the rows of `rows` that are nobody's. A mirrored image is always one too many."""
        hashes = np.fromiter(self.known.by_perceptual, np.uint64)
        found = _nearest(perceptual_hash(images), hashes)
        mine = np.flatnonzero(found >= 0)
        groups = {int(rows[i]): self.known.by_perceptual[int(hashes[found[i]])] for i in mine}
        if mirrored:
            self.version[rows[mine]] = [groups[int(i)][0] for i in rows[mine]]
        else:
            self.by_group(groups, rows[mine])
        return rows[found < 0]

    def by_group(self, groups: Mapping[int, list[int]] | list[list[int]], rows: np.ndarray) -> None:
        """Deal the candidates ``groups[i]`` to each image i of `rows`: same label and split first, then one of both."""
        for same_label, same_split in ((True, True), (True, False), (False, True), (False, False)):
            for i in rows[self.row[rows] < 0]:
                fit = [r for r in groups[i] if self.free[r] and (not same_label or self._label(i, r))
                       and (not same_split or self._split(i, r))]
                if fit:
                    self.row[i] = fit[0]
                    self.free[fit[0]] = False
        self.version[rows] = [groups[i][0] for i in rows]
        self.ambiguous += sum(self._is_ambiguous(i, groups[i]) for i in rows[self.row[rows] >= 0])

    def _label(self, i: int, row: int) -> bool:
        return self.labels[i] in (-1, self.known.labels[row])

    def _split(self, i: int, row: int) -> bool:
        split, said = self.known.split[row], self.declared[i]
        return said in ("", split) or (said == "test" and split == "val" and not self.has_val)

    def _is_ambiguous(self, i: int, group: list[int]) -> bool:
        """Whether an image left over could as well have been this one, and lies in another split."""
        mine = self.known.split[self.row[i]]
        return any(self.free[r] and self.known.split[r] != mine and self._label(i, r) and self._split(i, r)
                   for r in group)


def restore(faces: FaceSet, known: Fingerprint | None = None) -> FaceSet:
    """The copy with FER2013's official split, row numbers (`index`) and order, and what was found in `source`.

    faces: labels -1 where the copy names none (they are taken from the known image), split "" where it names none.
    Fewer than 95 % known images: only what was found is added. Images that are not FER2013's keep the copy's split and
    are numbered after the known ones; ``source["fingerprint"]`` counts everything, and says whether it was restored.
    """
    known = load() if known is None else known
    found = match(faces.images, faces.labels, faces.split, known)
    hit = found.row >= 0
    report = _report(faces, found, known)
    if not report["restored"]:
        return _with_report(faces, report)
    labels, split = faces.labels.copy(), faces.split.copy()
    unnamed = hit & (labels < 0)
    labels[unnamed] = known.labels[found.row[unnamed]]
    # An image found by its perceptual hash alone may be its near double: what the copy itself declares goes first.
    settled = hit & (found.exact | (faces.split == "") | ~np.any(faces.split == "val"))
    split[settled] = known.split[found.row[settled]]
    index = np.where(hit, found.row, len(known) + np.arange(len(faces)))
    kept = np.flatnonzero((labels >= 0) & (split != ""))
    restored = replace(faces, labels=labels, split=split.astype("<U5"), index=index)
    return _with_report(restored.select(kept[np.argsort(index[kept], kind="stable")]), report)


def _with_report(faces: FaceSet, report: dict[str, object]) -> FaceSet:
    return replace(faces, source={**faces.source, "fingerprint": report})


def _report(faces: FaceSet, found: Match, known: Fingerprint) -> dict[str, object]:
    """The counts of what a copy is, JSON-able; names are those within the copy."""
    hit = found.row >= 0
    foreign = ~hit & ~found.surplus
    relabelled = hit & (faces.labels >= 0) & (faces.labels != known.labels[found.row])
    has_val = np.any(faces.split == "val")
    official = known.split[found.row]
    moved = hit & found.exact & (faces.split != "") & (faces.split != official) & ~(
        ~has_val & (faces.split == "test") & (official == "val"))
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


def _cropping(images: np.ndarray, known: Fingerprint) -> int:
    """How many pixels of 48 were cropped on each side: the border whose restoring makes most images known."""
    if len(images) < FEWEST:
        return 0
    hashes = np.fromiter(known.by_perceptual, np.uint64)
    hits = [int(np.sum(_nearest(perceptual_hash(_bordered(images, np.arange(len(images)), border)), hashes) >= 0))
            for border in BORDERS]
    best = int(np.argmax(hits))
    return BORDERS[best] if hits[best] > max(hits[0] + 0.05 * len(images), 0.2 * len(images)) else 0


def _bordered(images: np.ndarray, rows: np.ndarray, border: int) -> np.ndarray:
    """Images shrunk to 48 - 2·border pixels, their edges repeated around: about what stood there before cropping."""
    if not border:
        return images[rows]
    size = images.shape[-1]
    inner = size - 2 * border
    place = (np.arange(inner) + 0.5) * size / inner - 0.5
    low = np.clip(np.floor(place).astype(int), 0, size - 2)
    share = np.clip(place - low, 0, 1).astype(np.float32)
    chosen = images[rows].astype(np.float32)
    chosen = chosen[:, low] * (1 - share)[:, None] + chosen[:, low + 1] * share[:, None]
    chosen = chosen[:, :, low] * (1 - share) + chosen[:, :, low + 1] * share
    return np.pad(chosen, ((0, 0), (border, border), (border, border)), mode="edge")


def _nearest(asked: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The place in `known` (distinct hashes) of each asked hash, -1 where none is near enough or two are; int64."""
    found = np.full(len(asked), -1, np.int64)
    for start in range(0, len(asked), CHUNK):
        bits = np.bitwise_count(asked[start:start + CHUNK, None] ^ known[None])
        best = bits.argmin(1)
        rows = np.arange(len(best))
        first = bits[rows, best].astype(int)
        bits[rows, best] = 64
        second = bits.min(1).astype(int)
        near = (first <= SURE) | ((first <= LIKELY) & (second - first >= MARGIN))
        found[start:start + CHUNK] = np.where(near, best, -1)
    return found


def _rows_of(hashes: np.ndarray) -> dict[int, list[int]]:
    rows = defaultdict(list)
    for row, value in enumerate(hashes.tolist()):
        rows[value].append(row)
    return dict(rows)


def _moments(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (round(float(finite.mean()), 4), round(float(finite.std(ddof=1)), 4)) if len(finite) > 1 else (0.0, 1.0)
