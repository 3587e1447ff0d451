"""``sweep`` with the test split open leaves what `publish` needs; ``plan --sweep`` writes its trained systems down
before."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from ferkit import __main__ as command_line
from ferkit.cli import options
from ferkit.core import paths
from ferkit.experiments.plan import PlanRow
from ferkit.papers import training
from ferkit.publishing import publish
from ferkit.results import manifest, provenance, records
from ferkit.training import inputs

OPEN = {"models": ["lenet5"], "profile": "smoke", "epochs": 1, "set": {"batch_size": 210, "tta": "none"}, "test": True}
CELL = "03_gap_cnn_svm/lenet5/ours/seed0/metrics.json"


def written(folder, **changes):
    path = folder / "small.json"
    path.write_text(json.dumps(OPEN | changes))
    return path


def test_a_sweep_that_opens_the_test_split_notes_what_it_made(tmp_path):
    output = tmp_path / "sweep"
    assert command_line.main(["sweep", str(written(tmp_path)), "--output", str(output), "--device", "cpu"]) == 0
    made = manifest.read(output)
    assert (made["dataset"], made["protocol"], made["profile"]) == ("synthetic", "official", "smoke")
    (entry,) = made["notebooks"].values()
    assert not manifest.changed(output, entry["outputs"]) and CELL in entry["outputs"]
    told = provenance.of(output)
    assert told.command(CELL) == "python -m ferkit sweep small.json --output DIR" and told.intact(CELL)


def test_an_empty_place_of_data_is_refused(tmp_path, capsys):
    asked = ["sweep", str(written(tmp_path, datasets=["ckplus"])), "--output", str(tmp_path / "sweep"), "--data", ""]
    assert command_line.main(asked) == 2 and "an empty name" in capsys.readouterr().err
    assert not (tmp_path / "sweep").exists()


def test_a_sweep_on_validation_alone_has_nothing_to_note(tmp_path):
    output = tmp_path / "sweep"
    command_line.main(["sweep", str(written(tmp_path, test=False)), "--output", str(output), "--device", "cpu"])
    assert not (output / manifest.NAME).exists() and not records.result_directories(output)


def test_a_sweeps_trained_systems_are_planned_before_it_runs(tmp_path, monkeypatch, capsys):
    listed = []
    monkeypatch.setattr(paths, "published_directory", lambda dataset, protocol="": tmp_path / "results" / dataset)
    monkeypatch.setattr(publish, "write_lists", lambda: listed.append("written") or [])
    for seeds in ([0], [0, 1]):
        assert command_line.main(["plan", "--sweep", str(written(tmp_path, seeds=seeds)), "--list"]) == 0
        assert len(listed) == len(seeds) - 1  # --list writes nothing
        assert command_line.main(["plan", "--sweep", str(written(tmp_path, seeds=seeds))]) == 0
    assert listed == ["written"] * 2  # else verify would call the plan a file that no publishing put there
    plan = json.loads((tmp_path / "results/synthetic/03_gap_cnn_svm/plan.json").read_text())
    assert [(e["system"], e["recipe"], e["seed"], e["config"]["epochs"]) for e in plan] == [
        ("lenet5", "ours", 0, 1), ("lenet5", "ours", 1, 1)]
    said = capsys.readouterr().out
    assert "plan.json" in said and said.count("lenet5/ours/seed0  ") == 2
    assert "synthetic/03_gap_cnn_svm/lenet5/ours/seed0  planned" in said and "ours/seed1  not planned" in said


@pytest.mark.parametrize(("notebook", "row", "trains"), [
    ("03", PlanRow("lenet5", "ours", 10), 700), ("08", PlanRow("gru", "ours", 10), 168)])
def test_fewer_training_images_lengthen_what_is_planned_as_the_run(notebook, row, trains, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "published_directory", lambda dataset, protocol="": tmp_path)
    monkeypatch.setattr(publish, "write_lists", lambda: [])
    monkeypatch.setattr(training, "_rows", lambda profile, stem: (row,))
    words = ["plan", "--dataset", "synthetic", "--protocol", "official+train700", "--profile", "quick"]
    assert command_line.main([*words, "--only", notebook]) == 0
    (plan,) = tmp_path.glob("*/plan.json")  # 168 sequences train, all of them
    assert json.loads(plan.read_text())[0]["config"] == training.recipe_of(row, "quick", trains).to_dict()


def test_a_plan_over_time_counts_sequences_not_images(tmp_path, monkeypatch):
    """As the run does: CK+'s plan of notebook 08 was for as many sequences as there are images."""
    monkeypatch.setattr(paths, "published_directory", lambda dataset, protocol="": tmp_path)
    monkeypatch.setattr(publish, "write_lists", lambda: [])
    monkeypatch.setattr(inputs.Input, "load", lambda kind, *data, **choices: SimpleNamespace(
        split=np.repeat("train", 90 if kind.read else 300)))
    monkeypatch.setattr(options, "data_and_protocol", lambda arguments: (tmp_path, "by_subject"))
    words = ["--only", "08", "--systems", "gru/ours", "--profile", "quick"]
    assert command_line.main(["plan", "--dataset", "ckplus", *words]) == 0
    (plan,) = tmp_path.glob("*/plan.json")
    row = training.rows("quick", "08_time_series", "gru/ours")[0]
    expected = [training.recipe_of(row, "quick", n).to_dict() for n in (90, 300)]
    assert json.loads(plan.read_text())[0]["config"] == expected[0] != expected[1]


def test_a_sweep_that_opens_no_test_split_is_not_planned(tmp_path, capsys):
    assert command_line.main(["plan", "--sweep", str(written(tmp_path, test=False))]) == 2
    assert "does not evaluate the test split" in capsys.readouterr().err
    assert command_line.main(["plan"]) == 2 and "--dataset" in capsys.readouterr().err


def test_a_plan_leaves_out_notebooks_that_cannot_run_on_the_data(tmp_path, monkeypatch, capsys):
    """JAFFE has no sequences: its plan must not ask for them."""
    monkeypatch.setattr(paths, "published_directory", lambda dataset, protocol="": tmp_path)
    monkeypatch.setattr(publish, "write_lists", lambda: [])
    monkeypatch.setattr(inputs.Input, "load", lambda kind, *data, **choices: SimpleNamespace(
        split=np.repeat("train", 100)))
    monkeypatch.setattr(options, "data_and_protocol", lambda arguments: (tmp_path, "by_subject"))
    assert command_line.main(["plan", "--dataset", "jaffe"]) == 0
    assert sorted(path.parent.name[:2] for path in tmp_path.glob("*/plan.json")) == ["02", "03", "06", "07", "09"]
    assert command_line.main(["plan", "--dataset", "jaffe", "--only", "08"]) == 2
    assert "nothing to train on jaffe" in capsys.readouterr().err
