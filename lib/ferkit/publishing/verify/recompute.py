"""Predictions once more from the weights, and what only the images can tell, where the data are at hand.

Published predictions were made on a CPU in fp32. Elsewhere rounding may move a score by a little, and two classes
that are as good as equal may change places: scores may differ by a thousandth of their size, answers only there.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.publishing.verify.findings import Found
from ferkit.results import manifest, records
from ferkit.results.records import Result
from ferkit.training.inputs import IMAGE, Input

TOLERANCE = 1e-3  # of the largest score
CHECK = "predictions from weights"


def check(root: Path, dataset: str, results: Sequence[Result], found: Found, data: Path | None, sample: int) -> None:
    """Compares a sample of every trained system's predictions with what its weights answer now; notes what cannot
    be."""
    tested = [result for result in results if result.predictions]
    absent = [result.key.name for result in tested
              if result.metrics["weights_sha256"] and not (result.directory / records.WEIGHTS).is_file()]
    if absent:
        found.note("weights not published, so that their predictions cannot be computed again (their sha256 stands in "
                   f"metrics.json): {', '.join(absent)}")
    if not tested:
        if data is not None:
            found.note("no predictions with weights lie here, so the data were not used")
        return
    if data is None and dataset != "synthetic" and not os.environ.get(paths.DATA_VARIABLES.get(dataset, "")):
        found.note(f"no data at hand: predictions were not computed again from weights; name {dataset} with --data or "
                   f"{paths.DATA_VARIABLES.get(dataset, 'its variable')}")
        return
    if dataset == "synthetic" and "profile" not in manifest.read(root):
        found.note("no manifest.json says how many faces were drawn, so nothing was computed again")
        return
    for kind in {_input(result).name: _input(result) for result in tested}.values():
        _of_one_input(root, dataset, kind, [result for result in tested if _input(result) is kind], found, data, sample)


def _of_one_input(root: Path, dataset: str, kind: Input, tested: Sequence[Result], found: Found,
                  data: Path | None, sample: int) -> None:
    """Everything that has to be looked up in the data, of results on one of its forms (images, sequences)."""
    made = manifest.read(root)
    faces = kind.load(dataset, data, profile=made.get("profile", "full"), protocol=tested[0].metrics["protocol"],
                      seed=made.get("seed", 0))
    if faces.content_hash != tested[0].metrics["data_sha256"]:
        if dataset == "synthetic":
            found.note("faces drawn by this version differ from those of the results, so nothing was computed again")
            return
        raise InputError(f"{dataset}: the data at hand are not those the results were measured on (sha256 "
                         f"{faces.content_hash[:12]}… instead of {tested[0].metrics['data_sha256'][:12]}…)")
    _labels(root, faces, tested, found)
    for result in tested:
        if (result.directory / records.WEIGHTS).is_file():
            _again(root, faces, result, found, sample)


def _input(result: Result) -> Input:
    """What the system of a result takes; images where no folder knows it."""
    from ferkit import papers

    return papers.system(result.key.system).kind if papers.of_system(result.key.system) else IMAGE


def _labels(root: Path, faces: FaceSet, tested: Sequence[Result], found: Found) -> None:
    """True classes and copies by the images themselves."""
    test = faces.part("test")
    where = {int(index): row for row, index in enumerate(test.index)}
    copied = faces.copies[faces.split == "test"]
    for result in tested:
        stored, m = result.predictions, result.metrics
        name = (result.directory / records.PREDICTIONS).relative_to(root).as_posix()
        rows = np.array([where.get(int(index), -1) for index in stored["index"]])
        if len(rows) != len(test) or (rows < 0).any():
            found.look("labels from data", name, "its images are not those of the test split")
            continue
        wrong = int(np.sum(test.labels[rows] != stored["labels"]))
        found.look("labels from data", name, f"{wrong} true classes are not those of the data" if wrong else None)
        kept = ~copied[rows]
        truth = float(np.mean((stored["predicted"] == stored["labels"])[kept])) if kept.any() else None
        stated = m["accuracy_without_copies"]
        if stated is not None and (truth is None or abs(stated - truth) > 1e-6 or m["n_without_copies"] != kept.sum()):
            gives = "none, for every test image is a copy" if truth is None else f"{truth:.4f}"
            found.look("labels from data", name, f"accuracy_without_copies is {stated:.4f}, the data give {gives}")


def _again(root: Path, faces: FaceSet, result: Result, found: Found, sample: int) -> None:
    """One trained system's answers on a spread of test images, computed now."""
    from ferkit import papers
    from ferkit.experiments import evaluation

    path = result.directory / records.WEIGHTS
    name = path.relative_to(root).as_posix()
    try:
        predictor, facts = evaluation.open_weights(path, papers.system)
    except InputError as error:
        found.look(CHECK, name, str(error))
        return
    stored, test = result.predictions, faces.part("test")
    n = len(stored["index"])
    rows = np.unique(np.linspace(0, n - 1, min(sample or n, n)).astype(int))
    order = np.argsort(test.index)
    images = test.images[order[np.searchsorted(test.index[order], stored["index"][rows])]]
    scores, votes = predictor.predict(images)
    size = max(1.0, float(np.abs(stored["scores"]).max()))
    moved = np.abs(scores - stored["scores"][rows]).max(axis=1) > TOLERANCE * size
    top = np.sort(stored["scores"][rows], axis=1)
    changed = (votes != stored["predicted"][rows]) & (moved | (top[:, -1] - top[:, -2] > 2 * TOLERANCE * size))
    problem = None
    if changed.any() or moved.any():
        problem = (f"of {len(rows)} images computed again {int(moved.sum())} have other scores and "
                   f"{int(changed.sum())} another answer than predictions.npz")
    elif facts["parameters"] != result.metrics["parameters"]:
        problem = f"it has {facts['parameters']:,} parameters, metrics.json says {result.metrics['parameters']:,}"
    found.look(CHECK, name, problem)
    found.checked["images computed again"] += len(rows)
