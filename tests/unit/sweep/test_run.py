"""Sweeps: the plan comes first, every trained system ends with a row, the same call goes on, the test split stays
shut."""

import json
import shutil

import pytest

from ferkit import __main__ as command_line
from ferkit.core import lease
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.experiments import resumable
from ferkit.results import records
from ferkit.sweep import config, run
from ferkit.sweep import rows as rows_of
from ferkit.sweep.worker import Worker
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


def test_every_trained_system_ends_with_a_row_and_a_folder(finished):
    folder, rows, lines = finished
    assert [row["recipe"] for row in rows] == ["ours_lr0.001", "ours_lr0.002"]
    assert [row["state"] for row in rows] == ["finished", "finished"]
    assert all(0 < row["val_accuracy"] <= 1 and row["accuracy"] is None and row["epochs"] == 1 for row in rows)
    assert json.loads((folder / "sweep.json").read_text()) == rows
    assert lines[1].startswith("[2/2] synthetic lenet5/ours_lr0.002 seed 0  finished  validation ")
    status = resumable.read_status(folder / "sweep/lenet5/ours_lr0.002/seed0")
    assert status["config"]["recipe"]["lr"] == 0.002 and status["val_accuracy"] == rows[1]["val_accuracy"]


def test_the_plan_names_every_trained_system_with_its_recipe(finished):
    plan = json.loads((finished[0] / "plan.json").read_text())
    assert [(entry["system"], entry["recipe"], entry["seed"], entry["config"]["lr"]) for entry in plan] == [
        ("lenet5", "ours_lr0.001", 0, 0.001), ("lenet5", "ours_lr0.002", 0, 0.002)]


def test_what_is_finished_is_not_trained_again(finished, monkeypatch):
    monkeypatch.setattr(trainer, "fit", lambda *_a, **_k: pytest.fail("trained again"))
    assert run.run(sweep(), finished[0], device="cpu") == finished[1]


@pytest.mark.parametrize("changes", [{"epochs": 2}, {"protocol": "official+train100"}])
def test_the_folder_of_another_sweep_is_refused(finished, changes):
    with pytest.raises(InputError, match="another sweep's plan"):
        run.run(sweep(**changes), finished[0], device="cpu")


def test_what_was_trained_on_other_data_is_not_taken_for_these(finished, tmp_path, monkeypatch, faces):
    monkeypatch.setattr(Worker, "faces", lambda self, task: faces())
    with pytest.raises(InputError, match="was trained on other data; name another --output"):
        run.run(sweep(), finished[0], device="cpu", data=tmp_path)
    shutil.copytree(finished[0], tmp_path / "half")
    shutil.rmtree(tmp_path / "half/sweep/lenet5/ours_lr0.002")
    with pytest.raises(InputError, match="was trained on other data; name another --output"):  # the environment's now
        run.run(sweep(), tmp_path / "half", device="cpu")


def test_data_of_finished_runs_are_not_read_where_open_ones_need_others(tmp_path, monkeypatch):
    both = sweep(models=["gru", "lenet5"], grid={"lr": [0.001]})
    run.run(both, tmp_path, device="cpu")
    shutil.rmtree(tmp_path / "sweep/lenet5")
    known, read = Worker.faces, []
    monkeypatch.setattr(Worker, "faces", lambda self, task: read.append(task.job.system.kind.name) or known(self, task))
    run.run(both, tmp_path, device="cpu")
    assert set(read) == {"image"}


def test_a_plan_written_before_it_told_the_protocol_goes_on(finished):
    path = finished[0] / "plan.json"
    rows = json.loads(path.read_text())
    path.write_text(json.dumps([{k: v for k, v in row.items() if k != "protocol"} for row in rows]))
    assert run.run(sweep(), finished[0], device="cpu") == finished[1]


def test_a_run_that_another_command_has_is_left_to_it_and_waited_for(tmp_path, monkeypatch):
    others = lease.take(tmp_path / "sweep/lenet5/ours_lr0.001/seed0", None)
    asked = []

    def sleep(seconds):
        """The other command ends while we wait: it is interrupted."""
        asked.append([task.row()["state"] for task in rows_of.tasks(sweep(), tmp_path)])
        others.give_back("paused")

    monkeypatch.setattr(run.time, "sleep", sleep)
    ended = run.run(sweep(), tmp_path, device="cpu")
    assert asked == [["running", "finished"]]
    assert [row["state"] for row in ended] == ["finished", "finished"]
    assert lease.latest(tmp_path / "sweep/lenet5/ours_lr0.001/seed0").number == 2


def test_the_plan_is_written_before_anything_is_trained(tmp_path, monkeypatch):
    def fit(*_, **__):
        assert len(json.loads((tmp_path / "plan.json").read_text())) == 2
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "fit", fit)
    with pytest.raises(KeyboardInterrupt):
        run.run(sweep(), tmp_path, device="cpu")


def test_an_error_in_one_trained_system_is_its_row_and_the_next_call_tries_again(tmp_path, monkeypatch):
    original = trainer.fit

    def fit(system, recipe, *arguments, **options):
        if recipe.lr == 0.001:
            raise OSError(28, "No space left on device")
        return original(system, recipe, *arguments, **options)

    monkeypatch.setattr(trainer, "fit", fit)
    rows = run.run(sweep(), tmp_path, device="cpu")
    assert [row["state"] for row in rows] == ["failed", "finished"] and "No space left" in rows[0]["error"]
    log = (tmp_path / "sweep/lenet5/ours_lr0.001/seed0" / rows[0]["log"]).read_text()
    assert log.startswith("Traceback") and "No space left" in log
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
    (entry,) = records.read_run(tmp_path / "open")
    assert entry.metrics["accuracy"] == row["accuracy"] and entry.metrics["test_reads"] == 1
    assert row["state"] == entry.metrics["status"] and row["epochs"] == 1


SVM = {"models": ["gap_cnn_svm", "gap_cnn"], "seeds": [0, 1], "grid": {}, "test": True}


def test_an_svm_follows_the_network_under_it(tmp_path):
    groups = rows_of.groups(rows_of.tasks(sweep(**SVM), tmp_path))
    assert [[(task.job.system.name, task.job.seed) for task in group] for group in groups] == [
        [("gap_cnn", 0), ("gap_cnn_svm", 0)], [("gap_cnn", 1), ("gap_cnn_svm", 1)]]
    rows = run.run(sweep(**SVM | {"seeds": [0]}), tmp_path, device="cpu")
    assert [(row["system"], row["state"]) for row in rows] == [("gap_cnn_svm", "finished"), ("gap_cnn", "finished")]
    head, network = records.read_run(tmp_path)[::-1]
    assert head.metrics["features_sha256"] == network.metrics["weights_sha256"]
    assert rows[0]["accuracy"] == head.metrics["accuracy"]


def test_an_svm_waits_for_a_network_that_is_not_done(tmp_path, monkeypatch):
    original, begun = trainer.fit, []

    def fit(*arguments, **options):
        begun.append(1)
        return original(*arguments, **options | {"max_minutes": 1e-9})

    monkeypatch.setattr(trainer, "fit", fit)
    monkeypatch.setattr(Worker, "late", lambda self: bool(begun))
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
    words[3] = str(tmp_path / "another")
    assert command_line.main(words) == 1
    assert "failed: ZeroDivisionError" in capsys.readouterr().out


def test_a_dry_run_tells_how_each_run_stands_and_writes_nothing(finished, tmp_path, capsys):
    (tmp_path / "s.json").write_text(json.dumps(SMALL))
    words = ["sweep", str(tmp_path / "s.json"), "--dry-run", "--output"]
    assert command_line.main([*words, str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out.count("1 waiting") == 2 and [path.name for path in tmp_path.iterdir()] == ["s.json"]
    assert command_line.main([*words, str(finished[0])]) == 0
    assert capsys.readouterr().out.count("1 finished") == 2


def test_a_huge_sweep_is_counted_not_made_and_asks_for_yes(tmp_path, capsys):
    (tmp_path / "s.json").write_text(json.dumps({"models": ["lenet5"], "seeds": [0, 1], "grid": {
        name: list(range(100)) for name in ("lr", "momentum", "ema", "clip")}}))
    assert command_line.main(["sweep", str(tmp_path / "s.json"), "--output", str(tmp_path / "out")]) == 2
    assert "200,000,000 runs; give --yes" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "says"), [
    (["--jobs", "0"], "argument --jobs"), (["--table", "rows.xlsx"], ".csv, .parquet, .tex"),
    (["--table", "nowhere/rows.csv"], "no folder"), (["--backend", "slurm"], "no srun here"),
    (["--backend", "slurm", "--time", "0"], "argument --time")])
def test_what_a_backend_cannot_do_is_one_line_and_status_2(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda _: None)
    (tmp_path / "s.json").write_text(json.dumps(SMALL))
    assert command_line.main(["sweep", "s.json", "--output", "out", *words]) == 2
    assert says in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_system_over_time_gets_its_sequences(tmp_path):
    rows = run.run(sweep(models=["frames_mean"], grid={}, set={"batch_size": 32}), tmp_path, device="cpu")
    assert [(row["system"], row["state"]) for row in rows] == [("frames_mean", "finished")]


def test_a_sweep_takes_leases_and_no_file_locks(tmp_path, monkeypatch):
    monkeypatch.setattr("fcntl.flock", lambda *_: pytest.fail("a lock, which network file systems often lack"))
    assert [row["state"] for row in run.run(sweep(), tmp_path, device="cpu")] == ["finished", "finished"]


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_a_finished_run_whose_weights_are_gone_or_damaged_is_made_again(finished, harm, capsys):
    folder, rows, _ = finished
    harm(folder / "sweep/lenet5/ours_lr0.001/seed0/weights.safetensors")
    assert [task.row()["state"] for task in rows_of.tasks(sweep(), folder)] == ["waiting", "finished"]
    again = run.run(sweep(), folder, device="cpu")
    assert [row["weights_sha256"] for row in again] == [row["weights_sha256"] for row in rows]
    assert "missing or damaged" in capsys.readouterr().err


def test_what_an_interruption_left_out_after_the_result_is_made_up_and_nothing_trained(tmp_path, monkeypatch):
    (row,) = run.run(sweep(test=True, grid={"lr": [0.001]}), tmp_path, device="cpu")
    left = tmp_path / "03_gap_cnn_svm/lenet5/ours_lr0.001/seed0/checkpoints"
    left.mkdir()
    made_up = []
    monkeypatch.setattr("ferkit.experiments.jobs._measure_more", lambda job, *_: made_up.append(job.system.name))
    monkeypatch.setattr("ferkit.experiments.jobs._run_network", lambda *_: pytest.fail("trained again"))
    assert run.run(sweep(test=True, grid={"lr": [0.001]}), tmp_path, device="cpu") == [row]
    assert made_up == ["lenet5"] and not left.exists()
