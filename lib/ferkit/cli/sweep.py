"""``sweep``: train every run that a small file describes, here or on a cluster, and go on where it stopped."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.cli import options
from ferkit.core import paths
from ferkit.core.console import json_line
from ferkit.core.errors import InputError

if TYPE_CHECKING:
    from ferkit.sweep.backends import Backend
    from ferkit.sweep.config import Sweep

HELP = "train a grid of networks, recipes and seeds; the same command goes on where it stopped"
MANY = 10_000  # runs, from which on --yes is asked for
EPILOG = """
CONFIG, as TOML (JSON takes the same keys):
  datasets = ["fer2013"]                # default: synthetic
  models   = ["net", "net_svm"]         # an SVM follows the network under it, which must be there too
  recipes  = ["published"]              # of every model; default: ours
  seeds    = [0, 1]                     # default: 0
  epochs   = 15                         # default: the recipe's
  profile  = "full"                     # how many images (the default)
  protocol = "official+train7000"       # default: the data set's own
  protocols = ["by_subject_10fold:all"] # in its place: several, each in a folder of its own
  labels   = "ferplus"                  # or "ferplus-soft"; default: the data set's own
  test     = true                       # read the test split once per trained network (default: false)
  [set]                                 # changed in every recipe
  batch_size = 256
  [grid]                                # every combination; [[grid]] more than once: one grid after another
  lr = [0.001, 0.01]
  model.sampler = ["features", "input"]

Several commands on one --output share its runs, also from several machines.
Sweeps that were run or prepared: results/sweeps/*.toml; more about them: results/sweeps/README.md
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``sweep`` to a parser."""
    parser.add_argument("config", type=options.place, metavar="CONFIG", help="the sweep, a TOML or JSON file")
    parser.add_argument("--data", action="append", default=[], metavar="PATH",
                        help="where the data set lies; once per part (default: its environment variable)")
    parser.add_argument("--max-minutes", type=options.above_zero, metavar="M", help="stop cleanly inside M minutes")
    parser.add_argument("--dry-run", action="store_true", help="print how each run stands; train and write nothing")
    parser.add_argument("--yes", action="store_true", help=f"train even more than {MANY:,} runs")
    options.add_computing(parser)
    add_backend(parser)
    options.add_log(parser)
    options.add_output(parser, "folder of this sweep", "all rows as one JSON object", required=True)
    parser.add_argument("--predictions", type=options.place, metavar="FILE",
                        help="of a sweep over several protocols: write every run's predictions to FILE, once all ended")
    parser.add_argument("--table", type=options.place, metavar="FILE",
                        help="write the rows to FILE: .csv, .parquet or .tex")


def add_backend(parser: argparse.ArgumentParser, jobs: int = 1) -> None:
    """Where trainings run: --backend, --jobs (default 0: the command chooses) and what single backends take."""
    group = parser.add_argument_group("several processes, several machines")
    group.add_argument("--backend", choices=("local", "dask", "slurm"), default="local",
                       help="processes of this machine (default), a Dask cluster, SLURM array jobs")
    group.add_argument("--jobs", type=options.whole(1), default=jobs, metavar="N",
                       help="so many runs at once, one thread each "
                            + ("(default: one, with all threads)" if jobs else "(default: one a core, four at most)"))
    group.add_argument("--scheduler", default="", metavar="ADDRESS",
                       help="dask: a running cluster's scheduler (default: N processes on this machine)")
    group.add_argument("--partition", default="", metavar="P", help="slurm: where to queue")
    group.add_argument("--time", type=options.whole(1), default=60, metavar="M",
                       help="slurm: minutes of one array element, queued again when they are over (default: 60)")
    group.add_argument("--gpus", type=options.whole(), default=0, metavar="N", help="slurm: GPUs of an array element")


def backend_of(arguments: argparse.Namespace, output: Path) -> Backend:
    """The backend that the options name; InputError for what cannot be."""
    from ferkit.sweep import backends

    return backends.chosen(arguments.backend, output, jobs=arguments.jobs, device=arguments.device,
                           scheduler=arguments.scheduler, partition=arguments.partition, minutes=arguments.time,
                           gpus=arguments.gpus)


def main(arguments: argparse.Namespace) -> int:
    """Train what is left and print the table; exit status 1 if a run failed, 0 also when paused."""
    from ferkit.experiments import loggers
    from ferkit.sweep import config, table

    loggers.check(arguments.log)
    if arguments.table:
        table.check(arguments.table)
    values = config.values_of(arguments.config)
    if (n := config.count(values)) > MANY and not arguments.yes:
        raise InputError(f"{arguments.config}: {n:,} runs; give --yes if that is meant")
    each = config.under_each_protocol(values)
    if arguments.predictions and not each:
        raise InputError("--predictions is for a sweep that names several protocols")
    sweeps = {protocol: config.of(one, str(arguments.config)) for protocol, one in each.items()} or {
        "": config.of(values, str(arguments.config))}
    rows = [row | ({"protocol": protocol} if protocol else {}) for protocol, sweep in sweeps.items()
            for row in _rows(sweep, arguments, arguments.output / protocol.replace(":", "-fold"))]
    if arguments.table:
        table.export(rows, arguments.table)
    states = [row["state"] for row in rows]
    state = "paused" if {"waiting", "paused", "running"} & set(states) else "finished"
    if arguments.predictions and state == "finished" and "failed" not in states and not arguments.dry_run:
        _keep_predictions(sweeps, arguments)
    print(json_line({"state": state, "failed": states.count("failed"), "cells": rows}) if arguments.json
          else "\n".join(table.table(rows)))
    return 1 if "failed" in states else 0


def _rows(sweep: Sweep, arguments: argparse.Namespace, output: Path) -> list[dict]:
    """How each run stands; what is left is trained first, unless only to be looked at."""
    if not arguments.dry_run:
        return _train(sweep, arguments, output.absolute())
    from ferkit.sweep.rows import tasks

    return [task.row() for task in tasks(sweep, output)]


def _keep_predictions(sweeps: dict[str, Sweep], arguments: argparse.Namespace) -> None:
    """One small file of the predictions under every protocol, in place of a published tree for each."""
    from ferkit.results import manifest, over_protocols, records

    runs = {protocol: records.read_run(arguments.output / protocol.replace(":", "-fold")) for protocol in sweeps}
    profile = next(iter(sweeps.values())).profile
    over_protocols.write(arguments.predictions, runs, {
        "sweep": paths.shown(arguments.config, by_name=True),
        "git_commit": manifest.surroundings()["git_commit"], "profile": profile})


def _train(sweep: Sweep, arguments: argparse.Namespace, output: Path) -> list[dict]:
    from ferkit.sweep import run

    def say(line: str) -> None:
        print(line, file=sys.stderr if arguments.json else sys.stdout, flush=True)

    data = paths.check_data(sweep.datasets[0], arguments.data) if arguments.data else None
    rows = run.run(sweep, output, backend=backend_of(arguments, output), device=arguments.device,
                   max_minutes=arguments.max_minutes, data=data, log=arguments.log, say=say)
    if sweep.test:
        _note(sweep, arguments, output)
    return rows


def _note(sweep: Sweep, arguments: argparse.Namespace, output: Path) -> None:
    """Write the manifest of every tree of a sweep that opens the test split: what made it, and each file's hash."""
    from ferkit.core.protocols import DEFAULT_PROTOCOL
    from ferkit.results import manifest, records

    for dataset in sweep.datasets:
        root = output / dataset if len(sweep.datasets) > 1 else output
        results = records.read_run(root) if root.is_dir() else []
        if not results:
            continue
        made = manifest.surroundings()
        outputs = [path for result in results for path in sorted(result.directory.iterdir()) if path.is_file()]
        manifest.write(root, {
            "schema": manifest.SCHEMA, "run": root.absolute().name, "dataset": dataset,
            "protocol": sweep.protocol or DEFAULT_PROTOCOL[dataset], "profile": sweep.profile,
            "device": results[0].metrics["device"], "data_sha256": results[0].metrics["data_sha256"], **made,
            "notebooks": {f"sweep {arguments.config.stem}": {
                "status": "finished", "git_commit": made["git_commit"], "outputs": manifest.hashes(root, outputs),
                "command": f"python -m ferkit sweep {paths.shown(arguments.config, by_name=True)} --output DIR"}}})
