"""Finished systems as rows for a data frame: one a run, or one a system with means over its seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ferkit.experiments.plan import PlanRow
from ferkit.results import tree
from ferkit.results.records import Result
from ferkit.results.tree import accuracy, by_system
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


def table(results: Iterable[Result]) -> list[dict[str, object]]:
    """One row a trained system: what it is, how it ended, what it reaches on validation and test (fractions), low and
    high of its 95 % interval over images; accuracy_without_copies is None where no image has a copy."""
    rows = []
    for result in results:
        m = result.metrics
        low, high = accuracy([result]).interval if m["accuracy"] is not None else (None, None)
        rows.append({**{key: m[key] for key in ("system", "recipe", "seed")},
                     "status": None if m["status"] == "finished" else m["status"], "best_epoch": m["best_epoch"],
                     "val_accuracy": m["val_accuracy"], "accuracy": m["accuracy"], "low": low, "high": high,
                     "accuracy_without_copies":
                     None if m["n_without_copies"] == m["n"] else m["accuracy_without_copies"],
                     **{key: m[key] for key in ("macro_f1", "parameters", "minutes")}})
    return rows


def over_seeds(results: Iterable[Result]) -> list[dict[str, object]]:
    """One row for each system and recipe that was tested, fractions: means over its seeds, their standard deviation
    (None for one seed), gap (training minus test accuracy) and what it asks for (`results.tree.over_seeds`)."""
    rows = []
    for (system, recipe), group in by_system(results).items():
        it = tree.over_seeds(group)
        if it["tested"]:
            rows.append({"system": system, "recipe": recipe,
                         **{key: it[key] for key in ("seeds", "val_accuracy", "accuracy", "sd", "accuracy_no_tta")},
                         "gap": None if it["train_accuracy"] is None else it["train_accuracy"] - it["accuracy"],
                         "parameters": it["parameters"], "receptive_field": group[0].metrics.get("receptive_field"),
                         "minutes": it["minutes"]})
    return rows
