"""Predictions of one sweep under several protocols (folds, steps of difficulty), in one small file for all of them.

``<notebook>/protocols_<name>.json`` of a published tree: `{schema, dataset, sweep, git_commit, profile, label_names,
images: {protocol: {data_sha256, index, labels, groups}}, runs: [{protocol, system, recipe, seed, FACTS, predicted,
predicted_no_tta}]}`. index, groups: of the test images, in order.
labels, predicted: one of `SYMBOLS` for each of them. A tree of its own for each of ten folds would take forty times the
room.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from ferkit.core import files
from ferkit.core.errors import DataChanged, InputError
from ferkit.core.names import Name
from ferkit.core.protocols import label_set, without_fold
from ferkit.results.predictions import where
from ferkit.results.records import Result, SystemKey, summarise
from ferkit.stats import estimates
from ferkit.stats.estimates import Estimate

SCHEMA = 1
PATTERN = "[0-9][0-9]_*/protocols_*.json"
FACTS = ("status", "accuracy", "val_accuracy", "best_epoch", "epochs", "parameters", "initial", "minutes",
         "head_cpu_minutes", "tta")
KEYS = {"schema", "dataset", "sweep", "git_commit", "profile", "label_names", "images", "runs"}
OF_IMAGES = {"data_sha256", "index", "labels", "groups"}
OF_RUNS = {"protocol", "system", "recipe", "seed", "predicted", "predicted_no_tta", *FACTS}
SYMBOLS = "0123456789abcdefghijklmnopqrstuvwxyz"  # one a class


@dataclass(frozen=True)
class Answers:
    """What the seeds of one system answer to the test images of some protocols, one after the other, each from a single
    view. right: bool (S, N). labels, index, groups: int64 (N,), groups None where people are not known. protocol: str
    (N,). data_sha256: of each protocol's images. lost: which runs diverged or collapsed, in words.
    """

    seeds: tuple[int, ...]
    right: np.ndarray
    labels: np.ndarray
    index: np.ndarray
    groups: np.ndarray | None
    protocol: np.ndarray
    data_sha256: tuple[str, ...]
    lost: tuple[str, ...] = ()

    @cached_property
    def accuracy(self) -> Estimate:
        """Of all images together; people are resampled whole where known."""
        return estimates.share(self.right, self.labels, self.groups)

    @property
    def trained(self) -> bool:
        """Whether the answers are better than always the most frequent class, by the 95 % interval."""
        return self.accuracy.interval[0] > np.bincount(self.labels).max() / len(self.labels)

    @property
    def people(self) -> int | None:
        """How many people were tested; None where they are not known."""
        return None if self.groups is None else len(np.unique(self.groups))


def write(path: Path, runs: Mapping[str, Sequence[Result]], about: Mapping[str, object]) -> Path:
    """The file of these results by protocol. about: sweep, git_commit, profile. InputError where the results of one
    protocol were not tested on the same images, or a run has no predictions."""
    images, rows = {}, []
    names = next(iter(runs.values()))[0].predictions.get("label_names", np.array([])).tolist()
    if len(names) > len(SYMBOLS):
        raise InputError(f"{len(names)} classes are more than the {len(SYMBOLS)} that such a file tells apart")
    for protocol, results in runs.items():
        first = results[0].predictions
        if not first:
            raise InputError(f"{protocol}: {results[0].key.name} has no predictions ({results[0].metrics['status']})")
        images[protocol] = {"data_sha256": results[0].metrics["data_sha256"], "index": first["index"].tolist(),
                            "labels": _digits(first["labels"]),
                            "groups": first["groups"].tolist() if "groups" in first else None}
        for result in results:
            if not result.predictions or not result.tested_as(results[0]):
                raise InputError(f"{protocol}: {result.key.name} was not tested on the same images")
            found = {"protocol": protocol, "system": result.key.system, "recipe": result.key.recipe,
                     "seed": result.key.seed, **{key: result.metrics[key] for key in FACTS if key in result.metrics},
                     "predicted": _digits(result.predictions["predicted"])}
            single = result.predictions.get("predicted_no_tta")
            rows.append(found | ({} if single is None else {"predicted_no_tta": _digits(single)}))
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = next(iter(runs.values()))[0].metrics["dataset"]
    return files.write_json(path, {"schema": SCHEMA, "dataset": dataset, **about, "label_names": names,
                                   "images": images, "runs": rows})


def read(path: Path) -> dict:
    """The content of such a file, shared and not to be changed; InputError where it is damaged or an accuracy does not
    follow from it."""
    return _read(path, files.state(path))


@lru_cache(maxsize=32)  # pages and articles ask for the same files many times
def _read(path: Path, _: tuple[int, int, int] | None) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for row in found["runs"]:
            labels, predicted = found["images"][row["protocol"]]["labels"], row["predicted"]
            right = sum(a == b for a, b in zip(labels, predicted, strict=True)) / len(labels)
            if abs(right - row["accuracy"]) > 1e-9:
                raise ValueError(f"{row['system']}: the accuracy does not follow from the predictions")
        return found
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataChanged(f"{where(path)}: damaged ({error}); restore it, or make it again with its sweep") from None


def of_tree(root: Path) -> list[dict]:
    """Every such file of a run or published tree."""
    return [read(path) for path in sorted(root.glob(PATTERN))]


def pooled(root: Path) -> list[Result]:
    """What a tree's files hold as results, one for each system, recipe and seed: the test images of all folds of a
    protocol together. Left out are files of different protocols, files that do not name their data set (earlier ones),
    and a system that was not run in every fold.

    Its metrics are those of metrics.json that follow from the file: epochs and best_epoch are the median over folds,
    minutes their sum, val_accuracy the mean over their test images, status the first that is not "finished".
    """
    found = []
    for path in sorted(root.glob(PATTERN)):
        content = read(path)
        names = {without_fold(protocol) for protocol in content["images"]}
        if "dataset" not in content or len(names) != 1:
            continue
        rows: dict[tuple[str, str, int], dict[str, dict]] = {}
        for row in content["runs"]:
            rows.setdefault((row["system"], row["recipe"], row["seed"]), {})[row["protocol"]] = row
        for key, by in rows.items():
            if by.keys() == content["images"].keys():
                found.append(_together(path, content, key, by, *names))
    return found


def _together(path: Path, content: dict, key: tuple[str, str, int], rows: Mapping[str, dict], protocol: str
              ) -> Result:
    """One system, recipe and seed in all its folds as one result."""
    parts = [(content["images"][name], rows[name]) for name in content["images"]]
    sizes = [len(row["predicted"]) for _, row in parts]

    def mean(name: str) -> float | None:
        values = [row.get(name) for _, row in parts]
        return None if None in values else float(np.average(values, weights=sizes))

    def median(name: str) -> int | None:
        values = [row.get(name) for _, row in parts]
        return None if None in values else int(np.median(values))

    labels, predicted, single = (np.concatenate([_numbers(text) for text in texts]) for texts in zip(
        *((images["labels"], row["predicted"], row.get("predicted_no_tta", row["predicted"])) for images, row in parts),
        strict=True))
    arrays = {"index": np.concatenate([images["index"] for images, _ in parts]), "labels": labels,
              "predicted": predicted, "predicted_no_tta": single, "label_names": np.array(content["label_names"])}
    if (groups := people_apart([images["groups"] for images, _ in parts])) is not None:
        arrays["groups"] = groups
    first = parts[0][1]
    metrics = {"dataset": content["dataset"], "data_sha256": parts[0][0]["data_sha256"], "protocol": protocol,
               "labels": label_set(protocol), "split": "test", "system": key[0], "recipe": key[1], "seed": key[2],
               "status": next((row["status"] for _, row in parts if row["status"] != "finished"), "finished"),
               **summarise(labels, predicted, content["label_names"]), "val_accuracy": mean("val_accuracy"),
               "epochs": median("epochs"), "best_epoch": median("best_epoch"), "tta": first["tta"],
               "accuracy_no_tta": float(np.mean(single == labels)), "parameters": first["parameters"],
               "minutes": sum(row["minutes"] for _, row in parts), "weights_sha256": None, "predictions_sha256": None,
               "robustness": None, "git_commit": content.get("git_commit"),
               **({"initial": first["initial"]} if "initial" in first else {})}
    whole = SystemKey(path.parent.name, *key)
    return Result(whole, whole.directory(path.parents[1]), metrics, arrays, [], path)


def answers(root: Path, name: Name, protocols: Sequence[str]) -> tuple[Answers, list[str]]:
    """What a system answers under each of these protocols, and the files that say it (relative to the tree).

    InputError where one of them has no result of it, or not of the same seeds as the others.
    """
    found: dict[str, tuple[dict, list[dict]]] = {}
    sources = []
    for path in sorted(root.glob(PATTERN)):
        content = read(path)
        for protocol in protocols:
            rows = [row for row in content["runs"]
                    if row["protocol"] == protocol and (row["system"], row["recipe"]) == name]
            if rows:
                found[protocol] = content["images"][protocol], sorted(rows, key=lambda row: row["seed"])
                sources.append(path.relative_to(root).as_posix())
    for protocol in protocols:
        if protocol not in found:
            raise InputError(f"no result of {'/'.join(name)} under {protocol}")
    seeds = {tuple(row["seed"] for row in rows) for _, rows in found.values()}
    if len(seeds) != 1:
        raise InputError(f"{'/'.join(name)} was not run with the same seeds under every protocol")
    parts = [found[protocol] for protocol in protocols]
    labels = [_numbers(images["labels"]) for images, _ in parts]
    predicted = [np.array([_numbers(row.get("predicted_no_tta", row["predicted"])) for row in rows])
                 for _, rows in parts]
    groups = people_apart([images["groups"] for images, _ in parts])
    lost = tuple(f"seed {row['seed']} {row['status']} under {row['protocol']}" for _, rows in parts for row in rows
                 if row.get("status", "finished") != "finished")
    return Answers(seeds.pop(), np.concatenate([p == t for p, t in zip(predicted, labels, strict=True)], axis=1),
                   np.concatenate(labels), np.concatenate([images["index"] for images, _ in parts]), groups,
                   np.repeat(list(protocols), [len(part) for part in labels]),
                   tuple(images["data_sha256"] for images, _ in parts), lost), sorted(set(sources))


def in_folds(root: Path, name: Name) -> Answers:
    """What a system answers in every fold by subject that the tree's files hold of it; InputError without any."""
    protocols = dict.fromkeys(row["protocol"] for content in of_tree(root) for row in content["runs"]
                              if (row["system"], row["recipe"]) == name and "subject" in row["protocol"])
    if len(set(map(without_fold, protocols))) != 1:
        raise InputError(f"{'results of several protocols' if protocols else 'no result'} of {'/'.join(name)} in folds")
    return answers(root, name, list(protocols))[0]


def people_apart(groups: Sequence[Sequence[int] | np.ndarray | None]) -> np.ndarray | None:
    """A number for the person in each image of all folds, int64; None where people are not known. groups: each fold's
    people, numbered anew in it. By subject nobody is in two folds; by image somebody may be, and counts as several."""
    if any(own is None for own in groups):
        return None
    each = 1 + max(int(np.max(own, initial=0)) for own in groups)
    return np.concatenate([np.array(own) + each * k for k, own in enumerate(groups)])


def _digits(values: np.ndarray) -> str:
    return "".join(SYMBOLS[value] for value in values.tolist())


def _numbers(digits: str) -> np.ndarray:
    return np.array([SYMBOLS.index(digit) for digit in digits], dtype=np.int64)
