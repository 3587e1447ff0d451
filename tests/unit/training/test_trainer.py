"""The loop: exact resume at every step, time boxes, verdicts on runs that go wrong, and that it learns."""

import math

import numpy as np
import pytest
import torch

from ferkit import papers
from ferkit.models import inference, preprocessing
from ferkit.training import trainer
from ferkit.training.augmentation import Augmentation
from ferkit.training.batching import Split
from ferkit.training.recipe import Recipe

BUSY = Recipe(epochs=3, batch_size=8, optimizer="adam", lr=1e-3, ema=0.9, clip=1.0, label_smoothing=0.1, penalty=1e-3,
              schedule="onecycle", augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, erase=0.2, mixup=0.2),
              model={"drop_rate": 0.5})

LENET, DEEP_EMOTION = papers.system("lenet5").build, papers.system("deep_emotion").build


def split(n=24, seed=0, classes=7):
    """Images whose class is the row of a bright bar: separable, so a network that learns shows it."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    images = rng.integers(0, 60, (n, 48, 48), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[3 + 6 * label:7 + 6 * label] += 150
    return Split.of(images, labels, 7, "cpu")


def bits(fit):
    return {name: value.clone() for name, value in fit.model.state_dict().items()}


def assert_equal_bits(one, other):
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def every_step(monkeypatch):
    """A checkpoint after every step."""
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", -1.0)


class Killed(Exception):
    pass


@pytest.mark.parametrize("recipe", [BUSY, Recipe(epochs=3, batch_size=8, optimizer="sgd", nesterov=True,
                                                 precision="bf16", sampling="balanced", class_weights="balanced")],
                         ids=["adam-ema-dropout-mixup", "sgd-bf16-balanced"])
def test_killed_after_any_step_it_ends_with_the_same_bits(recipe, every_step, monkeypatch, tmp_path):
    train, val = split(), split(seed=1)
    whole = trainer.fit(DEEP_EMOTION, recipe, train, val, seed=3)
    original = trainer.Trainer.step
    for deadly in range(1, 9):
        count = 0

        def step(run, rows, deadly=deadly):
            nonlocal count
            count += 1
            if count > deadly:
                raise Killed
            original(run, rows)

        monkeypatch.setattr(trainer.Trainer, "step", step)
        with pytest.raises(Killed):
            trainer.fit(DEEP_EMOTION, recipe, train, val, seed=3, directory=tmp_path / str(deadly))
        monkeypatch.setattr(trainer.Trainer, "step", original)
        resumed = trainer.fit(DEEP_EMOTION, recipe, train, val, seed=3, directory=tmp_path / str(deadly))
        assert_equal_bits(bits(whole), bits(resumed))
        losses = [[row["train_loss"] for row in fit.history] for fit in (whole, resumed)]
        assert losses[0] == losses[1] and resumed.best_epoch == whole.best_epoch


def test_same_seed_same_bits_and_another_seed_others():
    train, val = split(), split(seed=1)
    first, again, other = (bits(trainer.fit(LENET, Recipe(epochs=1, batch_size=8), train, val, seed=s))
                           for s in (0, 0, 1))
    assert_equal_bits(first, again)
    assert not torch.equal(first["fc.weight"], other["fc.weight"])


def test_the_callers_random_state_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trainer.fit(LENET, Recipe(epochs=1, batch_size=8), split(), split(), seed=0)
    assert torch.equal(torch.rand(3), expected)


def test_a_time_box_pauses_and_the_same_call_goes_on(tmp_path):
    recipe, train, val = Recipe(epochs=2, batch_size=8), split(), split(seed=1)
    paused = trainer.fit(LENET, recipe, train, val, directory=tmp_path, max_minutes=0)
    assert paused.state == "paused" and paused.epoch == 0
    finished = trainer.fit(LENET, recipe, train, val, directory=tmp_path)
    assert finished.state in ("finished", "collapsed") and finished.epoch == 2
    assert_equal_bits(bits(finished), bits(trainer.fit(LENET, recipe, train, val)))


@pytest.mark.parametrize("change", [{"recipe": Recipe(epochs=1, batch_size=8, lr=0.01)}, {"seed": 1},
                                    {"val": split(seed=2)}, {"about": {"system": "another"}}])
def test_another_runs_checkpoints_are_refused_and_stay(tmp_path, change):
    own = {"recipe": Recipe(epochs=1, batch_size=8), "seed": 0, "val": split(seed=1), "about": {"system": "this"}}

    def fit(recipe, val, **options):
        return trainer.fit(LENET, recipe, split(), val, directory=tmp_path, **options)

    first = fit(**own)
    with pytest.raises(trainer.OtherRun, match="another model, recipe, seed, data"):
        fit(**{**own, **change})
    assert_equal_bits(bits(first), bits(fit(**own)))


def test_it_learns_eight_images_by_heart():
    train = split(8)
    fit = trainer.fit(LENET, Recipe(epochs=40, batch_size=8, lr=3e-3), train, train)
    assert fit.val_accuracy == 1.0 and fit.state == "finished"


def test_a_network_with_attention_learns_bars():
    fit = trainer.fit(DEEP_EMOTION, Recipe(epochs=25, batch_size=16, lr=3e-3, model={"drop_rate": 0.0}),
                       split(112), split(56, seed=1))
    assert fit.val_accuracy > 0.8


def test_a_diverging_rate_ends_with_a_verdict():
    recipe = Recipe(epochs=3, batch_size=8, optimizer="sgd", lr=1e30)
    fit = trainer.fit(papers.system("gap_cnn").build, recipe, split(), split(seed=1))
    assert fit.state == "diverged" and fit.epoch < 3
    assert fit.history[-1]["train_loss"] is None and fit.best_epoch == 0 and fit.val_accuracy is None


@pytest.mark.parametrize("good", [0, 1])
def test_weights_that_validate_to_no_number_are_not_kept(monkeypatch, good):
    """As after an update at the end of an epoch whose losses were all finite."""
    infer, seen = trainer.Trainer.infer, []
    monkeypatch.setattr(trainer.Trainer, "infer", lambda self, val: seen.append(infer(self, val)) or (
        seen[-1] if len(seen) <= good else torch.full_like(seen[-1], torch.nan)))
    fit = trainer.fit(LENET, Recipe(epochs=3, batch_size=8), split(), split(seed=1))
    assert (fit.state, fit.best_epoch, fit.epoch) == ("diverged", good, good + 1)
    assert fit.history[-1]["val_loss"] is None


def test_a_validation_split_of_one_class_cannot_show_a_collapse():
    bars = split()
    happy = Split(bars.images[bars.labels == 3], bars.labels[bars.labels == 3])
    assert trainer.fit(LENET, Recipe(epochs=20, batch_size=8, lr=3e-3), bars, happy).state == "finished"


def test_one_class_for_everything_is_called_collapsed():
    constant = Split.of(np.zeros((16, 48, 48), np.uint8), np.arange(16) % 7, 7, "cpu")
    assert trainer.fit(LENET, Recipe(epochs=1, batch_size=8, lr=0.0), constant, constant).state == "collapsed"


def test_patience_stops_a_run_that_no_longer_improves():
    fit = trainer.fit(LENET, Recipe(epochs=50, batch_size=8, lr=0.0, patience=2), split(), split(seed=1))
    assert fit.epoch == 3 and fit.best_epoch == 1


def test_the_kept_weights_are_those_of_the_best_epoch():
    train, val = split(56), split(56, seed=1)
    fit = trainer.fit(LENET, Recipe(epochs=6, batch_size=8, lr=2e-3), train, val)
    logits = inference.infer_logits(fit.model, val.images[:, 0].numpy())
    assert math.isclose((logits.argmax(1) == val.labels.numpy()).mean(), fit.val_accuracy)
    assert fit.val_accuracy == max(row["val_accuracy"] for row in fit.history)


def test_the_exponential_schedule_takes_a_tenth_after_every_epoch():
    recipe = Recipe(lr=0.1, schedule="exponential", epochs=4)
    assert [trainer.learning_rate(recipe, step, 8) for step in (0, 1, 2, 7)] == pytest.approx([0.1, 0.1, 0.09, 0.0729])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "onecycle", "step", "exponential"])
def test_the_learning_rate_stays_between_zero_and_its_peak(schedule):
    rates = [trainer.learning_rate(Recipe(lr=0.1, schedule=schedule), step, 100) for step in range(100)]
    assert all(0 < rate <= 0.1 for rate in rates)
    assert schedule == "constant" or rates[-1] < 0.02


def test_averaging_over_mirror_images_does_not_depend_on_the_side():
    model = trainer.initial_model(LENET, Recipe(), 0).eval()
    images = split(5).images[:, 0].numpy()
    both = inference.infer_logits(model, images, tta="flip")
    assert np.allclose(both, inference.infer_logits(model, images[:, :, ::-1], tta="flip"), atol=1e-5)


def test_ten_crops_are_ten_views_and_the_batch_size_changes_nothing():
    model = trainer.initial_model(papers.system("gap_cnn").build, Recipe(model={"input_size": 40}), 0).eval()
    images = split(7).images[:, 0].numpy()
    assert len(preprocessing.views(torch.zeros(1, 1, 48, 48), 40, "tencrop")) == 10
    small, large = (inference.infer_logits(model, images, tta="tencrop", batch_size=b) for b in (2, 7))
    assert np.allclose(small, large, atol=1e-5)
