"""The whole replication at its smallest: everything the contract names is there, and a second start does nothing."""

import json
import subprocess
import sys

import pytest

from ferkit import claims, papers
from ferkit.core import files
from ferkit.papers import replication, training
from ferkit.results import manifest, records


def _start(smoke_run, *words):
    command = [sys.executable, "-m", "ferkit", "run", "--profile", "smoke", "--device", "cpu", "--output",
               str(smoke_run.parent), *words]
    return subprocess.run(command, capture_output=True, text=True)


def test_it_leaves_the_contracts_files(smoke_run):
    for name in ("claims.json", "manifest.json", "report.html"):
        assert (smoke_run / name).stat().st_size > 0
    executed = sorted(path.name for path in (smoke_run / "notebooks").iterdir() if not path.name.startswith("."))
    assert executed == sorted(f"{stem}.ipynb" for stem in replication.stems())


def test_every_planned_cell_is_whole_and_readable(smoke_run):
    found = {(one.cell.notebook, one.cell.system, one.cell.recipe) for one in records.read_run(smoke_run)}
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
        hashes.setdefault(papers.system(one.cell.system).kind.name, set()).add(one.metrics["data_sha256"])
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


def test_a_second_start_runs_nothing_and_ends_with_the_table_and_the_report(smoke_run):
    before = {path: path.stat().st_mtime_ns for path in smoke_run.rglob("*.ipynb")}
    done = _start(smoke_run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("up to date") == len(replication.stems())
    assert done.stdout.rstrip().endswith("report.html")
    assert {path: path.stat().st_mtime_ns for path in smoke_run.rglob("*.ipynb")} == before
    assert done.stderr == ""


def test_a_dry_run_agrees(smoke_run):
    done = _start(smoke_run, "--dry-run")
    assert done.stdout.count("up to date") == len(replication.stems())
