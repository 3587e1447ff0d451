"""The occlusion analyses of finished cells: every seed of a system in a run or a published tree, with figures.

An SVM's weights are too large to be published. Where they are missing the machine is fitted again, on the features of
the published network with the C and gamma on record, and has to give the published answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import nn

from ferkit import experiments, figures, occlusion, progress, results, svm, training
from ferkit.datasets.faceset import FaceSet
from ferkit.errors import InputError
from ferkit.occlusion import Analysis
from ferkit.results import CellResult

NOTEBOOK = "04_occlusion_analysis"
MOST_DIFFERENT = 0.002  # share of test images on which a machine fitted again may answer otherwise (other libraries)


def cells_of(root: Path, systems: Sequence[str], recipe: str, faces: FaceSet) -> list[CellResult]:
    """Every finished seed of the systems under `root`, tested on these faces; InputError for a system without any."""
    found = [cell for cell in results.read_run(root)
             if cell.cell.recipe == recipe and cell.metrics["status"] == "finished"
             and cell.metrics["data_sha256"] == faces.content_hash]
    for system in systems:
        if not any(cell.cell.system == system for cell in found):
            raise InputError(f"{root}: no finished cell of {system}/{recipe} that was tested on these data")
    return sorted((cell for cell in found if cell.cell.system in systems),
                  key=lambda cell: (list(systems).index(cell.cell.system), cell.cell.seed))


def machine_of(cell: CellResult, faces: FaceSet) -> tuple[nn.Module, svm.SvmHead | None]:
    """A cell's network and, for an SVM, its machine: as saved, or fitted again where it is not there.

    InputError where a machine fitted again answers otherwise than the cell's predictions on more than 0.2 % of them.
    """
    if not cell.cell.system.endswith(experiments.SVM_SUFFIX):
        return experiments.load_model(cell), None
    if (cell.directory / results.WEIGHTS).is_file():
        predictor = experiments.load_predictor(cell)
        return predictor.model, predictor.head
    below = results.read_cell(cell.directory.parents[2] / cell.metrics["features_of"])
    model = experiments.load_model(below)
    train, test = faces.part("train"), faces.part("test")
    rows = svm.stratified_rows(train.labels, cell.metrics["config"]["svm_rows"], cell.cell.seed)
    progress.note(f"{cell.cell.name}  its machine is not here: fitted again on {len(rows)} rows")
    facts = cell.metrics["svm"]
    head = svm.fit(training.infer_features(model, train.images[rows]), train.labels[rows], facts["C"], facts["gamma"],
                   facts["kernel"], num_classes=len(faces.label_names))
    other = float(np.mean(head.votes(training.infer_features(model, test.images)) != cell.predictions["predicted"]))
    if other > MOST_DIFFERENT:
        raise InputError(f"{cell.cell.name}: fitted again, its machine answers {other:.1%} of the test images otherwise"
                         " than its predictions.npz; analyse the run that holds its weights")
    return model, head


def analyse_all(root: Path, cells: Sequence[CellResult], faces: FaceSet, *, device: str = "cpu",
                **options: object) -> list[Analysis]:
    """The analyses of the cells, made or loaded, under ``<root>/04_occlusion_analysis``; options as
    `occlusion.analyse`."""
    done = []
    for cell in cells:
        model, head = machine_of(cell, faces)
        done.append(occlusion.analyse(cell, model, faces, root, head=head, device=device, **options))
    return done


def pictures(found: Analysis, title: str, *, dataset: str = "", background: np.ndarray | None = None
             ) -> dict[str, dict[str, object]]:
    """One analysis in four figures: turned_wrong (the paper's reading), probability (lost), fillings (side by side),
    parts (the tests), each as {fig, name, title, caption}, the words of `figures.show`.

    title: what the figures call the system. background: mean drawn faces uint8 (K, 48, 48), for drawn sets only;
    without it the parts are drawn as boxes over an outline.
    """
    maps, summary = found.maps, found.summary
    labels = summary["labels"]
    looks = {"dataset": dataset, "background": background, "parts": occlusion.TEMPLATE}
    line = "Inside the dotted line even the lower end of the pixel's 95 % band lies above the map's mean."
    fillings = {name: maps[f"beside_{name}"] for name in occlusion.BASELINES}
    made = {
        "turned_wrong": (figures.occlusion_maps(maps["turned_wrong"], labels, summary["correct_counts"],
                                                band=_band(maps, "turned_wrong"), **looks),
                         f"Where covering turns {title} wrong",
                         f"The paper's reading: share of right images that a window there turns wrong. {line}"),
        "probability": (figures.occlusion_maps(maps["probability_drop"], labels, summary["counts"],
                                               reading="probability lost", band=_band(maps, "probability_drop"),
                                               **looks),
                        f"What the true expression loses in {title}",
                        f"Mean drop of the true expression's probability, over all images. {line}"),
        "fillings": (figures.filling_maps(fillings, labels, summary["other_choices"]["counts"], **looks),
                     f"Black, the image's mean, or its blur: {title}",
                     f"The same {summary['other_choices']['images']} images under three fillings, on one scale. What "
                     "shows under black alone is the patch, not the face."),
        "parts": (figures.region_table(occlusion.table(summary), labels, summary["regions"],
                                       significant=occlusion.significant(summary)),
                  f"Which part matters for which expression: {title}",
                  "Recall lost with the part covered, beyond the same shape elsewhere; a star is significant."),
    }
    return {name: {"fig": fig, "name": f"{summary['system']}_{name}", "title": heading, "caption": caption}
            for name, (fig, heading, caption) in made.items()}


def _band(maps: dict[str, np.ndarray], reading: str) -> tuple[np.ndarray, np.ndarray]:
    return maps[f"{reading}_low"], maps[f"{reading}_high"]


def save_figures(root: Path, analyses: Sequence[Analysis], dataset: str, background: np.ndarray | None = None) -> None:
    """The figures of each system's first seed under ``<root>/04_occlusion_analysis/figures``, for the report."""
    first: dict[tuple[str, str], Analysis] = {}
    for found in analyses:
        first.setdefault((found.summary["system"], found.summary["recipe"]), found)
    order = 0
    for found in first.values():
        title = figures.cell_name(found.summary)
        for picture in pictures(found, title, dataset=dataset, background=background).values():
            order += 1
            figures.save(**picture, directory=root / NOTEBOOK / "figures", order=order)
