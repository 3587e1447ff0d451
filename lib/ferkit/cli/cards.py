"""``cards``: write the model card beside each published weights file."""

from functools import partial

from ferkit.cli.generated import add_arguments, write_or_check

__all__ = ["HELP", "add_arguments", "main"]
HELP = "write MODEL_CARD.md beside each published weights file, from the published files"
main = partial(write_or_check, "ferkit.reporting.model_cards")
