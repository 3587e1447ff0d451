"""Minutes of training until validation accuracy first reaches a bound, from the histories that trainings left.

After Keller Jordan's airbench: many seeds of one recipe, mean and standard deviation. Nothing is trained here and the
test split is not looked at. Validation after an epoch is of one view, without test-time augmentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import mean, stdev

from ferkit.core.units import aligned, percent
from ferkit.results.records import Result
from ferkit.results.tree import by_system


def measure(results: Iterable[Result], accuracy: float) -> list[dict[str, object]]:
    """One row for each network under one recipe, those of most seeds at the bound first, then the fewest minutes.

    accuracy: the bound, in (0, 1]. Rows: system, recipe, seeds, reached: how many of them, best: highest validation
    accuracy of any epoch of each seed, then of the seeds that reached it epochs and minutes, one number a seed, with
    minutes_mean and minutes_sd (None for fewer than one and two). Minutes are wall time on the machine that trained;
    a head's result, whose history is that of the network under it, is left out.
    """
    rows = []
    for (system, recipe), seeds in by_system(one for one in results if "features_of" not in one.metrics).items():
        curves = [[row for row in one.history if row.get("val_accuracy") is not None] for one in seeds]
        curves = [curve for curve in curves if curve]
        if not curves:
            continue
        first = [next((row for row in curve if row["val_accuracy"] >= accuracy), None) for curve in curves]
        there = [row for row in first if row]
        minutes = [round(row["seconds"] / 60, 2) for row in there]
        rows.append({"system": system, "recipe": recipe, "seeds": len(curves), "reached": len(there),
                     "best": [max(row["val_accuracy"] for row in curve) for curve in curves],
                     "epochs": [int(row["epoch"]) for row in there], "minutes": minutes,
                     "minutes_mean": mean(minutes) if minutes else None,
                     "minutes_sd": stdev(minutes) if len(minutes) > 1 else None})
    return sorted(rows, key=lambda row: (-row["reached"] / row["seeds"], row["minutes_mean"] or 0, -mean(row["best"])))


def page(rows: Iterable[dict[str, object]], accuracy: float, most: int = 10) -> list[str]:
    """The first rows as lines of a table."""
    lines = [("system/recipe", "reached", "minutes", "best validation, mean over seeds")]
    for row in list(rows)[:most]:
        minutes = "never" if row["minutes_mean"] is None else f"{row['minutes_mean']:.1f}"
        spread = "" if row["minutes_sd"] is None else f" ± {row['minutes_sd']:.1f}"
        lines.append((f"{row['system']}/{row['recipe']}", f"{row['reached']} of {row['seeds']}", minutes + spread,
                      percent(mean(row["best"]), 2)))
    return [f"minutes until validation accuracy reaches {percent(accuracy)}, of one view", *aligned(lines, {1, 2, 3})]
