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

Nothing is checkpointed: a stack that is killed starts again. On a CPU, where one network fills the cores, the same
call trains one after another through :func:`training.fit`.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import fields, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from ferkit import augment, models, progress, seeding, training
from ferkit.augment import Draws
from ferkit.errors import InputError
from ferkit.loader import Split, batches, batches_per_epoch, epoch_order, to_input
from ferkit.losses import balanced_class_weights, classification_loss, log_prior, penalised_layers
from ferkit.recipes import Recipe
from ferkit.training import Fit

VARIED = ("lr", "weight_decay", "penalty")  # what may differ between the recipes of one stack


def fit_many(system: str, recipes: Recipe | Sequence[Recipe], train: Split, val: Split, *, seeds: Sequence[int],
             num_classes: int = 7, batched: bool | None = None, name: str = "") -> list[Fit]:
    """One :class:`training.Fit` for each (recipe, seed), in order.

    recipes: one for all seeds, or as many as there are seeds. train, val: on the device to train on. batched: whether
    to train all at once; None does so on a GPU. A stack's `minutes` are shared out evenly, and a loss that is no
    number is noticed at the end of its epoch. Raises InputError for recipes that differ in more than VARIED.
    """
    each = [recipes] * len(seeds) if isinstance(recipes, Recipe) else list(recipes)
    if len(each) != len(seeds):
        raise InputError(f"fit_many: {len(each)} recipes for {len(seeds)} seeds; give one for all, or one for each")
    together = train.images.is_cuda if batched is None else batched
    if not together:
        return [training.fit(system, recipe, train, val, seed=seed, num_classes=num_classes, name=name)
                for recipe, seed in zip(each, seeds, strict=True)]
    if any(alike(recipe) != alike(each[0]) for recipe in each):
        raise InputError(f"fit_many: one stack's recipes may differ in {', '.join(VARIED)} only")
    with torch.random.fork_rng(devices=[train.images.device] if train.images.is_cuda else []):
        stack = _Stack(system, each, train, list(seeds), num_classes)
        return _loop(stack, val, name or system)


def alike(recipe: Recipe) -> Recipe:
    """The recipe without what may vary within a stack: equal for recipes that can be trained together."""
    return replace(recipe, **dict.fromkeys(VARIED, 0.0))


class _Mask(nn.Module):
    """In a dropout layer's place: multiplies by a mask that was drawn for each run by itself."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask if self.training else x


class _Stack:
    """K runs side by side; every tensor of theirs has the run as its first axis."""

    def __init__(self, system: str, recipes: list[Recipe], train: Split, seeds: list[int], num_classes: int) -> None:
        self.system, self.recipes, self.recipe, self.seeds = system, recipes, recipes[0], seeds
        self.train, self.num_classes, self.device = train, num_classes, train.images.device
        networks = [training.initial_model(system, recipe, seed, num_classes).to(self.device)
                    for recipe, seed in zip(recipes, seeds, strict=True)]
        self.single = copy.deepcopy(networks[0])  # one run's network, for the shapes of its dropout masks
        parameters, self.buffers = stack_module_state(networks)
        fixed = {name for name, p in networks[0].named_parameters() if not p.requires_grad}
        self.parameters = {name: p.detach().requires_grad_(name not in fixed) for name, p in parameters.items()}
        self.trainable = [p for p in self.parameters.values() if p.requires_grad]
        self.network = networks[0].to("meta")  # only its structure is used
        self.dropouts = [name for name, m in self.network.named_modules() if isinstance(m, nn.Dropout) and m.p]
        for name in self.dropouts:
            self.network.set_submodule(name, _Mask())
        self.templates: dict[int, list[tuple[Tensor, float]]] = {}
        self.vary = {key: torch.tensor([getattr(r, key) for r in recipes], device=self.device) for key in VARIED}
        self.optimizer = _Optimizer(self.trainable, self.recipe, self.vary["weight_decay"])
        self.averaged = {name: value.clone() for name, value in self.state().items()} if self.recipe.ema else {}
        self.best: dict[str, Tensor] = {}
        self.sums = torch.zeros(len(seeds), 3, dtype=torch.float64, device=self.device)  # loss, correct, images
        self.step_number = 0
        self.steps = self.recipe.epochs * batches_per_epoch(len(train), self.recipe.batch_size)
        self.class_weights = (balanced_class_weights(train.labels, num_classes)
                              if self.recipe.class_weights == "balanced" else None)
        self.log_prior = log_prior(train.labels, num_classes)

    def state(self) -> dict[str, Tensor]:
        """All weights and buffers by name, (K, …)."""
        return {name: p.detach() for name, p in self.parameters.items()} | self.buffers

    def step(self, rows: Tensor) -> None:
        """One batch of every run, forward, backward and update. rows: int64 (K, B)."""
        recipe, runs = self.recipe, len(self.seeds)
        x, targets, labels = self._batch(rows)
        masks = self._masks(rows.shape[1]) if self.dropouts else {}
        self.network.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            logits = self._call(self.parameters, self.buffers | masks, x, 0).float()
        losses = vmap(lambda a, b: classification_loss(
            recipe.loss, a, b, log_prior=self.log_prior, class_weights=self.class_weights,
            smoothing=recipe.label_smoothing))(logits, targets)
        losses = losses + self._penalty()
        gradients = torch.autograd.grad(losses.sum(), self.trainable)  # a run's loss depends on its own weights alone
        with torch.no_grad():
            if recipe.clip:
                gradients = _clip(gradients, recipe.clip, runs)
            self.optimizer.step(gradients, self.rates())
            self.step_number += 1
            self._average()
            correct = (logits.argmax(2) == labels).sum(1)
            size = torch.full_like(losses, rows.shape[1])
            self.sums += torch.stack((losses.double() * size, correct.double(), size.double()), 1)

    def rates(self) -> Tensor:
        """The learning rate of every run at this step, (K,)."""
        return self.vary["lr"] * self.share(self.step_number)

    def share(self, step: int) -> float:
        """What part of its peak every learning rate has at a step: schedules differ in their peak alone."""
        return training.learning_rate(replace(self.recipe, lr=1.0), step, self.steps)

    def _call(self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor, axis: int | None) -> Tensor:
        """Logits (K, N, classes); x has a run axis (0) or is the same for all (None)."""
        return vmap(lambda p, b, images: functional_call(self.network, (p, b), (images,)), in_dims=(0, 0, axis))(
            parameters, buffers, x)

    def _batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs (K, B, 1, H, W), targets and labels (K, B): each run's drawn from its own generator, applied once."""
        spec, side, (runs, size) = self.recipe.augmentation, self.train.images.shape[-1], rows.shape
        generators = [seeding.generator(self.device, seed, "augment", self.step_number) for seed in self.seeds]
        draws = _together([augment.draw(size, side, spec, g) for g in generators])
        images = self.train.images.index_select(0, rows.flatten())
        x = to_input(augment.apply(images, draws, crop=spec.crop, padding=spec.padding))
        x = x.view(runs, size, *x.shape[1:])
        labels = targets = self.train.labels[rows]
        if spec.mixup:
            soft = F.one_hot(labels, self.num_classes).float()
            mixed = [augment.mixup(x[k], soft[k], spec.mixup, g) for k, g in enumerate(generators)]
            x, targets = (torch.stack(part) for part in zip(*mixed, strict=True))
        return x, targets, labels

    def _masks(self, size: int) -> dict[str, Tensor]:
        """Each run's dropout masks, drawn as its layers would draw them in a run of its own: same seed, order, shape,
        memory layout and dtype."""
        if size not in self.templates:
            self.templates[size] = self._shapes(size)
        drawn = []
        for seed in self.seeds:
            _seed_default(self.device, seeding.derive(seed, "dropout", self.step_number))
            drawn.append([F.dropout(ones, rate) for ones, rate in self.templates[size]])
        stacked = (torch.stack(masks) for masks in zip(*drawn, strict=True))
        return {f"{name}.mask": masks for name, masks in zip(self.dropouts, stacked, strict=True)}

    @torch.no_grad()
    def _shapes(self, size: int) -> list[tuple[Tensor, float]]:
        """Ones like the input of each dropout layer, and its rate, from one pass of a single run's network."""
        found: dict[str, tuple[Tensor, float]] = {}
        network = copy.deepcopy(self.single).train()
        side = self.recipe.augmentation.crop or self.train.images.shape[-1]
        x = torch.zeros(size, 1, side, side, device=self.device)
        if self.recipe.channels_last:
            network, x = network.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
        for name in self.dropouts:
            layer = network.get_submodule(name)
            layer.register_forward_pre_hook(
                lambda m, inputs, name=name: found.__setitem__(name, (torch.ones_like(inputs[0]), m.p)))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            network(x)
        self.dropouts = list(found)  # in the order in which they draw
        return list(found.values())

    def _penalty(self) -> Tensor | float:
        """Each run's λ times the norms of the model's `penalised` layers, (K,)."""
        if not self.vary["penalty"].any():
            return 0.0
        norms = [torch.linalg.vector_norm(self.parameters[f"{name}.weight"].flatten(1), dim=1)
                 for name in penalised_layers(self.single, self.recipe.penalty_on)]
        return self.vary["penalty"] * torch.stack([norm**self.recipe.penalty_power for norm in norms]).sum(0)

    def _average(self) -> None:
        """The averaged weights of every run, as in `training`."""
        decay = min(self.recipe.ema, (1 + self.step_number) / (10 + self.step_number))
        current = self.state() if self.averaged else {}
        for name, value in self.averaged.items():
            if value.is_floating_point():
                value.lerp_(current[name], 1 - decay)
            else:
                value.copy_(current[name])

    @torch.no_grad()
    def validate(self, val: Split) -> Tensor:
        """Logits (K, N, classes) of the validation split with the weights that would be kept."""
        self.network.eval()
        state, out = self.averaged or self.state(), []
        parameters = {name: state[name] for name in self.parameters}
        buffers = {name: state[name] for name in self.buffers}
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            for images in val.images.split(256):
                x = to_input(training.centre_crop(images, self.single.input_size))
                out.append(self._call(parameters, buffers | self._no_masks(), x, None).float())
        return torch.cat(out, 1)

    def _no_masks(self) -> dict[str, Tensor]:
        return {f"{name}.mask": torch.ones(len(self.seeds), device=self.device) for name in self.dropouts}

    def keep(self, runs: list[int]) -> None:
        """Take the present weights of these runs for their best."""
        state = self.averaged or self.state()
        if not self.best:
            self.best = {name: value.clone() for name, value in state.items()}
        for name, value in state.items():
            self.best[name][runs] = value[runs]

    def model(self, run: int, kept: bool) -> nn.Module:
        """One run's network in eval mode: of its best epoch, or as it stands."""
        network = models.build(self.system, self.num_classes, **self.recipe.model).to(self.device)
        state = self.best if kept else self.state()
        network.load_state_dict({name: value[run] for name, value in state.items()})
        if self.recipe.channels_last:
            network = network.to(memory_format=torch.channels_last)
        return network.eval()


class _Optimizer:
    """torch's Adam, AdamW, SGD and RMSprop with a learning rate and a weight decay for every run of a stack."""

    def __init__(self, parameters: list[Tensor], recipe: Recipe, weight_decay: Tensor) -> None:
        self.parameters, self.recipe, self.weight_decay, self.count = parameters, recipe, weight_decay, 0
        self.first = [torch.zeros_like(p) for p in parameters]
        self.second = [torch.zeros_like(p) for p in parameters]

    def step(self, gradients: Sequence[Tensor], rates: Tensor) -> None:
        """Update all parameters in place. rates: (K,)."""
        self.count += 1
        kind = {"adam": self._adam, "adamw": self._adam, "sgd": self._sgd, "rmsprop": self._rmsprop}
        for number, (p, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            rate, decay = (value.view(-1, *[1] * (p.ndim - 1)) for value in (rates, self.weight_decay))
            if self.recipe.optimizer == "adamw":
                p.mul_(1 - rate * decay)
            else:
                g = g + decay * p
            p.sub_(rate * kind[self.recipe.optimizer](number, g))

    def _adam(self, number: int, g: Tensor) -> Tensor:
        """Kingma & Ba 2015, arXiv 1412.6980, with torch's defaults."""
        first, second = self.first[number].lerp_(g, 0.1), self.second[number].mul_(0.999).addcmul_(g, g, value=0.001)
        denominator = second.sqrt() / math.sqrt(1 - 0.999**self.count) + 1e-8
        return first / denominator / (1 - 0.9**self.count)

    def _sgd(self, number: int, g: Tensor) -> Tensor:
        momentum = self.first[number].mul_(self.recipe.momentum).add_(g)  # the first step's is g, as torch's
        return g + self.recipe.momentum * momentum if self.recipe.nesterov else momentum

    def _rmsprop(self, number: int, g: Tensor) -> Tensor:
        second = self.second[number].mul_(0.99).addcmul_(g, g, value=0.01)
        return self.first[number].mul_(self.recipe.momentum).add_(g / (second.sqrt() + 1e-8))


def _seed_default(device: torch.device, seed: int) -> None:
    """Seed the generator that dropout on this device draws from."""
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    else:
        torch.random.default_generator.manual_seed(seed)


def _clip(gradients: Sequence[Tensor], limit: float, runs: int) -> list[Tensor]:
    """Every run's gradients scaled to a norm of at most `limit`, as torch's clip_grad_norm_ does for one."""
    norms = torch.stack([torch.linalg.vector_norm(g.reshape(runs, -1), dim=1) for g in gradients])
    factor = (limit / (torch.linalg.vector_norm(norms, dim=0) + 1e-6)).clamp(max=1.0)
    return [g * factor.view(-1, *[1] * (g.ndim - 1)) for g in gradients]


def _together(draws: list[Draws]) -> Draws:
    """The draws of all runs as those of one long batch."""
    values = {f.name: [getattr(one, f.name) for one in draws] for f in fields(Draws)}
    return Draws(**{name: None if parts[0] is None else torch.cat(parts) for name, parts in values.items()})


class _Course:
    """How one run of a stack has gone so far."""

    def __init__(self) -> None:
        self.state, self.epoch, self.best_epoch, self.one_class = "", 0, 0, False
        self.best, self.history = (-1.0, -math.inf), []


def _loop(stack: _Stack, val: Split, name: str) -> list[Fit]:
    """Train until every run has ended."""
    started, recipe, train = time.monotonic(), stack.recipe, stack.train
    courses = [_Course() for _ in stack.seeds]
    for epoch in range(recipe.epochs):
        orders = torch.stack([epoch_order(train, seed, epoch, recipe.sampling) for seed in stack.seeds])
        for rows in batches(orders.T, recipe.batch_size):
            stack.step(rows.T)
        seconds = time.monotonic() - started
        _end_epoch(stack, courses, val, epoch, seconds / len(courses))
        going = [course for course in courses if not course.state]
        last = [course.history[-1] for course in courses if course.history[-1]["val_accuracy"] is not None]
        if last:
            mean = {key: sum(row[key] for row in last) / len(last) for key in ("train_loss", "val_accuracy")}
            progress.epoch(f"{name} × {len(courses)}", epoch + 1, recipe.epochs, mean["train_loss"],
                           mean["val_accuracy"], seconds / (epoch + 1) * (recipe.epochs - epoch - 1))
        if not going:
            break
    minutes = (time.monotonic() - started) / 60 / len(courses)
    return [_fit_of(stack, k, course, minutes) for k, course in enumerate(courses)]


def _end_epoch(stack: _Stack, courses: list[_Course], val: Split, epoch: int, seconds: float) -> None:
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


def _fit_of(stack: _Stack, run: int, course: _Course, minutes: float) -> Fit:
    kept = course.best_epoch > 0
    return Fit(course.state, stack.model(run, kept), course.epoch, course.best_epoch,
               course.best[0] if kept else None, course.history, minutes)
