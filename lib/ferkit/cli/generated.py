"""What ``readme`` and ``article`` share: pages that are written from the published results, or only checked."""

import argparse
from types import ModuleType


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option that such commands have."""
    parser.add_argument("--check", action="store_true", help="only say what is stale (exit status 1)")


def write_or_check(arguments: argparse.Namespace, pages: ModuleType, command: str) -> int:
    """Write what `pages.update` changes, or say what `pages.stale` finds; exit status 1 if a check finds anything."""
    from ferkit.publishing import publish

    if arguments.check:
        stale = pages.stale()
        print("\n".join(f"{name}: stale, run python -m ferkit {command}" for name in stale) or "up to date")
        return int(bool(stale))
    changed = pages.update()
    publish.write_lists()
    print("\n".join(f"{name}: rewritten" for name in changed) or "up to date")
    return 0
