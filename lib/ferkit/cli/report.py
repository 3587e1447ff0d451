"""``report``: the page of a run, or several runs side by side on one."""

import argparse

from ferkit.cli import options

HELP = "build the report of a run, or one page that compares several"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``report`` to a parser."""
    parser.add_argument("directories", metavar="DIR", type=options.place, nargs="+",
                        help="a run's folder, or results/<dataset>; two or more are compared")


def main(arguments: argparse.Namespace) -> int:
    """Write the page and print where it lies; exit status 0."""
    from ferkit.reporting import html_report

    several = len(arguments.directories) > 1
    print(html_report.compare(arguments.directories) if several else html_report.build(arguments.directories[0]))
    return 0
