"""The command line: ``python -m ferkit COMMAND``. What a command does stands in `ferkit.cli`.

Exit status: 0 done; 1 a notebook, check or item failed; 2 bad input or usage, told in one line on stderr with
nothing written; 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ferkit import __version__
from ferkit.core.errors import InputError

COMMANDS = ("run", "audit", "train", "evaluate", "plan", "publish", "claims", "report", "readme", "bench", "sweep",
            "verify", "predict", "export", "optimism", "zero_shot",
            "cards", "occlusion", "fingerprint")


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line, as every other bad input's."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{**options, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser with the options of `commands`; the others are known by name only."""
    top = _Parser(prog="ferkit", description="Replications of facial-expression-recognition papers.")
    top.add_argument("--version", action="version", version=f"ferkit {__version__}")
    below = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        if name in commands:
            module = importlib.import_module(f"ferkit.cli.{name}")
            one = below.add_parser(name, help=module.HELP, description=module.HELP)
            module.add_arguments(one)
            one.set_defaults(main=module.main)
        else:
            below.add_parser(name)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    # OpenMP's threads spin while they wait. Where another process wants the same cores, small layers then take
    # many times as long (measured with two busy cores: 10 to 25 times); asleep they cost next to nothing.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    argv = sys.argv[1:] if argv is None else list(argv)
    asked = [name for name in COMMANDS if argv[:1] == [name]]
    try:
        arguments = parser(asked or COMMANDS).parse_args(argv)
        return arguments.main(arguments)
    except InputError as error:
        print(f"ferkit: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read our output has had enough (| head): not an error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("\nferkit: interrupted; the same command goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
