"""``export``: trained weights as an ONNX file that answers as PyTorch does."""

import argparse

from ferkit.cli import options
from ferkit.core.errors import InputError

HELP = "write weights as ONNX and hold the file's answers against PyTorch's"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``export`` to a parser."""
    parser.add_argument("--weights", metavar="NAME|FILE", help="a published name or a weights.safetensors (default: "
                        "the published ones that are best on validation)")
    parser.add_argument("--onnx", type=options.place, required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--pixels", action="store_true", help="the graph takes uint8 (N, 48, 48) and normalises it "
                        "itself (default: float32 (N, 1, 48, 48), normalised as its metadata says)")


def main(arguments: argparse.Namespace) -> int:
    """Export, check and print what was compared; exit status 0."""
    from ferkit.apps import onnx_export, predictor
    from ferkit.core.paths import check_writable

    shown = arguments.onnx
    if shown.is_dir() or not shown.parent.is_dir():
        raise InputError(f"{shown}: name a file in a folder that is there")
    check_writable(shown.parent)
    model = predictor.load(arguments.weights)
    parity = onnx_export.export(model, arguments.onnx, pixels=arguments.pixels)
    print(f"{shown}: {model.name}, {arguments.onnx.stat().st_size:,} bytes; against PyTorch on "
          f"{parity.images} images: largest difference {parity.max_abs_difference:.1e}, "
          f"{parity.different_decisions} decisions differ")
    return 0
