"""``train``: one network under one recipe, resumable, with a time limit."""

import argparse
import json
import time
from pathlib import Path

from ferkit.cli import options
from ferkit.core.errors import InputError

HELP = "train one network (under torchrun on several processes); the same command goes on where it stopped"
SHOWN = ("state", "epoch", "epochs", "best_epoch", "val_accuracy", "weights_sha256", "minutes", "device")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train`` to a parser."""
    options.add_data(parser)
    options.add_training(parser, "ours")
    options.add_computing(parser, seed="random seed")
    parser.add_argument("--max-minutes", type=options.above_zero, metavar="M", help="stop cleanly inside M minutes")
    options.add_log(parser)
    options.add_output(parser, "folder of this training run", "the status as one JSON object", required=True)


def main(arguments: argparse.Namespace) -> int:
    """Train as asked and print where the run stands; exit status 0 also when paused."""
    started = time.monotonic()
    from ferkit import papers
    from ferkit.core.console import json_line
    from ferkit.core.paths import check_writable, make_folder
    from ferkit.experiments import loggers, resumable
    from ferkit.models import inference
    from ferkit.training import distributed

    system = papers.system(arguments.model)
    if not system.network:
        raise InputError(f"--model {system.name}: no network is trained for it alone; see sweep, or run")
    check_writable(arguments.output)
    recipe = recipe_of(system.name, arguments.recipe, arguments.changes)
    loggers.check(arguments.log)
    device = inference.resolve_device(arguments.device).type
    faces = options.faces(arguments, system.kind.load)
    with distributed.joined(device, recipe.batch_size) as processes:  # one, unless torchrun started several
        status = resumable.train(make_folder(arguments.output), system, recipe, faces, seed=arguments.seed,
                                 device=device, max_minutes=arguments.max_minutes, recipe_name=arguments.recipe,
                                 started=started, processes=processes,
                                 on_epoch=loggers.logger(arguments.log, arguments.output))
    if processes.rank:
        return 0
    shown = {key: status[key] for key in SHOWN}
    print(json_line(shown) if arguments.json else "  ".join(f"{key} {value}" for key, value in shown.items()))
    return 0


def recipe_of(model: str, name: str, changes: list[str]) -> object:
    """The recipe by name or from a JSON file, with changes of the form KEY=VALUE; its network is built once, so that
    options that it refuses are told before anything is read or written."""
    from ferkit import papers
    from ferkit.training.recipe import Recipe

    if name.endswith(".json"):
        try:
            chosen = Recipe.from_dict(json.loads(Path(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"{name}: not a readable recipe ({error})") from None
    else:
        chosen = papers.recipe(model, name)
    for key, value in map(_change, changes):
        chosen = chosen.changed({key: value})
    papers.system(model).build(**chosen.model)
    return chosen


def _change(text: str) -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set {text}: write KEY=VALUE, e.g. epochs=100")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value  # a bare word such as adam
    except RecursionError:
        raise InputError(f"--set {key}: nested too deeply") from None
