"""Accuracy on corrupted test images, as a system is scored and from a single view. Nothing is chosen by either."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ferkit.core import files
from ferkit.data import splits
from ferkit.data.face_set import FaceSet
from ferkit.experiments import corruptions
from ferkit.experiments.evaluation import Predictor
from ferkit.results import records, robustness
from ferkit.results.records import Result


def results_without(root: Path, faces: FaceSet) -> list[Result]:
    """The finished results below `root` on these faces that were scored on corrupted images with test-time augmentation
    alone, and whose weights are there. InputError for a folder without results."""
    return [result for result in records.read_run(root)
            if robustness.as_scored(result) and robustness.single_view(result) is None
            and result.metrics["data_sha256"] == faces.content_hash and (result.directory / records.WEIGHTS).is_file()]


def write_single_view(result: Result, predictor: Predictor, test: FaceSet) -> Path:
    """Score a result, as functions, on the corrupted images that it was scored on before, from a single view; the file.
    """
    found = measure(predictor, test, robustness.as_scored(result).n, result.key.seed)
    return files.write_json(result.directory / robustness.FILE, {"weights_sha256": result.metrics["weights_sha256"],
                                                               **found})


def measure(predictor: Predictor, test: FaceSet, images: int, seed: int) -> dict[str, object]:
    """n, accuracy and `corruptions` (as `corruptions.accuracies`) of a stratified sample of test images, each from a
    single view; the very images that `evaluate` corrupts for this seed."""
    rows = splits.proportional_rows(test.labels, images, seed)
    sample, labels = test.images[rows], test.labels[rows]

    def votes(seen: np.ndarray) -> np.ndarray:
        return predictor.single(seen)[1]

    return {"n": len(rows), "accuracy": float(np.mean(votes(sample) == labels)),
            "corruptions": corruptions.accuracies(votes, sample, labels, seed)}
