"""From a run to published results: the plan, committed before training, and a row for every cell it names.

``results/<dataset>/<notebook>/`` (``results/<dataset>-<protocol>/…`` under another protocol than the set's own) holds
``plan.json``, the cells, and ``headline.json``: the cell that validation, not the test split, puts first. Nothing is
published that was not planned, and nothing planned may be missing. Where results stand already, a new plan waits beside
them as ``plan.next.json`` until its own results replace them, all at once. A cell of the new plan that stands there
already, trained as the new plan says, stays as it is: more seeds cost what they cost, not all of it again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from ferkit import papers
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.papers import training
from ferkit.results import records
from ferkit.results.records import Cell, CellResult
from ferkit.sweep.config import SweepCell

PLAN, NEXT, HEADLINE, MANIFEST = "plan.json", "plan.next.json", "headline.json", "manifest.json"
WEIGHTS_LIMIT = 5_000_000  # bytes; larger ones stay in the run: git keeps every version for ever
SMALL_LIMIT = 500_000  # of what is there to be compared with: published recipes, later seeds, sets trained in minutes
LARGE = ("fer2013", "ferg")  # sets on which a network of a million weights trains for hours
ANALYSES = "04_occlusion_analysis"


def trained_notebooks() -> tuple[str, ...]:
    """The stems of the notebooks that train, by number."""
    return tuple(notebook.stem for notebook in papers.notebooks())


def plan(dataset: str, profile: str, seed: int = 0, notebooks: Sequence[str] = (), *,
         protocol: str = "", n_train: int = 0, only: str = "", n_seeds: int = 0) -> list[Path]:
    """Write the plan of each of these notebooks for a profile and return the files.

    Each entry: system, recipe, seed, profile and the whole recipe. n_train: how many images will train, by which a
    small set's recipes differ (`plan.for_size`); 0 = as many as the profile is meant for, or more.
    only: what to plan, as `papers.training.rows` takes it; "" for all. n_seeds: of each; 0 = the profile's own.
    """
    root = paths.published_directory(dataset, protocol)
    written = []
    for notebook in notebooks or trained_notebooks():
        entries = [{**job.entry, "profile": profile}
                   for job in training.jobs(profile, notebook, seed, n_train=n_train, only=only, n_seeds=n_seeds)]
        folder = root / notebook
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / (NEXT if _published(folder) else PLAN)
        files.write_json(file, entries)
        written.append(file)
    return written


def extend_plan(cells: Sequence[SweepCell], profile: str, notebook: str, protocol: str = "") -> Path:
    """Add a sweep's cells to the plan of a notebook's folder, to the next one where results stand; the file.

    An entry of the same system, recipe and seed is replaced.
    """
    (dataset,) = {cell.dataset for cell in cells}
    folder = paths.published_directory(dataset, protocol) / notebook
    added = [{key: value for key, value in cell.entry().items() if key != "dataset"} | {"profile": profile}
             for cell in cells]
    planned = read_plan(folder) if (folder / PLAN).is_file() else []
    entries = {(entry["system"], entry["recipe"], entry["seed"]): entry for entry in (*planned, *added)}
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / (NEXT if _published(folder) else PLAN)
    files.write_json(file, list(entries.values()))
    return file


def read_plan(folder: Path) -> list[dict]:
    """The entries of a folder's plan, of the next one if one waits; InputError if there is none."""
    file = folder / (NEXT if (folder / NEXT).is_file() else PLAN)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{_shown(file)}: no readable plan ({error}); make one before training") from None


def publish(runs: Sequence[Path], dataset: str, notebooks: Sequence[str] = (),
            protocol: str = "") -> list[CellResult]:
    """Copy every planned cell of some runs, their occlusion analyses and manifests to the published tree.

    runs: folders of runs or sweeps; a cell is taken from the first that has it, else it must stand published already.
    notebooks: whose cells; what others published stays. Returns the cells copied. InputError, with nothing copied, if
    a planned cell is missing or was trained with another recipe.
    """
    root, notebooks = paths.published_directory(dataset, protocol), notebooks or trained_notebooks()
    found = {notebook: _planned_cells(runs, root, notebook) for notebook in notebooks}
    copied: list[CellResult] = []
    replaced: dict[Path, list[Path]] = {run: [] for run in runs}
    for notebook, cells in found.items():
        for old in _published(root / notebook):
            if old not in [cell.cell.directory(root) for cell in cells]:
                shutil.rmtree(old)
        for cell in cells:
            if cell.directory != cell.cell.directory(root):
                _copy(cell.directory, cell.cell.directory(root), _limit(cell.cell, dataset, cells[0].cell.seed))
                copied.append(cell)
                replaced[cell.directory.parents[3]].append(cell.cell.directory(root))
        if (root / notebook / NEXT).is_file():
            (root / notebook / NEXT).replace(root / notebook / PLAN)
        _write_headline(root / notebook, cells)
    for run in runs:
        for analysis in sorted((run / ANALYSES).glob("*/*/seed*/occlusion.json")):
            replaced[run].append(root / ANALYSES / analysis.parent.relative_to(run / ANALYSES))
            _copy(analysis.parent, replaced[run][-1], WEIGHTS_LIMIT)
    for run, folders in replaced.items():
        _copy_manifest(run, root, folders, notebooks)
    return copied


def _limit(cell: Cell, dataset: str, first_seed: int) -> int:
    """The most bytes of weights that are published of a cell.

    None of a probe's or a control's, which nobody loads, none of an SVM's, which is fitted again from the published
    network in minutes (`analysis.occlusion.run.head_of`), and none of later seeds on a set whose networks train in
    minutes.
    """
    first, system = cell.seed == first_seed, papers.system(cell.system)
    nobody_loads = cell.recipe not in ("published", "ours") or system.role == "ablation"
    if nobody_loads or system.head or not (first or dataset in LARGE):
        return 0
    return WEIGHTS_LIMIT if first and cell.recipe == "ours" and dataset in LARGE else SMALL_LIMIT


def _copy_manifest(run: Path, root: Path, replaced: Sequence[Path], notebooks: Sequence[str]) -> None:
    """The run's manifest: commit, packages, machine, hashes. Of earlier entries stays what they say of files that it
    did not replace (the folders `replaced` it did), for the hashes of those stand there."""
    if not (run / MANIFEST).is_file():
        return
    made = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    earlier = json.loads((root / MANIFEST).read_text(encoding="utf-8")) if (root / MANIFEST).is_file() else {}
    entries = {entry["name"]: entry for entry in made.get("notebooks", [])}
    for name in {entry["name"] for entry in earlier.get("notebooks", [])} & set(trained_notebooks()):
        if name not in notebooks:  # the run has it too, but nothing of it was copied
            entries.pop(name, None)
    for entry in earlier.get("notebooks", []):
        outputs = {name: sha for name, sha in entry["outputs"].items()
                   if not any((root / name).is_relative_to(folder) for folder in replaced)}
        name = entry["name"]
        if name in entries or outputs != entry["outputs"]:
            outputs = {file: sha for file, sha in outputs.items()
                       if (root / file).is_file() and file not in entries.get(name, {}).get("outputs", {})}
        if name in entries and outputs:
            name = f"{name} at {str(entry.get('git_commit'))[:12]}"
        if outputs:
            entries[name] = {**entry, "name": name, "outputs": outputs}
    files.write_json(root / MANIFEST, {**made, "notebooks": [entry for _, entry in sorted(entries.items())]})


def _planned_cells(runs: Sequence[Path], root: Path, notebook: str) -> list[CellResult]:
    """The cell for each entry of the plan, checked, from the first of the runs that has it, else as published."""
    cells = []
    for entry in read_plan(root / notebook):
        cell = Cell(notebook, entry["system"], entry["recipe"], entry["seed"])
        places = [place for place in (*runs, root) if (cell.directory(place) / records.METRICS).is_file()]
        result = records.read_cell(cell.directory(places[0] if places else runs[0]))  # InputError where there is none
        if result.metrics["config"]["recipe"] != entry["config"]:
            raise InputError(f"{cell.name}: trained with another recipe than the plan's; run it as planned")
        if places[0] != root:  # the published tree is without large weights
            records.check_weights(result)
        cells.append(result)
    return cells


def _published(folder: Path) -> list[Path]:
    """The folders of the cells that a notebook's published folder holds."""
    return [cell for cell in records.cell_directories(folder.parent) if folder in cell.parents]


def _copy(source: Path, target: Path, limit: int) -> None:
    """A cell's files, all but weights of more than `limit` bytes, whole or not at all."""
    aside = target.with_name(f".{target.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and (path.name != records.WEIGHTS or path.stat().st_size <= limit):
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
