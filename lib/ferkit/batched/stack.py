"""K networks as one: their weights with the run as first axis, and a training step of all of them at once."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from ferkit import augment, models, seeding, training
from ferkit.augment import Draws
from ferkit.batched.optimizer import Optimizer, clip
from ferkit.loader import Split, batches_per_epoch, to_input
from ferkit.losses import balanced_class_weights, classification_loss, log_prior, penalised_layers
from ferkit.recipes import Recipe

VARIED = ("lr", "weight_decay", "penalty")  # what may differ between the recipes of one stack


class _Mask(nn.Module):
    """In a dropout layer's place: multiplies by a mask that was drawn for each run by itself."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.mask if self.training else x


class Stack:
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
        self.optimizer = Optimizer(self.trainable, self.recipe, self.vary["weight_decay"])
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

    def identity(self) -> list[object]:
        """What tells these runs from others, JSON-able."""
        return [self.system, self.seeds, json.loads(json.dumps([recipe.to_dict() for recipe in self.recipes]))]

    @torch.no_grad()
    def put(self, state: dict[str, Tensor]) -> None:
        """Take over weights and buffers that :meth:`state` gave."""
        for name, value in self.parameters.items():
            value.copy_(state[name])
        self.buffers = {name: state[name].to(self.device) for name in self.buffers}

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
                gradients = clip(gradients, recipe.clip, runs)
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


def _seed_default(device: torch.device, seed: int) -> None:
    """Seed the generator that dropout on this device draws from."""
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    else:
        torch.random.default_generator.manual_seed(seed)


def _together(draws: list[Draws]) -> Draws:
    """The draws of all runs as those of one long batch."""
    values = {f.name: [getattr(one, f.name) for one in draws] for f in fields(Draws)}
    return Draws(**{name: None if parts[0] is None else torch.cat(parts) for name, parts in values.items()})
