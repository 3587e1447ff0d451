"""ferkit.results.records: a trained system is whole or not there, and what was edited is refused."""

import hashlib
import json
import os

import numpy as np
import pytest

from ferkit.core.errors import DataChanged, InputError
from ferkit.core.labels import LABELS
from ferkit.results import predictions, records, schema

CONFIG = "c" * 64


def make_metrics(key, summary, **changes):
    return {"dataset": "synthetic", "data_sha256": "d" * 64, "protocol": "official", "split": "test",
            "system": key.system, "recipe": key.recipe, "seed": key.seed, "val_accuracy": 0.5,
            "best_epoch": 1, "tta": "none", "accuracy_no_tta": summary["accuracy"], "parameters": 10,
            "test_reads": 1, "minutes": 0.1, "device": "cpu", "status": "finished",
            "config_sha256": CONFIG,
            **summary, **changes}


def make_predictions(n=21, wrong=5, seed=0):
    labels = np.arange(n) % 7
    predicted = labels.copy()
    predicted[:wrong] = (predicted[:wrong] + 1) % 7
    scores = np.random.default_rng(seed).normal(size=(n, 7)).astype(np.float32)
    return {"index": np.arange(100, 100 + n), "labels": labels, "predicted": predicted, "scores": scores,
            "label_names": np.array(LABELS)}


def write(root, system="gap_cnn", recipe="ours", seed=0, predictions=None, **changes):
    key = records.SystemKey("03_gap_cnn_svm", system, recipe, seed)
    arrays = make_predictions() if predictions is None else predictions
    summary = records.summarise(arrays["labels"], arrays["predicted"], LABELS)
    history = [{"epoch": 1, "train_loss": 1.5, "val_accuracy": 0.5}, {"epoch": 2, "train_loss": float("nan")}]
    metrics = make_metrics(key, summary, **changes)
    return records.write_result(key.directory(root), metrics=metrics, predictions=arrays, history=history,
                              weights=lambda path: path.write_bytes(b"weights"))


def test_a_trained_system_read_back_is_the_trained_system_that_was_written(tmp_path):
    written = write(tmp_path)
    read = records.read_result(tmp_path / "03_gap_cnn_svm" / "gap_cnn" / "ours" / "seed0")
    assert read.key == records.SystemKey("03_gap_cnn_svm", "gap_cnn", "ours", 0)
    assert read.metrics == written.metrics
    assert read.metrics["accuracy"] == pytest.approx(16 / 21)
    assert {name: array.dtype.name for name, array in read.predictions.items() if name != "label_names"} == {
        "index": "int64", "labels": "int64", "predicted": "int64", "scores": "float32"}
    assert tuple(read.predictions["label_names"]) == LABELS
    assert read.history[0] == {"epoch": 1, "train_loss": 1.5, "val_accuracy": 0.5}
    assert np.isnan(read.history[1]["train_loss"]) and read.history[1]["val_accuracy"] is None
    assert read.matrix.tolist() == read.metrics["confusion_matrix"]


def test_the_recorded_hashes_are_those_of_the_files(tmp_path):
    found = write(tmp_path)
    for name in ("weights.safetensors", "predictions.npz"):
        digest = hashlib.sha256((found.directory / name).read_bytes()).hexdigest()
        assert found.metrics[f"{name.split('.')[0]}_sha256"] == digest
    assert sorted(os.listdir(found.directory)) == ["history.csv", "metrics.json", "predictions.npz",
                                                   "weights.safetensors"]


def test_equal_predictions_give_equal_bytes_whatever_order_and_dtype_they_come_in(tmp_path):
    first = write(tmp_path, seed=0)
    arrays = {name: array.astype(np.int32) if array.dtype.kind == "i" else array
              for name, array in reversed(make_predictions().items())}
    second = write(tmp_path, seed=1, predictions=arrays)
    assert first.metrics["predictions_sha256"] == second.metrics["predictions_sha256"]
    other = write(tmp_path, seed=2, predictions=make_predictions(seed=1))
    assert other.metrics["predictions_sha256"] != first.metrics["predictions_sha256"]


def test_summarise_counts_by_class_and_leaves_copies_out():
    labels, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    copies = np.array([True, False, False, True])
    summary = records.summarise(labels, predicted, ("a", "b", "c"), copies=copies)
    assert summary["accuracy"] == 0.75
    assert summary["accuracy_without_copies"] == 0.5 and summary["n_without_copies"] == 2
    assert summary["per_class"]["a"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3),
                                         "support": 2}
    assert summary["per_class"]["c"]["support"] == 0
    assert summary["ece"] is None
    assert json.loads(json.dumps(summary)) == summary


def test_without_known_copies_the_two_keys_are_null():
    summary = records.summarise(np.array([0]), np.array([0]), ("a", "b"))
    assert summary["accuracy_without_copies"] is None and summary["n_without_copies"] is None


def test_a_diverged_run_without_predictions_is_a_result(tmp_path):
    key = records.SystemKey("02_stn_attention", "deep_emotion", "published_lr0.1", 0)
    summary = dict.fromkeys(("accuracy", "accuracy_without_copies", "n_without_copies", "macro_f1", "uar",
                             "confusion_matrix", "val_accuracy", "best_epoch"))
    metrics = make_metrics(key, {**summary, "n": 0}, status="diverged", accuracy_no_tta=None)
    found = records.write_result(key.directory(tmp_path), metrics=metrics, predictions=None, history=[],
                               weights=None)
    assert found.metrics["status"] == "diverged" and found.metrics["accuracy"] is None
    assert found.predictions == {} and found.history == []
    assert records.read_whole(found.directory)


def test_a_finished_run_without_predictions_is_refused(tmp_path):
    key = records.SystemKey("02_stn_attention", "deep_emotion", "ours", 0)
    summary = dict.fromkeys(schema.load("metrics")["then"]["properties"].keys() - {"status"})
    with pytest.raises(ValueError, match="no predictions"):
        records.write_result(key.directory(tmp_path), metrics=make_metrics(key, {**summary, "n": 0}),
                           predictions=None, history=[], weights=None)
    assert not (key.directory(tmp_path) / "metrics.json").exists()


@pytest.mark.parametrize(("changes", "says"), [
    ({"accuracy": 0.99}, "accuracy"), ({"accuracy": 70.0}, "accuracy"), ({"status": "good"}, "status"),
    ({"val_accuracy": -0.1}, "val_accuracy"), ({"seed": "0"}, "seed"), ({"tta": "both"}, "tta"),
    ({"split": "PrivateTest"}, "split"), ({"data_sha256": "abc"}, "data_sha256"),
    ({"parameters": 1.5}, "parameters"), ({"minutes": float("nan")}, "minutes"), ({"n": 20},
    "n does not"), ({"system": ""}, "system"),
    ({"confusion_matrix": [[1, 2]]}, "confusion_matrix"), ({"accuracy": None}, "accuracy"),
    ({"robustness": {"noise": float("inf")}}, "JSON")])
def test_metrics_outside_the_schema_are_not_written(tmp_path, changes, says):
    with pytest.raises(ValueError, match=says):
        write(tmp_path, **changes)
    assert not list(tmp_path.rglob("metrics.json"))


def test_validate_names_a_missing_key(tmp_path):
    metrics = write(tmp_path).metrics
    assert schema.problems("metrics", metrics) == []
    del metrics["uar"]
    assert schema.problems("metrics", metrics) == ["uar is missing"]


@pytest.mark.parametrize("change", [
    {"labels": np.arange(20) % 7}, {"scores": np.zeros((21, 6))}, {"labels": None},
    {"image": np.zeros((21, 48, 48))}, {"predicted": np.linspace(0, 1, 21)},
    {"scores": np.full((21, 7), np.nan)}, {"index": np.zeros(21, dtype=int)}, {"labels": np.arange(21) % 8}])
def test_arrays_other_than_the_contracts_are_not_written(tmp_path, change):
    arrays = {**make_predictions(), **change}
    key = records.SystemKey("03_gap_cnn_svm", "gap_cnn", "ours", 0)
    good = make_predictions()
    metrics = make_metrics(key, records.summarise(good["labels"], good["predicted"], LABELS))
    with pytest.raises(ValueError, match=r"label|array|whole numbers"):
        records.write_result(key.directory(tmp_path), metrics=metrics, predictions=arrays, history=[],
                           weights=None)
    assert not list(tmp_path.rglob("metrics.json"))


def test_edited_predictions_are_refused_by_their_hash(tmp_path):
    found = write(tmp_path)
    arrays = make_predictions(wrong=0)
    predictions.write_arrays(found.directory / "predictions.npz", arrays)
    with pytest.raises(DataChanged, match=r"predictions\.npz.*sha256"):
        records.read_result(found.directory)
    assert records.read_whole(found.directory) is None


def test_an_edited_accuracy_is_refused_by_the_predictions(tmp_path):
    found = write(tmp_path)
    path = found.directory / "metrics.json"
    path.write_text(json.dumps({**found.metrics, "accuracy": 0.99}))
    with pytest.raises(DataChanged, match=r"metrics\.json: accuracy is 0\.9900, but .* give 0\.7619"):
        records.read_result(found.directory)


@pytest.mark.parametrize("name", ["metrics.json", "predictions.npz", "history.csv"])
def test_a_missing_file_is_named(tmp_path, name):
    found = write(tmp_path)
    (found.directory / name).unlink()
    with pytest.raises(InputError, match=f"{name}: missing"):
        records.read_result(found.directory)


@pytest.mark.parametrize(("name", "content"), [
    ("metrics.json", b"{\"schema\": 1, \"acc"), ("metrics.json", b"[]"), ("metrics.json", b"\xff\xfe"),
    ("history.csv", b"\xff\xfe\x00")])
def test_a_damaged_file_is_named(tmp_path, name, content):
    found = write(tmp_path)
    (found.directory / name).write_bytes(content)
    with pytest.raises(InputError, match=f"gap_cnn/ours/seed0/{name}"):
        records.read_result(found.directory)


def test_an_npz_cut_off_and_one_that_hides_an_object_are_named(tmp_path):
    path = tmp_path / "predictions.npz"
    predictions.write_arrays(path, make_predictions())
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"predictions\.npz: damaged"):
        predictions.read_arrays(path)
    np.savez(path, labels=np.array([{"not": "numbers"}], dtype=object))
    with pytest.raises(InputError, match=r"predictions\.npz: damaged"):
        predictions.read_arrays(path)
    np.savez(path, **make_predictions(), image=np.zeros((21, 48, 48), dtype=np.uint8))
    with pytest.raises(InputError, match="array image is not one"):
        predictions.read_arrays(path)


def test_a_trained_system_moved_into_another_trained_systems_folder_is_refused(tmp_path):
    found = write(tmp_path, system="lenet5")
    moved = found.directory.parents[2] / "gap_cnn" / "ours" / "seed0"
    moved.parent.mkdir(parents=True)
    found.directory.rename(moved)
    with pytest.raises(InputError, match="wrong folder"):
        records.read_result(moved)


def test_a_whole_trained_system_has_the_weights_it_was_tested_with(tmp_path):
    found = write(tmp_path)
    assert records.read_whole(found.directory)
    assert records.read_whole(found.directory.with_name("seed1")) is None
    (found.directory / "weights.safetensors").write_bytes(b"other")
    assert records.read_result(found.directory)
    assert records.read_whole(found.directory) is None


def test_a_failed_trained_system_is_tried_again(tmp_path):
    found = write(tmp_path, status="failed")
    assert records.read_whole(found.directory) is None


def test_a_kill_while_writing_leaves_no_metrics_and_no_half_file(tmp_path):
    found = write(tmp_path)

    def killed(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        records.write_result(found.directory, metrics=found.metrics, predictions=make_predictions(), history=[],
                           weights=killed)
    assert (found.directory / "weights.safetensors").read_bytes() == b"weights"
    assert not (found.directory / "metrics.json").exists()
    assert not list(found.directory.glob(".*"))


def test_a_rerun_without_weights_leaves_none_of_the_old_ones(tmp_path):
    found = write(tmp_path)
    again = records.write_result(found.directory, metrics=found.metrics, predictions=make_predictions(),
                               history=[], weights=None)
    assert again.metrics["weights_sha256"] is None
    assert not (found.directory / "weights.safetensors").exists()


def test_a_run_is_read_in_order_of_names_and_numbers_of_seeds(tmp_path):
    for seed in (10, 2):
        write(tmp_path, seed=seed)
    write(tmp_path, system="lenet5")
    (tmp_path / "03_gap_cnn_svm" / "gap_cnn" / "ours" / "seed3").mkdir()  # not finished: no result
    assert [found.key.name for found in records.read_run(tmp_path)] == [
        "gap_cnn/ours/seed2", "gap_cnn/ours/seed10", "lenet5/ours/seed0"]
    with pytest.raises(InputError, match="no such folder"):
        records.read_run(tmp_path / "nowhere")


def test_neighbouring_frames_of_a_recording_hang_together_and_a_persons_images_do(tmp_path):
    people = make_predictions() | {"groups": np.arange(21) // 3}
    for dataset, groups in (("synthetic", None), ("gfe", np.arange(100, 121) // 50)):
        found = write(tmp_path / dataset, dataset=dataset)
        assert found.groups is groups or found.groups.tolist() == groups.tolist()
    assert write(tmp_path / "people", predictions=people).groups.tolist() == people["groups"].tolist()
    alone = records.Result(found.key, tmp_path, found.metrics, {}, [])
    assert alone.groups is None  # nothing was tested
