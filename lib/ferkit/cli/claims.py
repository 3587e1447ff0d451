"""``claims``: judge the papers' claims on the results of runs, or on published ones."""

import argparse

from ferkit.cli import options
from ferkit.core.console import json_line

HELP = "judge the papers' claims on the results in a folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``claims`` to a parser."""
    parser.add_argument("directories", nargs="+", metavar="DIR", type=options.place,
                        help="a run's folder, or results/<dataset>; of several, the first that can judge a claim does")
    options.add_output(parser, json="the list as JSON")


def main(arguments: argparse.Namespace) -> int:
    """Print the verdicts; exit status 0."""
    from ferkit import claims, papers

    judged = claims.first_judged(claims.judge(directory, papers.claims()) for directory in arguments.directories)
    print(json_line(judged) if arguments.json else "\n".join(claims.table(judged)))
    return 0
