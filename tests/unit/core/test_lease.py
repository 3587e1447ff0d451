"""Leases: one holder at a time, whoever is killed, suspended or late."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ferkit.core import lease


def elsewhere(path):
    """Let an attempt be one of another machine, so that only its heartbeat tells."""
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | {"worker": {"machine": "another", "pid": 1, "born": "1"}}))


def test_a_free_folder_is_taken_once_and_given_back_with_its_end(tmp_path):
    assert lease.latest(tmp_path) is None
    held = lease.take(tmp_path, None)
    assert lease.take(tmp_path, None) is None
    assert lease.latest(tmp_path).state == "running"
    held.give_back("finished", minutes=2)
    held.give_back("failed")
    ended = lease.latest(tmp_path)
    assert (ended.number, ended.state, ended.facts["minutes"], ended.facts["pid"]) == (1, "finished", 2, os.getpid())
    assert lease.take(tmp_path, ended).number == 2


def test_of_many_who_find_the_same_lost_attempt_one_takes_over(tmp_path):
    taken, barrier = [], threading.Barrier(16)

    def contend():
        barrier.wait()
        taken.append(lease.take(tmp_path, lease.Attempt(4, "lost")))

    threads = [threading.Thread(target=contend) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert [one.number for one in taken if one] == [5]


HOLD = """
import pathlib, sys, time
from ferkit.core import lease
with lease.take(pathlib.Path(sys.argv[1]), None):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_process_of_this_machine_is_noticed_at_once(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        assert lease.latest(tmp_path).state == "running"
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and a zombie still
        assert lease.latest(tmp_path).state == "lost"
    assert lease.latest(tmp_path).state == "lost"


def test_a_machine_elsewhere_is_believed_as_long_as_its_heart_beats(tmp_path, monkeypatch):
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.02)
    with lease.take(tmp_path, None) as held:
        elsewhere(held.path)
        os.utime(held.path, (1, 1))
        time.sleep(0.2)
        assert lease.latest(tmp_path, stale_seconds=5).state == "running"
        held._stop.set()
        time.sleep(0.1)
        os.utime(held.path, (time.time() - 10,) * 2)
        assert lease.latest(tmp_path, stale_seconds=60).state == "running"
        assert lease.latest(tmp_path, stale_seconds=5).state == "lost"


def test_a_wrong_clock_on_this_machine_makes_no_attempt_look_lost(tmp_path, monkeypatch):
    held = lease.take(tmp_path, None)
    elsewhere(held.path)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert lease.latest(tmp_path, stale_seconds=5).state == "running"


def test_who_was_suspended_and_taken_over_is_told_to_stop(tmp_path):
    with lease.take(tmp_path, None) as held:
        held.check()
        lease.take(tmp_path, lease.latest(tmp_path))
        with pytest.raises(lease.LeaseLost):
            held.check()


@pytest.mark.parametrize(("error", "state"), [(ValueError("no\nroom"), "failed"), (SystemExit(-1), "paused"),
                                              (KeyboardInterrupt(), "paused")])
def test_a_block_that_raises_gives_the_lease_back(tmp_path, error, state):
    with pytest.raises(type(error)), lease.take(tmp_path, None):
        raise error
    ended = lease.latest(tmp_path)
    assert ended.state == state and ended.facts.get("error") == ("ValueError: no room" if state == "failed" else None)


def test_a_process_number_that_was_given_to_another_process_deceives_nobody(tmp_path):
    held = lease.take(tmp_path, None)
    facts = json.loads(held.path.read_text())
    held.path.write_text(json.dumps(facts | {"worker": facts["worker"] | {"born": "0"}}))
    assert lease.latest(tmp_path).state == "lost"


def test_on_a_full_disk_a_folder_is_not_held_and_what_was_held_is_given_back(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lease.json, "dumps", full)
    with pytest.raises(OSError, match=r"No space left.*1\.json"):
        lease.take(tmp_path, None)
    monkeypatch.undo()
    assert lease.latest(tmp_path) is None
    held = lease.take(tmp_path, None)
    monkeypatch.setattr(lease.files, "write_json", full)
    held.give_back("failed", error="No space left on device")
    assert lease.latest(tmp_path).state == "failed"
