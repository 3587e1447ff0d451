"""``plan``: write down what will be trained and reported, before it is trained."""

import argparse

from ferkit.options import DATASETS
from ferkit.profiles import PROFILES

HELP = "write plan.json: every cell of a profile that will be reported; commit it before training"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``plan`` to a parser."""
    parser.add_argument("--dataset", choices=DATASETS, required=True, help="which data set")
    parser.add_argument("--profile", choices=tuple(PROFILES), default="full", help="which profile (default: full)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="first seed (default: 0)")
    parser.add_argument("--only", metavar="NN", help="plan the notebook of number NN alone")


def main(arguments: argparse.Namespace) -> int:
    """Write the plans and name them; exit status 0."""
    from ferkit import publishing
    from ferkit.commands.publish import chosen

    for path in publishing.plan(arguments.dataset, arguments.profile, arguments.seed, chosen(arguments.only)):
        print(path)
    return 0
