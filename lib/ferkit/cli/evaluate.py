"""``evaluate``: saved weights on the test split of a data set."""

import argparse
import json
from pathlib import Path

from ferkit.cli import options
from ferkit.cli.options import DEVICES

HELP = "score saved weights on the test split of a data set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``evaluate`` to a parser."""
    parser.add_argument("--weights", required=True, type=Path, metavar="F", help="a cell's weights.safetensors")
    options.add_data_arguments(parser)
    parser.add_argument("--profile", default="full", metavar="NAME", help="how many images are drawn or kept (full)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="seed of the drawn set or split (default: 0)")
    parser.add_argument("--device", choices=DEVICES, default="cpu", help="where to compute (default: cpu)")
    parser.add_argument("--json", action="store_true", help="print the keys of metrics.json as one JSON object")
    parser.add_argument("--output", type=Path, metavar="F.npz", help="also write the predictions there")


def main(arguments: argparse.Namespace) -> int:
    """Print what the weights reach; exit status 0."""
    from ferkit import papers
    from ferkit.core import files
    from ferkit.data import datasets
    from ferkit.experiments import evaluation
    from ferkit.results import records

    predictor, facts = evaluation.open_weights(arguments.weights, papers.system, arguments.device)
    data, protocol = options.data_and_protocol(arguments)
    faces = datasets.load(arguments.dataset, data, profile=arguments.profile, protocol=protocol, seed=arguments.seed)
    metrics, predictions = evaluation.evaluate(predictor, facts, faces)
    if arguments.output:
        records.write_predictions(arguments.output, predictions)
        metrics["predictions_sha256"] = files.sha256(arguments.output)
    if arguments.json:
        print(json.dumps(metrics, ensure_ascii=False))
    else:
        print(f"{metrics['system']} on {metrics['dataset']} ({metrics['protocol']}, test): "
              f"{100 * metrics['accuracy']:.2f} % of {metrics['n']}; macro-F1 {100 * metrics['macro_f1']:.2f} %; "
              f"without copies from training {100 * (metrics['accuracy_without_copies'] or 0):.2f} % "
              f"of {metrics['n_without_copies']}; validation {100 * metrics['val_accuracy']:.2f} %")
    return 0
