"""``new-paper``: one folder and one notebook for another paper, from a template that runs as it stands."""

import argparse

from ferkit.cli import options

HELP = "start the replication of another paper: a folder and a notebook from a template"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``new-paper`` to a parser."""
    parser.add_argument("name", metavar="NAME", help="<first author><year>_<short name>, e.g. wang2020_regions")
    parser.add_argument("--output", type=options.place, metavar="DIR",
                        help="write it there, outside the checkout; name DIR in FERKIT_PAPERS to use it")


def main(arguments: argparse.Namespace) -> int:
    """Write the files and name them; exit status 0."""
    from ferkit.papers import new_paper

    for path in new_paper.create(arguments.name, arguments.output):
        print(path)
    print("next: python -m ferkit run --profile smoke, then replace what the files say in capitals")
    return 0
