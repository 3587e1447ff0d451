"""Finished systems as rows for a data frame: one a run, or one a system with means over its seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ferkit.experiments.plan import PlanRow
from ferkit.results.records import Result
from ferkit.results.tree import accuracy, by_system
from ferkit.stats import intervals
from ferkit.training.recipe import dotted


def plan(rows: Iterable[PlanRow]) -> list[dict[str, object]]:
    """Rows of a plan: system, recipe, epochs (None for a head, which has none)."""
    return [{"system": row.system, "recipe": row.recipe, "epochs": row.epochs or None} for row in rows]


def changes(first: Mapping, second: Mapping, names: tuple[str, str]) -> list[dict[str, object]]:
    """The settings in which two recipes, as `Recipe.to_dict` gives them, differ; nested ones as ``table.setting``."""
    one, other = dotted(first), dotted(second)
    return [{"setting": key, names[0]: _plain(one.get(key)), names[1]: _plain(other.get(key))}
            for key in {**one, **other} if one.get(key) != other.get(key)]


def _plain(value: object) -> str | None:
    return None if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def search(result: Result) -> list[dict[str, object]]:
    """The search of an SVM's C and, where it has one, gamma: a row for each C, validation accuracies (fractions)."""
    found: dict[float, dict[str, object]] = {}
    for tried in result.metrics["svm"]["search"]:
        head = f"γ {tried['gamma']:.2g}" if tried.get("gamma") else "validation"
        found.setdefault(tried["C"], {"C": f"{tried['C']:g}"})[head] = tried["val_accuracy"]
    return list(found.values())


def table(results: list[Result]) -> list[dict[str, object]]:
    """One row a trained system, for a data frame: what it is, how it ended, what it reaches on validation and test."""
    rows = []
    for result in results:
        m = result.metrics
        low, high = accuracy([result]).interval if m["accuracy"] is not None else (None, None)
        rows.append({"system": m["system"], "recipe": m["recipe"], "seed": m["seed"],
                     "status": None if m["status"] == "finished" else m["status"],
                     "best epoch": m["best_epoch"], "validation %": _percent(m["val_accuracy"]),
                     "test %": _percent(m["accuracy"]),
                     "95 %": None if low is None else f"{_percent(low)} … {_percent(high)}",
                     "deduplicated %": None if m["n_without_copies"] == m["n"] else
                     _percent(m["accuracy_without_copies"]), "macro-F1 %": _percent(m["macro_f1"]),
                     "parameters": m["parameters"], "minutes": round(m["minutes"], 1)})
    return rows


def over_seeds(results: list[Result], order: tuple[tuple[str, str], ...] = ()) -> list[dict[str, object]]:
    """One row for each system and recipe: means over its seeds, their deviation, and what each asks for.

    order: which (system, recipe) in which order; all of them, as they come, without it. Percentages; "test ±" is the
    deviation over seeds, None for one seed.
    """
    groups = by_system(results)
    rows = []
    for name in order or tuple(groups):
        group = [result.metrics for result in groups.get(name, [])]
        tested = [m for m in group if m["accuracy"] is not None]
        if tested:
            spread = intervals.over_seeds([m["accuracy"] for m in tested])
            rows.append({"system": name[0], "recipe": name[1], "seeds": len(group),
                         "validation %": _percent(float(np.mean([m["val_accuracy"] for m in tested]))),
                         "test %": _percent(spread.mean), "test ±": _percent(spread.sd),
                         "without TTA %": _percent(float(np.mean([m["accuracy_no_tta"] for m in tested]))),
                         "train - test": _percent(float(np.mean([m["train_accuracy"] - m["accuracy"]
                                                                 for m in tested]))),
                         "parameters": tested[0]["parameters"], "receptive field, px": tested[0]["receptive_field"],
                         "minutes": round(float(np.mean([m["minutes"] for m in group])), 1)})
    return rows


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else round(100 * fraction, 1)
