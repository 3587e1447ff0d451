"""The command line: ``python -m ferkit COMMAND``. What a command does stands in `ferkit.cli`.

Exit status: 0 done; 1 a notebook, check or item failed; 2 bad input, bad usage, or a place that cannot be read or
written, told in one line on stderr; 130 interrupted. A traceback is printed with ``--debug`` only.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import re
import sys
import traceback
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from textwrap import wrap
from typing import NoReturn, TextIO

from ferkit import __version__
from ferkit.core import console, errors, memory, paths
from ferkit.core.errors import InputError

# Every command, as `--help` groups them; its module is ferkit.cli.<name>, with underscores for dashes.
GROUPS = {
    "replicate": ("run", "lab", "claims", "report", "verify"),
    "train and score": ("train", "sweep", "evaluate", "zero-shot", "occlusion", "robustness",
                        "test-selection-bias"),
    "use": ("predict", "export", "audit"),
    "publish": ("plan", "publish", "cards", "readme", "article", "render-notebooks", "fingerprint"),
    "measure": ("bench", "label-agreement", "table", "selftest"),
    "extend": ("new-paper",),
}
OF_A_CHECKOUT = ("run", "lab", *GROUPS["publish"], *GROUPS["extend"])  # what works on notebooks or results/
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
ALIASES = {"zero_shot": "zero-shot", "optimism": "test-selection-bias"}  # what earlier versions called them


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help whose first line holds what must be given; every other option stands below, by group."""

    def _format_usage(self, usage, actions, groups, prefix):
        wanted = [one for one in actions if one.required or not one.option_strings]
        said = super()._format_usage(usage, wanted, [], prefix)
        return said.replace(self._prog, f"{self._prog} [options]", 1)


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line, with the likeliest meant, as every other bad input's."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{**options, "allow_abbrev": False, "add_help": False, "formatter_class": _Help})
        self.general = self.add_argument_group("general")
        self.general.add_argument("-h", "--help", action="help", help="show this and exit")
        for flags, says in ((("--debug",), "show a traceback where something fails"),
                            (("-q", "--quiet"), "results and errors only, no progress"),
                            (("-v", "--verbose"), "every epoch and step, also outside a terminal")):
            self.general.add_argument(*flags, action="store_true", default=argparse.SUPPRESS, help=says)

    def format_help(self):
        """As argparse's, with what every command takes at the end."""
        self._action_groups.sort(key=lambda group: group is self.general)
        return super().format_help()

    def parse_known_args(self, args=None, namespace=None):
        """As argparse's, but what no option takes is refused here, where the command's own options are known."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            options = [flag for flag in self._option_string_actions if flag.startswith("--")]
            meant = get_close_matches(rest[0].partition("=")[0], options, 1)
            self.error(f"unknown argument {rest[0]!r}{f'; did you mean {meant[0]}?' if meant else ''}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        bad = re.fullmatch(r"argument (.*): invalid choice: '(.*?)' \(choose from (.*)\)", message, re.DOTALL)
        if bad:
            known = re.findall(r"[\w.-]+", bad[3])
            message = str(errors.unknown(bad[1], bad[2].replace("_", "-") if bad[1] == "COMMAND" else bad[2], known))
        raise InputError(f"{message} (see {self.prog} --help)")


def parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser with the options of `commands`; the others are known by name only."""
    top = _Parser(prog="ferkit", usage="ferkit COMMAND ...",
                  description="Replications of facial-expression-recognition papers.")
    top.general.add_argument("--version", action="version", version=f"ferkit {__version__}", help="show it and exit")
    below = top.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands", prog="ferkit",
                               help=argparse.SUPPRESS)
    says = {}
    for name in COMMANDS:
        if name in commands:
            module = importlib.import_module(f"ferkit.cli.{name.replace('-', '_')}")
            says[name] = module.HELP
            one = below.add_parser(name, description=f"{module.HELP[0].upper()}{module.HELP[1:]}.",
                                   epilog=getattr(module, "EPILOG", None))
            module.add_arguments(one)
            one.set_defaults(main=module.main)
        else:
            below.add_parser(name)
    listed = next(group for group in top._action_groups if group.title == "commands")
    listed.description = "\n\n".join("\n".join((f"{group}:", *(
        f"  {line}" for name in names for line in wrap(f"{name:<20} {says.get(name, '')}".rstrip(), 96,
                                                      subsequent_indent=21 * " ")))) for group, names in GROUPS.items())
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    # OpenMP's threads spin while they wait. Where another process wants the same cores, small layers then take
    # many times as long (measured with two busy cores: 10 to 25 times); asleep they cost next to nothing.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    argv = sys.argv[1:] if argv is None else list(argv)
    argv[:1] = [ALIASES.get(name, name) for name in argv[:1]]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal's encoding lacks is escaped, not fatal
            stream.reconfigure(errors="backslashreplace")
    try:
        with warnings.catch_warnings():
            if "--debug" not in argv:
                warnings.simplefilter("ignore")  # a library's hint is no line of ours
            return memory.run_apart(argv) if memory.is_limited() else _run(argv)
    except BrokenPipeError:  # whoever read our output has had enough (| head): not an error
        _drop(sys.stdout)
        return 141
    except KeyboardInterrupt:
        print("\nferkit: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except Exception as error:
        if "--debug" in argv:
            traceback.print_exc()
        return _tell(error)


def _run(argv: Sequence[str]) -> int:
    try:
        _look_where_we_are()
        asked = [name for name in COMMANDS if argv[:1] == [name]]
        if set(asked) & set(OF_A_CHECKOUT) and not (
                paths.in_checkout() or (paths.repository() / "notebooks").is_dir()):
            raise InputError(f"{asked[0]} needs a checkout of the project, with its notebooks and results; clone it")
        arguments = parser(asked or COMMANDS).parse_args(argv)
        console.set_level(hasattr(arguments, "verbose") - hasattr(arguments, "quiet"))
        return arguments.main(arguments)
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk behind stdout shows here, where it can be told


def _look_where_we_are() -> None:
    """InputError in a working directory that was removed: numerical libraries end the process there without a word."""
    try:
        os.getcwd()
    except OSError as error:
        raise InputError(f"the working directory: {error.strerror}; cd to one that is there") from None


def _tell(error: Exception) -> int:
    """Print an error in one line; the exit status: 2 where the outside world is to blame, 1 where the program is."""
    said = errors.in_one_line(error)
    if said is None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        what = " ".join(f"{type(error).__name__}: {error}".split())[:errors.LONGEST]
        said = (f"unexpected {what} ({os.path.basename(frame.filename)}:{frame.lineno}); a mistake in this program: "
                "please report it with what --debug shows")
        status = 1
    else:
        status = 2
    with contextlib.suppress(OSError, ValueError):
        print(f"ferkit: {said}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        _drop(sys.stdout)
    return status


def _drop(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere, so that the interpreter's own flush at exit finds no fault."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())
