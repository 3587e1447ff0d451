"""The whole replication at its smallest: everything the contract names is there, a second start does nothing, and the
committed references, replayed by nbval on this machine, keep the promises of each notebook.

nbval compares exactly, and passes a notebook that holds no outputs; so each reference is checked for what it holds, and
both ways of failing are shown to fail. The replays find the networks that the smoke run trained. All of it is one file,
since pytest-xdist gives a file to one process and the smoke run takes minutes.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from ferkit import claims, papers
from ferkit.core import files, paths
from ferkit.papers import replication, training
from ferkit.pipeline import parameters
from ferkit.results import manifest, records

_spec = importlib.util.spec_from_file_location("update_references", Path(__file__).with_name("update_references.py"))
update_references = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(update_references)
CHECKED = update_references.CHECKED
MEND = "run tests/notebooks/update_references.py and look at what changes"


def test_it_leaves_the_contracts_files(smoke_run):
    for name in ("claims.json", "manifest.json", "report.html"):
        assert (smoke_run / name).stat().st_size > 0
    executed = sorted(path.name for path in (smoke_run / "notebooks").iterdir() if not path.name.startswith("."))
    assert executed == sorted(f"{stem}.ipynb" for stem in replication.stems())


def test_every_planned_cell_is_whole_and_readable(smoke_run):
    found = {(one.key.notebook, one.key.system, one.key.recipe) for one in records.read_run(smoke_run)}
    planned = {(job.notebook, job.system.name, job.recipe_name)
               for notebook in papers.notebooks() for job in training.jobs("smoke", notebook.stem)}
    assert found == planned


def test_the_manifest_tells_the_hash_of_everything_that_was_made(smoke_run):
    found = manifest.read(smoke_run)
    recorded = {name: value for entry in found["notebooks"].values() for name, value in entry["outputs"].items()}
    recorded |= found["outputs"]
    there = {path.relative_to(smoke_run).as_posix(): files.sha256(path) for path in files.finished_files(smoke_run)}
    assert recorded == {name: value for name, value in there.items() if name != "manifest.json"}
    assert {entry["status"] for entry in found["notebooks"].values()} == {"finished"}
    hashes: dict[str, set] = {}  # sequences are another set of data than single images
    for one in records.read_run(smoke_run):
        hashes.setdefault(papers.system(one.key.system).kind.name, set()).add(one.metrics["data_sha256"])
    assert hashes["image"] == {found["data_sha256"]} and len(hashes["sequence"]) == 1


def test_the_verdicts_name_files_that_are_there(smoke_run):
    rows = json.loads((smoke_run / "claims.json").read_text())
    assert {row["verdict"] for row in rows} <= set(claims.VERDICTS)
    judged = [row for row in rows if row["verdict"] != "not_run"]
    assert len(judged) >= 5
    for row in judged:
        sources = row["source"].split("; ")
        assert all((smoke_run / source).is_file() for source in sources), row


@pytest.mark.parametrize("stem", replication.stems())
def test_an_executed_notebook_tells_no_path_and_no_warning(smoke_run, stem):
    text = (smoke_run / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8")
    for place in (smoke_run.parent, sys.prefix):
        assert str(place) not in text
    outputs = [out for cell in json.loads(text)["cells"] for out in cell.get("outputs", [])]
    assert [out["text"] for out in outputs if out.get("name") == "stderr"] == []


def test_a_second_start_runs_nothing_and_ends_with_the_table_and_the_report(smoke_run, run_smoke):
    before = {path: path.stat().st_mtime_ns for path in smoke_run.rglob("*.ipynb")}
    done = run_smoke(smoke_run.parent)
    assert done.stdout.count("up to date") == len(replication.stems())
    assert done.stdout.rstrip().endswith("report.html")
    assert {path: path.stat().st_mtime_ns for path in smoke_run.rglob("*.ipynb")} == before
    assert done.stderr == ""


def test_a_dry_run_agrees(smoke_run, run_smoke):
    done = run_smoke(smoke_run.parent, "--dry-run")
    assert done.stdout.count("up to date") == len(replication.stems())


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
