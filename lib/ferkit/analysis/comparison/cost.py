"""What accuracy costs: every system from the nearest neighbour to the widest network, by minutes and parameters."""

from __future__ import annotations

from collections.abc import Sequence

from ferkit.analysis.comparison.ensemble import ensemble
from ferkit.results.records import Result
from ferkit.results.tree import by_system, over_seeds


def cost(results: Sequence[Result]) -> list[dict[str, object]]:
    """One row for each system and recipe that was tested, and for the mean of the two best (`ensemble`), the most
    accurate first: system, recipe, seeds, accuracy (mean, a fraction), minutes (as `results.tree.over_seeds`),
    parameters and device."""
    tested = by_system(result for result in results if result.metrics["accuracy"] is not None)
    rows = [{"system": system, "recipe": recipe, "device": group[0].metrics["device"],
             **{key: value for key, value in over_seeds(group).items()
                if key in ("seeds", "parameters", "accuracy", "minutes")}}
            for (system, recipe), group in tested.items()]
    if mean := ensemble([result for group in tested.values() for result in group]):
        recipes = dict.fromkeys(recipe for _, recipe in mean["systems"])
        rows.append({"system": f"mean of {mean['networks']} networks", "recipe": " and ".join(recipes),
                     "device": rows[0]["device"], "seeds": 1,
                     **{key: mean[key] for key in ("parameters", "accuracy", "minutes")}})
    return sorted(rows, key=lambda row: -row["accuracy"])
