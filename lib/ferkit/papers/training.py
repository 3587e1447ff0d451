"""What the papers' plans come to: jobs for a profile, a data set and a seed, and running them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ferkit import papers
from ferkit.core import paths, progress
from ferkit.core.errors import InputError
from ferkit.core.profiles import PROFILES
from ferkit.experiments.plan import Job, PlanRow, recipe_at

if TYPE_CHECKING:
    from pathlib import Path

    from ferkit.data.face_set import FaceSet
    from ferkit.results.records import Result


def rows(profile: str, notebook: str, only: str = "") -> tuple[PlanRow, ...]:
    """What a profile trains in a notebook; of it what `only` names, as "system" or "system/recipe" with commas.

    InputError for a name that no notebook of the profile trains, and where none of them is left here.
    """
    found = chosen(profile, notebook, only)
    if only and not found:
        raise InputError(f"{notebook} trains none of {only}; leave it out with --from or --only")
    return found


def chosen(profile: str, notebook: str, only: str) -> tuple[PlanRow, ...]:
    """As `rows`, with () where none of them is left here."""
    planned = _rows(profile, notebook)
    if not only:
        return planned
    asked = {name.strip() for name in only.split(",")}
    known = {name for other in papers.notebooks() for row in _rows(profile, other.stem) for name in _names(row)}
    if asked - known:
        raise InputError(f"{min(asked - known)!r}: profile {profile} trains {', '.join(sorted(known))}")
    return tuple(row for row in planned if asked & set(_names(row)))


def _rows(profile: str, notebook: str) -> tuple[PlanRow, ...]:
    return next((paper.plan.get(profile, ()) for paper in papers.all()
                 if paper.notebook and paper.notebook.stem == notebook), ())


def _names(row: PlanRow) -> tuple[str, str]:
    return row.system, f"{row.system}/{row.recipe}"


def jobs(profile: str, notebook: str, seed: int = 0, *, n_train: int = 0, only: str = "", n_seeds: int = 0,
         epochs: int = 0, batch_size: int = 0) -> list[Job]:
    """Every job that a profile plans for a notebook, in the plan's order, with its seeds counted up from `seed`.

    n_train: how many images will train, by which a small set's recipes differ; 0 = as many as the profile is meant for.
    n_seeds, epochs, batch_size: in place of the plan's; 0 = as planned.
    """
    if not n_train and any(one.over_time for one in papers.notebooks() if one.stem == notebook):
        n_train = PROFILES[profile].sequences[0]
    found = []
    for row in rows(profile, notebook, only):
        recipe = recipe_of(row, profile, n_train, epochs=epochs, batch_size=batch_size)
        for k in range(seed, seed + (n_seeds or row.seeds or PROFILES[profile].seeds)):
            found.append(job(notebook, row.system, row.recipe, recipe, k, profile, row.corruptions))
    return found


def job(notebook: str, system: str, recipe_name: str, recipe: papers.Recipe, seed: int, profile: str,
        corruptions: bool | None = None) -> Job:
    """One job with a profile's numbers of images and rows. corruptions: None = as the named recipe says."""
    found, known, its = papers.system(system), papers.recipes().get((system, recipe_name)), PROFILES[profile]
    if corruptions is None:
        corruptions = bool(known and known.corruptions)
    return Job(notebook, found, recipe_name, recipe, seed, papers.system(found.base) if found.base else None,
               its.corruption_images if corruptions and "corruptions" in found.analyses else None,
               its.head_search_rows)


def recipe_of(row: PlanRow, profile: str, n_train: int = 0, *, epochs: int = 0, batch_size: int = 0) -> papers.Recipe:
    """The recipe that trains a row's network (a head's is that of the network under it) at a profile's cost."""
    system = papers.system(row.system)
    trained = row.epochs
    if not trained and system.base:
        trained = find(profile, system.base, row.recipe)[1].epochs
    recipe = recipe_at(papers.named(row.system, row.recipe), trained, PROFILES[profile], n_train)
    return replace(recipe, epochs=epochs or recipe.epochs, batch_size=batch_size or recipe.batch_size)


def find(profile: str, system: str, recipe: str) -> tuple[str, PlanRow]:
    """The notebook and row that train a system; InputError if the profile does not train it."""
    for notebook in papers.notebooks():
        for row in _rows(profile, notebook.stem):
            if (row.system, row.recipe) == (system, recipe):
                return notebook.stem, row
    raise InputError(f"profile {profile} trains no {system}/{recipe}; choose a larger profile")


def trained_in(system: str) -> str:
    """The notebook whose folder holds a system's results; "" for one that no plan trains."""
    return next((notebook.stem for notebook in papers.notebooks()
                 if any(row.system == system for profile in PROFILES for row in _rows(profile, notebook.stem))), "")


def run_notebook(notebook: str, faces: FaceSet, run: str, profile: str, seed: int, device: str = "auto",
                 **choices: object) -> list[Result]:
    """Every job of a notebook, trained or loaded, in the order of the plan; choices as for `jobs`."""
    from ferkit.experiments import jobs as engine

    planned = jobs(profile, notebook, seed, n_train=engine.train_size(faces), **choices)
    return run_all(planned, faces, paths.run_directory(run), device)


def run_all(planned: Sequence[Job], faces: FaceSet, root: Path, device: str = "auto") -> list[Result]:
    """Jobs trained or loaded one after the other below `root`."""
    from ferkit.experiments import duration
    from ferkit.experiments import jobs as engine
    from ferkit.results import records

    pending = [one for one in planned if not (one.key.directory(root) / records.METRICS).is_file()]
    due = [(one, engine.train_size(faces)) for one in pending]
    if due:
        progress.begin(duration.in_words(due))
    results, done, started = [], 0, time.monotonic()
    for number, one in enumerate(planned, 1):
        left = duration.left(due[:done], due[done:], time.monotonic() - started)
        progress.note(f"{number} of {len(planned)}: {', '.join(filter(None, [one.name, left]))}")
        results.append(engine.run(one, faces, root, device=device))
        done += one in pending
    progress.finished()
    return results


def obtain(system: str, recipe: str, faces: FaceSet, run: str, profile: str, seed: int, device: str = "auto"
           ) -> Result:
    """The run's own finished system on the same data, whatever it was configured with; trained as planned if there is
    none. What a notebook calls that analyses a network another notebook trained."""
    from ferkit.experiments import jobs as engine
    from ferkit.results import records

    root = paths.run_directory(run)
    for notebook in papers.notebooks():
        directory = records.SystemKey(notebook.stem, system, recipe, seed).directory(root)
        if (directory / records.METRICS).is_file():
            found = records.read_result(directory)
            if found.metrics["data_sha256"] == faces.content_hash:
                return found
    notebook, row = find(profile, system, recipe)
    base = papers.system(system).base
    if base:
        obtain(base, recipe, faces, run, profile, seed, device)
    planned = recipe_of(row, profile, engine.train_size(faces))
    chosen = job(notebook, system, recipe, planned, seed, profile, row.corruptions)
    return engine.run(chosen, faces, root, device=device)


def load_model(result: Result) -> object:
    """The network of a finished system (the one under it for a head), in eval mode on the CPU."""
    from ferkit.experiments import jobs as engine

    return engine.load_model(result, papers.system)


def load_predictor(result: Result) -> object:
    """A finished system as functions (`experiments.evaluation.Predictor`)."""
    from ferkit.experiments import jobs as engine

    return engine.load_predictor(result, papers.system)
