"""The occlusion analyses of finished systems: every seed of a system in a run or a published tree.

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
from ferkit.models.heads import Head
from ferkit.results import records
from ferkit.results.occlusions import NOTEBOOK as NOTEBOOK  # notebook 04 names its own figures by it
from ferkit.results.records import Result

MOST_DIFFERENT = 0.002  # share of test images on which a head fitted again may predict otherwise (other libraries)


def results_of(root: Path, systems: Sequence[str], recipe: str, faces: FaceSet) -> list[Result]:
    """Every finished seed of the systems under `root`, tested on these faces; InputError for a system without any."""
    found = [result for result in records.read_run(root)
             if result.key.recipe == recipe and result.metrics["status"] == "finished"
             and result.metrics["data_sha256"] == faces.content_hash]
    for system in systems:
        if not any(result.key.system == system for result in found):
            raise InputError(f"{root}: no finished system of {system}/{recipe} that was tested on these data")
    return sorted((result for result in found if result.key.system in systems),
                  key=lambda result: (list(systems).index(result.key.system), result.key.seed))


def head_of(result: Result, faces: FaceSet, systems: Systems) -> tuple[nn.Module, Head | None]:
    """A finished system's network and the head on its features: as saved, or fitted again where it is not there.

    InputError where a head fitted again predicts otherwise than the stored predictions on more than 0.2 % of them.
    """
    system = systems(result.key.system)
    if not system.head:
        return jobs.load_model(result, systems), None
    if (result.directory / records.WEIGHTS).is_file():
        predictor = jobs.load_predictor(result, systems)
        return predictor.model, predictor.head
    below = records.read_result(result.directory.parents[2] / result.metrics["features_of"])
    model = jobs.load_model(below, systems)
    train, test = faces.part("train"), faces.part("test")
    progress.note(f"{result.key.name}  its SVM is not here: fitted again on {len(train)} rows")
    features = evaluation.features_of(system, model)
    head = system.head_kind.refit(features(train.images), train.labels, result.metrics["svm"],
                                  len(faces.label_names))
    other = float(np.mean(head.predict([features(test.images)])[1]
                          != result.predictions.get("predicted_no_tta", result.predictions["predicted"])))
    if other > MOST_DIFFERENT:
        raise InputError(f"{result.key.name}: fitted again, its SVM predicts {other:.1%} of the test images otherwise"
                         " than its predictions.npz; analyse the run that holds its weights")
    return model, head


def _network(result: Result, systems: Systems) -> Path:
    """Where the weights of a system's network lie, those under its head where it has one."""
    under = systems(result.key.system).base
    folder = result.directory.parents[2] / result.metrics["features_of"] if under else result.directory
    return folder / records.WEIGHTS


def analyse_all(root: Path, results: Sequence[Result], faces: FaceSet, systems: Systems, *, device: str = "cpu",
                **options: object) -> list[Analysis]:
    """The analyses of the trained systems, made or loaded, under ``<root>/04_occlusion_analysis``; options as
    `occlusion.analyse`. Seeds whose network is not here are named and left out; InputError where that is all."""
    done, here = [], [result for result in results if _network(result, systems).is_file()]
    if not here:
        raise InputError(f"{root}: the weights of none of {', '.join(result.key.name for result in results)} are here; "
                         "analyse the run that holds them")
    for result in results:
        if result not in here:
            progress.note(f"{result.key.name}: its weights are not here, so it is not analysed")
    for result in here:
        model, head = head_of(result, faces, systems)
        done.append(occlusion.analyse(result, model, faces, root, head=head, device=device, **options))
    return done
