"""Sweeps: the plan comes first, every cell ends with a row, the same call goes on, the test split stays shut."""

import json

import pytest

from ferkit import __main__ as command_line
from ferkit.core import locking
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.experiments import resumable
from ferkit.results import records
from ferkit.sweep import config, run
from ferkit.training import trainer

SMALL = {"models": ["lenet5"], "profile": "smoke", "epochs": 1, "set": {"batch_size": 210, "tta": "none"},
         "grid": {"lr": [0.001, 0.002]}}


def sweep(**changes):
    return config.of(SMALL | changes)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    lines = []
    return folder, run.run(sweep(), folder, device="cpu", say=lines.append), lines


def test_every_cell_ends_with_a_row_and_a_folder(finished):
    folder, rows, lines = finished
    assert [row["recipe"] for row in rows] == ["ours_lr0.001", "ours_lr0.002"]
    assert [row["state"] for row in rows] == ["finished", "finished"]
    assert all(0 < row["val_accuracy"] <= 1 and row["accuracy"] is None and row["epochs"] == 1 for row in rows)
    assert json.loads((folder / "sweep.json").read_text()) == rows
    assert lines[1].startswith("[2/2] synthetic lenet5/ours_lr0.002 seed 0  finished  validation ")
    status = resumable.read_status(folder / "sweep/lenet5/ours_lr0.002/seed0")
    assert status["config"]["recipe"]["lr"] == 0.002 and status["val_accuracy"] == rows[1]["val_accuracy"]


def test_the_plan_names_every_cell_with_its_recipe(finished):
    plan = json.loads((finished[0] / "plan.json").read_text())
    assert [(entry["system"], entry["recipe"], entry["seed"], entry["config"]["lr"]) for entry in plan] == [
        ("lenet5", "ours_lr0.001", 0, 0.001), ("lenet5", "ours_lr0.002", 0, 0.002)]


def test_what_is_finished_is_not_trained_again(finished, monkeypatch):
    monkeypatch.setattr(trainer, "fit", lambda *_a, **_k: pytest.fail("trained again"))
    assert run.run(sweep(), finished[0], device="cpu") == finished[1]


def test_the_folder_of_another_sweep_is_refused(finished):
    with pytest.raises(InputError, match="another sweep's plan"):
        run.run(sweep(epochs=2), finished[0], device="cpu")


def test_two_at_once_in_one_folder_are_refused(tmp_path):
    with locking.only_one(tmp_path), pytest.raises(InputError, match="another run"):
        run.run(sweep(), tmp_path, device="cpu")


def test_the_plan_is_written_before_anything_is_trained(tmp_path, monkeypatch):
    def fit(*_, **__):
        assert len(json.loads((tmp_path / "plan.json").read_text())) == 2
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "fit", fit)
    with pytest.raises(KeyboardInterrupt):
        run.run(sweep(), tmp_path, device="cpu")


def test_an_error_in_one_cell_is_its_row_and_the_next_call_tries_again(tmp_path, monkeypatch):
    original = trainer.fit

    def fit(system, recipe, *arguments, **options):
        if recipe.lr == 0.001:
            raise OSError(28, "No space left on device")
        return original(system, recipe, *arguments, **options)

    monkeypatch.setattr(trainer, "fit", fit)
    rows = run.run(sweep(), tmp_path, device="cpu")
    assert [row["state"] for row in rows] == ["failed", "finished"] and "No space left" in rows[0]["error"]
    monkeypatch.undo()
    again = run.run(sweep(), tmp_path, device="cpu")
    assert [row["state"] for row in again] == ["finished", "finished"] and again[1] == rows[1]


def test_a_time_box_pauses_and_the_next_call_goes_on(tmp_path):
    rows = run.run(sweep(), tmp_path, device="cpu", max_minutes=1e-9)
    assert {row["state"] for row in rows} <= {"waiting", "paused"}
    assert [row["state"] for row in run.run(sweep(), tmp_path, device="cpu")] == ["finished"] * 2


def test_the_test_split_stays_shut_unless_it_is_asked_for(tmp_path, monkeypatch):
    seen = []
    original = FaceSet.part
    monkeypatch.setattr(FaceSet, "part", lambda self, name: seen.append(name) or original(self, name))
    run.run(sweep(grid={}), tmp_path / "shut", device="cpu")
    assert set(seen) == {"train", "val"}
    (row,) = run.run(sweep(grid={}, test=True), tmp_path / "open", device="cpu", max_minutes=10)
    (cell,) = records.read_run(tmp_path / "open")
    assert cell.metrics["accuracy"] == row["accuracy"] and cell.metrics["test_reads"] == 1
    assert row["state"] == cell.metrics["status"] and row["epochs"] == 1


SVM = {"models": ["gap_cnn_svm", "gap_cnn"], "seeds": [0, 1], "grid": {}, "test": True}


def test_an_svm_follows_the_network_under_it(tmp_path):
    groups = run._Work(sweep(**SVM), None, {}, "cpu", None).groups()
    assert [[(cell.system, cell.seed) for cell in group] for group in groups] == [
        [("gap_cnn", 0), ("gap_cnn_svm", 0)], [("gap_cnn", 1), ("gap_cnn_svm", 1)]]
    rows = run.run(sweep(**SVM | {"seeds": [0]}), tmp_path, device="cpu")
    assert [(row["system"], row["state"]) for row in rows] == [("gap_cnn_svm", "finished"), ("gap_cnn", "finished")]
    head, network = records.read_run(tmp_path)[::-1]
    assert head.metrics["features_sha256"] == network.metrics["weights_sha256"]
    assert rows[0]["accuracy"] == head.metrics["accuracy"]


def test_an_svm_waits_for_a_network_that_is_not_done(tmp_path, monkeypatch):
    original = trainer.fit
    monkeypatch.setattr(trainer, "fit", lambda *a, **k: original(*a, **k | {"max_minutes": 1e-9}))
    rows = run.run(sweep(**SVM | {"seeds": [0]}), tmp_path, device="cpu", max_minutes=10)
    assert [row["state"] for row in rows] == ["waiting", "paused"]


def test_the_command_prints_a_table_and_its_status_tells_of_failures(tmp_path, monkeypatch, capsys):
    (tmp_path / "s.json").write_text(json.dumps(SMALL | {"seeds": [0, 1], "grid": {}}))
    words = ["sweep", str(tmp_path / "s.json"), "--output", str(tmp_path / "out"), "--device", "cpu"]
    assert command_line.main(words) == 0
    table = capsys.readouterr().out.splitlines()[-2:]
    assert table[0].split()[:4] == ["data", "set", "network", "recipe"] and "2 finished" in table[1] and "±" in table[1]
    assert command_line.main([*words, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["state"] == "finished" and printed["failed"] == 0 and len(printed["cells"]) == 2
    monkeypatch.setattr(resumable, "train", lambda *_a, **_k: 1 / 0)
    assert command_line.main(words) == 1
    assert "failed: ZeroDivisionError" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["sweep"], ["sweep", "missing.toml"], ["sweep", "missing.toml", "--output", "out"],
                                   ["sweep", "missing.toml", "--output", "out", "--max-minutes", "0"]])
def test_bad_usage_is_one_line_and_status_2(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command_line.main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1 and list(tmp_path.iterdir()) == []
