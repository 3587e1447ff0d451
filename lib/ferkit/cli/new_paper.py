"""``new-paper``: one folder and one notebook for another paper, from a template that runs as it stands."""

import argparse
import shlex

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

    made = new_paper.create(arguments.name, arguments.output)
    print("\n".join(map(str, made)))
    known = f"FERKIT_PAPERS={shlex.quote(str(arguments.output))} " if arguments.output else ""
    number = next(path.name[:2] for path in made if path.suffix == ".ipynb")
    print(f"next: {known}python -m ferkit run --profile smoke --only {number}, then replace what the files say in "
          "capitals")
    return 0
