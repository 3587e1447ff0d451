"""Sweeps on several processes: whoever is killed, every run ends once, with the bits of an undisturbed sweep."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest
import torch

from ferkit.core import lease
from ferkit.sweep import backends, config, rows, run

SMALL = {"models": ["lenet5"], "profile": "smoke", "epochs": 12, "seeds": [0, 1, 2],
         "set": {"batch_size": 420, "augmentation": dict.fromkeys(("flip", "rotation", "scale", "shift"), 0.0)}}
PLACE = "sweep/lenet5/ours/seed{}"
PATIENCE = 400  # seconds


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """weights_sha256 by seed of the sweep in this process, with one thread as workers have."""
    with one_thread():
        return digests(run.run(config.of(SMALL), tmp_path_factory.mktemp("undisturbed"), device="cpu"))


@contextlib.contextmanager
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def digests(ended):
    assert [row["state"] for row in ended] == ["finished"] * len(ended), ended
    return {row["seed"]: row["weights_sha256"] for row in ended}


def attempts(folder, seed):
    directory = folder / PLACE.format(seed)
    newest = lease.latest(directory)
    return [lease.read(directory, number + 1) for number in range(newest.number if newest else 0)]


def wait_for(look):
    """What `look` returns once it is true; a busy machine may need minutes."""
    deadline = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return seen


def in_the_middle(folder, other_than: frozenset = frozenset()) -> tuple[int, int]:
    """(seed, process) of a run that has trained some epochs and has more to go; waits for one."""
    def look():
        for seed in set(SMALL["seeds"]) - other_than:
            for attempt in attempts(folder, seed)[-1:]:
                log = folder / PLACE.format(seed) / lease.ATTEMPTS / f"{attempt.number}.log"
                if attempt.state == "running" and log.exists() and 2 <= log.read_text().count("\n") < 10:
                    return seed, attempt.facts["pid"]
        return None

    return wait_for(look)


@contextlib.contextmanager
def meanwhile(act) -> Iterator[list]:
    """Call `act` in a thread beside the block; yields a list that holds its result or its error in the end."""
    came_to = []

    def do():
        try:
            came_to.append(act())
        except BaseException as error:
            came_to.append(error)

    thread = threading.Thread(target=do)
    thread.start()
    yield came_to
    thread.join(PATIENCE)
    assert came_to and not isinstance(came_to[0], BaseException), came_to


def kill_one(folder):
    seed, process = in_the_middle(folder)
    os.kill(process, signal.SIGKILL)
    return seed


def test_a_killed_worker_is_replaced_and_a_run_that_fails_holds_up_no_other(tmp_path, undisturbed):
    broken = tmp_path / PLACE.format(2) / "checkpoints"
    broken.parent.mkdir(parents=True)
    broken.write_text("no folder")
    said = []
    with meanwhile(lambda: kill_one(tmp_path)) as killed:
        ended = run.run(config.of(SMALL), tmp_path, backend=backends.Local(2), device="cpu", say=said.append)
    (failed,) = [row for row in ended if row["state"] == "failed"]
    assert failed["seed"] == 2 and "FileExistsError" in failed["error"]
    assert "FileExistsError" in (broken.parent / failed["log"]).read_text()
    assert digests([row for row in ended if row["state"] != "failed"]) == {k: undisturbed[k] for k in (0, 1)}
    assert [attempt.state for attempt in attempts(tmp_path, killed[0])] == ["lost", "finished"]
    assert sum(line.startswith("[") for line in said) == 3
    broken.unlink()
    with one_thread():
        assert digests(run.run(config.of(SMALL), tmp_path, device="cpu")) == undisturbed


def command(folder, *words):
    """The sweep as a user starts it."""
    (folder / "small.json").write_text(json.dumps(SMALL))
    return subprocess.Popen([sys.executable, "-m", "ferkit", "sweep", folder / "small.json", "--output", folder / "out",
                             "--device", "cpu", "--json", *words], stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "OMP_NUM_THREADS": "1"})


@pytest.mark.slow
def test_dask_loses_a_worker_and_then_its_scheduler(tmp_path, undisturbed):
    pytest.importorskip("distributed")
    with command(tmp_path, "--backend", "dask", "--jobs", "3") as process:
        first = kill_one(tmp_path / "out")
        wait_for(lambda: len(attempts(tmp_path / "out", first)) > 1)  # another worker has taken it over
        below = psutil.Process(process.pid).children(recursive=True)
        process.kill()  # the scheduler of a local cluster lives in the command
    gone, left = psutil.wait_procs(below, timeout=PATIENCE)
    assert gone and not left
    with command(tmp_path, "--backend", "dask", "--jobs", "2") as process:
        printed = json.loads(process.stdout.read())
    assert process.returncode == 0 and digests(printed["cells"]) == undisturbed
    assert {"lost"} == {attempt.state for attempt in attempts(tmp_path / "out", first)[:-1]}


def test_a_dask_scheduler_that_nobody_answers_for_is_refused(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    client = distributed.Client
    monkeypatch.setattr(distributed, "Client", lambda address, timeout: client(address, timeout=0.2))
    with pytest.raises(backends.InputError, match="nobody answers"):
        run.run(config.of(SMALL), tmp_path, backend=backends.Dask(scheduler="tcp://127.0.0.1:1"), device="cpu")


@pytest.mark.slow
def test_slurm_jobs_that_are_killed_or_interrupted_go_on(tmp_path, undisturbed):
    pytest.importorskip("submitit")

    def disturb():
        killed = kill_one(tmp_path)
        interrupted, process = in_the_middle(tmp_path, frozenset([killed]))
        os.kill(process, signal.SIGUSR2)  # what SLURM sends before the time limit
        return killed, interrupted

    backend = backends.Slurm(tmp_path / ".slurm", jobs=2, cluster="local")
    with meanwhile(disturb) as disturbed:
        assert digests(run.run(config.of(SMALL), tmp_path, backend=backend, device="cpu")) == undisturbed
    killed, interrupted = disturbed[0]
    assert "lost" in {attempt.state for attempt in attempts(tmp_path, killed)}
    assert "paused" in {attempt.state for attempt in attempts(tmp_path, interrupted)}
    assert "Requeued job" in "".join(path.read_text() for path in (tmp_path / ".slurm").glob("*_log.*"))


def test_two_sweeps_on_one_folder_train_each_run_once(tmp_path, undisturbed):
    with command(tmp_path) as other:
        wait_for(lambda: attempts(tmp_path / "out", 0))
        ended = run.run(config.of(SMALL), tmp_path / "out", backend=backends.Local(1), device="cpu")
        printed = json.loads(other.stdout.read())["cells"]
    assert digests(ended) == digests(printed) == undisturbed
    taken = [attempts(tmp_path / "out", seed) for seed in SMALL["seeds"]]
    assert [len(each) for each in taken] == [1, 1, 1] and len({each[0].facts["pid"] for each in taken}) == 2


def test_a_run_that_kills_its_workers_fails_after_three(tmp_path):
    (task,) = rows.tasks(config.of(SMALL | {"seeds": [0]}), tmp_path)
    newest = None
    for _ in range(3):
        lost = lease.take(task.directory, newest)
        facts = json.loads(lost.path.read_text())
        lost.path.write_text(json.dumps(facts | {"worker": facts["worker"] | {"born": "0"}}))
        newest = lease.latest(task.directory)
        assert newest.state == "lost"
    backends.Worker("smoke", "", None, "cpu")([task])
    row = task.row()
    assert row["state"] == "failed" and "died 3 times" in row["error"]


def test_the_sweeps_workers_go_when_it_is_killed(tmp_path):
    with command(tmp_path, "--jobs", "2") as process:
        in_the_middle(tmp_path / "out")
        below = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    gone, left = psutil.wait_procs(below, timeout=60)
    assert gone and not left
