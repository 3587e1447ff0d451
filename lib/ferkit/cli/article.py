"""``article``: write the replication articles from the published results."""

import argparse

from ferkit.cli.generated import add_arguments, write_or_check

__all__ = ["HELP", "add_arguments", "main"]
HELP = "write results/article, a replication article for each paper (PDF, HTML, ReScience C's metadata), from results/"


def main(arguments: argparse.Namespace) -> int:
    """Write or check; exit status 1 if a check finds anything stale."""
    from ferkit.reporting import article

    return write_or_check(arguments, article, "stale, run python -m ferkit article")
