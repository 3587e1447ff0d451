"""``run``: the notebooks in order, the claims and the report; what ./run_all.sh calls."""

import argparse
import signal

from ferkit.cli import options, sweep
from ferkit.core.errors import InputError

HELP = "replicate the papers: run the notebooks in order, judge the claims, build the report"
MOST = 4  # systems trained at once; each takes about 1 GiB
ANSWERED = 100  # --check-only: the answer has been printed, there is nothing to set up or run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``run`` to a parser."""
    options.add_arguments(parser)
    sweep.add_backend(parser, jobs=0)


def _side_by_side(arguments: argparse.Namespace) -> int:
    """How many systems are trained at once unless --jobs says: one for each core up to `MOST`, as small layers gain
    little from a second thread; one where a GPU trains, and where there is too little to train."""
    if arguments.backend != "local" or arguments.force or arguments.profile == "smoke":
        return 1
    from ferkit.models import inference
    from ferkit.results import manifest

    return min(MOST, manifest.cores()) if inference.resolve_device(arguments.device).type == "cpu" else 1


def main(arguments: argparse.Namespace) -> int:
    """Check everything that can be checked, then run; the exit status."""
    from ferkit.pipeline import options as run_options

    if arguments.list:
        print(run_options.listing())
        return ANSWERED if arguments.check_only else 0
    chosen = run_options.resolve(arguments)
    if arguments.force and (arguments.backend != "local" or arguments.jobs > 1):
        raise InputError("--force trains everything again in the notebooks: leave --backend and --jobs out")
    if arguments.check_only:
        return 0
    from ferkit.core.console import Console
    from ferkit.pipeline import checked_run, run_notebooks

    runs = [checked_run.prepare(each) for each in chosen]
    console = Console()
    if chosen[0].dry_run:
        return max(run_notebooks.dry_run(run, console) for run in runs)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends its kernel as Ctrl-C does
    if not arguments.jobs:
        arguments.jobs = _side_by_side(arguments)
    for run in runs:
        backend = None if (arguments.backend, arguments.jobs) == ("local", 1) else sweep.backend_of(
            arguments, run.directory)
        if status := run_notebooks.run_all(run, console, backend):
            return status
    if len(runs) > 1:
        run_notebooks.compare(runs, console)
    return 0
