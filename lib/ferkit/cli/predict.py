"""``predict``: the expressions on anyone's photographs."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from ferkit.core.errors import InputError

HELP = "tell the expressions on photographs, with the best published weights"
SECONDS = 10.0  # between two lines of progress where there is no terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``predict`` to a parser."""
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="images, folders of them, or - for one on stdin")
    parser.add_argument("--weights", metavar="NAME|FILE", help="a published name or a weights.safetensors (default: "
                        "the published ones that are best on validation)")
    parser.add_argument("--crops", action="store_true", help="every image is a face crop: search for no face (an image "
                        "of 48x48 pixels always is one)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--save-overlay", type=Path, metavar="DIR", help="also save each photo with its faces framed")
    parser.add_argument("--list", action="store_true", help="print the published names and what they reach")


def main(arguments: argparse.Namespace) -> int:
    """Print one line per face; exit status 1 if a photograph could not be read."""
    if arguments.list:
        from ferkit.results import weights_catalogue

        print("\n".join(weights_catalogue.table()))
        return 0
    if not arguments.photos:
        raise InputError("predict: name at least one PHOTO, a folder, or - for stdin")
    from ferkit.apps import photos, predictor
    from ferkit.core.paths import check_writable

    found = photos.photos_of(arguments.photos, sys.stdin.buffer)
    if arguments.save_overlay:
        check_writable(arguments.save_overlay)
    model = predictor.load(arguments.weights)
    if not arguments.json:
        print(f"{model.name}, {len(found)} image{'s' * (len(found) != 1)}; an annotator's view of a face, not what a "
              "person feels", file=sys.stderr)
    failed = 0
    rows = photos.predict(model, _told(found), ready=arguments.crops)
    try:
        for row in rows if not arguments.save_overlay else _drawn(rows, found, arguments.save_overlay):
            failed += row.error is not None
            if arguments.json:
                print(json.dumps(asdict(row) | {"weights": model.name}, ensure_ascii=False), flush=True)
            else:
                print(row.says(), file=sys.stderr if row.error else sys.stdout, flush=True)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(failed > 0)


def _told(found: list) -> Iterator:
    """The photographs, with a line of progress on stderr: updated in a terminal, every ten seconds elsewhere."""
    from ferkit.core.console import Console
    from ferkit.core.progress import clock

    console, started = Console(sys.stderr), time.monotonic()
    last = started
    for number, photo in enumerate(found):
        now = time.monotonic()
        left = clock((now - started) / number * (len(found) - number)) if number else "-:--"
        says = f"{number} of {len(found)} images, {left} left"
        if console.terminal and number % 16 == 0 and len(found) > 16 and not sys.stdout.isatty():
            console.status(says)
        elif not console.terminal and now - last >= SECONDS:
            console.line(says)
            last = now
        yield photo
    console.clear()


def _drawn(rows: Iterator, found: list, folder: Path) -> Iterator:
    """The rows as they come; behind each photograph's last one its overlay is saved."""
    from itertools import groupby

    from ferkit.apps import overlay

    folder.mkdir(parents=True, exist_ok=True)
    contents = {photo.path: (photo, name) for photo, name in
                zip(found, overlay.names_for([photo.path for photo in found]), strict=True)}
    for path, group in groupby(rows, key=lambda row: row.path):
        own = list(group)
        if not own[0].error:
            photo, name = contents[path]
            overlay.save(overlay.draw(photo.read(), own), folder / name)
        yield from own
