"""``zero-shot``: the published networks of one data set on every image of another."""

import argparse

from ferkit.cli import options

HELP = "score published networks on every image of a set that they never saw"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``zero-shot`` to a parser."""
    options.add_data(parser, profile=None)
    parser.add_argument("--trained-on", default="fer2013", metavar="SET", help="whose networks (default: fer2013)")
    options.add_output(parser, "folder in which zero_shot.json is also written, or a file F.json",
                       json="one JSON object a line")


def main(arguments: argparse.Namespace) -> int:
    """Print a row for each published network whose weights are in the repository; exit status 0."""
    from ferkit import papers
    from ferkit.core import errors, files, paths
    from ferkit.core.console import json_line
    from ferkit.core.errors import InputError
    from ferkit.experiments import cross_dataset, evaluation
    from ferkit.results import weights_catalogue

    of_images = [entry for entry in weights_catalogue.entries()
                 if entry.weights and papers.system(entry.key.system).of_images]
    entries = [entry for entry in of_images if entry.dataset == arguments.trained_on]
    if not entries:
        trained_on = dict.fromkeys(entry.dataset for entry in of_images)
        raise errors.unknown("data set of published weights", arguments.trained_on, trained_on, "--trained-on")
    if arguments.dataset == arguments.trained_on:
        raise InputError(f"--dataset {arguments.dataset}: what these networks were trained on; use evaluate")
    faces, rows = options.faces(arguments, profile="full"), []
    target = arguments.output
    if target:
        target = target if target.suffix == ".json" else target / "zero_shot.json"
        paths.make_folder(target.parent)
    for entry in entries:
        predictor, facts = evaluation.open_weights(entry.weights, papers.system)
        rows.append({"name": entry.full_name, "trained_on": entry.dataset,
                     **{key: facts[key] for key in ("system", "recipe", "seed", "tta", "weights_sha256")},
                     **cross_dataset.score(predictor, faces)})
        row = rows[-1]
        print(json_line(row) if arguments.json else
              f"{row['name']:<34} {100 * row['accuracy']:.2f} % of {row['n']} "
              f"({100 * row['interval'][0]:.1f} … {100 * row['interval'][1]:.1f}), macro-F1 "
              f"{100 * row['macro_f1']:.2f} %; any answer allowed {100 * row['accuracy_all_answers']:.2f} %",
              flush=True)
    if target:
        files.write_json(target, rows)
    return 0
