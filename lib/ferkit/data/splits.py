"""Protocols: which images may train, select and test a system. Pure seeded functions to index arrays.

Every function returns ``{"train": rows, "val": rows, "test": rows}`` (int64, sorted, disjoint) or a list of
such folds, and checks at run time the disjointness that it promises. ``by_image`` promises only that no *row*
is in two splits: neighbouring frames and the same person may be, and the papers' CK+ and JAFFE numbers rest
on just that.

Not stated in the paper; we use 70/10/20 % for every random split because Minaee & Abdolrashidi's CK+ split is
remembered so.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from ferkit.core.errors import InputError
from ferkit.core.protocols import FOLDS, Protocol
from ferkit.data.face_set import SPLITS, FaceSet
from ferkit.data.sequences.sequence_set import SequenceSet

AnySet = TypeVar("AnySet", FaceSet, SequenceSet)

Split = dict[str, np.ndarray]
SHARES = (0.7, 0.1, 0.2)


def official(whole: AnySet) -> Split:
    """The rows of each split that the source itself declares; InputError where it declares none."""
    rows = {name: np.flatnonzero(whole.split == name) for name in SPLITS}
    missing = [name for name in SPLITS if not len(rows[name])]
    if missing:
        dataset = whole.source.get("dataset", "the data")
        raise InputError(f"{dataset} has no official {' and '.join(missing)} split; " + (
            "declare train, val and test yourself, or name the subjects (index.csv, --subject-from) for by_subject: "
            "dividing by image would put one person's pictures on both sides" if "" in whole.subjects else
            "use --protocol by_subject, by_subject_10fold or leave_one_subject_out"))
    return _checked(rows)


def by_image(labels: np.ndarray, seed: int, shares: tuple[float, float, float] = SHARES) -> Split:
    """A random split image by image, stratified by label: sister frames and subjects cross it.

    shares: train, val, test, summing to 1. Each label is cut on its own, so shares hold per label up to
    rounding.
    """
    rng = np.random.default_rng(seed)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in SPLITS}
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        cuts = np.round(np.cumsum(shares)[:2] * len(rows)).astype(int)
        for name, part in zip(SPLITS, np.split(rows, cuts), strict=True):
            parts[name].append(part)
    return _checked({name: np.sort(np.concatenate(part)) for name, part in parts.items()})


def by_group(labels: np.ndarray, groups: np.ndarray, what: str, seed: int,
             shares: tuple[float, float, float] = SHARES) -> Split:
    """A split that keeps all images of one group together, stratified by label as far as groups allow.

    groups: subjects, or sequences (whose subject may still be on both sides); what: which, for messages.
    """
    names = _groups(groups, what, at_least=3)
    part = _place_groups(labels, groups, names, np.asarray(shares), seed)
    return _checked({name: np.flatnonzero(part == number) for number, name in enumerate(SPLITS)}, groups, what)


def leave_one_subject_out(subjects: np.ndarray, seed: int) -> list[Split]:
    """One fold per subject, in order of name: that subject tests, another (drawn by `seed`) selects, the rest
    train."""
    people = _groups(subjects, "subjects", at_least=3)
    rng = np.random.default_rng(seed)
    folds = []
    for number, person in enumerate(people):
        chosen = people[(number + 1 + rng.integers(len(people) - 1)) % len(people)]
        test, val = subjects == person, subjects == chosen
        folds.append({"train": np.flatnonzero(~test & ~val), "val": np.flatnonzero(val), "test": np.flatnonzero(test)})
    return [_checked(fold, subjects, "subjects") for fold in folds]


def by_image_folds(labels: np.ndarray, seed: int) -> list[Split]:
    """FOLDS stratified folds image by image; fold k tests, fold k+1 selects, the others train."""
    rng = np.random.default_rng(seed)
    part = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        part[rows] = (np.arange(len(rows)) + rng.integers(FOLDS)) % FOLDS
    return [_checked(fold) for fold in _rotate(part)]


def by_subject_folds(labels: np.ndarray, subjects: np.ndarray, seed: int) -> list[Split]:
    """FOLDS folds that keep each person together; fold k tests, fold k+1 selects, the others train."""
    people = _groups(subjects, "subjects", at_least=FOLDS)
    part = _place_groups(labels, subjects, people, np.full(FOLDS, 1 / FOLDS), seed)
    return [_checked(fold, subjects, "subjects") for fold in _rotate(part)]


def divide(protocol: Protocol, whole: AnySet, seed: int, shares: tuple[float, float, float] = SHARES) -> Split:
    """The split that a protocol makes of a set, of a folded one the fold that it names; shares as in `by_image`.

    Raises InputError for a fold that there is not, or for groups that the source does not name.
    """
    labels, subjects = whole.labels, whole.subjects
    single = {"official": lambda: official(whole), "by_image": lambda: by_image(labels, seed, shares),
              "by_sequence": lambda: by_group(labels, whole.sequences, "sequences", seed, shares),
              "by_subject": lambda: by_group(labels, subjects, "subjects", seed, shares)}
    if protocol.base in single:
        return single[protocol.base]()
    folded = {"leave_one_subject_out": lambda: leave_one_subject_out(subjects, seed),
              "by_image_10fold": lambda: by_image_folds(labels, seed),
              "by_subject_10fold": lambda: by_subject_folds(labels, subjects, seed)}[protocol.base]()
    if protocol.fold >= len(folded):
        raise InputError(f"protocol {protocol.proper!r}: there are folds 0 to {len(folded) - 1}")
    return folded[protocol.fold]


def as_column(rows: Split, n: int) -> np.ndarray:
    """The split of each of `n` rows, str (n,); "" for those that are in none."""
    split = np.full(n, "", dtype="<U5")
    for name, part in rows.items():
        split[part] = name
    return split


def carve_validation(labels: np.ndarray, split: np.ndarray, share: float = 0.125, seed: int = 0,
                     subjects: np.ndarray | None = None) -> np.ndarray:
    """`split` with a stratified `share` of its training rows renamed "val", str (N,); the test rows stay
    untouched.

    subjects: str (N,); where every training row has one, and there are two or more, people are kept together.

    Not stated in the paper; we use one eighth because FER2013's own validation split is 3,589 to 28,709.
    """
    rng = np.random.default_rng(seed)
    carved, train = split.copy(), np.flatnonzero(split == "train")
    people = np.unique(subjects[train]) if subjects is not None else np.array([""])
    if "" not in people and len(people) > 1:
        part = _place_groups(labels[train], subjects[train], people, np.array([1 - share, share]), seed)
        carved[train[part == 1]] = "val"
        return carved
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero((labels == label) & (split == "train")))
        carved[rows[:round(share * len(rows))]] = "val"
    return carved


def stratified_rows(labels: np.ndarray, limit: int, seed: int) -> np.ndarray:
    """At most `limit` row numbers with the labels in their own proportion, sorted int64; all rows where fewer
    exist.

    Every label keeps at least one row; remainders go to the largest fractions, so exactly `limit` are taken, or one of
    each label where there are more labels.
    """
    if len(labels) <= limit:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    kinds, counts = np.unique(labels, return_counts=True)
    exact = counts * limit / len(labels)
    take = np.minimum(np.maximum(np.floor(exact).astype(int), 1), counts)
    while take.sum() > max(limit, len(kinds)):  # the rare labels' one came on top: the most over-represented gives way
        take[np.argmax(np.where(take > 1, take - exact, -np.inf))] -= 1
    for place in np.argsort(take - exact, kind="stable"):
        take[place] += int(take.sum() < limit and take[place] < counts[place])
    rows = [rng.permutation(np.flatnonzero(labels == kind))[:n] for kind, n in zip(kinds, take, strict=True)]
    return np.sort(np.concatenate(rows))


def proportional_rows(labels: np.ndarray, rows: int, seed: int) -> np.ndarray:
    """About `rows` row numbers, sorted int64: of every label its share, rounded, and one at least; 0 = all.
    (`stratified_rows` takes a number exactly; published results rest on these rows.)"""
    labels = np.asarray(labels)
    if rows <= 0 or rows >= len(labels):
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    chosen = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        chosen.append(members[: max(1, round(rows * len(members) / len(labels)))])
    return np.sort(np.concatenate(chosen))


def thin(whole: AnySet, limit: int, seed: int, rows: str = "images") -> AnySet:
    """At most `limit` training rows and a quarter of that (at least 70) of validation and of test (stratified); 0 keeps
    all. rows: what the note calls them."""
    caps = {"train": limit, "val": max(limit // 4, 70), "test": max(limit // 4, 70)}
    parts = {split: np.flatnonzero(whole.split == split) for split in SPLITS}
    if not limit or all(len(part) <= caps[split] for split, part in parts.items()):
        return whole
    kept = np.sort(np.concatenate([part[stratified_rows(whole.labels[part], caps[split], seed)]
                                   for split, part in parts.items()]))
    says = f"Thinned to {len(kept)} of {len(whole)} {rows} (stratified, seed {seed}) for a quick look."
    return whole.select(kept).noted(says, thinned=True)


def fewer_to_train(whole: AnySet, protocol: Protocol, seed: int, rows: str = "images", may_be_all: bool = False
                   ) -> AnySet:
    """The set with as many of its training rows as ``+trainN`` says (stratified), all without it; validation and test
    stay whole. rows: what messages call them. InputError where it has no more than that, unless all may train then."""
    n, train = protocol.train, np.flatnonzero(whole.split == "train")
    if not n:
        return whole
    if may_be_all and n >= len(train):
        return whole.noted(f"+train{n} leaves all {len(train)} training {rows}.")
    if n >= len(train) or n < len(whole.label_names):
        raise InputError(f"protocol {protocol.name}: {len(train)} {rows} train, so that +trainN takes "
                         f"{len(whole.label_names)} to {len(train) - 1} of them")
    kept = train[stratified_rows(whole.labels[train], n, seed)]
    left = np.sort(np.concatenate([kept, np.flatnonzero(whole.split != "train")]))
    return whole.select(left).noted(f"{n} of {len(train)} training {rows} train (stratified, seed {seed}); "
                                    "validation and test are whole.")


def shared_groups(groups: np.ndarray, split: np.ndarray) -> dict[str, int]:
    """How many named groups lie in two splits: ``{"train/val": n, "train/test": n, "val/test": n}``."""
    held = {name: set(groups[(split == name) & (groups != "")].tolist()) for name in SPLITS}
    return {f"{a}/{b}": len(held[a] & held[b]) for a, b in (("train", "val"), ("train", "test"), ("val", "test"))}


def _place_groups(labels: np.ndarray, groups: np.ndarray, names: np.ndarray, shares: np.ndarray,
                  seed: int) -> np.ndarray:
    """The part (0…P-1) of every row: large groups first, each to where the label counts then miss their aim
    least."""
    rng = np.random.default_rng(seed)
    kinds, label = np.unique(labels, return_inverse=True)
    number = np.searchsorted(names, groups)
    counts = np.zeros((len(names), len(kinds)))
    np.add.at(counts, (number, label), 1)
    aim = shares[:, None] * counts.sum(axis=0)
    filled = np.zeros_like(aim)
    place = np.empty(len(names), np.int64)
    order = rng.permutation(len(names))
    order = order[np.argsort(-counts[order].sum(axis=1), kind="stable")]
    for step, group in enumerate(order):
        missing_after = (filled + counts[group] - aim) / np.sqrt(np.maximum(aim, 1e-9))
        missing_now = (filled - aim) / np.sqrt(np.maximum(aim, 1e-9))
        cost = (missing_after ** 2 - missing_now ** 2).sum(axis=1)
        empty = np.flatnonzero(filled.sum(axis=1) == 0)
        if len(empty) >= len(order) - step:  # no part may stay empty
            cost[np.setdiff1d(np.arange(len(shares)), empty)] = np.inf
        place[group] = int(np.argmin(cost))
        filled[place[group]] += counts[group]
    return place[number]


def _rotate(part: np.ndarray) -> list[Split]:
    return [
        {
            "train": np.flatnonzero((part != k) & (part != (k + 1) % FOLDS)),
            "val": np.flatnonzero(part == (k + 1) % FOLDS),
            "test": np.flatnonzero(part == k),
        }
        for k in range(FOLDS)
    ]


def _groups(groups: np.ndarray, what: str, at_least: int) -> np.ndarray:
    """The distinct groups, sorted; InputError where images belong to none or there are too few."""
    names = np.unique(groups)
    if "" in names:
        raise InputError(
            f"the source names no {what} for {int(np.sum(groups == ''))} images, so that they cannot be kept apart; "
            f"name them in index.csv or with --subject-from (--dataset folder), or declare the splits yourself"
        )
    if len(names) < at_least:
        raise InputError(f"{len(names)} {what} cannot be divided into {at_least} parts; add images of other {what}")
    return names


def _checked(rows: Split, groups: np.ndarray | None = None, what: str = "") -> Split:
    """`rows` as it is; AssertionError if a row, or one of the `groups` promised apart, is in two splits."""
    every = np.concatenate(list(rows.values()))
    if len(np.unique(every)) != len(every):
        raise AssertionError("a row lies in two splits")
    empty = [name for name, part in rows.items() if not len(part)]
    if empty:
        raise InputError(
            f"too few images: the {' and '.join(empty)} split would be empty; add images, or "
            "declare train, val and test yourself"
        )
    if groups is not None:
        held = [set(groups[part].tolist()) for part in rows.values()]
        if any(held[a] & held[b] for a, b in ((0, 1), (0, 2), (1, 2))):
            raise AssertionError(f"{what} are shared between splits")
    return rows
