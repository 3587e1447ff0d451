"""Checkpoints: round trip, damage, and a disk that fills up while one is written."""

import pytest
import torch

from ferkit.models import tensor_files
from ferkit.training import checkpoint


def save(directory, step):
    checkpoint.save(directory, {"x": torch.full((3,), float(step))}, {"step": step})


def test_the_newest_comes_back_with_its_state(tmp_path):
    for step in (1, 2, 3):
        save(tmp_path, step)
    tensors, state = checkpoint.load(tmp_path)
    assert state == {"step": 3} and tensors["x"].tolist() == [3.0] * 3


def test_only_the_newest_two_are_kept(tmp_path):
    for step in range(5):
        save(tmp_path, step)
    assert sorted(p.name for p in tmp_path.glob("*.safetensors")) == ["step00000003.safetensors",
                                                                     "step00000004.safetensors"]


@pytest.mark.parametrize("damage", [lambda p: p.write_bytes(p.read_bytes()[:-1] + b"\0"), lambda p: p.write_bytes(b""),
                                    lambda p: p.unlink()])
def test_a_damaged_newest_gives_way_to_the_one_before(tmp_path, damage):
    save(tmp_path, 1)
    save(tmp_path, 2)
    damage(tmp_path / "step00000002.safetensors")
    assert checkpoint.load(tmp_path)[1] == {"step": 1}


def test_a_good_one_is_kept_where_the_newest_was_damaged(tmp_path):
    for step in (1, 2):
        save(tmp_path, step)
    (tmp_path / "step00000002.safetensors").write_bytes(b"")
    save(tmp_path, 3)
    (tmp_path / "step00000003.safetensors").write_bytes(b"")
    assert checkpoint.load(tmp_path)[1] == {"step": 1}


def test_saving_a_step_again_keeps_the_one_before(tmp_path, monkeypatch):
    for step in (1, 2, 2):
        save(tmp_path, step)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # killed before the new one is listed
        patch.setattr(checkpoint.files, "write_text", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        checkpoint.save(tmp_path, {"x": torch.zeros(3)}, {"step": 2})
    assert checkpoint.load(tmp_path)[1] == {"step": 1}


def test_training_that_starts_anew_for_damage_says_so(tmp_path, capsys):
    for step in (1, 2):
        save(tmp_path, step)
        (tmp_path / f"step{step:08d}.safetensors").write_bytes(b"")
    assert checkpoint.load(tmp_path) is None
    assert "damaged; training starts anew" in capsys.readouterr().err


def test_nothing_there_or_an_unreadable_index_is_no_checkpoint(tmp_path):
    assert checkpoint.load(tmp_path) is None
    (tmp_path / checkpoint.INDEX).write_text("{")
    assert checkpoint.load(tmp_path) is None


def test_a_full_disk_leaves_the_last_good_one(tmp_path, monkeypatch):
    save(tmp_path, 1)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tensor_files, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path, 2)
    assert checkpoint.load(tmp_path)[1] == {"step": 1}
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_an_optimizer_goes_on_as_if_never_saved(tmp_path):
    def make():
        torch.manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(4))
        return weight, torch.optim.Adam([weight], lr=0.1)

    def step(weight, optimizer):
        weight.grad = weight.detach() ** 2
        optimizer.step()

    weight, optimizer = make()
    step(weight, optimizer)
    saved = {k: v.clone() for k, v in checkpoint.optimizer_tensors(optimizer).items()}
    twin, twin_optimizer = make()
    twin.data.copy_(weight.data)
    checkpoint.restore_optimizer(twin_optimizer, saved)
    step(weight, optimizer)
    step(twin, twin_optimizer)
    assert torch.equal(weight, twin)
