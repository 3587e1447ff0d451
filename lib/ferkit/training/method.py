"""What is minimised, as an object: supervised training, and the place where a paper's own method goes.

A method replaces the loss, may keep tensors of its own from step to step (a relabelled copy of the labels, say), and
may add columns to an epoch's row. The trainer checkpoints its state with everything else, so a method resumes bit for
bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ferkit.core import checks, seeding
from ferkit.core.errors import InputError
from ferkit.training.batching import Split
from ferkit.training.losses import balanced_class_weights, classification_loss, log_prior
from ferkit.training.recipe import Recipe

State = dict[str, Tensor]


@dataclass(frozen=True)
class Batch:
    """What a loss may know of a batch.

    rows: int64 (B,), its row numbers in the training split. labels: int64 (B,), as the data set has them. targets:
    int64 (B,) or float (B, K) with rows that sum to 1 (mixed or soft labels). epoch, step: counted from 0. seed: of
    the run.
    """

    rows: Tensor
    labels: Tensor
    targets: Tensor
    epoch: int
    step: int
    seed: int

    def generator(self, purpose: str) -> torch.Generator:
        """A generator for a method's own random draws: a pure function of (seed, purpose, step)."""
        return seeding.generator(self.labels.device, self.seed, purpose, self.step)


@dataclass(frozen=True)
class Method:
    """One way to train.

    honours: the recipe's fields about losses and labels that it uses; another one off its default is refused.
    start: (model, training split, recipe) → state, tensors by name; they are written in place or replaced by `loss`.
    forward: (model, network input) → outputs, the logits (B, K) first; runs in the recipe's precision.
    loss: (outputs as float32, batch, state, recipe) → scalar. end_epoch: (epoch, state) → further columns of the
    epoch's row in history.csv. observe: (trained model, training images as stored in the data set, state) → arrays of
    first dimension N by name, which are kept beside the result in training_labels.npz, and "log", one of any length.
    version: raised where a change of it changes results.
    """

    name: str
    start: Callable[[nn.Module, Split, Recipe], State]
    loss: Callable[[tuple[Tensor, ...], Batch, State, Recipe], Tensor]
    forward: Callable[[nn.Module, Tensor], tuple[Tensor, ...]] = lambda model, x: (model(x),)
    end_epoch: Callable[[int, State], dict[str, float | int]] = lambda epoch, state: {}
    observe: Callable[[nn.Module, np.ndarray, State], dict[str, np.ndarray]] = lambda model, images, state: {}
    honours: frozenset[str] = frozenset({"loss", "label_smoothing", "class_weights", "mixup"})
    version: int = 1

    def check(self, recipe: Recipe) -> None:
        """InputError where a recipe asks for what this method does not do."""
        values, defaults = recipe.to_dict(), Recipe().to_dict()
        asked = {name for name in ("loss", "label_smoothing", "class_weights") if values[name] != defaults[name]}
        asked |= {"mixup"} if recipe.augmentation.mixup else set()
        if asked - self.honours:
            raise InputError(f"recipe: the method {self.name} does not use {', '.join(sorted(asked - self.honours))}; "
                             "leave it at its default")
        plain = asked & {"label_smoothing", "class_weights"}
        if plain and recipe.loss in ("focal", "complementary"):
            raise InputError(f"recipe: the loss {recipe.loss} does not use {', '.join(sorted(plain))}; leave it at its "
                             "default")


def check_options(recipe: Recipe, kinds: Mapping[str, Callable[[str, object], object]]) -> None:
    """InputError for an option of the recipe's method that is not among `kinds`, or that the check of its kind refuses.
    For `Method.start`: `Method.loss` runs in every step."""
    for key, value in checks.table("recipe: method", recipe.method, ("name", *kinds)).items():
        if key != "name":
            kinds[key](f"recipe: method.{key}", value)


def _start(model: nn.Module, train: Split, recipe: Recipe) -> State:
    k = model.num_classes
    state = {"log_prior": log_prior(train.labels, k)}
    if recipe.class_weights == "balanced":
        state["class_weights"] = balanced_class_weights(train.labels, k)
    return state


def _loss(outputs: tuple[Tensor, ...], batch: Batch, state: State, recipe: Recipe) -> Tensor:
    return classification_loss(recipe.loss, outputs[0], batch.targets, log_prior=state["log_prior"],
                               class_weights=state.get("class_weights"), smoothing=recipe.label_smoothing)


SUPERVISED = Method("supervised", _start, _loss)
