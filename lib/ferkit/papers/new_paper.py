"""A new paper from a template: one folder and one notebook, which run as they stand."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path
from string import Template

from ferkit import papers
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.papers import replication

NAME = re.compile(r"[a-z]+(?:19|20)\d\d_[a-z][a-z0-9_]*")
NOTEBOOK = "notebook.ipynb.txt"


def create(name: str, output: Path | None = None) -> list[Path]:
    """Write the folder and the notebook of the paper `name` and return the files.

    name: ``<first author><year>_<short name>``; the short name becomes the id, the system's name and the notebook's.
    output: a folder named in FERKIT_PAPERS, in which the notebook then lies beside the code; None for the checkout.
    InputError, with nothing written, for a name of another form or one that is taken.
    """
    if not NAME.fullmatch(name):
        raise InputError(f"new-paper {name}: write <first author><year>_<short name>, e.g. wang2020_regions")
    short = name.partition("_")[2]
    taken = {one.name for one in papers.systems()} | {paper.id for paper in papers.all()}
    numbers = [int(notebook.stem[:2]) for notebook in replication.notebooks()]
    beside = output.glob("*/[0-9][0-9]_*.ipynb") if output else ()  # also where FERKIT_PAPERS does not name the folder
    number = 1 + max([*numbers, *(int(path.name[:2]) for path in beside)])
    values = {"package": name, "short": short, "number": f"{number:02d}", "stem": f"{number:02d}_{short}",
              "display": short.replace("_", " ").capitalize()}
    folder = (output or Path(papers.__file__).parent) / name
    notebook = (folder if output else paths.repository() / "notebooks") / f"{values['stem']}.ipynb"
    if short in taken or folder.exists() or notebook.exists():
        raise InputError(f"new-paper {name}: {short} is taken; choose another short name")
    texts = {source.name: Template(source.read_text(encoding="utf-8")).substitute(values)
             for source in (resources.files("ferkit.papers") / "template").iterdir()}
    targets = {source: notebook if source == NOTEBOOK else folder / source.removesuffix(".txt") for source in texts}
    try:
        paths.make_folder(folder)
        return [files.write_text(targets[source], text) for source, text in sorted(texts.items())]
    except OSError:  # a full disk: nothing half-written stays
        shutil.rmtree(folder, ignore_errors=True)
        notebook.unlink(missing_ok=True)
        raise
