"""The committed references, replayed by nbval on this machine: the promises of each notebook, really compared.

nbval compares exactly, and passes a notebook that holds no outputs; so each reference is checked for what it
holds, and both ways of failing are shown to fail. The replays find the networks that the smoke run trained.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from ferkit.core import paths
from ferkit.papers import replication
from ferkit.pipeline import parameters

_spec = importlib.util.spec_from_file_location("update_references", Path(__file__).with_name("update_references.py"))
update_references = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(update_references)
CHECKED = update_references.CHECKED
MEND = "run tests/notebooks/update_references.py and look at what changes"


@pytest.fixture(params=replication.stems())
def reference(request):
    """One of the committed references."""
    return update_references.REFERENCES / f"{request.param}.ipynb"


@pytest.fixture(scope="module")
def runs(smoke_run, tmp_path_factory):
    """An output folder with a copy of the smoke run, which replays may write into."""
    place = tmp_path_factory.mktemp("replays")
    shutil.copytree(smoke_run, place / smoke_run.name)
    return place


def promises(path: Path) -> list[nbformat.NotebookNode]:
    """The cells of a reference that nbval really compares: checked, executed, with an output."""
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if CHECKED in cell.metadata.get("tags", [])
            and cell.execution_count and cell.outputs]


def replay(path: Path, output: Path) -> subprocess.CompletedProcess:
    """What nbval says to a reference, with the runs below `output`."""
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider",
               "-q", "--rootdir", str(path.parent), "-c", os.devnull, str(path)]
    environment = {**os.environ, "FERKIT_OUTPUT": str(output), "PYTHONPATH": str(paths.repository() / "lib")}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_a_reference_holds_at_least_three_promises_and_an_output_for_each(reference):
    tagged = [cell for cell in nbformat.read(reference, as_version=4).cells
              if CHECKED in cell.metadata.get("tags", [])]
    assert len(promises(reference)) == len(tagged) >= 3


def test_a_reference_is_its_notebook_as_it_is_now(reference):
    source = replication.file(reference.stem)
    now = [parameters.source_of(cell) for cell in parameters.cells(source) if cell["cell_type"] == "code"]
    then = [cell.source for cell in nbformat.read(reference, as_version=4).cells
            if "injected-parameters" not in cell.metadata.get("tags", [])]
    assert then == now, MEND


def test_a_reference_replays(reference, runs):
    done = replay(reference, runs)
    assert done.returncode == 0, f"{MEND}:\n{done.stdout[-3000:]}"


def test_a_changed_value_fails(tmp_path, runs):
    name = f"{replication.stems()[0]}.ipynb"
    notebook = nbformat.read(update_references.REFERENCES / name, as_version=4)
    first = next(cell for cell in notebook.cells if CHECKED in cell.metadata.get("tags", []) and cell.outputs)
    first.outputs[0].text = first.outputs[0].text.replace("disgust", "delight")
    nbformat.write(notebook, tmp_path / name)
    done = replay(tmp_path / name, runs)
    assert done.returncode == 1
    assert "delight" in done.stdout


def test_a_reference_without_outputs_fails(tmp_path):
    name = f"{replication.stems()[0]}.ipynb"
    notebook = nbformat.read(update_references.REFERENCES / name, as_version=4)
    for cell in notebook.cells:
        cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, tmp_path / name)
    assert promises(tmp_path / name) == []


def test_there_is_a_reference_for_every_notebook_and_none_besides():
    assert sorted(path.stem for path in update_references.REFERENCES.glob("*.ipynb")) == sorted(replication.stems())


def test_references_are_small_and_name_no_place():
    for path in update_references.REFERENCES.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        assert len(text) < 50_000
        assert str(paths.repository()) not in text
        assert str(Path.home()) + "/" not in text
