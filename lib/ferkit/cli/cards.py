"""``cards``: write the model card beside each published weights file."""

import argparse

HELP = "write MODEL_CARD.md beside each published weights file, from the published files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``cards`` to a parser."""
    parser.add_argument("--check", action="store_true", help="only say which cards are stale (exit status 1)")


def main(arguments: argparse.Namespace) -> int:
    """Write or check; exit status 1 if a check finds a stale card."""
    from ferkit.core import paths
    from ferkit.publishing import publish
    from ferkit.reporting import model_cards

    found = model_cards.stale() if arguments.check else model_cards.write_all()
    if found and not arguments.check:
        publish.write_lists()
    for path in found:
        done = "stale" if arguments.check else "written" if path.is_file() else "removed"
        print(f"{path.relative_to(paths.repository())}: {done}")
    if not found:
        print("the model cards are up to date")
    return int(arguments.check and bool(found))
