"""Options that several commands share, each written once. Standard library only, as in `ferkit.pipeline.options`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ferkit.core import protocols
from ferkit.core.paths import DATASETS
from ferkit.core.profiles import PROFILES

DEVICES = ("auto", "cpu", "cuda")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``run`` to a parser."""
    parser.add_argument("--dataset", choices=DATASETS, default="synthetic",
                        help="what to train and test on (default: synthetic, the built-in drawn faces)")
    parser.add_argument("--data", action="append", default=[], metavar="PATH",
                        help="where a real data set lies, an archive or a folder; give it once per part")
    parser.add_argument("--protocol", default="", metavar="P",
                        help="how the data are divided (default: the data set's own); several, separated by commas, "
                             "are run one after the other and compared; NAME:all is every fold of NAME, NAME+train7000 "
                             "trains on so many of the training images. One of "
                             + ", ".join(protocols.PROTOCOLS))
    parser.add_argument("--contempt", action="store_true", help="keep CK+'s eighth expression (default: dropped)")
    parser.add_argument("--profile", choices=tuple(PROFILES), default="quick",
                        help="; ".join(f"{profile.name}: {profile.says}" for profile in PROFILES.values()))
    parser.add_argument("--output", metavar="DIR",
                        help="folder in which runs lie (default: $FERKIT_OUTPUT, else results/runs)")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="first random seed (default: 0)")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default: auto)")
    parser.add_argument("--from", dest="first", metavar="NN", help="leave out the notebooks before number NN")
    parser.add_argument("--only", metavar="NN", help="run the notebook of number NN alone")
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="NAME=VALUE",
                        help="set a notebook parameter; may be given more than once")
    parser.add_argument("--force", action="store_true", help="run what is up to date again, from nothing")
    parser.add_argument("--dry-run", action="store_true", help="say what would run; run and write nothing")
    parser.add_argument("--list", action="store_true", help="print the notebooks with their parameters")
    parser.add_argument("--check-only", action="store_true", help=argparse.SUPPRESS)


def add_data_arguments(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add what names a data set and its division to the parser of any other command."""
    parser.add_argument("--dataset", choices=DATASETS, required=required, help="which data set")
    parser.add_argument("--data", action="append", default=[], metavar="PATH",
                        help="where it lies; give it once per part")
    parser.add_argument("--protocol", default="", metavar="P", help="how it is divided (default: its own)")
    parser.add_argument("--contempt", action="store_true", help="keep CK+'s eighth expression (default: dropped)")


def data_and_protocol(arguments: argparse.Namespace) -> tuple[Path | None, str]:
    """The data's path (several joined by ``os.pathsep``; None for none) and the protocol's full name."""
    data = Path(os.pathsep.join(arguments.data)) if arguments.data else None
    return data, protocols.resolve(arguments.dataset, arguments.protocol, arguments.contempt)


def _seed(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**31 - 1}")
    return value
