"""FER+: what ten people saw in each image of FER2013, as labels of its own.

Barsoum, Zhang, Canton Ferrer & Zhang 2016, Training deep networks for facial expression recognition with crowd-sourced
label distribution, arXiv 1608.01041. The votes come with the library (MIT licence, see NOTICE), in the order of
FER2013's fingerprint, so that they are joined to any copy by its pixels and never by position.

The label of an image is the plurality of its votes. Left out are images without votes (not a face), those in which
"unknown" or "not a face" has as many votes as any expression, ties between expressions, and, unless it is kept, those
seen as contempt. Validation and test are counted by this label whether training uses it or the votes as soft targets.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from ferkit.core.errors import InputError
from ferkit.core.labels import CONTEMPT, LABELS, to_label
from ferkit.core.protocols import Protocol
from ferkit.data.face_set import FaceSet
from ferkit.data.sources.fer2013 import USAGES

VOTES = "ferplus_votes.npz"
EXPRESSIONS = (*LABELS, CONTEMPT)
COLUMNS = (*EXPRESSIONS, "unknown", "not a face")  # of the array of votes
LEFT_OUT = 85  # rows of fer2013new.csv that FER+'s numbers do not count
NO_NUMBER = np.iinfo(np.int16).min
HAPPY_AGREEMENT = 0.85  # of FER2013's happy images the taggers see 0.93 as happy; joined wrongly, about a quarter


def votes() -> np.ndarray:
    """Ten votes for each image of FER2013 in its fingerprint's order, uint8, (35887, 10), columns as in COLUMNS; rows
    of images that nobody voted on are 0."""
    return _held()["votes"]


def numbers() -> np.ndarray:
    """The number in FER+'s name of each image ("fer0032220.png") in the fingerprint's order, int64, (35887,); -1 for
    images that it does not name."""
    shift = _held()["shift"].astype(np.int64)
    return np.where(shift == NO_NUMBER, -1, np.arange(len(shift)) + shift)


@lru_cache(maxsize=1)
def _held() -> dict[str, np.ndarray]:
    with resources.as_file(resources.files("ferkit.data") / "assets" / VOTES) as place, np.load(place) as held:
        found = dict(held)
    for array in found.values():
        array.setflags(write=False)
    return found


def plurality(table: np.ndarray, contempt: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(labels, reasons) by the rule above: labels int64 (N,), places in EXPRESSIONS, -1 where left out; reasons str
    (N,): "" or "no votes", "unknown or no face", "tied", "contempt". table: int (N, 10), columns as in COLUMNS."""
    k = len(EXPRESSIONS)
    most = table.max(axis=1)
    reasons = np.select(
        [table.sum(axis=1) == 0, (table[:, k:] == most[:, None]).any(axis=1),
         (table[:, :k] == most[:, None]).sum(axis=1) > 1, (table[:, :k].argmax(axis=1) == k - 1) & (not contempt)],
        ["no votes", "unknown or no face", "tied", "contempt"], "")
    return np.where(reasons == "", table[:, :k].argmax(axis=1), -1), reasons


def relabel(faces: FaceSet, protocol: Protocol) -> FaceSet:
    """FER2013 under the labels that a protocol names: the plurality, and for "ferplus-soft" the shares of the votes as
    `targets`. InputError for a copy that is not recognised image by image, or a join that cannot be right."""
    found = faces.source.get("fingerprint") or {}
    if not found.get("restored"):
        raise InputError(f"FER+ labels need FER2013's own images: of this copy {found.get('foreign', len(faces))} of "
                         f"{len(faces)} are unknown, so that votes cannot be joined to them")
    mine = faces.index < len(votes())
    table = np.zeros((len(faces), len(COLUMNS)), np.uint8)
    table[mine] = votes()[faces.index[mine]]
    check_join(faces.labels, table)
    labels, reasons = plurality(table, protocol.contempt)
    names = EXPRESSIONS if protocol.contempt else LABELS
    kept = np.flatnonzero(reasons == "")
    shares = None
    if protocol.labels == "ferplus-soft":
        shares = table[kept, :len(names)].astype(np.float32)
        shares /= shares.sum(axis=1, keepdims=True)
    counts = {reason: int(np.sum(reasons == reason)) for reason in sorted(set(reasons.tolist()) - {""})}
    left_out = ", ".join(f"{n} {reason}" for reason, n in counts.items()) or "none"
    says = (f"Labels are the plurality of ten FER+ taggers: {len(kept)} of {len(faces)} images; left out: {left_out}."
            + (" Training uses the shares of their votes." if shares is not None else ""))
    chosen = replace(faces.select(kept), labels=labels[kept], label_names=names, targets=shares)
    return chosen.noted(says, labels=protocol.labels, counts=chosen.counts())


def check_join(own: np.ndarray, table: np.ndarray) -> None:
    """InputError where the votes cannot belong to these images: too few of FER2013's happy ones are seen as happy.

    own: int64 (N,), FER2013's labels. table: (N, 10), votes."""
    happy = LABELS.index("happy")
    asked = (own == happy) & (table.sum(axis=1) > 0)
    agreement = float(np.mean(table[asked].argmax(axis=1) == happy)) if asked.any() else 0.0
    if agreement < HAPPY_AGREEMENT:
        raise InputError(f"FER+ votes: {100 * agreement:.0f} % of FER2013's happy images are seen as happy, at least "
                         f"{100 * HAPPY_AGREEMENT:.0f} % must be: the votes are joined to other images; join them by "
                         "the row of a genuine fer2013.csv or by pixel hash")


def read(place: Path, faces: FaceSet, known: np.ndarray) -> np.ndarray:
    """The votes of a file for the images of a fingerprint, as `votes`; InputError for another file or a wrong join.

    place: FER+'s own fer2013new.csv, joined by the row of a genuine fer2013.csv (`faces`, read from it), or a table
    with the column ``pixels_sha256_16``, joined by the pixels. known: uint64 (N,), the fingerprint's pixel hashes.
    """
    rows, keys = _joined(place, faces, known)
    names = {_column(name): name for name in rows[0]}
    counts = np.array([[int(row[names[name]] or 0) for name in COLUMNS] for row in rows], np.uint8)
    by_key = dict(zip(keys.tolist(), counts, strict=True))
    nobody = np.zeros(len(COLUMNS), np.uint8)
    table = np.stack([by_key.get(int(key), nobody) for key in known])
    check_join(faces.labels[np.argsort(faces.index)], table)
    return table


def read_numbers(place: Path, faces: FaceSet, known: np.ndarray) -> np.ndarray:
    """FER+'s numbers of the images of a fingerprint, as `numbers`; arguments as of `read`.

    They stand in the column ``Image name``. A table that has ``ferplus_row`` in its place tells the row of
    fer2013new.csv alone, where numbers are counted in this order, some rows being left out: how many before a row is
    seen from the images whose own row in the fingerprint is that number, most of them.
    """
    rows, keys = _joined(place, faces, known)
    split = faces.split[np.argsort(faces.index)]
    usage = next((name for name in rows[0] if name.lower() == "usage"), "")
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row, key in zip(rows, keys.tolist(), strict=True):
        text = row.get("ferplus_row") or (row.get("Image name") or "").removeprefix("fer").partition(".")[0]
        if text:
            found[key, USAGES.get(row[usage], "")].append(int(text))
    own = [found.get((int(key), part), []) for key, part in zip(known, split, strict=True)]
    if "ferplus_row" in rows[0]:
        skipped = np.zeros(max(map(max, filter(None, own))) + 1, np.int64)
        for place_of, candidates in enumerate(own):
            near = [row for row in candidates if 0 <= row - place_of <= LEFT_OUT]
            if near:
                skipped[min(near)] = min(near) - place_of
        skipped = np.maximum.accumulate(skipped)
        own = [[int(row - skipped[row]) for row in candidates] for candidates in own]
    result, taken = np.full(len(known), -1), set()
    for image, candidates in sorted(enumerate(own), key=lambda item: item[0] not in item[1]):
        if free := [number for number in candidates if number not in taken]:  # exact copies have a number each
            result[image] = image if image in free else free[0]
            taken.add(int(result[image]))
    return result


def save(place: Path, table: np.ndarray, numbers: np.ndarray) -> Path:
    """Write votes and numbers; the same give the same bytes."""
    np.savez_compressed(place, votes=table, shift=np.where(numbers < 0, NO_NUMBER, numbers - np.arange(len(numbers))
                                                           ).astype(np.int16))
    return place


def _joined(place: Path, faces: FaceSet, known: np.ndarray) -> tuple[list[dict[str, str]], np.ndarray]:
    """The rows of a table of votes, and the pixel hash of each row's image, uint64."""
    try:
        with open(place, encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{place.name}: cannot be read ({error})") from None
    if {_column(column) for column in (rows[0] if rows else ())} - {None} != set(COLUMNS):
        raise InputError(f"{place.name}: no table of FER+ votes; expected fer2013new.csv with its ten columns of votes")
    if "pixels_sha256_16" in rows[0]:
        return rows, np.array([int(row["pixels_sha256_16"], 16) for row in rows], np.uint64)
    if faces.source.get("layout") == "csv" and len(rows) == len(faces):
        order = np.argsort([int(name.rpartition("_")[2]) for name in faces.names])
        return rows, known[faces.index[order]]
    raise InputError(f"{place.name}: has no pixel hashes, so that it is joined by the rows of a genuine "
                     f"fer2013.csv; name one with --data ({len(rows)} rows here, {len(faces)} images there)")


def _column(name: str) -> str | None:
    """The column of votes that a file's column means."""
    special = {"unknown": "unknown", "nf": "not a face"}
    return special.get(name.strip().lower()) or to_label(name.strip())
