"""``fingerprint``: what FER2013 is recognised by, and its FER+ votes; the library brings both along."""

import argparse

from ferkit.cli import options
from ferkit.core.errors import InputError

HELP = "make the fingerprint by which copies of FER2013 are recognised (no pixel in it), and join FER+ votes to it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``fingerprint`` to a parser."""
    parser.add_argument("--data", required=True, type=options.place, metavar="PATH",
                        help="a genuine FER2013, pixel by pixel")
    parser.add_argument("--votes", type=options.place, metavar="F.csv",
                        help="FER+'s fer2013new.csv (then --data is a genuine fer2013.csv), or votes with pixel hashes")
    parser.add_argument("--output", required=True, type=options.place, metavar="DIR", help="folder to write to")


def main(arguments: argparse.Namespace) -> int:
    """Write the files and say what they hold; exit status 0. InputError for a copy with other counts."""
    import numpy as np

    from ferkit.core import files, paths
    from ferkit.data import ferplus, fingerprint
    from ferkit.data.sources import fer2013

    paths.check_writable(arguments.output)
    faces = fer2013.read(arguments.data)
    if off := fer2013.deviations(faces):
        raise InputError(f"{arguments.data.name}: not the original: {off[0]}")
    made = fingerprint.Fingerprint.of(faces)
    read = [one(arguments.votes, faces, made.exact) for one in (ferplus.read, ferplus.read_numbers)
            if arguments.votes]
    arguments.output.mkdir(parents=True, exist_ok=True)
    written = [made.save(arguments.output / fingerprint.FER2013)]
    if read:
        written.append(ferplus.save(arguments.output / ferplus.VOTES, *read))
        voted, named = (int(np.sum(one)) for one in (read[0].sum(axis=1) > 0, read[1] >= 0))
        print(f"{voted} of {len(faces)} images have votes, {named} a number in FER+'s names")
    for place in written:
        print(f"{place.name}: {len(faces)} images, {place.stat().st_size} bytes, sha256 {files.sha256(place)}")
    return 0
