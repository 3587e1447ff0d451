"""What accuracy costs: every system from the nearest neighbour to the widest network, by minutes and parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ferkit.results.records import CellResult


def cost(cells: Sequence[CellResult]) -> list[dict[str, object]]:
    """One row for each system and recipe that was tested, the most accurate first: system, recipe, seeds, accuracy
    (mean, a fraction), minutes (median: other work on the machine lengthens single runs), parameters and device.

    minutes: CPU minutes of searching and fitting where the system is a head on hand-crafted features, else minutes of
    training on the device named, the network under a head included.
    """
    groups: dict[tuple[str, str], list[dict]] = {}
    for cell in cells:
        if cell.metrics["accuracy"] is not None:
            groups.setdefault((cell.cell.system, cell.cell.recipe), []).append(cell.metrics)
    rows = [{"system": system, "recipe": recipe, "seeds": len(group), "parameters": group[0]["parameters"],
             "accuracy": float(np.mean([m["accuracy"] for m in group])),
             "minutes": float(np.median([minutes_of(m) for m in group])), "device": group[0]["device"]}
            for (system, recipe), group in groups.items()]
    return sorted(rows, key=lambda row: -row["accuracy"])


def minutes_of(metrics: dict) -> float:
    """The minutes of one result, as `cost` counts them."""
    if "features_of" not in metrics and "head_cpu_minutes" in metrics:
        return metrics["head_cpu_minutes"]
    return metrics["minutes"]
