"""``predict``: the expressions on anyone's photographs."""

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.cli import options
from ferkit.core import console, paths
from ferkit.core.errors import InputError

if TYPE_CHECKING:
    from ferkit.apps.predictor import Model
    from ferkit.apps.recordings import OverTime

HELP = "tell the expressions on photographs, with the best published weights"
SECONDS = 10.0  # between two lines of progress where there is no terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``predict`` to a parser."""
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="images, folders of them, or - for one on stdin")
    options.add_weights(parser)
    parser.add_argument("--crops", action="store_true", help="every image is a face crop: search for no face (an image "
                        "of 48x48 pixels always is one)")
    group = options.add_output(parser, json="one JSON object a line")
    group.add_argument("--csv", action="store_true", help="print comma-separated values with one line of headings")
    group.add_argument("--save-overlay", type=options.place, metavar="DIR",
                       help="also save each photo with its faces framed")
    group = parser.add_argument_group("frames of a recording")
    group.add_argument("--sequence", type=options.place, metavar="FOLDER", help="the frames of one recording by name: "
                       "the expression over time, by a published network over time")
    group.add_argument("--plot", type=options.place, metavar="FILE.html",
                       help="also save it as a page (needs plotly)")
    parser.add_argument("--list", action="store_true", help="print the published names and what they reach")


def main(arguments: argparse.Namespace) -> int:
    """Print one line per face; exit status 1 if a photograph could not be read."""
    if arguments.list:
        if arguments.json or arguments.csv:
            raise InputError("--list prints a table: leave out --json and --csv")
        from ferkit.results import weights_catalogue

        print("\n".join(weights_catalogue.table()))
        return 0
    if arguments.json and arguments.csv:
        raise InputError("--json and --csv exclude each other: give one of them")
    if arguments.sequence or arguments.plot:
        return _over_time(arguments)
    if not arguments.photos:
        raise InputError("predict: name at least one PHOTO, a folder, or - for stdin")
    from ferkit.apps import photos, predictor

    found = photos.photos_of(arguments.photos, sys.stdin.buffer)
    if arguments.save_overlay:
        paths.check_writable(arguments.save_overlay, "--save-overlay")
    model = predictor.load(arguments.weights)
    if arguments.save_overlay:
        paths.make_folder(arguments.save_overlay, "--save-overlay")
    if not (arguments.json or arguments.csv or console.quiet()):
        print(f"{model.name}, {len(found)} image{'s' * (len(found) != 1)}; an annotator's view of a face, not what a "
              "person feels", file=sys.stderr)
    rows = photos.predict(model, _told(found), ready=arguments.crops)
    if arguments.save_overlay:
        rows = _drawn(rows, found, arguments.save_overlay)
    return _printed(rows, model, arguments)


def _printed(rows: Iterable, model: "Model | OverTime", arguments: argparse.Namespace) -> int:
    """Print each row as it comes, in the form that was asked for; 1 if one holds an error, else 0."""
    failed, table = 0, None
    for row in rows:
        failed |= row.error is not None
        content = asdict(row) | {"weights": model.name}
        if arguments.json:
            print(console.json_line(content), flush=True)
        elif arguments.csv:
            box, each = content.pop("box"), content.pop("probabilities") or {}
            flat = content | dict(zip(("x", "y", "width", "height"), box or ("",) * 4, strict=True)) | {
                name: each.get(name, "") for name in model.label_names}
            if table is None:
                table = csv.DictWriter(sys.stdout, list(flat), lineterminator="\n")
                table.writeheader()
            table.writerow(flat)
            sys.stdout.flush()
        else:
            print(row.says(), file=sys.stderr if row.error else sys.stdout, flush=True)
    return int(failed)


def _over_time(arguments: argparse.Namespace) -> int:
    """Print one line per frame of a recording; exit status 1 if a frame could not be read."""
    from ferkit.apps import recordings

    if not arguments.sequence:
        raise InputError("--plot belongs to --sequence FOLDER: name the frames of one recording")
    refused = [option for option, given in (("PHOTO", arguments.photos), ("--save-overlay", arguments.save_overlay))
               if given]
    if refused:
        raise InputError(f"--sequence and {refused[0]} exclude each other: give one of them")
    if arguments.plot:
        paths.check_writable(arguments.plot.absolute().parent, "--plot")
    model = recordings.load(arguments.weights)
    rows = recordings.predict(model, arguments.sequence, ready=arguments.crops)
    if arguments.plot:
        paths.make_folder(arguments.plot.absolute().parent, "--plot")
    failed = _printed(rows, model, arguments)
    if arguments.plot:
        recordings.plot(rows, arguments.plot, str(arguments.sequence.name))
    return failed


def _told(found: list) -> Iterator:
    """The photographs, with a line of progress on stderr: updated in a terminal, every ten seconds elsewhere."""
    from ferkit.core.console import Console
    from ferkit.core.progress import clock

    shown, started = Console(sys.stderr), time.monotonic()
    last = started
    for number, photo in enumerate(found):
        now = time.monotonic()
        left = clock((now - started) / number * (len(found) - number)) if number else "-:--"
        says = f"{number} of {len(found)} images, {left} left"
        if shown.terminal and number % 16 == 0 and len(found) > 16 and not sys.stdout.isatty():
            shown.status(says)
        elif not shown.terminal and not console.quiet() and now - last >= SECONDS:
            shown.line(says)
            last = now
        yield photo
    shown.clear()


def _drawn(rows: Iterator, found: list, folder: Path) -> Iterator:
    """The rows as they come; behind each photograph's last one its overlay is saved."""
    from itertools import groupby

    from ferkit.apps import overlay

    folder.mkdir(parents=True, exist_ok=True)
    contents = {photo.path: (photo, name) for photo, name in
                zip(found, overlay.names_for([photo.path for photo in found]), strict=True)}
    read = {os.path.realpath(path) for path in contents}
    for _, name in contents.values():
        if os.path.realpath(folder / name) in read:
            raise InputError(f"--save-overlay {folder}: would write over the photograph {folder / name}; name another "
                             "folder")
    for path, group in groupby(rows, key=lambda row: row.path):
        own = list(group)
        if not own[0].error:
            photo, name = contents[path]
            overlay.save(overlay.draw(photo.read(), own), folder / name)
        yield from own
