"""Training in sittings: pause, go on, refuse another run's folder."""

import json

import pytest

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.experiments import resumable
from ferkit.models import weights
from ferkit.training import trainer
from ferkit.training.recipe import Recipe

LENET = papers.system("lenet5")
TINY = Recipe(epochs=2, batch_size=16)


def test_a_sitting_too_short_pauses_and_the_next_finishes_with_the_same_weights(tmp_path, faces):
    whole = resumable.train(tmp_path / "whole", LENET, TINY, faces())
    paused = resumable.train(tmp_path / "parts", LENET, TINY, faces(), max_minutes=0)
    assert paused["state"] == "paused" and json.loads((tmp_path / "parts/status.json").read_text()) == paused
    ended = resumable.train(tmp_path / "parts", LENET, TINY, faces())
    assert ended["epoch"] == 2 and ended["weights_sha256"] == whole["weights_sha256"]


def test_a_finished_run_is_left_as_it_is(tmp_path, faces):
    first = resumable.train(tmp_path, LENET, TINY, faces())
    assert resumable.train(tmp_path, LENET, TINY, faces()) == first
    assert weights.load(tmp_path / "weights.safetensors", papers.system)[1]["system"] == "lenet5"


def test_the_folder_of_another_run_is_refused(tmp_path, faces):
    resumable.train(tmp_path, LENET, TINY, faces())
    with pytest.raises(InputError, match="holds a run of another"):
        resumable.train(tmp_path, LENET, TINY, faces(), seed=1)
    for text in ("{", "[1]", '{"state": "paused"}'):
        (tmp_path / "status.json").write_text(text)
        with pytest.raises(InputError, match="unreadable"):
            resumable.train(tmp_path, LENET, TINY, faces())


def killed(directory, system, faces, monkeypatch):
    """A training that ends with nothing but its checkpoints."""
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(resumable.weights, "save", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        resumable.train(directory, system, TINY, faces())


def test_a_killed_run_is_not_gone_on_from_by_another_system(tmp_path, monkeypatch, faces):
    killed(tmp_path, papers.system("deep_emotion"), faces, monkeypatch)
    before = sorted(path.name for path in tmp_path.glob("checkpoints/*"))
    for other in ("deep_emotion_identity", "lenet5"):  # the first would even fit the tensors
        with pytest.raises(InputError, match="checkpoints of another model"):
            resumable.train(tmp_path, papers.system(other), TINY, faces())
    assert sorted(path.name for path in tmp_path.glob("checkpoints/*")) == before
    assert resumable.train(tmp_path, papers.system("deep_emotion"), TINY, faces())["state"] == "finished"


def test_checkpoints_that_do_not_name_their_system_yet_are_gone_on_from(tmp_path, monkeypatch, faces):
    with monkeypatch.context() as patch:
        patch.setattr(trainer.Trainer, "_about", lambda self, known=trainer.Trainer._about: {
            name: value for name, value in known(self).items() if name != "about"})
        killed(tmp_path, LENET, faces, monkeypatch)
    monkeypatch.setattr(trainer.Trainer, "step", lambda *_: pytest.fail("trained again"))
    assert resumable.train(tmp_path, LENET, TINY, faces())["state"] == "finished"
