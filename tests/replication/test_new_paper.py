"""A third paper is one folder and one notebook: made from the template, run, judged, reported; nothing else touched."""

import errno
import json
import os
import subprocess
import sys

import pytest

from ferkit import papers
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.papers import new_paper

NAME, SHORT = "toy2030_dots", "dots"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of outside papers with one in it, and the run of its notebook at smoke."""
    root = tmp_path_factory.mktemp("outside")
    made = new_paper.create(NAME, root / "papers")
    stem = next(path.stem for path in made if path.suffix == ".ipynb")
    done = ferkit(root, "run", "--profile", "smoke", "--device", "cpu", "--only", stem, "--output", root / "runs")
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    return root, stem


def ferkit(root, *words, known=True):
    surroundings = os.environ | {"PYTHONPATH": str(paths.repository() / "lib")}
    if known:
        surroundings["FERKIT_PAPERS"] = str(root / "papers")
    command = [sys.executable, "-m", "ferkit", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, cwd=root)


def run_of(root):
    return root / "runs" / "synthetic-smoke-seed0"


def test_the_command_names_what_to_run_next(tmp_path):
    done = ferkit(tmp_path, "new-paper", NAME, "--output", "other papers", known=False)
    *made, last = done.stdout.splitlines()
    (notebook,) = (name for name in made if name.endswith(".ipynb"))
    number = os.path.basename(notebook)[:2]
    assert last.startswith(f"next: FERKIT_PAPERS='other papers' python -m ferkit run --profile smoke --only {number}, ")


def test_a_folder_of_papers_that_is_not_there_is_told(tmp_path):
    done = ferkit(tmp_path, "claims", "--help")
    assert done.returncode == 0  # what needs no paper does not look
    done = ferkit(tmp_path, "run", "--list")
    assert done.returncode == 2
    assert done.stderr == f"ferkit: FERKIT_PAPERS: {tmp_path / 'papers'} is no folder; correct it or unset it\n"


def test_its_notebook_runs_among_the_papers_before_the_analyses(place):
    root, stem = place
    listed = [line for line in ferkit(root, "run", "--list").stdout.splitlines() if not line.startswith(" ")]
    assert listed.index("03_gap_cnn_svm") < listed.index(stem) < listed.index("04_occlusion_analysis")


def test_it_leaves_the_contracts_files_and_a_second_run_does_nothing(place):
    root, stem = place
    directory = run_of(root) / stem / SHORT / "published" / "seed0"
    assert {path.name for path in directory.iterdir()} == {"metrics.json", "predictions.npz", "history.csv",
                                                           "weights.safetensors"}
    again = ferkit(root, "run", "--profile", "smoke", "--device", "cpu", "--only", stem, "--output", root / "runs")
    assert again.returncode == 0 and "up to date" in again.stdout


def test_its_claim_is_judged_and_stands_in_the_report(place):
    root, _ = place
    rows = {row["id"]: row for row in json.loads((run_of(root) / "claims.json").read_text())}
    assert rows[f"{SHORT}.accuracy"]["observed"] is not None
    assert "Dots" in (run_of(root) / "report.html").read_text(encoding="utf-8")


def test_its_weights_answer_as_they_were_tested_and_without_the_folder_in_one_line(place):
    root, stem = place
    weights = run_of(root) / stem / SHORT / "published" / "seed0" / "weights.safetensors"
    words = ("evaluate", "--weights", weights, "--dataset", "synthetic", "--profile", "smoke", "--json")
    told = json.loads(ferkit(root, *words).stdout)
    assert told["accuracy"] == json.loads(weights.with_name("metrics.json").read_text())["accuracy"]
    unknown = ferkit(root, *words, known=False)
    assert unknown.returncode == 2 and unknown.stderr.count("\n") == 1 and "FERKIT_PAPERS" in unknown.stderr


def test_it_trains_in_parts_to_the_same_weights(place):
    root, _ = place
    words = ("train", "--dataset", "synthetic", "--profile", "smoke", "--model", SHORT, "--recipe", "published",
             "--set", "epochs=3", "--device", "cpu", "--json")
    paused = json.loads(ferkit(root, *words, "--output", root / "parts", "--max-minutes", "1e-9").stdout)
    assert paused["state"] == "paused"
    ended, whole = (json.loads(ferkit(root, *words, "--output", root / name).stdout) for name in ("parts", "whole"))
    assert ended["state"] == "finished" and ended["weights_sha256"] == whole["weights_sha256"]


@pytest.mark.parametrize("name", ["dots", "Toy2030_dots", "toy2030", "toy2030_dots; rm", "toy2030_lenet5"])
def test_a_name_of_another_form_or_taken_is_refused(name, tmp_path):
    with pytest.raises(InputError, match="new-paper"):
        new_paper.create(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_it_is_known_here():
    assert SHORT not in [one.name for one in papers.systems()]


def test_a_full_disk_leaves_no_half_of_a_paper(tmp_path, monkeypatch):
    written = []

    def full(path, text):
        if written:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        written.append(path)
        path.write_text(text)

    monkeypatch.setattr(new_paper.files, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        new_paper.create("wang2099_halved", tmp_path)
    assert written and not list(tmp_path.iterdir())
