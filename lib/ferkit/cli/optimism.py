"""``optimism``: what choosing the epoch on the test split would have gained."""

import argparse
import json
from pathlib import Path

from ferkit.cli import options
from ferkit.cli.options import DEVICES

HELP = "train one network and show what choosing its epoch on the test split would gain; not a result"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``optimism`` to a parser."""
    options.add_data_arguments(parser)
    parser.add_argument("--model", metavar="M", help="which network (default: the first paper's)")
    parser.add_argument("--recipe", default="published", metavar="R", help="a recipe's name (default: published)")
    parser.add_argument("--set", action="append", default=[], dest="changes", metavar="KEY=VALUE",
                        help="change one value of the recipe, e.g. epochs=100")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="random seed (default: 0)")
    parser.add_argument("--profile", default="full", metavar="NAME", help="how many images are drawn or kept (full)")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to train (default: auto)")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder of this training run")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")


def main(arguments: argparse.Namespace) -> int:
    """Train, compare the two choices and print them under their warning; exit status 0."""
    from ferkit import papers
    from ferkit.cli.train import recipe_of
    from ferkit.data import datasets
    from ferkit.experiments import test_selection_bias

    system = papers.system(arguments.model or papers.default_for("optimism")[0])
    recipe = recipe_of(system.name, arguments.recipe, arguments.changes)
    data, protocol = options.data_and_protocol(arguments)
    faces = datasets.load(arguments.dataset, data, profile=arguments.profile, protocol=protocol)
    found = test_selection_bias.measure(arguments.output, system, recipe, faces, recipe_name=arguments.recipe,
                             seed=arguments.seed, device=arguments.device)
    print(json.dumps(found) if arguments.json else "\n".join((
        found["warning"],
        *(f"epoch {found[name]['epoch']:>3} chosen on {where:<10}  test {100 * found[name]['test_accuracy']:.2f} %"
          for name, where in (("honest", "validation"), ("peeked", "test"))),
        f"choosing on the test split would have gained {100 * found['optimism']:.2f} points")))
    return 0
