"""``run``: the notebooks in order, the claims and the report; what ./run_all.sh calls."""

import argparse
import signal

from ferkit import options

HELP = "replicate both papers: run the notebooks in order, judge the claims, build the report"
ANSWERED = 100  # --check-only: the answer has been printed, there is nothing to set up or run

add_arguments = options.add_arguments


def main(arguments: argparse.Namespace) -> int:
    """Check everything that can be checked, then run; the exit status."""
    if arguments.list:
        print(options.listing())
        return ANSWERED if arguments.check_only else 0
    chosen = options.resolve(arguments)
    if arguments.check_only:
        return 0
    from ferkit import pipeline
    from ferkit.console import Console

    run = pipeline.prepare(chosen)
    if chosen.dry_run:
        return pipeline.dry_run(run, Console())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends its kernel as Ctrl-C does
    return pipeline.run_all(run, Console())
