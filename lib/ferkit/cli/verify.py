"""``verify``: recompute everything published from the files beside it."""

import argparse

from ferkit.cli import options
from ferkit.core.console import json_line
from ferkit.core.errors import InputError

HELP = "recompute published metrics, predictions and hashes; name everything that does not fit"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``verify`` to a parser."""
    parser.add_argument("directories", metavar="DIR", type=options.place, nargs="+",
                        help="results/<dataset>, a run's folder, or results for all that is published")
    parser.add_argument("--data", type=options.place, metavar="PATH",
                        help="the real data, for predictions from weights (default: FERKIT_FER2013 and so on)")
    parser.add_argument("--sample", type=options.whole(), default=256, metavar="N",
                        help="test images to compute again for each system; 0 = all (default: 256)")
    parser.add_argument("--against", type=options.place, metavar="RESULTS",
                        help="whether each number of a run lies in the 95%% prediction interval of those published")
    parser.add_argument("--history", action="store_true",
                        help="list the test scores that were published earlier and replaced, from git")
    options.add_output(parser, json="one JSON object a folder, one a line")


def main(arguments: argparse.Namespace) -> int:
    """Print what was found; exit status 0, or 1 where anything does not fit."""
    from ferkit.publishing import verify

    if arguments.history or arguments.against is not None:
        return _listed(arguments)
    if arguments.data is not None and not arguments.data.exists():
        raise InputError(f"--data {arguments.data}: no such file or folder")
    found = [one for directory in arguments.directories
             for one in verify.verify(directory, arguments.data, arguments.sample)]
    for one in found:
        print(json_line(one.to_dict()) if arguments.json else "\n".join(one.lines()))
    return 0 if all(one.verified for one in found) else 1


def _listed(arguments: argparse.Namespace) -> int:
    """The rows of --against or --history; exit status 1 where a number lies outside its interval."""
    from ferkit.publishing.verify import against, superseded
    from ferkit.publishing.verify.tree import is_tree

    rows, module = [], superseded if arguments.history else against
    for directory in arguments.directories:
        if not directory.is_dir():
            raise InputError(f"{directory}: no such folder; name results/runs/<run> or results/<dataset>")
        if arguments.history:
            trees = [directory] if is_tree(directory) else [one for one in sorted(directory.iterdir()) if is_tree(one)]
            rows += [row for tree in trees for row in superseded.superseded(tree)]
        else:
            rows += against.against(directory, arguments.against)
    print("\n".join(json_line(row) for row in rows) if arguments.json else "\n".join(module.lines(rows)))
    return 1 if any(row.get("within") is False for row in rows) else 0
