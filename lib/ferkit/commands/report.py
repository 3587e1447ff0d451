"""``report``: one page from the results in one or more folders."""

import argparse
from pathlib import Path

HELP = "build report.html from the results in one or more folders"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``report`` to a parser."""
    parser.add_argument("directories", metavar="DIR", type=Path, nargs="+", help="a run's folder")


def main(arguments: argparse.Namespace) -> int:
    """Write the page and print where it lies; exit status 0."""
    from ferkit import report

    print(report.build(arguments.directories))
    return 0
