"""A stack of runs against the same runs trained one by one."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ferkit import batched, training
from ferkit.augment import Augmentation
from ferkit.batched import fit_many
from ferkit.batched.optimizer import Optimizer, clip
from ferkit.errors import InputError
from ferkit.loader import Split, batches, epoch_order
from ferkit.recipes import Recipe

VARIED = Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08, brightness=0.2, erase=0.2)
BASE = Recipe(epochs=5, batch_size=6, lr=1e-3, weight_decay=1e-3, schedule="onecycle", augmentation=VARIED)
RECIPES = {
    "lenet5": replace(BASE, optimizer="adamw", ema=0.9),
    "deep_emotion": replace(BASE, optimizer="sgd", lr=3e-3, penalty=1e-3, init="normal", model={"drop_rate": 0.0}),
    "gap_cnn": replace(BASE, optimizer="sgd", nesterov=True, lr=0.002, clip=0.5, label_smoothing=0.1, ema=0.9,
                       augmentation=replace(VARIED, crop=40, mixup=0.2),
                       model={"norm": True, "input_size": 40, "widths": (8, 8)}),
    "deep_emotion_wide": replace(BASE, optimizer="sgd", lr=1e-4, class_weights="balanced", sampling="balanced",
                                 model={"widths": (4, 6, 8), "drop_rate": 0.3}),
}


def split(n=22, seed=0):
    """Images whose class is the row of a bright bar."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 7
    images = rng.integers(0, 60, (n, 48, 48), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[3 + 6 * label:7 + 6 * label] += 150
    return Split.of(images, labels, 7, "cpu")


def after(steps, system, recipes, seeds):
    """A stack and single runs after the same steps."""
    train = split()
    stack = batched.Stack(system, recipes, train, seeds, 7)
    runs = [training._Run(system, recipe, train, seed, 7) for recipe, seed in zip(recipes, seeds, strict=True)]
    for number in range(steps):
        epoch, place = divmod(number, 4)
        rows = [list(batches(epoch_order(train, seed, epoch, recipes[0].sampling), recipes[0].batch_size))[place]
                for seed in seeds]
        stack.step(torch.stack(rows))
        for run, own in zip(runs, rows, strict=True):
            run.step(own)
    return stack, runs


def apart(one, other):
    """How far two lists of tensors lie from each other, relative to the second, as one vector each."""
    one, other = (torch.cat([value.detach().double().flatten() for value in values]) for values in (one, other))
    return float(torch.linalg.vector_norm(one - other) / torch.linalg.vector_norm(other))


@pytest.mark.parametrize("system", RECIPES)
def test_a_stack_is_its_runs_after_twenty_steps(system):
    """As one vector: single biases before a batch-norm have gradients of rounding errors alone."""
    one = RECIPES[system]
    recipes = [one, replace(one, lr=2 * one.lr, weight_decay=0.0, penalty=2e-3)]
    with torch.random.fork_rng(devices=[]):
        stack, runs = after(20, system, recipes, [3, 4])
    for k, run in enumerate(runs):
        for names in (stack.parameters, stack.buffers):
            stacked, single = stack.averaged or stack.state(), run.candidate()
            assert not names or apart([stacked[name][k] for name in names], [single[name] for name in names]) < 1e-4
        seen = torch.stack((run.loss_sum, run.correct.double(), torch.tensor(float(run.at.images))))
        assert apart([stack.sums[k]], [seen]) < 1e-4


@pytest.mark.parametrize("recipe", [Recipe(optimizer="adam", weight_decay=0.1), Recipe(optimizer="adamw"),
                                    Recipe(optimizer="sgd", momentum=0.0), Recipe(optimizer="sgd", momentum=0.8),
                                    Recipe(optimizer="sgd", nesterov=True), Recipe(optimizer="rmsprop")],
                         ids=["adam", "adamw", "sgd", "momentum", "nesterov", "rmsprop"])
def test_the_optimisers_are_torchs_run_by_run(recipe):
    g = torch.Generator().manual_seed(0)
    start, rates, decays = torch.randn(2, 3, 4, generator=g), [0.1, 0.01], [0.2, recipe.weight_decay]
    stacked = start.clone()
    ours = Optimizer([stacked], recipe, torch.tensor(decays))
    single = [torch.nn.Parameter(value.clone()) for value in start]
    theirs = [training.make_optimizer([p], replace(recipe, lr=lr, weight_decay=decay))
              for p, lr, decay in zip(single, rates, decays, strict=True)]
    for _ in range(5):
        gradients = torch.randn(2, 3, 4, generator=g)
        ours.step([gradients], torch.tensor(rates))
        for p, optimizer, gradient in zip(single, theirs, gradients, strict=True):
            p.grad = gradient
            optimizer.step()
    assert torch.allclose(stacked, torch.stack([p.detach() for p in single]), rtol=1e-5, atol=1e-6)


def test_gradients_are_clipped_run_by_run():
    gradients = [torch.tensor([[3.0, 0.0], [0.3, 0.0]]), torch.tensor([[4.0], [0.4]])]
    clipped = clip(gradients, 1.0, 2)
    assert torch.allclose(clipped[0], torch.tensor([[0.6, 0.0], [0.3, 0.0]]), atol=1e-5)
    assert torch.allclose(clipped[1], torch.tensor([[0.8], [0.4]]), atol=1e-5)


def test_runs_of_a_stack_are_not_each_other():
    stack = batched.Stack("lenet5", [RECIPES["lenet5"]] * 2, split(), [0, 1], 7)
    stack.step(torch.stack([torch.arange(6)] * 2))
    assert all(not torch.equal(*value.detach()) for name, value in stack.parameters.items() if "weight" in name)


def test_dropout_masks_are_those_of_single_runs():
    recipe = replace(BASE, model={"drop_rate": 0.5}, precision="bf16")
    with torch.random.fork_rng(devices=[]):
        stack = batched.Stack("deep_emotion", [recipe] * 2, split(), [0, 1], 7)
        masks = stack._masks(6)["dropout.mask"]
        assert masks.shape == (2, 6, 10, 9, 9) and not torch.equal(*masks)
        assert set(masks.unique().tolist()) == {0.0, 2.0} and abs(masks.float().mean() - 1) < 0.1


@pytest.mark.parametrize("together", [True, False])
def test_all_runs_end_as_fits_in_order(together):
    recipe = replace(RECIPES["lenet5"], epochs=2, batch_size=8)
    fits = fit_many("lenet5", recipe, split(), split(seed=1), seeds=[5, 6], batched=together)
    single = training.fit("lenet5", recipe, split(), split(seed=1), seed=6)
    assert [fit.epoch for fit in fits] == [2, 2] and fits[1].best_epoch == single.best_epoch
    assert [row.keys() for row in fits[1].history] == [row.keys() for row in single.history]
    for ours, theirs in zip(fits[1].history, single.history, strict=True):
        assert math.isclose(ours["val_loss"], theirs["val_loss"], rel_tol=1e-4)
        assert math.isclose(ours["train_loss"], theirs["train_loss"], rel_tol=1e-4)
        assert ours["learning_rate"] == pytest.approx(theirs["learning_rate"])
    images = split(seed=2).images[:, 0].numpy()
    assert np.allclose(training.infer_logits(fits[1].model, images), training.infer_logits(single.model, images),
                       rtol=1e-3, atol=1e-4)


def test_the_kept_weights_are_those_of_each_runs_best_epoch():
    val = split(28, seed=1)
    fits = fit_many("lenet5", replace(BASE, epochs=4, lr=3e-3, augmentation=Augmentation()), split(28), val,
                    seeds=[0, 1], batched=True)
    for fit in fits:
        predicted = training.infer_logits(fit.model, val.images[:, 0].numpy()).argmax(1)
        assert fit.val_accuracy == pytest.approx((predicted == val.labels.numpy()).mean())
        assert fit.val_accuracy == max(row["val_accuracy"] for row in fit.history)
        assert fit.history[fit.best_epoch - 1]["val_accuracy"] == fit.val_accuracy


def test_a_run_that_diverges_leaves_the_others_alone():
    recipes = [replace(BASE, optimizer="sgd", epochs=2, lr=lr) for lr in (1e30, 1e-3)]
    fits = fit_many("lenet5", recipes, split(), split(seed=1), seeds=[0, 0], batched=True)
    assert fits[0].state == "diverged" and fits[0].epoch < 2 and fits[0].history[-1]["train_loss"] is None
    assert fits[1].state in ("finished", "collapsed") and fits[1].epoch == 2
    assert all(math.isfinite(row["val_loss"]) for row in fits[1].history)


def test_the_callers_random_state_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit_many("lenet5", replace(BASE, epochs=1, model={"drop_rate": 0.5}), split(), split(), seeds=[0], batched=True)
    assert torch.equal(torch.rand(3), expected)


def test_recipes_that_do_not_fit_together_are_refused():
    with pytest.raises(InputError, match="may differ in lr, weight_decay, penalty only"):
        fit_many("lenet5", [BASE, replace(BASE, clip=1.0)], split(), split(), seeds=[0, 1], batched=True)
    with pytest.raises(InputError, match="2 recipes for 1 seeds"):
        fit_many("lenet5", [BASE, BASE], split(), split(), seeds=[0])


class Killed(BaseException):
    """As kill -9: nothing may catch it."""


@pytest.mark.parametrize("step", [1, 4, 7])
def test_a_stack_killed_after_any_step_ends_with_the_same_bits(step, tmp_path, monkeypatch):
    recipe = replace(RECIPES["gap_cnn"], epochs=2)
    train, val = split(), split(14, seed=1)
    whole = fit_many("gap_cnn", recipe, train, val, seeds=[3, 4], batched=True)
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)  # after every step
    one_step, done = batched.Stack.step, []

    def until_killed(stack, rows):
        if len(done) == step:
            raise Killed
        done.append(1)
        one_step(stack, rows)

    with monkeypatch.context() as m, pytest.raises(Killed):
        m.setattr(batched.Stack, "step", until_killed)
        fit_many("gap_cnn", recipe, train, val, seeds=[3, 4], batched=True, directory=tmp_path)
    again = fit_many("gap_cnn", recipe, train, val, seeds=[3, 4], batched=True, directory=tmp_path)
    for one, other in zip(whole, again, strict=True):
        assert (one.state, one.best_epoch, one.val_accuracy) == (other.state, other.best_epoch, other.val_accuracy)
        for name, value in one.model.state_dict().items():
            assert torch.equal(value, other.model.state_dict()[name]), name


def test_a_stack_pauses_inside_its_time_and_goes_on(tmp_path):
    recipe = replace(RECIPES["lenet5"], epochs=2)
    kept = {"seeds": [0, 1], "batched": True, "directory": tmp_path}
    paused = fit_many("lenet5", recipe, split(), split(14, seed=1), max_minutes=0.0, **kept)
    assert [fit.state for fit in paused] == ["paused", "paused"] and paused[0].epoch == 0
    assert [fit.state for fit in fit_many("lenet5", recipe, split(), split(14, seed=1), **kept)] != ["paused"] * 2
    other = fit_many("lenet5", replace(recipe, lr=0.1), split(), split(14, seed=1), max_minutes=0.0, **kept)
    assert other[0].state == "paused"  # another recipe's checkpoint is not gone on from


def test_one_after_another_each_has_a_folder_and_the_time_that_is_left(tmp_path):
    recipe = replace(RECIPES["lenet5"], epochs=1)
    fits = fit_many("lenet5", recipe, split(), split(14, seed=1), seeds=[0, 1], batched=False, directory=tmp_path,
                    max_minutes=0.0)
    assert [fit.state for fit in fits] == ["paused", "paused"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run000", "run001"]
