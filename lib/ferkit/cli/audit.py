"""``audit``: what is wrong with a copy of a data set."""

import argparse

from ferkit.cli import options
from ferkit.core import paths
from ferkit.core.errors import InputError

HELP = "look for copies across splits, conflicting labels, blank images and other defects of a data set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``audit`` to a parser."""
    options.add_data(parser, profile=None)
    options.add_output(parser)


def main(arguments: argparse.Namespace) -> int:
    """Audit the set and print what was found; exit status 1 for ``do_not_use``, else 0."""
    from ferkit.core.console import json_line
    from ferkit.data import audit

    if arguments.dataset in paths.WITHOUT_IMAGES:
        raise InputError(f"audit: {arguments.dataset} holds points over time, no images to look at")
    found = audit.audit(options.faces(arguments))
    print(json_line(found) if arguments.json else audit.describe(found))
    return 1 if found["verdict"] == "do_not_use" else 0
