"""``render-notebooks``: the executed notebooks of a run as pages below results/notebooks."""

import argparse

from ferkit.cli import options
from ferkit.core import paths

HELP = "write the executed notebooks of a run on synthetic faces as pages, into results/notebooks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option of ``render-notebooks`` to a parser."""
    parser.add_argument("run", nargs="?", type=options.place, metavar="RUN",
                        help="the run's folder (default: that of ./run_all.sh without options)")


def main(arguments: argparse.Namespace) -> int:
    """Write the pages and the lists of checksums; exit status 0."""
    from ferkit.publishing import publish
    from ferkit.reporting import notebook_pages

    run = arguments.run or paths.run_directory(paths.run_name("synthetic", "quick", 0))
    for path in notebook_pages.write(run):
        print(f"{paths.shown(path)}  {path.stat().st_size:,} bytes")
    publish.write_lists()
    return 0
