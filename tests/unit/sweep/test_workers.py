"""Cells side by side: the same bits as one after another, a row for every one of them, nothing left behind."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from ferkit.core.errors import InputError
from ferkit.sweep import config, run, workers

SMALL = {"models": ["lenet5"], "profile": "smoke", "epochs": 1, "seeds": [0, 1], "set": {"batch_size": 210}}


def weights(rows, folder):
    return [(folder / f"sweep/lenet5/ours/seed{row['seed']}/weights.safetensors").read_bytes() for row in rows]


def test_cells_side_by_side_have_the_bits_of_one_thread(tmp_path):
    together = run.run(config.of(SMALL), tmp_path / "together", device="cpu", jobs=2)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        alone = run.run(config.of(SMALL), tmp_path / "alone", device="cpu")
    finally:
        torch.set_num_threads(threads)
    assert [row["state"] for row in together] == ["finished", "finished"]
    assert weights(together, tmp_path / "together") == weights(alone, tmp_path / "alone")
    assert run.run(config.of(SMALL), tmp_path / "alone", device="cpu", jobs=2) == alone  # finished cells stay


def test_no_cell_is_begun_when_time_is_up(tmp_path):
    rows = run.run(config.of(SMALL), tmp_path, device="cpu", jobs=2, max_minutes=1e-9)
    assert [row["state"] for row in rows] == ["waiting", "waiting"]


def test_cells_share_a_cpu_only(tmp_path, monkeypatch):
    monkeypatch.setattr(run.inference, "resolve_device", lambda name: torch.device("meta"))
    with pytest.raises(InputError, match="--jobs 2"):
        run.run(config.of(SMALL), tmp_path, jobs=2)


def add(number):
    return lambda item: item + number if item else os._exit(9)


def test_a_worker_that_dies_ends_what_is_not_finished():
    assert dict(workers.each([1, 2], 1, add, (10,))) == {1: 11, 2: 12}
    found = dict(workers.each([0, 1], 1, add, (10,)))
    assert set(found) == {0, 1} and isinstance(found[0], Exception)


SLEEPER = """
import os, sys, time
from ferkit.sweep import workers

def make():
    return lambda item: (print(os.getpid(), flush=True), time.sleep(60))

if __name__ == "__main__":
    list(workers.each([1], 1, make, ()))
"""


def test_workers_go_when_the_sweep_is_killed(tmp_path):
    script = tmp_path / "sleeper.py"
    script.write_text(SLEEPER)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as sweep:
        worker = int(sweep.stdout.readline())
        os.kill(sweep.pid, signal.SIGKILL)
        for _ in range(100):
            try:
                os.kill(worker, 0)
            except ProcessLookupError:
                return
            time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker outlived its sweep by ten seconds")
