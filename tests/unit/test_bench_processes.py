"""The benchmark of processes: its shape and its arithmetic; how fast anything is, no test asserts."""

import json

import pytest

from ferkit import __main__ as command_line
from ferkit import bench_processes
from ferkit.bench_processes import arrangements, ratios
from ferkit.errors import InputError


def test_the_usual_way_comes_first_and_all_use_all_cores():
    usual, together, side_by_side = arrangements(4)
    assert (usual.processes, usual.threads, usual.keep) == (1, 4, False)
    assert (together.processes, together.threads, together.keep) == (1, 4, True)
    assert (side_by_side.processes, side_by_side.threads, side_by_side.keep) == (4, 1, True)


def test_a_ratio_is_the_median_of_what_was_measured_in_one_round():
    rows = [{"arrangement": name, "round": k, "images_per_second": speed} for name, speeds in
            {"usual": [10, 20, 30], "together": [11, 40, 30], "side by side": [20, 40, 60]}.items()
            for k, speed in enumerate(speeds)]
    assert ratios(rows[::-1]) == {"together": 1.1, "side by side": 2.0}


def test_every_arrangement_is_measured_in_processes_of_its_own(capsys):
    assert command_line.main(["bench", "processes", "--models", "lenet5", "--batch", "8", "--rounds", "1",
                              "--seconds", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["arrangement"] for row in found["rounds"]] == ["usual", "together", "side by side"]
    assert all(row["images_per_second"] > 0 for row in found["rounds"])
    assert set(found["ratios"]["lenet5"]) == {"together", "side by side"}


def test_a_process_that_ends_early_is_told():
    with pytest.raises(InputError, match="ended early"):
        bench_processes._measure(arrangements(1)[0], "dance", 8, 0.0)
