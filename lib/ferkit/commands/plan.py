"""``plan``: write down what will be trained and reported, before it is trained."""

import argparse

from ferkit import options
from ferkit.profiles import PROFILES

HELP = "write plan.json: every cell of a profile that will be reported; commit it before training"
ALWAYS_LARGE = ("synthetic", "fer2013")  # their recipes do not depend on how many images train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``plan`` to a parser."""
    options.add_data_arguments(parser)
    parser.add_argument("--profile", choices=tuple(PROFILES), default="full", help="which profile (default: full)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="first seed (default: 0)")
    parser.add_argument("--only", metavar="NN", help="plan the notebook of number NN alone")
    parser.add_argument("--cells", default="", metavar="LIST",
                        help="plan these cells only, as run's --set CELLS=…: deep_emotion/ours,lenet5")
    parser.add_argument("--seeds", type=int, default=0, metavar="N",
                        help="seeds of each cell, as run's --set SEEDS=N (default: the profile's)")


def main(arguments: argparse.Namespace) -> int:
    """Write the plans and name them; exit status 0."""
    from ferkit import experiments, publishing
    from ferkit.commands.publish import chosen

    notebooks = chosen(arguments.only)
    data, protocol = options.data_and_protocol(arguments)
    n_train = 0
    if data or arguments.dataset not in ALWAYS_LARGE:
        from ferkit import datasets

        n_train = experiments.train_size(datasets.load(arguments.dataset, data, profile=arguments.profile,
                                                       protocol=protocol, seed=arguments.seed))
    for path in publishing.plan(arguments.dataset, arguments.profile, arguments.seed, notebooks, protocol=protocol,
                                n_train=n_train, only=arguments.cells, n_seeds=arguments.seeds):
        print(path)
    return 0
