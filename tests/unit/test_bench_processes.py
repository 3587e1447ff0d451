"""The benchmark of processes: its shape and its arithmetic; how fast anything is, no test asserts."""

import itertools
import json

import pytest

from ferkit import __main__ as command_line
from ferkit import bench_processes
from ferkit.bench_processes import arrangements, ratios
from ferkit.errors import InputError

NAMES = ["as torch has it", "memory kept", "and threads asleep", "and side by side"]


def test_torchs_defaults_come_first_and_all_use_all_cores():
    found = arrangements(4)
    assert [one.name for one in found] == NAMES and {one.processes * one.threads for one in found} == {4}
    assert not found[0].keep and not found[0].sleep and found[-1].processes == 4
    for before, after in itertools.pairwise(found):
        changed = [key for key in ("keep", "sleep", "processes") if getattr(before, key) != getattr(after, key)]
        assert len(changed) == 1


def test_a_ratio_is_the_median_of_what_was_measured_in_one_round():
    rows = [{"arrangement": name, "round": k, "images_per_second": speed} for name, speeds in
            {NAMES[0]: [10, 20, 30], NAMES[1]: [11, 40, 30], NAMES[3]: [20, 40, 60]}.items()
            for k, speed in enumerate(speeds)]
    assert ratios(rows[::-1]) == {NAMES[1]: 1.1, NAMES[3]: 2.0}


def test_every_arrangement_is_measured_in_processes_of_its_own(capsys):
    assert command_line.main(["bench", "processes", "--models", "lenet5", "--batch", "8", "--rounds", "1",
                              "--seconds", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["arrangement"] for row in found["rounds"]] == NAMES
    assert all(row["images_per_second"] > 0 for row in found["rounds"])
    assert list(found["ratios"]["lenet5"]) == NAMES[1:]


def test_a_process_that_ends_early_is_told():
    with pytest.raises(InputError, match="ended early"):
        bench_processes._measure(arrangements(1)[0], "dance", 8, 0.0)
