"""Two processes under torchrun train what one trains at the same batch size; one of them writes and speaks."""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from ferkit import __main__ as command_line
from ferkit.core.errors import InputError
from ferkit.training import distributed
from ferkit.training.distributed import Processes

# A network without and one with batch normalisation; no dropout, whose masks depend on the number of processes.
NETWORKS = ({"model": "lenet5"}, {"model": "deep_emotion", "set": ["model.drop_rate=0"]})
SCRIPT = """
import sys
from ferkit.__main__ import main
for line in open(sys.argv[1]):
    assert main(line.split()) == 0
"""


def words(folder, model, set=()):
    # fp32, and an optimiser that does not blow up the rounding of gradients near zero, as Adam's division does
    changes = [word for change in ("epochs=2", "batch_size=63", "precision=fp32", "optimizer=sgd", "lr=0.01", *set)
               for word in ("--set", change)]
    return ["train", "--dataset", "synthetic", "--profile", "smoke", "--device", "cpu", "--json", "--model", model,
            "--output", str(folder / model), *changes]


@pytest.mark.slow
def test_two_processes_train_what_one_trains(tmp_path, capsys):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    for network in NETWORKS:
        assert command_line.main(words(tmp_path / "one", **network)) == 0
    one = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "lines").write_text("\n".join(" ".join(words(tmp_path / "two", **network)) for network in NETWORKS))
    done = subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1",
                           "--nproc-per-node", "2", tmp_path / "script.py", tmp_path / "lines"],
                          capture_output=True, text=True, timeout=400, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    two = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["val_accuracy"] for row in two] == [row["val_accuracy"] for row in one]
    for network in NETWORKS:
        name = f"{network['model']}/weights.safetensors"
        single, double = load_file(tmp_path / "one" / name), load_file(tmp_path / "two" / name)
        assert single.keys() == double.keys()
        for key, tensor in single.items():
            torch.testing.assert_close(double[key], tensor, rtol=1e-3, atol=1e-5, msg=lambda m, key=key: f"{key}: {m}")
        histories = [json.loads((tmp_path / kind / network["model"] / "status.json").read_text())["history"]
                     for kind in ("one", "two")]
        for a, b in zip(*histories, strict=True):
            assert b["train_loss"] == pytest.approx(a["train_loss"], rel=1e-4)
            assert b["train_accuracy"] == pytest.approx(a["train_accuracy"], abs=0.01)


@pytest.mark.parametrize(("n", "size"), [(63, 2), (64, 3), (8, 4)])
def test_shares_cover_a_batch_once_and_weigh_as_much_as_they_hold(n, size):
    everyone = [Processes(rank, size) for rank in range(size)]
    assert [row for one in everyone for row in range(n)[one.share(n)]] == list(range(n))
    assert sum(one.weight(n) for one in everyone) == pytest.approx(size)


def test_batches_that_leave_a_process_nothing_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(InputError, match="take 16 or more"), distributed.joined("cpu", 15):
        pass


def test_without_torchrun_a_process_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with distributed.joined("cpu", 1) as processes:
        assert processes.alone and processes.agreed(True) and processes.share(5) == slice(0, 5)
