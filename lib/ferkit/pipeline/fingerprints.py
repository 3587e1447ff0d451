"""Fingerprints of notebooks: what a finished notebook depends on, as hashes."""

from __future__ import annotations

from pathlib import Path

from ferkit.core import files
from ferkit.pipeline import parameters


def cells_sha256(notebook: Path) -> str:
    """The sha256 over a notebook's cells, text cells too: an executed copy must say what its source says."""
    cells = parameters.cells(notebook)
    return files.sha256_of([(cell["cell_type"], parameters.source_of(cell)) for cell in cells])
