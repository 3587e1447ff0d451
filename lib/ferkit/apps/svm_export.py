"""The SVM of a published result, fitted again from the data on the published network and kept as one small file.

The repository cannot hold it (its support vectors are features of the training images, 14 MB on FER2013); network, C
and gamma are published, so that scikit-learn finds it again.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ferkit import papers
from ferkit.core import files, paths, progress
from ferkit.core.errors import InputError
from ferkit.data import datasets
from ferkit.models import inference, weights
from ferkit.models.one_vs_one import OneVsOne
from ferkit.results import records, weights_catalogue

TOLERANCE = 1e-3  # of a decision of a pair of classes, by which the file may differ from scikit-learn's


@dataclass(frozen=True)
class Fitted:
    """The file that was written; on how many validation images it was compared with scikit-learn's exact SVM, the
    largest difference of a decision, and how many votes differ."""

    path: Path
    images: int
    max_abs_difference: float
    different_votes: int


def export(name: str, data: paths.Data, output: Path | None = None) -> Fitted:
    """Fit the SVM published under `name` again and write it below `output`, a folder of a run's form (default:
    ``<dataset>-svm`` among the runs), with its metrics.json and the network under it; `ferkit.load` finds it there.

    data: as `data.datasets.load` takes it. InputError, with nothing written, where the result is no RBF SVM on a
    network whose weights are here, the data are others, or decisions differ by more than 0.001.
    """
    entry = weights_catalogue.find(name)
    system, facts = papers.system(entry.key.system), entry.metrics
    if not entry.can_be_fitted_again:
        raise InputError(f"{entry.name}: no SVM on a network whose weights are here")
    faces = datasets.load(facts["dataset"], data, profile="full", protocol=facts["protocol"])
    if faces.content_hash != facts["data_sha256"]:
        raise InputError(f"{facts['dataset']}: not the images that {entry.name} was trained on (ferkit audit says why)")
    network, _ = weights.load(entry.base, papers.system)
    train, val = faces.part("train"), faces.part("val")
    progress.note(f"{entry.name}  features of {len(train) + len(val)} images")
    features = [inference.infer_features(network, part.images) for part in (train, val)]
    progress.note(f"{entry.name}  fit on {len(train)} rows")
    exact = system.head_kind.refit(features[0], train.labels, facts["svm"], len(faces.label_names))
    made = OneVsOne.of(exact.pipeline, exact.num_classes)
    small, shown = made.compact(), torch.from_numpy(features[1])
    difference = float((small.decisions(shown) - made.decisions(shown)).abs().max())
    if difference > TOLERANCE:
        raise InputError(f"{entry.name}: not written, a decision differs by {difference:.1e}; please report this")
    votes = int(np.sum(small.predict([features[1]])[1] != exact.predict([features[1]])[1]))
    root = paths.make_folder(output or paths.output_root() / f"{entry.dataset}-svm")
    folder = entry.key.directory(root)
    base = root / entry.base.relative_to(entry.base.parents[4])
    for made_folder in (folder, base.parent):
        made_folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(entry.base, base)
    files.write_json(folder / records.METRICS, facts)
    small.save(folder / weights_catalogue.COMPACT, {
        "stands_for": facts["weights_sha256"], "validation_images": len(val), "max_abs_difference": difference,
        "different_votes": votes})
    return Fitted(folder / weights_catalogue.COMPACT, len(val), difference, votes)
