"""``table``: results as a table for papers and spreadsheets, one row for each system and recipe or for each run."""

import argparse
import sys
from typing import TYPE_CHECKING

from ferkit.cli import options
from ferkit.core import errors
from ferkit.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

HELP = "print the results of runs or published trees as text, CSV or LaTeX, or write them as Parquet"
SHOWN = ("tree", "system", "recipe", "seeds", "status", "accuracy", "sd", "low", "high", "macro_f1", "val_accuracy",
         "parameters")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``table`` to a parser."""
    parser.add_argument("directories", metavar="DIR", type=options.place, nargs="*",
                        help="runs, sweeps' folders or results/<dataset> (default: everything published)")
    parser.add_argument("--runs", action="store_true", help="a row for each seed (default: means over seeds)")
    parser.add_argument("--columns", metavar="LIST", help="these columns, separated by commas; all: every one")
    group = parser.add_argument_group("output").add_mutually_exclusive_group()
    group.add_argument("--csv", action="store_true", help="comma-separated values; accuracies are fractions")
    group.add_argument("--latex", action="store_true", help="a LaTeX table (booktabs); fractions in percent")
    group.add_argument("--json", action="store_true", help="one JSON object a line")
    group.add_argument("--parquet", type=options.place, metavar="FILE", help="write a Parquet file (needs pyarrow)")


def main(arguments: argparse.Namespace) -> int:
    """Print or write the table; exit status 0."""
    import importlib.util

    import pandas as pd

    from ferkit.core import files, paths
    from ferkit.core.console import json_line
    from ferkit.results import tree

    if arguments.parquet:
        if importlib.util.find_spec("pyarrow") is None:
            raise InputError(f"{arguments.parquet}: needs pyarrow, which the lock leaves out; pip install pyarrow")
        paths.check_writable(arguments.parquet.absolute().parent, "--parquet")
    trees = [tree.load_tree(directory) for directory in arguments.directories] or tree.published()
    frames = [one.frame if arguments.runs else tree.summary(one) for one in trees if one.results]
    if not frames:
        raise InputError(f"{', '.join(map(str, arguments.directories)) or 'results'}: no result in it")
    shown = _chosen(pd.concat(frames, ignore_index=True), arguments.columns, arguments.runs)
    if arguments.parquet:
        with files.replacing(arguments.parquet) as aside:
            shown.to_parquet(aside, index=False)
        print(f"{arguments.parquet}: {len(shown)} rows of {len(shown.columns)} columns")
    elif arguments.csv:
        shown.to_csv(sys.stdout, index=False)
    elif arguments.json:
        for row in shown.astype(object).where(shown.notna(), None).to_dict("records"):
            print(json_line(row))
    else:
        readable = shown.apply(lambda column: column.map(
            lambda value: _readable(value, 100 if column.name in tree.FRACTIONS else 1)))
        text = readable.to_latex(index=False, escape=True) if arguments.latex else readable.to_string(index=False)
        print(text.rstrip())
    return 0


def _chosen(frame: "pd.DataFrame", columns: str | None, runs: bool) -> "pd.DataFrame":
    if columns == "all":
        return frame
    if columns is None:
        return frame[[name for name in (*SHOWN[:3], *(["seed"] * runs), *SHOWN[3:]) if name in frame]]
    names = [name.strip() for name in columns.split(",")]
    for name in names:
        if name not in frame:
            raise errors.unknown("column", name, frame.columns)
    return frame[names]


def _readable(value: object, times: int) -> str:
    """A number `times` what it is (a fraction in percent), a missing value as a dash."""
    if value is None or value != value:
        return "–"
    return f"{times * value:.2f}".removesuffix(".00" * (times == 1)) if isinstance(value, float) else str(value)
