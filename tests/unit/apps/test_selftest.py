"""The battery of bad inputs on every command, and runs killed at random moments: nothing lost, nothing told wrong."""

import json
import os
import subprocess
import sys

import pytest

from ferkit import __main__ as command_line
from ferkit.apps import selftest
from ferkit.cli import selftest as command

NETWORK = "lenet5"


@pytest.fixture(scope="module")
def battery(tmp_path_factory, session_cache):
    """The folder with what the cases name, as working directory, and the cases."""
    folder, before = tmp_path_factory.mktemp("battery") / "inputs", os.getcwd()
    cases = selftest.bad_inputs(folder, NETWORK)
    os.chdir(folder / "out")
    yield folder, cases
    os.chdir(before)


@pytest.mark.parametrize("part", range(8))
def test_bad_input_is_one_line_and_leaves_nothing(battery, part):
    """About 500 cases, an eighth in each test: in one process they take half a minute together."""
    folder, cases = battery
    chosen = cases[part::8]
    answers = [selftest.answer(case, command_line.main, folder) for case in chosen]
    assert len(chosen) >= 50 and [one for one in answers if one.problem] == []


MOUNTED = """
mount -t tmpfs -o ro tmpfs "$1/read-only" && mount -t tmpfs -o size=64k tmpfs "$1/full" || exit 77
dd if=/dev/zero of="$1/full/filling" bs=1k count=99 status=none 2>"$1/said"
exec "$2" -c "$3" "$1"
"""
TRIED = """
import json, sys
from pathlib import Path
from ferkit import __main__ as command_line
from ferkit.apps import selftest
folder = Path(sys.argv[1])
place = selftest.Materials(folder / "inputs", "lenet5")
cases = [(case, name) for name in ("read-only", "full")
         for case in selftest.unwritable(place, "lenet5", str(folder / name / "new"))]
answers = [selftest.answer(case, command_line.main, folder / name) for case, name in cases]
print(json.dumps([len(answers), [[one.case, one.problem] for one in answers if one.problem]]))
"""


def test_a_full_disk_and_a_read_only_file_system_are_one_line_in_every_command_that_writes(tmp_path, session_cache):
    """In a namespace of its own, in which anyone may mount; root's permissions do not reach past a read-only mount."""
    for name in ("read-only", "full"):
        (tmp_path / name).mkdir()
    done = subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNTED, "-", tmp_path, sys.executable,
                           TRIED], capture_output=True, text=True)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system lets nobody mount")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [14, []]


def test_a_command_that_answers_badly_is_found(tmp_path):
    def fails(words):
        raise KeyError("x")

    def prints(words):
        print("Traceback")
        return 2

    def leaves(words):
        (tmp_path / "half").touch()
        print("ferkit: no", file=sys.stderr)
        return 2

    def says_nan(words):
        print(json.dumps({"a": float("nan")}))
        return 1

    case = selftest.Case(("x", "--json"))
    assert "KeyError" in selftest.answer(case, fails, tmp_path).problem
    assert "0 lines on stderr" in selftest.answer(case, prints, tmp_path).problem
    assert "it left" in selftest.answer(case, leaves, tmp_path).problem
    assert "NaN is no JSON" in selftest.answer(selftest.Case(("x", "--json"), status=1), says_nan, tmp_path).problem


@pytest.mark.parametrize("subject", ["train", pytest.param("sweep", marks=pytest.mark.slow),
                                     pytest.param("run", marks=pytest.mark.slow)])
def test_a_training_killed_at_random_moments_ends_with_the_same_bits(tmp_path, subject):
    counts = command._kills(tmp_path, subject, 1, seed=5, say=print)  # more of them: ferkit selftest --kills N
    assert counts == {"tried": 1, "failed": 0}


def test_results_that_differ_are_named_and_times_are_no_results(tmp_path):
    for name, accuracy in (("a", 0.5), ("b", 0.6)):
        (tmp_path / name / "x").mkdir(parents=True)
        (tmp_path / name / "x" / "metrics.json").write_text(json.dumps({"accuracy": accuracy, "minutes": accuracy}))
        (tmp_path / name / "same.json").write_text(json.dumps([{"minutes": accuracy}]))
    assert selftest.differences(tmp_path / "a", tmp_path / "b") == ["x/metrics.json"]
