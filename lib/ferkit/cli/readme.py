"""``readme``: rewrite README.md and the pages beside the results from the published files."""

import argparse

HELP = "rewrite the marked parts of README.md and of the pages results/*.md, and the picture, from results/"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``readme`` to a parser."""
    parser.add_argument("--check", action="store_true", help="only say what is stale (exit status 1)")


def main(arguments: argparse.Namespace) -> int:
    """Rewrite or check; exit status 1 if a check finds anything stale."""
    from ferkit.publishing import publish
    from ferkit.reporting import readme

    if arguments.check:
        stale = readme.stale()
        print("\n".join(f"{name}: stale, run python -m ferkit readme" for name in stale) or "up to date")
        return int(bool(stale))
    changed = readme.update()
    publish.write_lists()
    print("\n".join(f"{name}: rewritten" for name in changed) or "up to date")
    return 0
