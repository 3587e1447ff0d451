"""The occlusion analyses of finished cells: every seed of a system in a run or a published tree.

An SVM's weights are too large to be published. Where they are missing the machine is fitted again, on the features of
the published network with the C and gamma on record, and has to give the published answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import nn

from ferkit.analysis import occlusion
from ferkit.analysis.occlusion import Analysis
from ferkit.core import progress
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.experiments import evaluation, jobs
from ferkit.experiments.jobs import Systems
from ferkit.models import svm
from ferkit.models.heads import Head
from ferkit.results import records
from ferkit.results.records import CellResult

NOTEBOOK = "04_occlusion_analysis"
MOST_DIFFERENT = 0.002  # share of test images on which a head fitted again may predict otherwise (other libraries)


def cells_of(root: Path, systems: Sequence[str], recipe: str, faces: FaceSet) -> list[CellResult]:
    """Every finished seed of the systems under `root`, tested on these faces; InputError for a system without any."""
    found = [cell for cell in records.read_run(root)
             if cell.cell.recipe == recipe and cell.metrics["status"] == "finished"
             and cell.metrics["data_sha256"] == faces.content_hash]
    for system in systems:
        if not any(cell.cell.system == system for cell in found):
            raise InputError(f"{root}: no finished cell of {system}/{recipe} that was tested on these data")
    return sorted((cell for cell in found if cell.cell.system in systems),
                  key=lambda cell: (list(systems).index(cell.cell.system), cell.cell.seed))


def head_of(cell: CellResult, faces: FaceSet, systems: Systems) -> tuple[nn.Module, Head | None]:
    """A finished system's network and the head on its features: as saved, or fitted again where it is not there.

    InputError where a head fitted again predicts otherwise than the stored predictions on more than 0.2 % of them.
    """
    system = systems(cell.cell.system)
    if not system.head:
        return jobs.load_model(cell, systems), None
    if (cell.directory / records.WEIGHTS).is_file():
        predictor = jobs.load_predictor(cell, systems)
        return predictor.model, predictor.head
    below = records.read_cell(cell.directory.parents[2] / cell.metrics["features_of"])
    model = jobs.load_model(below, systems)
    train, test = faces.part("train"), faces.part("test")
    rows = svm.stratified_rows(train.labels, cell.metrics["config"]["svm_rows"], cell.cell.seed)
    progress.note(f"{cell.cell.name}  its SVM is not here: fitted again on {len(rows)} rows")
    features = evaluation.features_of(system, model)
    head = system.head_kind.refit(features(train.images[rows]), train.labels[rows], cell.metrics["svm"],
                                  len(faces.label_names))
    other = float(np.mean(head.votes(features(test.images))
                          != cell.predictions.get("predicted_no_tta", cell.predictions["predicted"])))
    if other > MOST_DIFFERENT:
        raise InputError(f"{cell.cell.name}: fitted again, its SVM predicts {other:.1%} of the test images otherwise"
                         " than its predictions.npz; analyse the run that holds its weights")
    return model, head


def _network(cell: CellResult, systems: Systems) -> Path:
    """Where the weights of a system's network lie, those under its head where it has one."""
    under = systems(cell.cell.system).base
    return (cell.directory.parents[2] / cell.metrics["features_of"] if under else cell.directory) / records.WEIGHTS


def analyse_all(root: Path, cells: Sequence[CellResult], faces: FaceSet, systems: Systems, *, device: str = "cpu",
                **options: object) -> list[Analysis]:
    """The analyses of the cells, made or loaded, under ``<root>/04_occlusion_analysis``; options as
    `occlusion.analyse`. Seeds whose network is not here are named and left out; InputError where that is all."""
    done, here = [], [cell for cell in cells if _network(cell, systems).is_file()]
    if not here:
        raise InputError(f"{root}: the weights of none of {', '.join(cell.cell.name for cell in cells)} are here; "
                         "analyse the run that holds them")
    for cell in cells:
        if cell not in here:
            progress.note(f"{cell.cell.name}: its weights are not here, so it is not analysed")
    for cell in here:
        model, head = head_of(cell, faces, systems)
        done.append(occlusion.analyse(cell, model, faces, root, head=head, device=device, **options))
    return done
