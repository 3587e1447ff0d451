"""Options that several commands share, each written once, with the types that check them.

Standard library only, as in `ferkit.pipeline.options`: a mistake is told before anything is installed or imported.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.core import paths, protocols
from ferkit.core.paths import DATASETS
from ferkit.core.profiles import PROFILES

if TYPE_CHECKING:
    from ferkit.data.face_set import FaceSet

DEVICES = ("auto", "cpu", "cuda")
MOST = 2**31 - 1


def whole(least: int = 0, most: int = MOST) -> Callable[[str], int]:
    """The type of an option that is a whole number from `least` to `most`."""
    def parse(text: str) -> int:
        digits = text.removeprefix("-")
        value = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text[:60]!r} is not a whole number from {least} to {most}")
        return value

    return parse


def above_zero(text: str) -> float:
    """The type of an option that is a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is not a number above 0")
    return value


def place(text: str) -> Path:
    """The type of an option or argument that names a folder or file: any name but an empty one."""
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty name (a shell variable that is not set?); name a folder")
    return Path(text)


def add_data(parser: argparse.ArgumentParser, *, required: bool = True, dataset: str | None = None,
             profile: str | None = "full", protocol: bool = True) -> None:
    """Which images: --dataset, --data and, unless switched off, --protocol, --labels, --contempt and --profile."""
    group = parser.add_argument_group("data")
    group.add_argument("--dataset", choices=DATASETS, required=required and dataset is None, default=dataset,
                       metavar="SET", help=f"one of {', '.join(DATASETS)}; folder: your own images, laid out as "
                       "results/own_data.md says" + (f" (default: {dataset})" if dataset else ""))
    group.add_argument("--data", action="append", default=[], metavar="PATH",
                       help="the data set's archive or folder, once for each of several (default: what FERKIT_<SET> "
                            "says)")
    if protocol:
        group.add_argument("--protocol", default="", metavar="P",
                           help="how the data set is split (default: its own protocol)")
        _add_labels(group)
    if profile:
        group.add_argument("--profile", choices=tuple(PROFILES), default=profile,
                           help=f"how many images are drawn or kept (default: {profile})")


def _add_labels(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--labels", choices=protocols.LABEL_SETS, default="own",
                       help="FER2013's own labels (default), the plurality of its ten FER+ taggers, or their votes as "
                            "soft targets")
    group.add_argument("--subject-from", default="", metavar="REGEX",
                       help="of --dataset folder: what in an image's path is its subject, e.g. '(S[0-9]+)_'")
    group.add_argument("--contempt", action="store_true",
                       help="keep the eighth expression of CK+ or FER+ (default: dropped)")


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Which trained system: --weights."""
    parser.add_argument("--weights", metavar="NAME|FILE", help="a published name (ferkit predict --list) or a "
                        "weights.safetensors (default: the published ones that are best on validation)")


def add_computing(parser: argparse.ArgumentParser, device: str | None = "auto", seed: str = "") -> None:
    """How it is computed: --device unless None, and --seed if told of what."""
    group = parser.add_argument_group("computing")
    if device:
        group.add_argument("--device", choices=DEVICES, default=device, help=f"where to compute (default: {device})")
    if seed:
        group.add_argument("--seed", type=whole(), default=0, metavar="K", help=f"{seed} (default: 0)")


def add_training(parser: argparse.ArgumentParser, recipe: str, model: bool = True) -> None:
    """What is trained: --model (model: whether it is required), --recipe and --set."""
    group = parser.add_argument_group("training")
    group.add_argument("--model", required=model, metavar="M",
                       help="which network" + ("" if model else " (default: the first paper's)"))
    group.add_argument("--recipe", default=recipe, metavar="R",
                       help=f"a recipe's name, or a JSON file (default: {recipe})")
    group.add_argument("--set", action="append", default=[], dest="changes", metavar="KEY=VALUE",
                       help="change one value of the recipe, e.g. epochs=100 or augmentation.flip=0")


def add_log(parser: argparse.ArgumentParser) -> None:
    """What else follows a training: --log."""
    parser.add_argument("--log", choices=("none", "tensorboard"), default="none",
                        help="write every epoch for TensorBoard too, into .tensorboard of each run (default: none)")


def add_output(parser: argparse.ArgumentParser, output: str = "", json: str = "one JSON object",
               required: bool = False) -> argparse._ArgumentGroup:
    """Where results go: --output if told what it is, and --json unless it prints nothing; the group, for more."""
    group = parser.add_argument_group("output")
    if output:
        group.add_argument("--output", type=place, required=required, metavar="DIR", help=output)
    if json:
        group.add_argument("--json", action="store_true", help=f"print {json}")
    return group


def data_and_protocol(arguments: argparse.Namespace) -> tuple[tuple[Path, ...] | None, str]:
    """The data's parts (None for none given) and the protocol's full name.

    InputError for a path that is empty, missing or unreadable, and for data given to the built-in set.
    """
    paths.set_subjects(arguments.dataset, getattr(arguments, "subject_from", ""))
    protocol = protocols.resolve(arguments.dataset, getattr(arguments, "protocol", ""),
                                 getattr(arguments, "contempt", False), getattr(arguments, "labels", "own"))
    given = paths.check_data(arguments.dataset, arguments.data) if arguments.data else ()
    return given or None, protocol


def faces(arguments: argparse.Namespace, load: Callable[..., FaceSet] | None = None, *, profile: str = "",
          seed: int = 0) -> FaceSet:
    """The data set that the options name, divided as they say; InputError as from `data_and_protocol` and `load`.

    load: of a system's input; None for `data.datasets.load`. profile: "" for --profile, or all images where a command
    has no such option. seed: as `load` takes it.
    """
    from ferkit.data import datasets

    data, protocol = data_and_protocol(arguments)
    everything = "smoke" if arguments.dataset == "synthetic" else "full"  # thousands more would be drawn alike
    return (load or datasets.load)(arguments.dataset, data, protocol=protocol, seed=seed,
                                   profile=profile or getattr(arguments, "profile", everything))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``run`` to a parser."""
    add_data(parser, dataset="synthetic", profile=None, protocol=False)
    which = parser.add_argument_group("what is run")
    which.add_argument("--protocol", default="", metavar="P",
                       help="how the data are divided (default: the data set's own); several, separated by commas, are "
                            "run one after the other and compared; NAME:all is every fold of NAME, NAME+train7000 "
                            f"trains on so many of the training images. One of {protocols.SHOWN}")
    _add_labels(which)
    which.add_argument("--profile", choices=tuple(PROFILES), default="quick",
                       help="; ".join(f"{profile.name}: {profile.says}" for profile in PROFILES.values()))
    which.add_argument("--from", dest="first", metavar="NN", help="leave out the notebooks before number NN")
    which.add_argument("--only", metavar="NN", help="run the notebook of number NN alone")
    which.add_argument("--set", action="append", default=[], dest="overrides", metavar="NAME=VALUE",
                       help="set a notebook parameter; may be given more than once")
    which.add_argument("--force", action="store_true", help="run what is up to date again, from nothing")
    which.add_argument("--dry-run", action="store_true", help="say what would run; run and write nothing")
    which.add_argument("--list", action="store_true", help="print the notebooks with their parameters")
    which.add_argument("--check-only", action="store_true", help=argparse.SUPPRESS)
    add_computing(parser, seed="first random seed")
    add_output(parser, "folder in which runs lie (default: $FERKIT_OUTPUT, else results/runs)", json="")
