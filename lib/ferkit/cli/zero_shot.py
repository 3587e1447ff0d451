"""``zero_shot``: the published networks of one data set on every image of another."""

import argparse
import json
from pathlib import Path

from ferkit.cli import options

HELP = "score published networks on every image of a set that they never saw"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``zero_shot`` to a parser."""
    options.add_data_arguments(parser)
    parser.add_argument("--trained-on", default="fer2013", metavar="SET", help="whose networks (default: fer2013)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write all of them there as one JSON list")


def main(arguments: argparse.Namespace) -> int:
    """Print a row for each published network whose weights are in the repository; exit status 0."""
    from ferkit import papers
    from ferkit.core import files
    from ferkit.core.errors import InputError
    from ferkit.data import datasets
    from ferkit.experiments import cross_dataset, evaluation
    from ferkit.results import weights_catalogue

    entries = [entry for entry in weights_catalogue.entries()
               if entry.weights and entry.dataset == arguments.trained_on]
    if not entries:
        raise InputError(f"--trained-on {arguments.trained_on}: no published weights; see results/README.md")
    if arguments.dataset == arguments.trained_on:
        raise InputError(f"--dataset {arguments.dataset}: what these networks were trained on; use evaluate")
    data, protocol = options.data_and_protocol(arguments)
    faces, rows = datasets.load(arguments.dataset, data, profile="full", protocol=protocol), []
    for entry in entries:
        predictor, facts = evaluation.open_weights(entry.weights, papers.system)
        rows.append({"name": entry.full_name, "trained_on": entry.dataset,
                     **{key: facts[key] for key in ("system", "recipe", "seed", "tta", "weights_sha256")},
                     **cross_dataset.score(predictor, faces)})
        row = rows[-1]
        print(json.dumps(row) if arguments.json else
              f"{row['name']:<34} {100 * row['accuracy']:.2f} % of {row['n']} "
              f"({100 * row['interval'][0]:.1f} … {100 * row['interval'][1]:.1f}), macro-F1 "
              f"{100 * row['macro_f1']:.2f} %; any answer allowed {100 * row['accuracy_all_answers']:.2f} %",
              flush=True)
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(arguments.output, rows)
    return 0
