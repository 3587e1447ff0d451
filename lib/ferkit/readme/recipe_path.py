"""The path from Deep-Emotion's recipe as published to ours and to the wide network: what each step brings.

The steps are the cells of results/sweeps/deep_emotion_path.toml, on validation alone; their rows stand in the .json
beside it, as `python -m ferkit sweep … --json` printed them. The ends of the path are published cells, tested once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from ferkit import paths
from ferkit.errors import InputError
from ferkit.results import CellResult

SWEEP = "sweeps/deep_emotion_path"
ENDS = (("deep_emotion", "published", "as published, {epochs} epochs"),
        ("deep_emotion", "ours", "all of the above, {epochs} epochs, averaged over the mirror image"),
        ("deep_emotion_wide", "ours", "wider: {parameters:,} parameters, 40×40 crops, SGD, {epochs} epochs"))


def steps() -> list[dict]:
    """One row a step: {step (what it changes), validation (one fraction a seed), minutes (mean), epochs, parameters}.

    InputError where the rows are not those of the sweep's file.
    """
    from ferkit import models
    from ferkit.sweep import config

    root = paths.repository() / "results"
    cells = config.read(root / f"{SWEEP}.toml").cells
    measured = json.loads((root / f"{SWEEP}.json").read_text(encoding="utf-8"))["cells"]
    found = {(row["recipe"], row["seed"]): row for row in measured if row["state"] == "finished"}
    if set(found) != {(cell.recipe_name, cell.seed) for cell in cells}:
        raise InputError(f"results/{SWEEP}.json: not the finished rows of the sweep beside it; run that again")
    rows, before = [], None
    for name in dict.fromkeys(cell.recipe_name for cell in cells):
        recipe = next(cell.recipe for cell in cells if cell.recipe_name == name)
        own = [found[name, cell.seed] for cell in cells if cell.recipe_name == name]
        rows.append({"step": _changes(before, recipe.to_dict()), "validation": [row["val_accuracy"] for row in own],
                     "minutes": float(np.mean([row["minutes"] for row in own])), "epochs": recipe.epochs,
                     "parameters": models.count_parameters(models.build(cells[0].system, **recipe.model))})
        before = recipe.to_dict()
    return rows


def path_table(cells: Sequence[CellResult]) -> tuple[tuple[str, ...], list[list[object]]]:
    """Head and rows of the README's table. cells: FER2013's published ones."""
    ends: dict[bool, list[list[object]]] = {True: [], False: []}
    for system, recipe, says in ENDS:
        own = [cell.metrics for cell in cells if (cell.cell.system, cell.cell.recipe) == (system, recipe)]
        if own:
            ends[recipe == "published"].append([
                says.format(**own[0]), len(own), _mean_sd([m["val_accuracy"] for m in own]),
                _mean_sd([m["accuracy"] for m in own]), f"{own[0]['parameters']:,}",
                f"{np.mean([m['minutes'] for m in own]):.0f}"])
    between = [[row["step"], len(row["validation"]), _mean_sd(row["validation"]), "not opened",
                f"{row['parameters']:,}", f"{row['minutes']:.1f}"] for row in steps()]
    return ("change", "seeds", "validation", "test", "parameters", "minutes"), ends[True] + between + ends[False]


def _changes(before: dict | None, now: dict) -> str:
    """What differs from the step before, in the recipe's own words."""
    if before is None:
        return f"as published, {now['epochs']} epochs like the steps below"
    parts = []
    for key, value in now.items():
        if isinstance(value, dict):
            parts += [f"{inner} {before[key].get(inner)} → {one}" for inner, one in value.items()
                      if before[key].get(inner) != one]
        elif before[key] != value:
            parts.append(f"{key} {before[key]} → {value}")
    return "+ " + ", ".join(parts)


def _mean_sd(values: Sequence[float]) -> str:
    sd = f" ± {100 * np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.2f} %{sd}"
