"""The cost of sweeps: measured figures are there and sane, the estimate is arithmetic on published minutes."""

import json

import pytest

from ferkit.benchmarks import sweep


@pytest.fixture
def tree(tmp_path):
    """A published tree with two seeds of one network: 0.03 core-seconds for an image and epoch."""
    for seed, minutes in ((0, 4.0), (1, 6.0)):
        folder = tmp_path / f"03_gap_cnn_svm/lenet5/ours/seed{seed}"
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json.dumps(
            {"system": "lenet5", "minutes": minutes, "epochs": 10, "n_train": 1000}))
    return tmp_path


def test_the_estimate_scales_published_minutes(tree):
    found = sweep.estimate(tree, 120_000, seeds=3, gpu_images_per_second=1000)
    (one,) = found["systems"]
    assert (one["core_seconds_per_1000_images"], one["core_hours"]) == (30.0, 10.0)
    assert found["runs"] == 3 and found["core_hours"] == 30
    assert found["hours_on_cores"] == {1: 30.0, 8: 10.0, 30: 10.0, 200: 10.0}  # never below the longest run
    assert found["hours_on_gpus"][1] == 1.0 and found["gpu_images_per_second_for_a_day"] == 42


def test_without_a_gpus_throughput_none_is_estimated(tree):
    found = sweep.estimate(tree, 120_000)
    assert found["hours_on_gpus"] is None


def test_workers_and_a_large_folder_are_measured(tree, tmp_path):
    found = sweep.bench([1], finished=20) | {"estimate": sweep.estimate(tree, 1000)}
    (local,) = found["local"]
    assert local["runs"] == 3 and local["start_seconds"] > 0 and 100 < local["memory_mib"] < 20_000
    assert local["run_seconds"] < local["first_seconds"] + local["start_seconds"]
    assert found["finished"]["runs"] == 20 and found["finished"]["rows_seconds"] > 0
    written = sweep.write(found, tmp_path)
    assert [path.name for path in written] == ["cost.json", "cost.md"]
    assert json.loads(written[0].read_text())["local"] == found["local"] and "| 1 | 3 |" in written[1].read_text()
