"""``train``: one network under one recipe, in sittings of so many minutes."""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

from ferkit.cli import options
from ferkit.cli.options import DEVICES
from ferkit.core.errors import InputError

HELP = "train one network; the same command goes on where it stopped"
SHOWN = ("state", "epoch", "epochs", "best_epoch", "val_accuracy", "weights_sha256", "minutes", "device")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train`` to a parser."""
    options.add_data_arguments(parser)
    parser.add_argument("--model", required=True, metavar="M",
                        help="which network, e.g. " + ", ".join(_some_networks()))
    parser.add_argument("--recipe", default="ours", metavar="R", help="a recipe's name, or a JSON file (default: ours)")
    parser.add_argument("--set", action="append", default=[], dest="changes", metavar="KEY=VALUE",
                        help="change one value of the recipe, e.g. epochs=100 or lr=0.01")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="random seed (default: 0)")
    parser.add_argument("--profile", default="full", metavar="NAME", help="how many images are drawn or kept (full)")
    parser.add_argument("--max-minutes", type=float, metavar="M", help="stop cleanly inside M minutes")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default: auto)")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder of this training run")
    parser.add_argument("--json", action="store_true", help="print the status as one JSON object")


def _some_networks() -> list[str]:
    from ferkit import papers

    return [system.name for system in papers.systems() if system.role != "ablation" and system.network]


def main(arguments: argparse.Namespace) -> int:
    """Train as asked and print where the run stands; exit status 0 also when paused."""
    started = time.monotonic()
    if arguments.max_minutes is not None and not arguments.max_minutes > 0:
        raise InputError(f"--max-minutes {arguments.max_minutes}: give a number above 0")
    from ferkit import papers
    from ferkit.data import datasets
    from ferkit.experiments import resumable

    system = papers.system(arguments.model)
    if not system.network:
        raise InputError(f"--model {system.name}: no network is trained for it alone; see sweep, or run")
    recipe = recipe_of(system.name, arguments.recipe, arguments.changes)
    data, protocol = options.data_and_protocol(arguments)
    faces = datasets.load(arguments.dataset, data, profile=arguments.profile, protocol=protocol)
    status = resumable.train(arguments.output, system, recipe, faces, seed=arguments.seed,
                             device=arguments.device, max_minutes=arguments.max_minutes,
                             recipe_name=arguments.recipe, started=started)
    shown = {key: status[key] for key in SHOWN}
    print(json.dumps(shown) if arguments.json else "  ".join(f"{key} {value}" for key, value in shown.items()))
    return 0


def recipe_of(model: str, name: str, changes: list[str]) -> object:
    """The recipe by name or from a JSON file, with changes of the form KEY=VALUE."""
    from ferkit import papers
    from ferkit.training.recipe import Recipe

    if name.endswith(".json"):
        try:
            chosen = Recipe.from_dict(json.loads(Path(name).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise InputError(f"{name}: not a readable recipe ({error})") from None
    else:
        chosen = papers.recipe(model, name)
    values = dict(_change(text) for text in changes)
    for key in values:
        if key not in chosen.to_dict():
            raise InputError(f"--set {key}: a recipe has no such value; known are {', '.join(chosen.to_dict())}")
    for key in ("augmentation", "model"):
        if isinstance(values.get(key), dict):
            values[key] = chosen.to_dict()[key] | values[key]
    chosen = Recipe.from_dict(chosen.to_dict() | values) if values else replace(chosen)
    papers.system(model).build(**chosen.model)  # refuses options that the network does not have
    return chosen


def _change(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set {text}: write KEY=VALUE, e.g. epochs=100")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value  # a bare word such as adam
