"""``lab``: JupyterLab on copies of the notebooks, so that opening and running them leaves the checkout as it is."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ferkit.cli import options
from ferkit.core import paths
from ferkit.core.errors import InputError

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
    """Copy the checkout's notebooks to `folder`; the names of copies that differ from them and were left alone (none
    with `fresh`)."""
    kept = []
    for source in sorted((paths.repository() / "notebooks").glob("*.ipynb")):
        target = folder / source.name
        if not fresh and target.is_file():
            kept += [source.name] * (target.read_bytes() != source.read_bytes())
        else:
            shutil.copyfile(source, target)
    return kept
