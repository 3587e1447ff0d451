"""``fingerprint``: what FER2013 is recognised by, made from a genuine copy; the library brings it along."""

import argparse
from pathlib import Path

from ferkit.core.errors import InputError

HELP = "make the fingerprint by which copies of FER2013 are recognised (127 bits an image, no pixel)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fingerprint`` to a parser."""
    parser.add_argument("--data", required=True, type=Path, metavar="PATH", help="a genuine FER2013, pixel by pixel")
    parser.add_argument("--output", required=True, type=Path, metavar="F.npz", help="where to write it")


def main(arguments: argparse.Namespace) -> int:
    """Write the fingerprint and say what it holds; exit status 0. InputError for a copy with other counts."""
    from ferkit.core import files
    from ferkit.data import datasets
    from ferkit.data.fingerprint import Fingerprint
    from ferkit.data.sources import fer2013

    faces = datasets.load("fer2013", arguments.data, profile="full", protocol="official")
    if off := fer2013.deviations(faces):
        raise InputError(f"{arguments.data.name}: not the original: {off[0]}")
    place = Fingerprint.of(faces).save(arguments.output)
    print(f"{place.name}: {len(faces)} images, {place.stat().st_size} bytes, sha256 {files.sha256(place)}")
    return 0
