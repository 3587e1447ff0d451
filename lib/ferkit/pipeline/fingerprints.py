"""Fingerprints of notebooks: what a finished notebook depends on, as hashes."""

from __future__ import annotations

import ast
from pathlib import Path

from ferkit import papers
from ferkit.core import files, source_hashes
from ferkit.papers import replication
from ferkit.pipeline import parameters


def cells_sha256(notebook: Path) -> str:
    """The sha256 over a notebook's cells, text cells too: an executed copy must say what its source says."""
    cells = parameters.cells(notebook)
    return files.sha256_of([(cell["cell_type"], parameters.source_of(cell)) for cell in cells])


def library_sha256(stem: str) -> str:
    """The sha256 over the library's sources that a notebook imports, late imports included, and over the folders of the
    papers it is about: its own, or those of all whose results it reads."""
    about = {paper.id: papers.folder(paper) for paper in papers.all()
             if paper.notebook and paper.notebook.stem in (stem, *replication.reads(stem))}
    own = {name: files.sha256_tree(folder, folder.rglob("*.py")) for name, folder in about.items()}
    return files.sha256_of([source_hashes.sources_sha256(*sorted(imported(replication.file(stem)))), own])


def imported(notebook: Path) -> set[str]:
    """Module names that a notebook's code cells import; ``from a import b`` gives "a" and "a.b"."""
    code = "\n".join(parameters.source_of(cell) for cell in parameters.cells(notebook) if cell["cell_type"] == "code")
    return source_hashes.imported(ast.parse(code))
