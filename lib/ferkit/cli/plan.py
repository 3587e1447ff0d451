"""``plan``: write down what will be trained and reported, before it is trained."""

import argparse
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.cli import options
from ferkit.core import paths, protocols
from ferkit.core.errors import InputError
from ferkit.core.paths import Data

if TYPE_CHECKING:
    from ferkit.sweep.config import Sweep, SweepEntry

HELP = "write plan.json: every training of a profile that will be reported; commit it before training"
KNOWN = ("synthetic", "fer2013")  # large, but for what +trainN leaves of them: their size is told without the images


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``plan`` to a parser."""
    options.add_data(parser, required=False)
    options.add_computing(parser, device=None, seed="first seed")
    parser.add_argument("--only", metavar="NN", help="plan the notebook of number NN alone")
    parser.add_argument("--systems", default="", metavar="LIST",
                        help="plan these systems only, as run's --set SYSTEMS=…: SYSTEM/RECIPE,SYSTEM")
    parser.add_argument("--cells", dest="systems", help=argparse.SUPPRESS)  # the earlier name
    parser.add_argument("--seeds", type=options.whole(), default=0, metavar="N",
                        help="seeds of each system, as run's --set SEEDS=N (default: the profile's)")
    parser.add_argument("--list", action="store_true",
                        help="only print how each planned job stands: planned (no result yet), or as its result says")
    parser.add_argument("--sweep", type=options.place, metavar="CONFIG",
                        help="add the trainings of this sweep to what is planned or published, in place of a profile's")


def main(arguments: argparse.Namespace) -> int:
    """Write the plans and name them; exit status 0."""
    if arguments.sweep:
        return _stand(arguments.sweep) if arguments.list else _listed(_of_sweep(arguments.sweep))
    if not arguments.dataset:
        raise InputError("plan: name the data set with --dataset, or a sweep's file with --sweep")
    from ferkit.cli.publish import chosen
    from ferkit.publishing import publish as publishing

    notebooks = chosen(arguments.only)
    data, protocol = options.data_and_protocol(arguments)
    if arguments.list:
        root = paths.published_directory(arguments.dataset, protocol)
        for notebook in notebooks:
            if (root / notebook / publishing.PLAN).is_file():
                print("\n".join(f"{notebook}/{name}  {status}"
                                for name, status in publishing.status(root, notebook).items()))
        return 0
    from ferkit import papers

    runnable = {one.stem for one in papers.notebooks() if one.suits(arguments.dataset, protocol)}
    notebooks = [notebook for notebook in notebooks if notebook in runnable]
    if not notebooks:
        raise InputError(f"plan: notebook {arguments.only} has nothing to train on {arguments.dataset} under "
                         f"{protocol}; leave out --only")
    sizes = _train_sizes(arguments, notebooks, data, protocol)
    return _listed(publishing.plan(arguments.dataset, arguments.profile, arguments.seed, notebooks, protocol=protocol,
                                   n_train=sizes, only=arguments.systems, n_seeds=arguments.seeds))


def _train_sizes(arguments: argparse.Namespace, notebooks: Sequence[str], data: Data, protocol: str) -> dict[str, int]:
    """How many images, or sequences, train in each notebook; 0 for as many as the profile is meant for."""
    from ferkit import papers
    from ferkit.core.profiles import PROFILES
    from ferkit.experiments import jobs
    from ferkit.papers import training

    left, drawn = protocols.parse(protocol).train, PROFILES[arguments.profile].sequences[0]
    found, loaded = {}, {}
    for notebook in notebooks:
        rows = training.rows(arguments.profile, notebook, arguments.systems)
        kind = papers.system(rows[0].system).kind if rows else None
        if kind and (data or arguments.dataset not in KNOWN):
            if kind.name not in loaded:
                loaded[kind.name] = jobs.train_size(kind.load(arguments.dataset, data, profile=arguments.profile,
                                                              protocol=protocol, seed=arguments.seed))
            found[notebook] = loaded[kind.name]
        elif kind:
            found[notebook] = min(left, drawn) if kind.read else left  # no more sequences than are drawn
    return found


def _listed(plans: list[Path]) -> int:
    """The plans' names, printed, and their checksums in the lists of what is published; exit status 0."""
    from ferkit.publishing import publish as publishing

    publishing.write_lists()
    print("\n".join(map(str, plans)))
    return 0


def _of_sweep(config: Path) -> list[Path]:
    """The plans that now hold a sweep's trained systems."""
    from ferkit.publishing import publish as publishing

    sweep, groups = _grouped(config)
    return [publishing.extend_plan(entries, sweep.profile, notebook, sweep.protocol) for _, notebook, entries in groups]


def _stand(config: Path) -> int:
    """How each of a sweep's jobs stands, printed; exit status 0."""
    from ferkit.publishing import publish as publishing

    sweep, groups = _grouped(config)
    for dataset, notebook, entries in groups:
        root = paths.published_directory(dataset, sweep.protocol)
        known = publishing.status(root, notebook) if (root / notebook / publishing.PLAN).is_file() else {}
        for entry in entries:
            name = f"{entry.system}/{entry.recipe_name}/seed{entry.seed}"
            print(f"{root.name}/{notebook}/{name}  {known.get(name, 'not planned')}")
    return 0


def _grouped(config: Path) -> "tuple[Sweep, list[tuple[str, str, list[SweepEntry]]]]":
    """A sweep and its entries by data set and notebook; InputError for one that never opens the test split."""
    from ferkit.sweep import config as sweeps

    sweep = sweeps.read(config)
    if not sweep.test:
        raise InputError(f"{config}: it does not evaluate the test split (test = true), so nothing of it is published")
    where = {entry.name: (entry.dataset, sweep.place(entry).parts[-4]) for entry in sweep.entries}
    ordered = sorted(sweep.entries, key=lambda entry: where[entry.name])
    return sweep, [(*place, list(entries)) for place, entries in groupby(ordered, key=lambda one: where[one.name])]
