"""Too little memory is one line, also where torch ends the process."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ferkit.core import memory, processes

TRAIN = ("train", "--dataset", "synthetic", "--profile", "smoke", "--model", "lenet5", "--output")


@pytest.mark.parametrize("kib", [2_500_000, 800_000])
@pytest.mark.parametrize("words", [TRAIN, ("predict", "--weights", "lenet5", "--crops")])
def test_under_a_limit_of_memory_a_command_ends_with_2_and_one_line(tmp_path, kib, words):
    done = subprocess.run(["bash", "-c", f'ulimit -v {kib}; exec "$@"', "-", sys.executable, "-m", "ferkit", *words,
                           str(tmp_path / "x.png")], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and not done.stdout
    assert done.stderr.startswith("ferkit: not enough memory") or "no such" in done.stderr


def test_under_a_limit_that_is_wide_enough_all_is_as_without(capfd):
    words = ("run", "--list")
    assert memory.run_apart(words) == 0 and "01_data_preparation" in capfd.readouterr().out
    assert memory.run_apart(("dance",)) == 2
    told = capfd.readouterr()
    assert told.err.startswith("ferkit: ") and told.err.count("\n") == 1


@pytest.mark.parametrize(("ending", "raises"), [("os.abort()", True), ("os._exit(127)", True),
                                                ("os.kill(os.getpid(), 9)", True), ("sys.exit(3)", False)])
def test_only_an_end_that_native_code_brings_is_too_little_memory(monkeypatch, tmp_path, capfd, ending, raises):
    (tmp_path / "ferkit.py").write_text(f"import os, sys\nprint('terminate called after', file=sys.stderr)\n"
                                        f"print('kept', file=sys.stderr, flush=True)\n{ending}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    if raises:
        with pytest.raises(MemoryError):
            memory.run_apart(())
    else:
        assert memory.run_apart(()) == 3
    assert capfd.readouterr().err == "kept\n"


def test_a_watched_child_ends_with_its_parent_and_is_watched_once(monkeypatch):
    watched = []
    monkeypatch.setattr(processes, "end_with", watched.append)
    monkeypatch.setenv("FERKIT_PARENT", "77")
    assert not memory.is_limited() and watched == [77] and "FERKIT_PARENT" not in os.environ
    monkeypatch.undo()
    command = "from ferkit.core import processes; import time, os; processes.end_with(os.getppid()); time.sleep(60)"
    parent = (f"import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', {command!r}])\n"
              "print(child.pid, flush=True)\nchild.wait()")
    outer = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    child = int(outer.stdout.readline())
    time.sleep(0.5)
    outer.send_signal(signal.SIGKILL)
    outer.wait()
    deadline = time.monotonic() + 10
    while processes.is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes.is_alive(child)
