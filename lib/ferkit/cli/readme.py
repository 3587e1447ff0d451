"""``readme``: rewrite README.md and the pages beside the results from the published files."""

from functools import partial

from ferkit.cli.generated import add_arguments, write_or_check

__all__ = ["HELP", "add_arguments", "main"]
HELP = "rewrite the marked parts of README.md and of the pages results/*.md, and the picture, from results/"
main = partial(write_or_check, "ferkit.reporting.readme")
