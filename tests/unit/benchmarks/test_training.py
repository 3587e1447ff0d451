"""The benchmark of the training loops: its shape and its arithmetic; how fast anything is, no test asserts."""

import json

import numpy as np
import pytest
import torch

from ferkit import __main__ as command_line
from ferkit.benchmarks import training as bench_training
from ferkit.benchmarks.training import LOOPS, Files, bench, ratios, write_files
from ferkit.training.precision import computed_in


@pytest.fixture(scope="module")
def measured():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (10, 48, 48), dtype=np.uint8)
    return bench(["lenet5"], images, np.arange(10) % 7, batch_sizes=(4, 16), rounds=1, seconds=0.0, device="cpu")


def test_every_loop_is_measured_in_every_round_and_batch_size(measured):
    assert sorted((row["batch"], row["loop"]) for row in measured["rounds"]) == sorted(
        (batch, loop) for batch in (4, 16) for loop in LOOPS)
    assert all(row["images_per_second"] > 0 and row["model"] == "lenet5" for row in measured["rounds"])
    assert {row["dtype"] for row in measured["rounds"] if row["loop"] == "dataloader"} == {"float32"}
    ours = {"bf16": "bfloat16", "fp32": "float32"}[computed_in("bf16", torch.device("cpu"))]
    assert {row["dtype"] for row in measured["rounds"] if row["loop"] != "dataloader"} == {ours}


def test_ours_and_bare_take_turns_every_few_steps():
    calls = []
    speeds = bench_training._take_turns({"ours": lambda: calls.append("ours"), "bare": lambda: calls.append("bare")}, 4,
                                        1e-5, torch.device("cpu"))
    warm = sum(bench_training.WARM_UP[loop] for loop in ("ours", "bare"))
    steps = bench_training.STEPS
    assert calls[warm:warm + 2 * steps] == ["ours"] * steps + ["bare"] * steps and calls.count("ours") > warm
    assert all(speed > 0 for speed in speeds.values())


def test_the_ratios_are_those_of_the_first_batch_size_and_everything_is_json(measured):
    assert measured["ratios"]["lenet5"] == measured["by_batch"]["lenet5"]["4"]
    assert set(measured["ratios"]["lenet5"]) == {"bare", "dataloader"}
    assert json.loads(json.dumps(measured)) == measured


def test_a_ratio_is_the_median_of_what_was_measured_side_by_side():
    rows = [{"loop": loop, "images_per_second": speed} for loop, speeds in
            {"ours": [10, 20, 30], "bare": [10, 40, 30], "dataloader": [5, 5, 5]}.items() for speed in speeds]
    assert ratios(rows) == {"bare": 1.0, "dataloader": 4.0}


def test_the_limit_counts_a_linear_layers_multiplications_thrice(measured):
    """LeNet-5: forward, gradient of the weights, gradient of the inputs; the first layer has no inputs to derive by."""
    first, second = 6 * 25 * 44 * 44, 16 * 6 * 25 * 18 * 18
    dense = 16 * 81 * 120 + 120 * 84 + 84 * 7
    expected = 2 * (2 * first + 3 * second + 3 * dense) / 1e9
    assert measured["limits"]["lenet5"]["gflop_per_image"] == pytest.approx(expected, rel=0.01)


def test_the_textbooks_files_hold_the_pixels(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    data = Files(write_files(tmp_path, images), np.array([4, 5, 6]), lambda image: torch.tensor(np.asarray(image)))
    assert len(data) == 3 and data[1][1] == 5 and np.array_equal(data[1][0].numpy(), images[1])


def test_the_command_prints_the_contracts_keys(measured, monkeypatch, capsys):
    monkeypatch.setattr(bench_training, "bench", lambda *_a, **_k: measured)
    assert command_line.main(["bench", "training", "--model", "lenet5", "--json"]) == 0
    assert {"rounds", "ratios"} <= set(json.loads(capsys.readouterr().out))
    assert command_line.main(["bench", "training", "--model", "lenet5"]) == 0
    assert "% of the bare loop" in capsys.readouterr().out
