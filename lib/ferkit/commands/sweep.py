"""``sweep``: train every cell of a grid that a small file describes, and go on where it stopped."""

import argparse
import json
import sys
from pathlib import Path

from ferkit.errors import InputError
from ferkit.options import DEVICES

HELP = "train a grid of networks, recipes and seeds; the same command goes on where it stopped"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``sweep`` to a parser."""
    parser.add_argument("config", type=Path, metavar="CONFIG", help="the sweep, a TOML or JSON file")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder of this sweep")
    parser.add_argument("--data", action="append", default=[], metavar="PATH",
                        help="where the data set lies; once per part (default: its environment variable)")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default: auto)")
    parser.add_argument("--max-minutes", type=float, metavar="M", help="stop cleanly inside M minutes")
    parser.add_argument("--json", action="store_true", help="print all rows as one JSON object")


def main(arguments: argparse.Namespace) -> int:
    """Train what is left and print the table; exit status 1 if a cell failed, 0 also when paused."""
    if arguments.max_minutes is not None and not arguments.max_minutes > 0:
        raise InputError(f"--max-minutes {arguments.max_minutes}: give a number above 0")
    from ferkit.sweep import config, run, table

    def say(line: str) -> None:
        print(line, file=sys.stderr if arguments.json else sys.stdout, flush=True)

    rows = run.run(config.read(arguments.config), arguments.output, device=arguments.device,
                   max_minutes=arguments.max_minutes, data=run.path_of(arguments.data), say=say)
    states = [row["state"] for row in rows]
    state = "paused" if {"waiting", "paused"} & set(states) else "finished"
    print(json.dumps({"state": state, "failed": states.count("failed"), "cells": rows}) if arguments.json
          else "\n".join(table.table(rows)))
    return 1 if "failed" in states else 0
