"""How much of FER2013's error is its labels? Ten FER+ taggers beside the label, and systems where they agree or not.

Barsoum et al. 2016, arXiv 1608.01041, had each image seen by ten people. Here an image's label is "confirmed" where no
other answer has more votes, "contradicted" where another has more and the label at least one, "never named" where none
of the ten chose it. Labels, split and votes come with the library, in the order of FER2013's fingerprint, and published
predictions name the same rows: nothing here needs an image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ferkit.analysis.comparison import RECIPES
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data import ferplus, fingerprint
from ferkit.results import tree
from ferkit.results.records import Result
from ferkit.stats import classification, intervals

GROUPS = ("confirmed", "contradicted", "never named")


def groups(labels: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """What the votes say of each label: one of GROUPS, or "" without votes; str (N,).

    labels: int64 (N,), 0…6. votes: int (N, 10), columns as in `ferplus.COLUMNS`.
    """
    own = votes[np.arange(len(labels)), labels]
    return np.select([votes.sum(axis=1) == 0, own == 0, own < votes.max(axis=1)], ["", *GROUPS[:0:-1]], GROUPS[0])


def by_label() -> list[dict[str, object]]:
    """How the taggers answer to each of FER2013's labels and to all, on test images: one row each.

    label; n (images with votes); agreement (share whose plurality is the label and nothing else); majority, n_majority
    (the same among images on which more than five agree); single (probability that one tagger names the label);
    confirmed, contradicted, never_named (shares, adding to 1); instead, instead_share (the commonest other plurality).
    """
    labels, votes = _test_images()
    return [_answers(name, labels[chosen], votes[chosen]) for name, chosen in
            [*((label, labels == k) for k, label in enumerate(LABELS)), ("all", labels >= 0)] if chosen.any()]


def ceiling() -> dict[str, float]:
    """Accuracies on FER2013's labels that follow from the votes alone, over test images with votes.

    one_person, ten_people: of one tagger, and of the plurality of ten (a tie counts its share). any_of_ten: of whoever
    always picks the label where at least one of ten people sees it: what lies above it was not learned from
    expressions that people see.
    """
    labels, votes = _test_images()
    own, most = votes[np.arange(len(labels)), labels], votes == votes.max(axis=1, keepdims=True)
    return {"n": len(labels), "one_person": float(np.mean(own / votes.sum(axis=1))),
            "ten_people": float(np.mean(most[np.arange(len(labels)), labels] / most.sum(axis=1))),
            "any_of_ten": float(np.mean(own > 0))}


def by_system(results: Sequence[Result]) -> list[dict[str, object]]:
    """Accuracy on FER2013's labels where the votes confirm, contradict or never name them: one row for each system and
    recipe, means over seeds.

    system, recipe, seeds; accuracy; for each of GROUPS (with underscores) the accuracy and ``<group>_n``, its interval
    (95 % over images) as ``<group>_interval``; crowd: agreement with the taggers' plurality, crowd_n: the images that
    have one (by the rule of `ferkit.data.ferplus`). InputError for results of other images.
    """
    return [_system(*name, seeds) for name, seeds in tree.by_system(_tested(results)).items()]


def recall_by_label(results: Sequence[Result], labels: str = "own") -> list[dict[str, object]]:
    """Recall of each expression against FER2013's labels ("own") or the taggers' plurality ("ferplus").

    One row for each system, recipe and label: n (images), recall (mean over seeds), rank (1 = the worst of the seven).
    """
    rows = []
    for (system, recipe), seeds in tree.by_system(_tested(results)).items():
        truth = _truth(seeds[0], labels)
        kept = truth >= 0
        recalls = np.mean([classification.per_class(classification.confusion_matrix(
            truth[kept], result.predictions["predicted"][kept], len(LABELS)))["recall"] for result in seeds], axis=0)
        ranks = np.argsort(np.argsort(recalls, kind="stable"), kind="stable") + 1
        rows += [{"system": system, "recipe": recipe, "label": label, "n": int(np.sum(truth == k)),
                  "recall": float(recalls[k]), "rank": int(ranks[k])} for k, label in enumerate(LABELS)]
    return rows


def both_recalls(results: Sequence[Result], labels: Sequence[str]) -> list[dict[str, object]]:
    """One row for each system and recipe: system, recipe and for each of `labels` its recall by FER2013's labels and by
    the taggers' plurality, ``<label>_own`` and ``<label>_ferplus``, as "13 % of 55 (1)": images, and the rank."""
    rows: dict[tuple[object, object], dict[str, object]] = {}
    for source in ("own", "ferplus"):
        for row in recall_by_label(results, source):
            if row["label"] in labels:
                kept = rows.setdefault((row["system"], row["recipe"]), {key: row[key] for key in ("system", "recipe")})
                kept[f"{row['label']}_{source}"] = f"{100 * row['recall']:.0f} % of {row['n']} ({row['rank']})"
    return list(rows.values())


def by_group(rows: Sequence[Mapping[str, object]]) -> dict[str, list[float]]:
    """The shares or accuracies of rows of `by_label` or `by_system` for each of GROUPS, in the rows' order."""
    return {group: [row[group.replace(" ", "_")] for row in rows] for group in GROUPS}


def replicated(results: Sequence[Result], systems: Sequence[str]) -> list[Result]:
    """Of some results those of these systems, in their order, as published and then under our recipe."""
    found = tree.by_system(results)
    return [result for system in systems for recipe in RECIPES
            for result in found.get((system, recipe), ())]


def _test_images() -> tuple[np.ndarray, np.ndarray]:
    """(labels, votes) of FER2013's test images that have votes, int64 (N,) and (N, 10)."""
    known = fingerprint.load()
    rows = np.flatnonzero((known.split == "test") & (ferplus.votes().sum(axis=1) > 0))
    return known.labels[rows], ferplus.votes()[rows].astype(np.int64)


def _answers(name: str, labels: np.ndarray, votes: np.ndarray) -> dict[str, object]:
    own, most = votes[np.arange(len(labels)), labels], votes.max(axis=1)
    sole = (own == most) & ((votes == most[:, None]).sum(axis=1) == 1)
    sure = most > votes.sum(axis=1) / 2
    said = groups(labels, votes)
    first = votes.argmax(axis=1)
    others = np.bincount(first[~sole & (first != labels)], minlength=len(ferplus.COLUMNS))  # a tie may be its own
    return {"label": name, "n": len(labels), "agreement": float(np.mean(sole)),
            "majority": float(np.mean(sole[sure])), "n_majority": int(sure.sum()),
            "single": float(np.mean(own / votes.sum(axis=1))),
            **{group.replace(" ", "_"): float(np.mean(said == group)) for group in GROUPS},
            "instead": ferplus.COLUMNS[others.argmax()], "instead_share": float(others.max() / len(labels))}


def _system(system: str, recipe: str, results: list[Result]) -> dict[str, object]:
    rows = results[0].predictions["index"]
    labels, votes = results[0].predictions["labels"], ferplus.votes()[rows]
    said, crowd = groups(labels, votes), _truth(results[0], "ferplus")
    right = np.mean([result.predictions["predicted"] == labels for result in results], axis=0)
    row: dict[str, object] = {"system": system, "recipe": recipe, "seeds": len(results), "n": len(labels),
                              "accuracy": float(right.mean())}
    for group in GROUPS:
        here, key = said == group, group.replace(" ", "_")
        row |= {key: float(right[here].mean()), f"{key}_n": int(here.sum()),
                f"{key}_interval": list(intervals.wilson(float(right[here].sum()), int(here.sum())))}
    seen = crowd >= 0
    agreed = np.mean([result.predictions["predicted"][seen] == crowd[seen] for result in results])
    return row | {"crowd": float(agreed), "crowd_n": int(seen.sum())}


def _truth(result: Result, labels: str) -> np.ndarray:
    """The labels to score a trained system's test images by, int64, -1 where there is none."""
    if labels == "own":
        return result.predictions["labels"]
    return ferplus.plurality(ferplus.votes()[result.predictions["index"]])[0]


def _tested(results: Sequence[Result]) -> list[Result]:
    """The results that have predictions on FER2013's official test images; InputError where there is none."""
    known = fingerprint.load()
    test = np.flatnonzero(known.split == "test")
    found = [result for result in results if result.predictions
             and np.array_equal(np.sort(result.predictions["index"]), test)
             and np.array_equal(known.labels[result.predictions["index"]], result.predictions["labels"])]
    if not found:
        raise InputError("no predictions on FER2013's official test images, row by row; name results/fer2013 or a run "
                         "on it under the official protocol and its own labels")
    return found
