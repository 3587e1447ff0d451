"""What ``readme``, ``article`` and ``cards`` share: files that are written from the published results, or only checked.
"""

import argparse
from types import ModuleType


def add_arguments(parser: argparse.ArgumentParser, what: str = "what is stale") -> None:
    """Add the option that such commands have."""
    parser.add_argument("--check", action="store_true", help=f"only say {what} (exit status 1)")


def write_or_check(arguments: argparse.Namespace, module: ModuleType, stale: str, written: str = "rewritten",
                   nothing: str = "up to date") -> int:
    """Write each file that differs from `module.wanted`, or only say which; exit status 1 if a check finds any."""
    from ferkit.core import files, paths
    from ferkit.publishing import checksums, publish

    found = files.refresh(module.wanted(), arguments.check)
    if not arguments.check:
        results = paths.repository() / "results"
        own = {path.relative_to(results).as_posix() for path in found if path.is_relative_to(results)}
        for line in publish.write_lists():
            if line[2:] not in own and not line.endswith(checksums.NAME):
                print(f"SHA256SUMS: {line} (changed since it was last listed)")
    for path in found:
        done = stale if arguments.check else written if path.is_file() else "removed"
        print(f"{paths.shown(path)}: {done}")
    if not found:
        print(nothing)
    return int(arguments.check and bool(found))
