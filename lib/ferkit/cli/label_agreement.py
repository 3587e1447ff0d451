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
    print(json_line(found) if arguments.json else "\n".join(_lines(found)))
    return 0


def _lines(found: dict) -> list[str]:
    """The tables for a terminal, in percent."""
    lines = ["Ten FER+ taggers on FER2013's PrivateTest, by its label (%)",
             f"{'label':<10}{'images':>8}{'agree':>8}{'never named':>13}  instead"]
    for row in found["labels"]:
        lines.append(f"{row['label']:<10}{row['n']:>8}{100 * row['agreement']:>8.1f}{100 * row['never_named']:>13.1f}"
                     f"  {row['instead']} {100 * row['instead_share']:.0f}")
    top = found["ceiling"]
    lines += ["", f"Right by FER2013's labels: one tagger {100 * top['one_person']:.1f} %, the plurality of ten "
              f"{100 * top['ten_people']:.1f} %, at least one of ten {100 * top['any_of_ten']:.1f} %", "",
              "Accuracy by FER2013's labels where the votes confirm them, contradict them or never name them (%)",
              f"{'system · recipe':<40}{'seeds':>6}{'all':>7}{'confirm':>9}{'contradict':>12}{'never':>7}{'crowd':>7}"]
    for row in found["systems"]:
        lines.append(f"{row['system'] + ' · ' + row['recipe']:<40}{row['seeds']:>6}{100 * row['accuracy']:>7.1f}"
                     f"{100 * row['confirmed']:>9.1f}{100 * row['contradicted']:>12.1f}"
                     f"{100 * row['never_named']:>7.1f}{100 * row['crowd']:>7.1f}")
    lines.append("crowd: agreement with the taggers' plurality, where there is one")
    return lines
