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

# Networks without dropout, whose masks depend on the number of processes. The third has batch normalisation, and leaves
# a layer unused where it is trained without its paper's method: one small step, for in the next maxima fall elsewhere.
NETWORKS = ({"model": "lenet5"}, {"model": "deep_emotion", "set": ["model.drop_rate=0"]},
            {"model": "scn", "recipe": "cross_entropy",
             "set": ["model.drop_rate=0", "epochs=1", "batch_size=210", "lr=0.0001"]})


def words(folder, model, set=(), recipe="ours"):
    # fp32, and an optimiser that does not blow up the rounding of gradients near zero, as Adam's division does
    changes = [word for change in ("epochs=2", "batch_size=63", "precision=fp32", "optimizer=sgd", "lr=0.01", *set)
               for word in ("--set", change)]
    return ["train", "--dataset", "synthetic", "--profile", "smoke", "--device", "cpu", "--json", "--model", model,
            "--recipe", recipe, "--output", str(folder / model), *changes]


def two_processes(*arguments):
    done = subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1",
                           "--nproc-per-node", "2", "-m", "ferkit", *arguments],
                          capture_output=True, text=True, timeout=180, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


# One call of torchrun a network: a second process group in the same processes may meet the addresses that the first one
# left in torchrun's store, and then waits for ever.
@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network["model"])
def test_two_processes_train_what_one_trains(tmp_path, capsys, network):
    assert command_line.main(words(tmp_path / "one", **network)) == 0
    one = json.loads(capsys.readouterr().out)
    assert two_processes(*words(tmp_path / "two", **network))["val_accuracy"] == one["val_accuracy"]
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


@pytest.mark.slow
def test_both_processes_end_where_the_only_step_of_an_epoch_leaves_no_numbers(tmp_path):
    set = ["model.drop_rate=0", "lr=1e30", "batch_size=420"]
    assert two_processes(*words(tmp_path, "deep_emotion", set))["state"] == "diverged"


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


def test_batch_normalisation_over_processes_is_torchs_in_bfloat16_too(monkeypatch):
    monkeypatch.setattr("torch.distributed.nn.functional.all_reduce", lambda tensor: tensor)
    torch.manual_seed(0)
    x = (torch.randn(16, 4, 6, 6) / 2 + 20).bfloat16()  # far from zero: squares lose the variance
    theirs, ours = torch.nn.BatchNorm2d(4), distributed._over_all(torch.nn.BatchNorm2d(4))
    assert ours(x).dtype == theirs(x).dtype
    torch.testing.assert_close(ours(x).float(), theirs(x).float(), atol=0.02, rtol=0.02)
    torch.testing.assert_close(ours.running_var, theirs.running_var, atol=1e-3, rtol=1e-3)
