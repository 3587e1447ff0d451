"""``publish``: copy the planned results of finished runs to ``results/<dataset>[-<protocol>]/``."""

import argparse

from ferkit.cli import options
from ferkit.core import files, protocols
from ferkit.core.errors import InputError
from ferkit.core.paths import DATASETS
from ferkit.core.units import percent

HELP = "copy the planned results of runs to results/<dataset>[-<protocol>], and list everything with its checksum"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``publish`` to a parser."""
    parser.add_argument("--list", action="store_true", help="only write the lists of checksums (SHA256SUMS) of what is "
                        "published, and print what changed since they were written")
    parser.add_argument("runs", metavar="DIR", type=options.place, nargs="*",
                        help="folders of runs or of sweeps that evaluate the test split, of one data set and protocol")
    parser.add_argument("--only", metavar="NN", help="publish the notebook of number NN alone")


def main(arguments: argparse.Namespace) -> int:
    """Publish and print what was copied; exit status 0."""
    from ferkit.publishing import publish as publishing
    from ferkit.results import manifest

    if arguments.list == bool(arguments.runs):
        raise InputError("publish: name the folders of runs, or give --list alone")
    if arguments.list:
        print("\n".join(publishing.write_lists()) or "the lists are up to date")
        return 0
    sets = set()
    for run in arguments.runs:
        record = manifest.read(run) if run.is_dir() else {}
        name = record.get("dataset"), record.get("protocol")
        if name[0] not in DATASETS or not isinstance(name[1], str):
            raise InputError(f"{run}: no run in it (no readable {manifest.NAME}); name a folder of results/runs")
        sets.add((name[0], protocols.resolve(*name)))
    if len(sets) > 1:
        raise InputError(f"publish: runs of different sets ({', '.join(' '.join(one) for one in sorted(sets))}); "
                         "publish each for itself")
    ((dataset, protocol),) = sets
    from ferkit.reporting import model_cards

    results = publishing.publish(arguments.runs, dataset, chosen(arguments.only), protocol)
    files.refresh(model_cards.wanted())
    publishing.write_lists()
    for result in results:
        print(f"{result.key.name}  {result.metrics['status']}  test {percent(result.metrics['accuracy'], 2, '-')}")
    return 0


def chosen(only: str | None) -> tuple[str, ...]:
    """The training notebooks that --only names, all without it; InputError if it names none."""
    from ferkit.publishing.publish import trained_notebooks

    found = tuple(name for name in trained_notebooks() if only is None or name.startswith(f"{only:0>2}"))
    if not found:
        raise InputError(f"--only {only}: no notebook of that number trains; they are {', '.join(trained_notebooks())}")
    return found
