"""``article``: write the replication articles from the published results."""

import argparse

HELP = "write results/article, a replication article for each paper (PDF, HTML, ReScience C's metadata), from results/"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``article`` to a parser."""
    parser.add_argument("--check", action="store_true", help="only say what is stale (exit status 1)")


def main(arguments: argparse.Namespace) -> int:
    """Write or check; exit status 1 if a check finds anything stale."""
    from ferkit.publishing import publish
    from ferkit.reporting import article

    if arguments.check:
        stale = article.stale()
        print("\n".join(f"{name}: stale, run python -m ferkit article" for name in stale) or "up to date")
        return int(bool(stale))
    changed = article.update()
    publish.write_lists()
    print("\n".join(f"{name}: rewritten" for name in changed) or "up to date")
    return 0
