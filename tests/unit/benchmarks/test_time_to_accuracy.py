"""Minutes until a bound, from histories."""

from dataclasses import replace

import pytest

from ferkit.__main__ import main
from ferkit.benchmarks import time_to_accuracy


@pytest.fixture
def results(tmp_path, write_result):
    """Two seeds that reach 60 % after 2 and 3 minutes, a network that never does, and a head on the first."""
    def one(system, seed, values, **changes):
        history = [{"epoch": k, "val_accuracy": value, "seconds": 60.0 * k} for k, value in enumerate(values, 1)]
        return replace(write_result(tmp_path, system, seed=seed, **changes), history=history)

    return [one("lenet5", 0, (0.5, 0.6, 0.7)), one("lenet5", 1, (0.5, 0.59, 0.6)), one("gap_cnn", 0, (0.1, 0.2)),
            one("gap_cnn_svm", 0, (0.9,), features_of="03_gap_cnn_svm/gap_cnn/ours/seed0"), one("deep", 0, ())]


def test_the_first_epoch_at_the_bound_counts_and_seeds_make_mean_and_deviation(results):
    first, second = time_to_accuracy.measure(results, 0.6)
    assert (first["system"], first["seeds"], first["reached"], first["epochs"]) == ("lenet5", 2, 2, [2, 3])
    assert first["minutes"] == [2.0, 3.0] and first["minutes_mean"] == 2.5 and 0.70 < first["minutes_sd"] < 0.71
    assert (second["system"], second["reached"], second["minutes_mean"], second["best"]) == ("gap_cnn", 0, None, [0.2])
    lines = time_to_accuracy.page([first, second], 0.6)
    assert "60.0 %" in lines[0] and "2 of 2" in lines[2] and "2.5 ± 0.7" in lines[2] and "never" in lines[3]


def test_what_some_seeds_reach_stands_behind_what_all_do(results):
    assert [(row["system"], row["reached"]) for row in time_to_accuracy.measure(results, 0.65)] == [
        ("lenet5", 1), ("gap_cnn", 0)]
    assert time_to_accuracy.measure([], 0.6) == []


@pytest.mark.parametrize("words", [["--accuracy", "165"], ["."]])
def test_an_impossible_bound_and_a_folder_without_trainings_are_one_line(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "time-to-accuracy", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
