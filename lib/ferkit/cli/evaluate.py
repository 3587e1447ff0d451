"""``evaluate``: saved weights on the test split of a data set."""

import argparse

from ferkit.cli import options

HELP = "score saved weights on the test split of a data set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``evaluate`` to a parser."""
    parser.add_argument("--weights", required=True, type=options.place, metavar="NAME|FILE",
                        help="a run's weights.safetensors, or a published name")
    options.add_data(parser)
    parser.add_argument("--list", type=options.place, metavar="FILE", help="only the test images that a file names, "
                        "one a line, by their names in this copy or in FER+ (fer0032220.png)")
    options.add_computing(parser, "cpu", seed="seed of the drawn set or the split")
    options.add_output(parser, "folder in which predictions.npz is written, or a file F.npz",
                       json="the keys of metrics.json as one JSON object")


def main(arguments: argparse.Namespace) -> int:
    """Print what the weights reach; exit status 0."""
    from ferkit import papers
    from ferkit.core import files, paths
    from ferkit.core.console import json_line
    from ferkit.core.units import percent
    from ferkit.experiments import evaluation
    from ferkit.results import records, weights_catalogue

    target = arguments.output
    if target:
        target = target if target.suffix == ".npz" else target / records.PREDICTIONS
        paths.check_writable(target.parent)
    weights, _ = weights_catalogue.locate(arguments.weights)
    predictor, facts = evaluation.open_weights(weights, papers.system, arguments.device)
    faces = options.faces(arguments, papers.system(facts["system"]).kind.load, seed=arguments.seed)
    listed: dict[str, object] = {}
    if arguments.list:
        from ferkit.data import image_lists

        faces, listed = image_lists.only_listed(faces, arguments.list)
    if target:
        paths.make_folder(target.parent)
    metrics, predictions = evaluation.evaluate(predictor, facts | listed, faces)
    if target:
        records.write_predictions(target, predictions)
        metrics["predictions_sha256"] = files.sha256(target)
    accuracy, macro_f1, deduplicated, validation = (percent(metrics.get(key), 2, "-") for key in (
        "accuracy", "macro_f1", "accuracy_without_copies", "val_accuracy"))
    print(json_line(metrics) if arguments.json else
          f"{metrics['system']} on {metrics['dataset']} ({metrics['protocol']}, test): "
          f"{accuracy} of {metrics['n']}; macro-F1 {macro_f1}; deduplicated {deduplicated} of "
          f"{metrics['n_without_copies']}; validation {validation}"
          + (f"; on the {metrics['listed']} test images that {metrics['lines']} lines of {metrics['list']} name"
             if listed else ""))
    return 0
