"""What accuracy costs: every system from the nearest neighbour to the widest network, by minutes and parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ferkit.results.records import CellResult
from ferkit.results.tree import by_system


def cost(cells: Sequence[CellResult]) -> list[dict[str, object]]:
    """One row for each system and recipe that was tested, the most accurate first: system, recipe, seeds, accuracy
    (mean, a fraction), minutes (median: other work on the machine lengthens single runs), parameters and device.

    minutes: CPU minutes of searching and fitting where the system is a head on hand-crafted features, else minutes of
    training on the device named, the network under a head included.
    """
    tested = by_system(cell for cell in cells if cell.metrics["accuracy"] is not None)
    rows = [{"system": system, "recipe": recipe, "seeds": len(group), "parameters": group[0].metrics["parameters"],
             "accuracy": float(np.mean([one.metrics["accuracy"] for one in group])),
             "minutes": float(np.median([minutes_of(one.metrics) for one in group])),
             "device": group[0].metrics["device"]}
            for (system, recipe), group in tested.items()]
    return sorted(rows, key=lambda row: -row["accuracy"])


def minutes_of(metrics: dict) -> float:
    """The minutes of one result, as `cost` counts them."""
    if "features_of" not in metrics and "head_cpu_minutes" in metrics:
        return metrics["head_cpu_minutes"]
    return metrics["minutes"]
