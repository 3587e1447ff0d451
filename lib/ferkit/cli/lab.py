"""``lab``: JupyterLab on copies of the notebooks, so that opening and running them leaves the checkout as it is."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ferkit.cli import options
from ferkit.core import files, paths
from ferkit.core.errors import InputError

COPIED = ".copied.json"  # in the folder of copies: the sha256 of each as it was copied
HELP = "open JupyterLab on copies of the notebooks, which it saves to without touching the checkout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lab`` to a parser."""
    parser.add_argument("arguments", nargs="*", metavar="-- ARGUMENT", help="for jupyter lab, e.g. -- --no-browser")
    parser.add_argument("--fresh", action="store_true", help="copy every notebook anew; changes to copies are lost")
    options.add_output(parser, "folder of the copies (default: lab among the runs)", json="")


def main(arguments: argparse.Namespace) -> int:
    """Copy what is missing and start JupyterLab; its exit status."""
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise InputError("lab needs JupyterLab: ./run_all.sh --setup-only, or pip install 'ferkit[notebooks]'")
    folder = paths.make_folder((arguments.output or paths.output_root() / "lab").absolute())
    if folder.resolve() == (paths.repository() / "notebooks").resolve():
        raise InputError(f"{folder}: these are the checkout's own notebooks, which stay as they are; name another "
                         "--output")
    kept = copy_notebooks(folder, arguments.fresh)
    if kept:
        print(f"as you left them: {', '.join(kept)} (--fresh copies them anew)", file=sys.stderr)
    data = {variable: os.pathsep.join(map(str, paths.data_parts(dataset)))
            for dataset, variable in paths.DATA_VARIABLES.items() if os.environ.get(variable)}
    places = paths.for_kernels(paths.repository() / "lib") | {"FERKIT_OUTPUT": str(paths.output_root())} | data
    return subprocess.call([sys.executable, "-m", "jupyterlab", *arguments.arguments], cwd=folder,
                           env=os.environ | places)


def copy_notebooks(folder: Path, fresh: bool = False) -> list[str]:
    """Copy the checkout's notebooks to `folder`, over earlier copies that nobody has changed; the names of changed
    ones, which were left alone (none with `fresh`)."""
    kept, copied = [], {}
    with suppress(OSError, ValueError):
        copied = dict(json.loads((folder / COPIED).read_text(encoding="utf-8")))
    for source in sorted((paths.repository() / "notebooks").glob("*.ipynb")):
        target, now = folder / source.name, files.sha256(source)
        found = files.sha256(target) if target.is_file() else None
        if found == now:
            continue
        if fresh or found in (None, copied.get(source.name)):
            with files.replacing(target) as aside:
                shutil.copyfile(source, aside)
            copied[source.name] = now
        else:
            kept.append(source.name)
    files.write_json(folder / COPIED, copied)
    return kept
