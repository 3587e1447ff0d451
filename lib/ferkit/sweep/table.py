"""A sweep's rows as a table: one line for each data set, protocol where there are several, network and recipe, mean and
deviation over seeds."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

from ferkit.core import files
from ferkit.core.errors import InputError
from ferkit.core.units import aligned

FORMATS = (".csv", ".parquet", ".tex")


def table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Lines of text: data set, protocol where rows tell it, network, recipe, seeds, how they ended, validation and
    test accuracy, minutes."""
    return aligned(_lines(rows))


def _lines(rows: Sequence[Mapping[str, object]]) -> list[tuple[str, ...]]:
    """The table with its head, as text."""
    said = {"dataset": "data set", "protocol": "protocol", "system": "network", "recipe": "recipe"}
    named = [key for key in said if any(key in row for row in rows)]
    points: dict[tuple[str, ...], list[Mapping[str, object]]] = {}
    for row in rows:
        points.setdefault(tuple(row[key] for key in named), []).append(row)
    cells = [(*(said[key] for key in named), "seeds", "ended as", "validation %", "test %", "minutes in all")]
    for name, group in points.items():
        states = Counter(row["state"] for row in group)
        minutes = sum(row["minutes"] or 0 for row in group)
        cells.append((*name, str(len(group)), ", ".join(f"{n} {state}" for state, n in states.items()),
                      _spread(group, "val_accuracy"), _spread(group, "accuracy"), f"{minutes:.1f}"))
    return cells


def _spread(rows: Sequence[Mapping[str, object]], key: str) -> str:
    """Mean and standard deviation over seeds, in percent; "-" where nothing was measured."""
    values = [100 * row[key] for row in rows if row[key] is not None]
    if not values:
        return "-"
    return f"{mean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


def check(path: Path) -> None:
    """InputError unless `path` has an ending that :func:`export` knows, in a folder that is there."""
    if path.suffix not in FORMATS:
        raise InputError(f"{path}: tables are written as {', '.join(FORMATS)}")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise InputError(f"{path}: needs pyarrow, which the lock leaves out; pip install pyarrow")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")


def export(rows: Sequence[Mapping[str, object]], path: Path) -> Path:
    """Write the rows to `path`: every row with all its keys as .csv or .parquet, or as .tex a table of mean and
    standard deviation over seeds for each data set, network and recipe (LaTeX's booktabs). Accuracies are fractions
    in .csv and .parquet, percent in .tex. Raises what :func:`check` does."""
    import pandas

    check(path)
    frame = pandas.DataFrame(list(rows))
    if path.suffix == ".tex":
        head, *body = _lines(rows)
        frame = pandas.DataFrame(body, columns=head)
    with files.replacing(path) as aside:
        if path.suffix == ".csv":
            frame.to_csv(aside, index=False)
        elif path.suffix == ".parquet":
            frame.to_parquet(aside, index=False)
        else:
            text = frame.to_latex(index=False, escape=True, column_format="l" * (len(head) - 5) + "rlrrr")
            aside.write_text(text.replace("±", r"$\pm$"), encoding="utf-8")
    return path
