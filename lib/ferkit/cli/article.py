"""``article``: write the replication articles from the published results."""

from functools import partial

from ferkit.cli.generated import add_arguments, write_or_check

__all__ = ["HELP", "add_arguments", "main"]
HELP = "write results/article, a replication article for each paper (PDF, HTML, ReScience C's metadata), from results/"
main = partial(write_or_check, "ferkit.reporting.article")
