"""TensorBoard sees every epoch once, also of a run that was paused; what is not installed is told beforehand."""

from types import SimpleNamespace

import pytest

from ferkit.core.errors import InputError
from ferkit.experiments import loggers


def trainer(epoch, **columns):
    """What a logger sees of a trainer after an epoch."""
    return SimpleNamespace(at=SimpleNamespace(history=[{"epoch": epoch, **columns}]))


def test_every_number_of_every_epoch_is_logged_once(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    first = loggers.logger("tensorboard", tmp_path)
    for epoch in (1, 2, 3):
        first(trainer(epoch, val_accuracy=epoch / 10, train_loss=None))
    again = loggers.logger("tensorboard", tmp_path)  # resumed from the checkpoint after epoch 1
    for epoch in (2, 3, 4):
        again(trainer(epoch, val_accuracy=epoch / 5, train_loss=1.0))
    seen = accumulator.EventAccumulator(str(tmp_path / ".tensorboard")).Reload()
    assert [(event.step, pytest.approx(event.value)) for event in seen.Scalars("val_accuracy")] == [
        (1, 0.1), (2, 0.4), (3, 0.6), (4, 0.8)]
    assert [event.step for event in seen.Scalars("train_loss")] == [2, 3, 4]


def test_without_a_logger_nothing_is_written(tmp_path):
    loggers.logger("none", tmp_path)(trainer(1, val_accuracy=0.1))
    assert not list(tmp_path.iterdir())
    loggers.check("none")


def test_a_logger_that_is_not_installed_is_refused(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'ferkit\[tensorboard\]'"):
        loggers.check("tensorboard")
