"""A sweep's rows as a table: one line a point, mean and spread over its seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import mean, stdev


def table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Lines of text: data set, network, recipe, seeds, how they ended, validation and test accuracy, minutes."""
    points: dict[tuple[str, ...], list[Mapping[str, object]]] = {}
    for row in rows:
        points.setdefault((row["dataset"], row["system"], row["recipe"]), []).append(row)
    cells = [("data set", "network", "recipe", "seeds", "ended as", "validation %", "test %", "minutes")]
    for name, group in points.items():
        states = Counter(row["state"] for row in group)
        minutes = sum(row["minutes"] or 0 for row in group)
        cells.append((*name, str(len(group)), ", ".join(f"{n} {state}" for state, n in states.items()),
                      _spread(group, "val_accuracy"), _spread(group, "accuracy"), f"{minutes:.1f}"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _spread(rows: Sequence[Mapping[str, object]], key: str) -> str:
    """Mean and standard deviation over seeds, in percent; "-" where nothing was measured."""
    values = [100 * row[key] for row in rows if row[key] is not None]
    if not values:
        return "-"
    return f"{mean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")
