"""``readme``: rewrite the tables of README.md from the published files."""

import argparse

HELP = "rewrite the marked tables of README.md from results/"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``readme`` to a parser."""
    parser.add_argument("--check", action="store_true", help="only say whether a table is stale (exit status 1)")


def main(arguments: argparse.Namespace) -> int:
    """Rewrite or check; exit status 1 if a check finds a stale table."""
    from ferkit import readme

    if arguments.check:
        text = readme.path().read_text(encoding="utf-8")
        stale = readme.rendered(text) != text
        print("README.md: stale, run python -m ferkit readme" if stale else "README.md: up to date")
        return int(stale)
    print("README.md: " + ("rewritten" if readme.update() else "was up to date"))
    return 0
