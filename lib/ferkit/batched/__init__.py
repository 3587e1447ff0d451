"""Many small networks trained as one program: K seeds, or K points over learning rate, weight decay and λ.

A network of fifty thousand weights leaves a GPU idle between its kernels. Here K runs of one system are stacked along
a new first axis (`torch.func.vmap` over the networks' weights), so that every kernel works for all of them. Each run
keeps what makes it that run: its own initial weights, epoch order, augmentation, mixup partners and dropout masks, all
from the same (seed, purpose, step) as in `training`; its own batch statistics, gradient norm, averaged weights and
best epoch. A stacked run equals the single one as far as sums may be taken in another order: in fp32 weights, batch
statistics and losses, each as one vector, stay within 1e-4 relative for 20 steps, with dropout too (tests). It is not
bit-exact, and like a run on another machine it drifts apart after that: sooner with batch-norm over few images and a
high rate. Max-pooling, ReLU and bilinear sampling at pixel centres have kinks where a last digit decides where a
gradient goes; SGD makes little of it, Adam and RMSprop, which divide by the gradient's own size, may make a whole step
of it (a stack of Deep-Emotion under Adam was seen 1e-3 off its runs after 20 steps). In bf16 the two differ by that
format's rounding.

A stack is checkpointed as a single run is: killed at any step, the same call goes on to the same end. On a CPU, where
one network fills the cores, the same call trains one after another through :func:`training.fit`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.func import vmap

from ferkit import checkpoint, progress, training
from ferkit.batched.stack import VARIED, Stack
from ferkit.errors import InputError
from ferkit.loader import Split, batches, epoch_order
from ferkit.recipes import Recipe
from ferkit.training import Fit


def fit_many(system: str, recipes: Recipe | Sequence[Recipe], train: Split, val: Split, *, seeds: Sequence[int],
             num_classes: int = 7, batched: bool | None = None, directory: Path | None = None,
             max_minutes: float | None = None, name: str = "") -> list[Fit]:
    """One :class:`training.Fit` for each (recipe, seed), in order.

    recipes: one for all seeds, or as many as there are seeds. train, val: on the device to train on. batched: whether
    to train all at once; None does so on a GPU. directory: where checkpoints go; the same call goes on from there.
    max_minutes: stop cleanly inside this time; what is not done then is "paused". A stack's `minutes` are shared out
    evenly, and a loss that is no number is noticed at the end of its epoch. Raises InputError for recipes that differ
    in more than VARIED.
    """
    each = [recipes] * len(seeds) if isinstance(recipes, Recipe) else list(recipes)
    if len(each) != len(seeds):
        raise InputError(f"fit_many: {len(each)} recipes for {len(seeds)} seeds; give one for all, or one for each")
    together = train.images.is_cuda if batched is None else batched
    if not together:
        return _one_by_one(system, each, train, val, list(seeds), num_classes, directory, max_minutes, name)
    if any(alike(recipe) != alike(each[0]) for recipe in each):
        raise InputError(f"fit_many: one stack's recipes may differ in {', '.join(VARIED)} only")
    with torch.random.fork_rng(devices=[train.images.device] if train.images.is_cuda else []):
        stack = Stack(system, each, train, list(seeds), num_classes)
        return _loop(stack, val, directory, max_minutes, name or system)


def _one_by_one(system: str, recipes: list[Recipe], train: Split, val: Split, seeds: list[int], num_classes: int,
                directory: Path | None, max_minutes: float | None, name: str) -> list[Fit]:
    """Single runs, each with a folder of its own and what is left of the time."""
    started, fits = time.monotonic(), []
    for number, (recipe, seed) in enumerate(zip(recipes, seeds, strict=True)):
        left = None if max_minutes is None else max(0.0, max_minutes - (time.monotonic() - started) / 60)
        fits.append(training.fit(system, recipe, train, val, seed=seed, num_classes=num_classes, max_minutes=left,
                                 directory=directory and directory / f"run{number:03d}", name=name))
    return fits


def alike(recipe: Recipe) -> Recipe:
    """The recipe without what may vary within a stack: equal for recipes that can be trained together."""
    return replace(recipe, **dict.fromkeys(VARIED, 0.0))


@dataclass
class _Course:
    """How one run of a stack has gone so far; JSON-able but for the best loss of a run that has none."""

    state: str = ""
    epoch: int = 0
    best_epoch: int = 0
    one_class: bool = False
    best: tuple[float, float] = (-1.0, -math.inf)  # accuracy, minus the loss
    history: list[dict[str, float | int | None]] = field(default_factory=list)


@dataclass
class _Position:
    """Where a stack stands, apart from its tensors."""

    courses: list[_Course]
    epoch: int = 0
    step_in_epoch: int = 0
    seconds: float = 0.0


def _loop(stack: Stack, val: Split, directory: Path | None, max_minutes: float | None, name: str) -> list[Fit]:
    """Train until every run has ended or the time is up."""
    recipe, train = stack.recipe, stack.train
    at = _Position([_Course() for _ in stack.seeds])
    if directory is not None:
        at = _restore(stack, directory) or at
    started = saved = time.monotonic()
    deadline, before, slowest = math.inf if max_minutes is None else started + 60 * max_minutes, at.seconds, 0.0

    def save() -> None:
        nonlocal saved
        at.seconds = before + time.monotonic() - started
        if directory is not None:
            _save(stack, at, directory)
        saved = time.monotonic()

    while at.epoch < recipe.epochs and not all(course.state for course in at.courses):
        orders = torch.stack([epoch_order(train, seed, at.epoch, recipe.sampling) for seed in stack.seeds])
        for rows in batches(orders.T, recipe.batch_size, at.step_in_epoch):
            now = time.monotonic()
            if now + 2 * slowest > deadline:
                save()
                return _fits(stack, at)
            stack.step(rows.T)
            at.step_in_epoch += 1
            if now - saved > training.CHECKPOINT_SECONDS:
                save()
            slowest = max(slowest, time.monotonic() - now)
        at.seconds = before + time.monotonic() - started
        _end_epoch(stack, at.courses, val, at.epoch, at.seconds / len(at.courses))
        at.epoch, at.step_in_epoch = at.epoch + 1, 0
        _say(at, recipe.epochs, name)
    save()
    return _fits(stack, at)


def _say(at: _Position, epochs: int, name: str) -> None:
    """One line of progress: the means over the runs that have a number."""
    last = [course.history[-1] for course in at.courses if course.history[-1]["val_accuracy"] is not None]
    if last:
        mean = {key: sum(row[key] for row in last) / len(last) for key in ("train_loss", "val_accuracy")}
        progress.epoch(f"{name} × {len(at.courses)}", at.epoch, epochs, mean["train_loss"], mean["val_accuracy"],
                       at.seconds / at.epoch * (epochs - at.epoch))


def _save(stack: Stack, at: _Position, directory: Path) -> None:
    """Checkpoint everything that the rest of the runs depends on."""
    tensors = {"sums": stack.sums} | checkpoint.flatten("state", stack.state())
    tensors |= checkpoint.flatten("averaged", stack.averaged) | checkpoint.flatten("best", stack.best)
    for name in ("first", "second"):
        tensors |= {f"{name}.{number}": value for number, value in enumerate(getattr(stack.optimizer, name))}
    courses = [vars(c) | {"best": [c.best[0], c.best[1] if c.best_epoch else None]} for c in at.courses]
    checkpoint.save(directory, tensors, vars(at) | {
        "courses": courses, "step": stack.step_number, "count": stack.optimizer.count, "runs": stack.identity()})


def _restore(stack: Stack, directory: Path) -> _Position | None:
    """Go on from the newest whole checkpoint of the same runs; None if there is none."""
    found = checkpoint.load(directory)
    if found is None or found[1].pop("runs") != stack.identity():
        return None
    tensors, state = found
    stack.put(checkpoint.group("state", tensors))
    stack.sums = tensors["sums"].to(stack.device)
    for name in ("averaged", "best"):
        setattr(stack, name, {k: v.to(stack.device) for k, v in checkpoint.group(name, tensors).items()})
    for name in ("first", "second"):
        kept = checkpoint.group(name, tensors)
        for number, value in enumerate(getattr(stack.optimizer, name)):
            value.copy_(kept[str(number)])
    stack.step_number, stack.optimizer.count = state.pop("step"), state.pop("count")
    courses = [_Course(**c | {"best": (c["best"][0], -math.inf if c["best"][1] is None else c["best"][1])})
               for c in state.pop("courses")]
    return _Position(courses, **state)


def _end_epoch(stack: Stack, courses: list[_Course], val: Split, epoch: int, seconds: float) -> None:
    """Validate all runs at once; rows, best weights and verdicts of those that are still going."""
    logits, sums = stack.validate(val), stack.sums.tolist()
    predicted = logits.argmax(2)
    accuracy = (predicted == val.labels).double().mean(1).tolist()
    losses = vmap(F.cross_entropy, in_dims=(0, None))(logits, val.labels).tolist()
    rate, better = stack.share(stack.step_number - 1), []
    for k, course in enumerate(courses):
        if course.state:
            continue
        total, correct, images = sums[k]
        row = {"epoch": epoch + 1, "train_loss": None, "train_accuracy": None, "val_loss": None, "val_accuracy": None,
               "learning_rate": stack.recipes[k].lr * rate, "seconds": round(seconds, 2)}
        if not math.isfinite(total):
            course.state = "diverged"
        else:
            row |= {"train_loss": total / images, "train_accuracy": correct / images, "val_loss": losses[k],
                    "val_accuracy": accuracy[k]}
            course.epoch, course.one_class = epoch + 1, len(torch.unique(predicted[k])) == 1
            if (accuracy[k], -losses[k]) > course.best:
                course.best, course.best_epoch = (accuracy[k], -losses[k]), epoch + 1
                better.append(k)
            if 0 < stack.recipe.patience <= course.epoch - course.best_epoch or course.epoch == stack.recipe.epochs:
                course.state = "collapsed" if course.one_class else "finished"
        course.history.append(row)
    if better:
        stack.keep(better)
    stack.sums.zero_()


def _fits(stack: Stack, at: _Position) -> list[Fit]:
    minutes = at.seconds / 60 / len(at.courses)
    return [Fit(course.state or "paused", stack.model(k, course.best_epoch > 0), course.epoch, course.best_epoch,
                course.best[0] if course.best_epoch else None, course.history, minutes)
            for k, course in enumerate(at.courses)]
