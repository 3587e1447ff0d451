"""``evaluate``: saved weights on the test split of a data set."""

import argparse
import json
import os
from pathlib import Path

from ferkit.options import DATASETS, DEVICES

HELP = "score saved weights on the test split of a data set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``evaluate`` to a parser."""
    parser.add_argument("--weights", required=True, type=Path, metavar="F", help="a cell's weights.safetensors")
    parser.add_argument("--dataset", choices=DATASETS, required=True, help="which data set")
    parser.add_argument("--data", action="append", default=[], metavar="PATH", help="where it lies; once per part")
    parser.add_argument("--protocol", default="", metavar="P", help="how it is split (default: its own)")
    parser.add_argument("--profile", default="full", metavar="NAME", help="how many images are drawn or kept (full)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="seed of the drawn set or split (default: 0)")
    parser.add_argument("--device", choices=DEVICES, default="cpu", help="where to compute (default: cpu)")
    parser.add_argument("--json", action="store_true", help="print the keys of metrics.json as one JSON object")
    parser.add_argument("--output", type=Path, metavar="F.npz", help="also write the predictions there")


def main(arguments: argparse.Namespace) -> int:
    """Print what the weights reach; exit status 0."""
    from ferkit import datasets, evaluation, files, results

    data = Path(os.pathsep.join(arguments.data)) if arguments.data else None
    predictor, facts = evaluation.open_weights(arguments.weights, arguments.device)
    protocol = arguments.protocol or datasets.DEFAULT_PROTOCOL[arguments.dataset]
    faces = datasets.load(arguments.dataset, data, profile=arguments.profile, protocol=protocol, seed=arguments.seed)
    metrics, predictions = evaluation.evaluate(predictor, facts, faces)
    if arguments.output:
        results.write_predictions(arguments.output, predictions)
        metrics["predictions_sha256"] = files.sha256(arguments.output)
    if arguments.json:
        print(json.dumps(metrics, ensure_ascii=False))
    else:
        print(f"{metrics['system']} on {metrics['dataset']} ({metrics['protocol']}, test): "
              f"{100 * metrics['accuracy']:.2f} % of {metrics['n']}; macro-F1 {100 * metrics['macro_f1']:.2f} %; "
              f"without copies from training {100 * (metrics['accuracy_without_copies'] or 0):.2f} % "
              f"of {metrics['n_without_copies']}; validation {100 * metrics['val_accuracy']:.2f} %")
    return 0
