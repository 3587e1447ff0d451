"""``selftest``: bad input and kills, by the hundred, on this machine."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ferkit.cli import options
from ferkit.core.errors import InputError

HELP = "try bad inputs on every command, and runs that are killed at random moments; nothing may be lost or told wrong"
SUBJECTS = {"train": ("--set", "epochs=4"), "sweep": (), "run": ("--only", "02")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``selftest`` to a parser."""
    parser.add_argument("--bad-inputs", action="store_true", help="every command with input that cannot be right")
    parser.add_argument("--kills", type=options.whole(1, 10_000), default=0, metavar="N",
                        help="N kills each of train, sweep and run at random moments, compared with runs left alone")
    parser.add_argument("--only", choices=tuple(SUBJECTS), help="with --kills: this command alone")
    options.add_computing(parser, device=None, seed="seed of the random moments")
    options.add_output(parser)


def main(arguments: argparse.Namespace) -> int:
    """Print what was tried and what failed; exit status 1 if anything did."""
    if not arguments.bad_inputs and not arguments.kills:
        raise InputError("selftest: say what with --bad-inputs, --kills N, or both")
    from ferkit.core import files
    from ferkit.core.console import json_line, quiet

    def say(line: str) -> None:
        if not quiet():
            print(line, file=sys.stderr, flush=True)

    counts: dict[str, dict[str, int]] = {}
    with files.scratch() as folder:
        if arguments.bad_inputs:
            counts["bad inputs"] = _bad_inputs(folder, say)
        if arguments.kills:
            for name in (arguments.only,) if arguments.only else SUBJECTS:
                counts[f"kills of {name}"] = _kills(folder, name, arguments.kills, arguments.seed, say)
    print(json_line(counts) if arguments.json else "\n".join(
        f"{name}: {one['tried']} tried, {one['failed']} failed" for name, one in counts.items()))
    return int(any(one["failed"] for one in counts.values()))


def _bad_inputs(folder: Path, say: Callable[[str], None]) -> dict[str, int]:
    import os

    from ferkit.__main__ import main as run
    from ferkit.apps import selftest

    cases, failed, before = selftest.bad_inputs(folder / "inputs", _network()), 0, Path.cwd()
    os.chdir(folder / "inputs" / "out")
    try:
        for case in cases:
            outcome = selftest.answer(case, run, folder / "inputs")
            if outcome.problem:
                failed += 1
                say(f"{outcome.case}: {outcome.problem}")
    finally:
        os.chdir(before)
    return {"tried": len(cases), "failed": failed}


def _kills(folder: Path, name: str, times: int, seed: int, say: Callable[[str], None]) -> dict[str, int]:
    import json

    from ferkit.apps import selftest

    place = folder / name
    place.mkdir()
    sweep = place / "sweep.json"
    sweep.write_text(json.dumps({"models": [_network()], "profile": "smoke", "epochs": 4, "seeds": [0, 1]}))
    words: dict[str, Sequence[str]] = {
        "train": ("train", "--dataset", "synthetic", "--profile", "smoke", "--model", _network(), *SUBJECTS["train"]),
        "sweep": ("sweep", str(sweep), "--jobs", "2"), "run": ("run", "--profile", "smoke", *SUBJECTS["run"])}
    differing = selftest.killed(place, words[name], times, seed)
    for one in differing:
        say(f"kills of {name}: {one} differs from the run that was left alone")
    return {"tried": times, "failed": len(differing)}


def _network() -> str:
    """The first network of images that is a baseline."""
    from ferkit import papers

    return next(system.name for system in papers.systems()
                if system.network and system.role == "baseline" and system.kind.name == "image")
