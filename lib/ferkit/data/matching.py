"""The images of a copy found among known ones: by their pixels, else by their lowest spatial frequencies.

A perceptual hash also finds an image that was re-encoded, resized, blurred, sharpened, equalised, mirrored or cropped
by some pixels. Of images with equal hashes each known one is dealt to one image of the copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ferkit.data.fingerprint import Fingerprint
from ferkit.data.image_statistics import is_blank, perceptual_hash, pixel_hash

# A perceptual hash is an image's own when it differs in at most SURE of 63 bits, or in at most LIKELY and the next
# image's differs in MARGIN bits more. Measured on 400 images of FER2013: JPEG quality 30 changes at most 4 bits of 99 %
# of them, equalisation 5 bits of half of them; the nearest other image is 12 bits away in the median.
SURE, LIKELY, MARGIN = 4, 16, 4
BORDERS = (0, 1, 2, 3, 4, 5)  # pixels of 48 that may have been cropped on each side
FEWEST, SAMPLE = 30, 500  # images on which a cropping is found, at least and about
CHUNK = 256


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
    copy names; "test" without any "val", or the other way round, is what is not training. Of images with equal pixels
    each row is dealt once, to the same label and split first.
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


def held_out_together(declared: np.ndarray) -> str:
    """The name of the one split that a copy has beside "train", "val" or "test", and which holds both; "" where it has
    both, or none."""
    there = [part for part in ("val", "test") if np.any(declared == part)]
    return there[0] if len(there) == 1 else ""


class _Dealing:
    """Deals the rows of known images to the images of a copy, each row once."""

    def __init__(self, labels: np.ndarray, declared: np.ndarray, known: Fingerprint) -> None:
        self.labels, self.declared, self.known = labels, declared, known
        self.held_out = held_out_together(declared)
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
        return said in ("", split) or (said == self.held_out and split != "train")

    def _is_ambiguous(self, i: int, group: list[int]) -> bool:
        """Whether an image left over could as well have been this one, and lies in another split."""
        mine = self.known.split[self.row[i]]
        return any(self.free[r] and self.known.split[r] != mine and self._label(i, r) and self._split(i, r)
                   for r in group)


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
