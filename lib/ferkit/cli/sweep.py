"""``sweep``: train every cell of a grid that a small file describes, and go on where it stopped."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.cli.options import DEVICES
from ferkit.core.errors import InputError

if TYPE_CHECKING:
    from ferkit.sweep.config import Sweep

HELP = "train a grid of networks, recipes and seeds; the same command goes on where it stopped"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``sweep`` to a parser."""
    parser.add_argument("config", type=Path, metavar="CONFIG", help="the sweep, a TOML or JSON file")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder of this sweep")
    parser.add_argument("--data", action="append", default=[], metavar="PATH",
                        help="where the data set lies; once per part (default: its environment variable)")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default: auto)")
    parser.add_argument("--max-minutes", type=float, metavar="M", help="stop cleanly inside M minutes")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="train N cells at once on a CPU, each with one thread (default: one, with all threads)")
    parser.add_argument("--json", action="store_true", help="print all rows as one JSON object")


def main(arguments: argparse.Namespace) -> int:
    """Train what is left and print the table; exit status 1 if a cell failed, 0 also when paused."""
    if arguments.max_minutes is not None and not arguments.max_minutes > 0:
        raise InputError(f"--max-minutes {arguments.max_minutes}: give a number above 0")
    if arguments.jobs < 1:
        raise InputError(f"--jobs {arguments.jobs}: give a number above 0")
    from ferkit.sweep import config, run, table

    sweep = config.read(arguments.config)

    def say(line: str) -> None:
        print(line, file=sys.stderr if arguments.json else sys.stdout, flush=True)

    rows = run.run(sweep, arguments.output, device=arguments.device,
                   max_minutes=arguments.max_minutes, data=run.path_of(arguments.data),
                   jobs=arguments.jobs, say=say)
    if sweep.test:
        _note(sweep, arguments)
    states = [row["state"] for row in rows]
    state = "paused" if {"waiting", "paused"} & set(states) else "finished"
    print(json.dumps({"state": state, "failed": states.count("failed"), "cells": rows}) if arguments.json
          else "\n".join(table.table(rows)))
    return 1 if "failed" in states else 0


def _note(sweep: Sweep, arguments: argparse.Namespace) -> None:
    """Write the manifest of every tree of a sweep that opens the test split: what made it, and each file's hash."""
    from ferkit.core import paths
    from ferkit.data.datasets import DEFAULT_PROTOCOL
    from ferkit.results import manifest, records

    given = arguments.config.absolute()
    shown = given.relative_to(paths.repository()).as_posix() if given.is_relative_to(paths.repository()) else given.name
    for dataset in sweep.datasets:
        root = arguments.output / dataset if len(sweep.datasets) > 1 else arguments.output
        cells = records.read_run(root) if root.is_dir() else []
        if not cells:
            continue
        made = manifest.surroundings()
        outputs = [path for cell in cells for path in sorted(cell.directory.iterdir()) if path.is_file()]
        manifest.write(root, {
            "schema": manifest.SCHEMA, "run": root.absolute().name, "dataset": dataset,
            "protocol": sweep.protocol or DEFAULT_PROTOCOL[dataset], "profile": sweep.profile,
            "device": cells[0].metrics["device"], "data_sha256": cells[0].metrics["data_sha256"], **made,
            "notebooks": {f"sweep {given.stem}": {
                "status": "finished", "git_commit": made["git_commit"], "outputs": manifest.hashes(root, outputs),
                "command": f"python -m ferkit sweep {shown} --output DIR"}}})
