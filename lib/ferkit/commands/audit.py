"""``audit``: what is wrong with a copy of a data set."""

import argparse
import json
import os
from pathlib import Path

from ferkit.options import DATASETS

HELP = "look for copies across splits, conflicting labels, blank images and other defects of a data set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``audit`` to a parser."""
    parser.add_argument("--dataset", choices=DATASETS, required=True, help="which data set")
    parser.add_argument("--data", action="append", default=[], metavar="PATH",
                        help="where it lies; give it once per part")
    parser.add_argument("--protocol", default="", metavar="P", help="how it is split (default: its own)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def main(arguments: argparse.Namespace) -> int:
    """Audit the set and print what was found; exit status 1 for ``do_not_use``, else 0."""
    from ferkit import audit, datasets

    data = Path(os.pathsep.join(arguments.data)) if arguments.data else None
    protocol = arguments.protocol or datasets.DEFAULT_PROTOCOL[arguments.dataset]
    found = audit.audit(datasets.load(arguments.dataset, data, profile="full", protocol=protocol))
    print(json.dumps(found, ensure_ascii=False) if arguments.json else audit.describe(found))
    return 1 if found["verdict"] == "do_not_use" else 0
