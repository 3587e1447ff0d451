"""``cards``: write the model card beside each published weights file."""

import argparse

from ferkit.cli import generated

HELP = "write MODEL_CARD.md beside each published weights file, from the published files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``cards`` to a parser."""
    generated.add_arguments(parser, "which cards are stale")


def main(arguments: argparse.Namespace) -> int:
    """Write or check; exit status 1 if a check finds a stale card."""
    from ferkit.reporting import model_cards

    return generated.write_or_check(arguments, model_cards, "stale", "written", "the model cards are up to date")
