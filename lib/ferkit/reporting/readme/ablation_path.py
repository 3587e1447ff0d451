"""The paths from the recipes as published to ours, and readings of what a paper leaves open: what each change brings.

The steps are the trained systems of a sweep's file under results/sweeps, on validation alone; their rows stand in the
.json beside it, as `python -m ferkit sweep … --json` printed them. The ends of a path are published systems, tested
once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ferkit import papers
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.core.kept import kept
from ferkit.core.units import NONE, Unit
from ferkit.papers.paper import RecipePath
from ferkit.results.records import Result
from ferkit.results.tree import by_system, load_tree, over_seeds, published
from ferkit.sweep import config
from ferkit.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

HEADS = ("change", "seeds", "validation", "test", "parameters", "minutes")

End = tuple[str, str, str]  # system, recipe, what it is called; {keys} of metrics.json are filled in


def rows_files(path: RecipePath) -> list[Path]:
    """The files of measured rows, of those sweeps that were trained."""
    return [file for name in path.sweeps if (file := _folder() / f"{name}.json").is_file()]


def _folder() -> Path:
    return paths.repository() / "results" / "sweeps"


def entries(path: RecipePath) -> list[config.SweepEntry]:
    """What those sweeps train, in their order."""
    return [entry for file in rows_files(path) for entry in config.read(file.with_suffix(".toml")).entries]


def steps(path: RecipePath) -> list[dict]:
    """One row a step: {step (what it changes), validation (one fraction a seed), minutes (mean), epochs, parameters}.
    Of points that no other builds on, those that were not trained to their end too, with no fraction and None minutes.

    Networks are built to count their parameters, which takes seconds of torch; so the rows are kept. InputError where
    the measured rows are not those of the sweep's file.
    """
    made_of = [*(file.with_suffix(ending).read_text(encoding="utf-8") for file in rows_files(path)
                 for ending in (".json", ".toml")),
               {"/".join(name): named.recipe.to_dict() for name, named in papers.recipes().items()},
               {one.name: one.version for one in papers.systems()}]
    return kept("paths", made_of, lambda: _steps(path))


def _steps(path: RecipePath) -> list[dict]:
    from ferkit.models.facts import count_parameters

    trained = entries(path)
    measured = [row for file in rows_files(path) for row in json.loads(file.read_text(encoding="utf-8"))["cells"]]
    found = {(row["recipe"], row["seed"]): row for row in measured if row["state"] == "finished"}
    planned = {(entry.recipe_name, entry.seed) for entry in trained}
    if not (set(found) <= planned if path.around else set(found) == planned):
        names = ", ".join(file.name for file in rows_files(path))
        raise InputError(f"results/sweeps/{names}: not the finished rows of the sweep beside it; run that again")
    build, rows, before = papers.system(trained[0].system).build, [], None
    if path.around:
        recipe = papers.recipe(trained[0].system, path.around)
        before = _values(replace(recipe, epochs=trained[0].recipe.epochs), build(**recipe.model))
    for name in dict.fromkeys(entry.recipe_name for entry in trained):
        recipe = next(entry.recipe for entry in trained if entry.recipe_name == name)
        own = [found[name, entry.seed] for entry in trained if (name, entry.seed) in found
               and entry.recipe_name == name]
        network = build(**recipe.model)
        now = _values(recipe, network)
        rows.append({"step": _changes(before, now).removeprefix("+ " if path.around else ""),
                     "validation": [row["val_accuracy"] for row in own],
                     "minutes": float(np.mean([row["minutes"] for row in own])) if own else None,
                     "epochs": recipe.epochs,
                     "parameters": count_parameters(network)})
        before = before if path.around else now
    return rows


def _values(recipe: Recipe, network: nn.Module) -> dict:
    """A recipe as a dictionary, the size of its network's input said."""
    return {**recipe.to_dict(), "model": {"input_size": network.input_size, **recipe.model}}


def path_table(path: RecipePath, results: Sequence[Result]) -> tuple[tuple[str, ...], list[list[object]]]:
    """Head and rows of the README's table. results: FER2013's published ones."""
    between = [[row["step"], len(row["validation"]), _mean_sd(row["validation"]), "not evaluated",
                f"{row['parameters']:,}", f"{row['minutes']:.1f}"] if row["validation"] else
               [row["step"], 0, "not trained to its end", NONE, f"{row['parameters']:,}", NONE] for row in steps(path)]
    return HEADS, [*_start(path), *_ends(path.before, results), *between, *_ends(path.after, results)]


def _start(path: RecipePath) -> list[list[object]]:
    """The recipe that a sweep leaves by one change each: the first epochs of its longer training, which at a constant
    learning rate are the recipe itself."""
    if not path.around:
        return []
    swept = config.values_of(rows_files(path)[0].with_suffix(".toml"))  # not `entries`, whose networks need torch
    (system,), (dataset,), epochs = swept["models"], swept["datasets"], steps(path)[0]["epochs"]
    longer = papers.lengthened(system, path.around)
    if not longer or papers.recipe(system, longer).schedule != "constant":
        return []
    trees = published() + [load_tree(folder) for folder in sorted(_folder().glob("paused/*"))]
    found = [result for tree in trees for result in tree.results if tree.dataset == dataset
             and (result.key.system, result.key.recipe) == (system, longer)]
    if not found:
        return []
    first = [result.history[:epochs] for result in found]
    return [[f"{path.around}, the first {epochs} epochs of {len(found[0].history)}", len(found),
             _mean_sd([max(row["val_accuracy"] for row in rows) for rows in first]), "not evaluated",
             f"{found[0].metrics['parameters']:,}", f"{np.mean([rows[-1]['seconds'] for rows in first]) / 60:.1f}"]]


def _ends(ends: Sequence[End], results: Sequence[Result]) -> list[list[object]]:
    """The rows of those ends that are published."""
    groups, rows = by_system(results), []
    for system, recipe, says in ends:
        if (system, recipe) in groups:
            own = [one.metrics for one in groups[system, recipe]]
            it = over_seeds(groups[system, recipe])
            rows.append([says.format(**own[0]), it["seeds"], _mean_sd([m["val_accuracy"] for m in own]),
                         _mean_sd([m["accuracy"] for m in own]), f"{it['parameters']:,}", f"{it['minutes']:.0f}"])
    return rows


def _changes(before: dict | None, now: dict) -> str:
    """What differs from the step before, in the recipe's own words."""
    if before is None:
        return f"as published, {now['epochs']} epochs like the steps below"
    parts = []
    for key, value in now.items():
        if isinstance(value, dict):
            parts += [f"{inner} {before[key][inner]} → {one}" if inner in before[key] else f"{inner} {one}"
                      for inner, one in value.items() if before[key].get(inner) != one]
        elif before[key] != value:
            parts.append(f"{key} {before[key]} → {value}")
    return "+ " + ", ".join(parts)


def _mean_sd(values: Sequence[float]) -> str:
    sd = np.std(values, ddof=1) if len(values) > 1 else None
    return Unit.FRACTION.format(np.mean(values)) + Unit.FRACTION.deviation(sd)
