"""The official FER2013 of a copy: whatever its names, order or folders, it gets split and row numbers back.

What was left out, added, relabelled, repeated or processed is counted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ferkit.data import fingerprint
from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.fingerprint import Fingerprint
from ferkit.data.image_statistics import pixel_hash, qualities
from ferkit.data.matching import Match, held_out_together, match

KNOWN_SHARE = 0.95  # of a copy's images that must be FER2013's for its official split to be restored
WORDS = {"sharpness": ("blurred", "sharpened"), "contrast": ("flattened in contrast", "raised in contrast"),
         "brightness": ("darkened", "brightened"), "evenness": ("", "equalised"), "blocking": ("", "JPEG-compressed")}
# Standard deviations between a copy's images and the original's above which a treatment is named.
DIFFERENCE = {"sharpness": 0.3, "contrast": 0.3, "brightness": 0.3, "evenness": 1.0, "blocking": 0.3}
TREATED_SHARE = 0.05  # of a split's images that must differ for its treatment to be named


def restore(faces: FaceSet, known: Fingerprint | None = None) -> FaceSet:
    """The copy with FER2013's official split, row numbers (`index`) and order, and what was found in `source`.

    faces: labels -1 where the copy names none (they are taken from the known image), split "" where it names none.
    Fewer than 95 % known images: only what was found is added. Of a copy with more images than the original, files that
    repeat another one pixel by pixel are left out first. Images that are not FER2013's keep the copy's split and are
    numbered after the known ones; ``source["fingerprint"]`` counts everything, and says whether it was restored.
    """
    known = fingerprint.load() if known is None else known
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
