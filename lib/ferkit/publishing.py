"""From a run to published results: the plan, committed before training, and a row for every cell it names.

``results/<dataset>/<notebook>/`` holds ``plan.json``, the cells, and ``headline.json``: the cell that validation, not
the test split, puts first. Nothing is published that was not planned, and nothing planned may be missing.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ferkit import experiments, files, paths, results
from ferkit.errors import InputError
from ferkit.results import Cell, CellResult

PLAN, HEADLINE, MANIFEST = "plan.json", "headline.json", "manifest.json"
WEIGHTS_LIMIT = 5_000_000  # bytes; larger ones (SVMs) stay in the run: git keeps every version for ever
ANALYSES = "04_occlusion_analysis"


def plan(dataset: str, profile: str, seed: int = 0) -> list[Path]:
    """Write the plan of every training notebook for a profile and return the files; InputError if results are there.

    Each entry: system, recipe, seed, notebook, profile and the whole recipe.
    """
    written = []
    for notebook in experiments.TRAINING_NOTEBOOKS:
        entries = [{"system": p.system, "recipe": p.recipe, "seed": k, "profile": profile,
                    "config": experiments.recipe_of(p, profile).to_dict()}
                   for p in experiments.plans(profile, notebook) for k in experiments.seeds(profile, seed, p)]
        folder = paths.published_directory(dataset) / notebook
        if results.cell_directories(folder.parent) and (folder / PLAN).is_file():
            raise InputError(f"{_shown(folder)}: already holds results of a plan; a plan is made before training")
        folder.mkdir(parents=True, exist_ok=True)
        files.write_json(folder / PLAN, entries)
        written.append(folder / PLAN)
    return written


def read_plan(folder: Path) -> list[dict]:
    """The entries of a folder's plan.json; InputError if there is none."""
    try:
        return json.loads((folder / PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{_shown(folder / PLAN)}: no readable plan ({error}); make one before training") from None


def publish(run: Path, dataset: str) -> list[CellResult]:
    """Copy every planned cell of a run, its occlusion analyses and its manifest to ``results/<dataset>/``.

    Returns the cells copied.

    InputError, with nothing copied, if a planned cell is missing or was trained with another recipe.
    """
    root = paths.published_directory(dataset)
    found = {notebook: _planned_cells(run, root / notebook, notebook) for notebook in experiments.TRAINING_NOTEBOOKS}
    for notebook, cells in found.items():
        for cell in cells:
            _copy(cell.directory, cell.cell.directory(root))
        _write_headline(root / notebook, cells)
    for analysis in sorted((run / ANALYSES).glob("*/*/seed*/occlusion.json")):
        _copy(analysis.parent, root / ANALYSES / analysis.parent.relative_to(run / ANALYSES))
    if (run / MANIFEST).is_file():  # commit, packages, machine: where these numbers come from
        shutil.copyfile(run / MANIFEST, root / MANIFEST)
    return [cell for cells in found.values() for cell in cells]


def _planned_cells(run: Path, folder: Path, notebook: str) -> list[CellResult]:
    """The run's cell for each entry of the plan, checked."""
    cells = []
    for entry in read_plan(folder):
        cell = Cell(notebook, entry["system"], entry["recipe"], entry["seed"])
        result = results.read_cell(cell.directory(run))
        results.check_weights(result)
        if result.metrics["config"]["recipe"] != entry["config"]:
            raise InputError(f"{cell.name}: trained with another recipe than the plan's; run it as planned")
        cells.append(result)
    return cells


def _copy(source: Path, target: Path) -> None:
    """A cell's files, all but weights over the limit, whole or not at all."""
    aside = target.with_name(f".{target.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and (path.name != results.WEIGHTS or path.stat().st_size <= WEIGHTS_LIMIT):
            shutil.copyfile(path, aside / path.name)
    shutil.rmtree(target, ignore_errors=True)
    aside.rename(target)


def _write_headline(folder: Path, cells: list[CellResult]) -> None:
    """The system and recipe with the highest mean validation accuracy over its seeds."""
    accuracies: dict[tuple[str, str], list[float]] = {}
    for cell in cells:
        if cell.metrics["val_accuracy"] is not None:
            accuracies.setdefault((cell.cell.system, cell.cell.recipe), []).append(cell.metrics["val_accuracy"])
    system, recipe = max(accuracies, key=lambda name: sum(accuracies[name]) / len(accuracies[name]))
    seeds = [c.cell.seed for c in cells if (c.cell.system, c.cell.recipe) == (system, recipe)]
    files.write_json(folder / HEADLINE, {"system": system, "recipe": recipe, "seeds": seeds, "chosen_by": "val"})


def _shown(path: Path) -> str:
    """A path of the checkout as a user names it."""
    return path.relative_to(paths.repository()).as_posix() if path.is_relative_to(paths.repository()) else str(path)
