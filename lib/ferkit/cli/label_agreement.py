"""``label-agreement``: FER2013's labels beside ten people's votes, and every system where they agree or not."""

import argparse

from ferkit.cli import options
from ferkit.core.console import json_line

HELP = "how far ten people agree with FER2013's labels, and how systems score where they do and do not"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``label-agreement`` to a parser."""
    parser.add_argument("directory", metavar="DIR", type=options.place, nargs="?",
                        help="results/fer2013 (default: the published ones), or a run on FER2013")
    options.add_output(parser)


def main(arguments: argparse.Namespace) -> int:
    """Print the tables; exit status 0. InputError for results of other images."""
    from ferkit.analysis import label_agreement
    from ferkit.core import paths
    from ferkit.results import tree

    results = tree.load_tree(arguments.directory or paths.published_directory("fer2013")).results
    found = {"labels": label_agreement.by_label(), "ceiling": label_agreement.ceiling(),
             "systems": label_agreement.by_system(results),
             "recall": {labels: label_agreement.recall_by_label(results, labels) for labels in ("own", "ferplus")}}
    print(json_line(found) if arguments.json else _text(found))
    return 0


def _text(found: dict) -> str:
    """The tables for a terminal."""
    from ferkit.core.units import Unit
    from ferkit.reporting.tables import show

    top = found["ceiling"]
    labels = show(found["labels"], ("label", "n", "agreement", "never_named", "instead", "instead_share"),
                  heads={"agreement": "agree", "instead_share": "share"}, default=Unit.FRACTION)
    systems = show(found["systems"], ("system", "recipe", "seeds", "accuracy", "confirmed", "contradicted",
                                      "never_named", "crowd"), heads={"accuracy": "all"}, default=Unit.FRACTION)
    return (f"Ten FER+ taggers on FER2013's PrivateTest, by its label\n{labels}\n\n"
            f"Right by FER2013's labels: one tagger {100 * top['one_person']:.1f} %, the plurality of ten "
            f"{100 * top['ten_people']:.1f} %, at least one of ten {100 * top['any_of_ten']:.1f} %\n\n"
            "Accuracy by FER2013's labels where the votes confirm them, contradict them or never name them\n"
            f"{systems}\ncrowd: agreement with the taggers' plurality, where there is one")
