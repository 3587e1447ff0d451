"""What ``readme``, ``article`` and ``cards`` share: files that are written from the published results, or only checked.
"""

import argparse
import importlib


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option that such commands have."""
    parser.add_argument("--check", action="store_true", help="only say what is stale (exit status 1)")


def write_or_check(module: str, arguments: argparse.Namespace) -> int:
    """Write each file that differs from what the module of this name wants, or only say which; exit status 1 if a check
    finds any."""
    from ferkit.core import files, paths
    from ferkit.publishing import checksums, publish

    found = files.refresh(importlib.import_module(module).wanted(), arguments.check)
    if not arguments.check:
        results = paths.repository() / "results"
        own = {path.relative_to(results).as_posix() for path in found if path.is_relative_to(results)}
        for line in publish.write_lists():
            if line[2:] not in own and not line.endswith(checksums.NAME):
                print(f"SHA256SUMS: {line} (changed since it was last listed)")
    stale = f"stale, run python -m ferkit {arguments.command}"
    for path in found:
        print(f"{paths.shown(path)}: {stale if arguments.check else 'rewritten' if path.is_file() else 'removed'}")
    if not found:
        print("up to date")
    return int(arguments.check and bool(found))
