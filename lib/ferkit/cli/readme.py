"""``readme``: rewrite README.md and the pages beside the results from the published files."""

import argparse

from ferkit.cli.generated import add_arguments, write_or_check

__all__ = ["HELP", "add_arguments", "main"]
HELP = "rewrite the marked parts of README.md and of the pages results/*.md, and the picture, from results/"


def main(arguments: argparse.Namespace) -> int:
    """Write or check; exit status 1 if a check finds anything stale."""
    from ferkit.reporting import readme

    return write_or_check(arguments, readme, "stale, run python -m ferkit readme")
