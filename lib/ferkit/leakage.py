"""What a leak is worth: the same systems trained and tested under two protocols of one data set, as a difference.

The test images differ, so nothing is paired: the interval is Newcombe's for two independent shares (1998,
doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I). It counts images; those of one person look
alike, so that it is as narrow as it could be. Only saved files are read; no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ferkit import protocols, statistics
from ferkit.results import CellResult

Name = tuple[str, str]  # (system, recipe)


def worth(runs: Sequence[Sequence[CellResult]]) -> list[dict]:
    """One row for each two runs of one data set under different protocols and each system and recipe tested in both.

    runs: the cells of each run. A row: {dataset, system, recipe, leaky, strict (the protocols), leaky_accuracy,
    strict_accuracy (means over seeds), leaky_n, strict_n (test images), seeds (the fewer of the two), worth (leaky
    minus strict, a fraction), interval (95 %)}. Cells that could not be tested are left out.
    """
    rows = []
    for pair in combinations([_tested(cells) for cells in runs], 2):
        facts = [_facts(groups) for groups in pair]
        if None in facts or facts[0]["dataset"] != facts[1]["dataset"] or facts[0]["protocol"] == facts[1]["protocol"]:
            continue
        order = protocols.leakiest_first([fact["protocol"] for fact in facts])
        leaky, strict = sorted(pair, key=lambda groups: order.index(_facts(groups)["protocol"]))
        rows += [_row(leaky[name], strict[name]) for name in leaky if name in strict]
    return rows


def sentence(row: dict) -> str:
    """A row in one line: both accuracies, their difference in points and its interval."""
    low, high = row["interval"]
    return (f"{row['system']}/{row['recipe']}: {100 * row['leaky_accuracy']:.1f} % {row['leaky']}, "
            f"{100 * row['strict_accuracy']:.1f} % {row['strict']}: {100 * row['worth']:+.1f} points "
            f"({100 * low:+.1f} … {100 * high:+.1f})")


def _tested(cells: Sequence[CellResult]) -> dict[Name, list[CellResult]]:
    groups: dict[Name, list[CellResult]] = {}
    for cell in cells:
        if cell.predictions:
            groups.setdefault((cell.cell.system, cell.cell.recipe), []).append(cell)
    return groups


def _facts(groups: Mapping[Name, Sequence[CellResult]]) -> dict | None:
    """The metrics of a run's first cell, which name its data set and protocol; None for a run without cells."""
    return next((cells[0].metrics for cells in groups.values()), None)


def _row(leaky: Sequence[CellResult], strict: Sequence[CellResult]) -> dict:
    a, b = (float(np.mean([cell.metrics["accuracy"] for cell in cells])) for cells in (leaky, strict))
    first, second = leaky[0].metrics, strict[0].metrics
    return {"dataset": first["dataset"], "system": first["system"], "recipe": first["recipe"],
            "leaky": first["protocol"], "strict": second["protocol"], "leaky_accuracy": a, "strict_accuracy": b,
            "leaky_n": first["n"], "strict_n": second["n"], "seeds": min(len(leaky), len(strict)), "worth": a - b,
            "interval": list(statistics.share_difference(a * first["n"], first["n"], b * second["n"], second["n"]))}
