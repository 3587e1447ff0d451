#!/usr/bin/env python
"""Make the references that nbval replays anew: a smoke run, reduced to its code and its contract cells' outputs.

    python tests/notebooks/update_references.py

Look at `git diff tests/notebooks/references` before you commit: every changed line is a changed promise.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

REFERENCES = Path(__file__).resolve().parent / "references"
RUN = "synthetic-smoke-seed0"
CHECKED = "nbval-check-output"


def reduced(executed: Path) -> nbformat.NotebookNode:
    """The code cells of an executed notebook with their tags; outputs only where nbval is to compare them."""
    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if "injected-parameters" in tags:
            cell.id = "injected"  # papermill draws another one every time
        if CHECKED not in tags:
            cell.outputs, cell.execution_count = [], None
    return notebook


def smoke_run(output: Path) -> Path:
    """Run every notebook on the smoke profile below `output`; the run's folder."""
    command = [sys.executable, "-m", "ferkit", "run", "--profile", "smoke", "--device", "cpu", "--output", str(output)]
    subprocess.run(command, check=True)
    return output / RUN


def main() -> None:
    """Replace every reference by what a smoke run gives now."""
    REFERENCES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as output:
        for executed in sorted((smoke_run(Path(output)) / "notebooks").glob("*.ipynb")):
            text = nbformat.writes(reduced(executed), indent=1)
            (REFERENCES / executed.name).write_text(text + "\n", encoding="utf-8")
            print(REFERENCES / executed.name)


if __name__ == "__main__":
    main()
