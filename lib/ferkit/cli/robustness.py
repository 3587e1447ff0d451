"""``robustness``: published weights on corrupted test images, from a single view."""

import argparse

from ferkit.cli import options

HELP = "score results that were tested with test-time augmentation on corrupted images from a single view too"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``robustness`` to a parser."""
    parser.add_argument("directory", type=options.place, metavar="DIR",
                        help="a run's folder, or results/<dataset>; robustness_single_view.json is written beside "
                             "each metrics.json whose weights are there")
    options.add_data(parser)
    options.add_computing(parser, None, seed="seed of the drawn set or the split")
    options.add_output(parser, json="one JSON object a line")


def main(arguments: argparse.Namespace) -> int:
    """Score and print; exit status 0."""
    from ferkit import papers
    from ferkit.core.console import json_line
    from ferkit.core.paths import make_folder
    from ferkit.experiments import jobs, robustness

    faces = options.faces(arguments, seed=arguments.seed)
    results = robustness.results_without(arguments.directory, faces)
    make_folder(arguments.directory)
    for result in results:
        path = robustness.write_single_view(result, jobs.load_predictor(result, papers.system), faces.part("test"))
        print(json_line({"name": result.key.name, "file": path.name}) if arguments.json
              else f"{result.key.name}: {path.name} written")
    if not results and not arguments.json:
        print("nothing to score: no result here has weights and lacks a single view")
    return 0
