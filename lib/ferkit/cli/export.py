"""``export``: trained weights as an ONNX file that answers as PyTorch does, or a published SVM fitted again."""

import argparse

from ferkit.cli import options
from ferkit.core.errors import InputError

HELP = "write weights as ONNX and hold the file's answers against PyTorch's; or fit a published SVM again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``export`` to a parser."""
    options.add_weights(parser)
    parser.add_argument("--onnx", type=options.place, metavar="FILE", help="the file to write")
    parser.add_argument("--pixels", action="store_true", help="the graph takes uint8 (N, 48, 48) and normalises it "
                        "itself (default: float32 (N, 1, 48, 48), normalised as its metadata says)")
    svm = parser.add_argument_group("an SVM that is too large for the repository")
    svm.add_argument("--svm", metavar="NAME", help="fit this published SVM again, on the published network, and keep "
                     "it for predict, --onnx and ferkit.load")
    svm.add_argument("--data", action="append", default=[], metavar="PATH",
                     help="where its data set lies (default: its environment variable)")
    svm.add_argument("--output", type=options.place, metavar="DIR",
                     help="folder to write to (default: <dataset>-svm among the runs)")


def main(arguments: argparse.Namespace) -> int:
    """Export, check and print what was compared; exit status 0."""
    if arguments.onnx and arguments.svm:
        raise InputError("export: --onnx and --svm exclude each other; fit the SVM first (--svm NAME), then export "
                         "what it wrote (--weights DIR --onnx FILE)")
    if not arguments.onnx and not arguments.svm:
        raise InputError("export: give --onnx FILE or --svm NAME")
    kind = "--svm" if arguments.svm else "--onnx"
    others = {"--svm": {"--weights": arguments.weights, "--pixels": arguments.pixels},
              "--onnx": {"--data": arguments.data, "--output": arguments.output}}
    for option, given in others[kind].items():
        if given:
            raise InputError(f"export: {option} does nothing with {kind}; leave it out")
    return _svm(arguments) if arguments.svm else _onnx(arguments)


def _svm(arguments: argparse.Namespace) -> int:
    from ferkit.apps import svm_export
    from ferkit.core import paths
    from ferkit.results import weights_catalogue

    dataset = weights_catalogue.find(arguments.svm).metrics["dataset"]
    data = paths.check_data(dataset, arguments.data) if arguments.data else None
    made = svm_export.export(arguments.svm, data, arguments.output)
    print(f"{made.path}: {made.path.stat().st_size:,} bytes; against scikit-learn's on {made.images} validation "
          f"images: decisions differ by at most {made.max_abs_difference:.1e}, {made.different_votes} votes differ")
    return 0


def _onnx(arguments: argparse.Namespace) -> int:
    from ferkit.apps import onnx_export, predictor
    from ferkit.core.paths import check_writable

    check_writable(arguments.onnx.parent, "--onnx")
    model = predictor.load(arguments.weights)
    parity = onnx_export.export(model, arguments.onnx, pixels=arguments.pixels)
    print(f"{arguments.onnx}: {model.name}, {arguments.onnx.stat().st_size:,} bytes; against PyTorch on "
          f"{parity.images} images: largest difference {parity.max_abs_difference:.1e}, "
          f"{parity.different_decisions} decisions differ")
    return 0
