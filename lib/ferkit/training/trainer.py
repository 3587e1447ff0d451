"""The one training loop: any network, any `Recipe`, any `Method`, resumable at any step.

Every random draw is a pure function of (seed, epoch, step) (see `seeding`), so a run killed at any moment and started
again from its last checkpoint ends, on the same machine, device and number of threads, with the same bits as one that
was never interrupted. The best epoch is chosen on validation; the test split never comes near this module.

On CUDA the forward and backward passes of these networks have deterministic algorithms, save `torch.compile`d ones and
`sampler="input"` (torch's own `grid_sample` backward); equality across devices, machines or releases is not promised.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ferkit.core import malloc, progress, seeding
from ferkit.core.errors import InputError
from ferkit.training import augmentation, checkpoint, precision
from ferkit.training.batching import Split, batches, batches_per_epoch, epoch_order
from ferkit.training.distributed import ALONE, Processes
from ferkit.training.inputs import IMAGE, Input
from ferkit.training.losses import norm_penalty, penalised_layers
from ferkit.training.method import SUPERVISED, Batch, Method, State
from ferkit.training.recipe import Recipe

Build = Callable[..., nn.Module]  # (num_classes, **options) → the untrained network

CHECKPOINT_SECONDS = 30.0  # between two checkpoints; each costs a write of about four times the weights, and a read


@dataclass
class Fit:
    """Outcome of a training run.

    state: "finished", "paused" (time limit), "diverged" (a loss of training or validation is no longer finite) or
    "collapsed" (the last epoch puts the whole validation split into one class, though it holds several). model: the
    network with the weights of the best epoch, in eval mode; the newest if none was validated. epoch: epochs completed.
    best_epoch: 1-based, 0 if none. val_accuracy: of the best epoch, a fraction. history: one row an epoch. minutes:
    training time over all calls. precision: that the passes had on this machine (`training.precision`).
    method_state: the method's tensors after the last step.
    """

    state: str
    model: nn.Module
    epoch: int
    best_epoch: int
    val_accuracy: float | None
    history: list[dict[str, float | int | None]]
    minutes: float
    precision: str
    method_state: State = field(default_factory=dict)


class OtherRun(InputError):
    """A folder holds checkpoints of another run than the one that is to go on there."""


@dataclass
class Position:
    """Where a run stands, apart from its tensors; all of it goes into a checkpoint as JSON."""

    epoch: int = 0
    step: int = 0
    step_in_epoch: int = 0
    best_epoch: int = 0
    best_accuracy: float = -1.0
    best_loss: float = math.inf
    one_class: bool = False
    images: int = 0  # seen in this epoch so far
    seconds: float = 0.0
    history: list[dict[str, float | int | None]] = field(default_factory=list)


class Trainer:
    """The tensors and the position of one training run; methods are the steps of the loop, for `fit` and whoever needs
    a loop of his own (`experiments.test_selection_bias`, `benchmarks.training`)."""

    def __init__(self, build: Build, recipe: Recipe, train: Split, seed: int, num_classes: int, *,
                 method: Method = SUPERVISED, kind: Input = IMAGE, about: Mapping[str, object] | None = None,
                 processes: Processes = ALONE) -> None:
        method.check(recipe)
        if not processes.alone and (method is not SUPERVISED or recipe.compile):
            raise InputError("several processes: supervised training without compile only")
        self.processes = processes
        self.recipe, self.train, self.seed, self.num_classes = recipe, train, seed, num_classes
        self.method, self.kind, self.about, self.device = method, kind, dict(about or {}), train.images.device
        self.model = processes.synchronised(initial_model(build, recipe, seed, num_classes), self.device)
        self.model = self.model.to(self.device)
        if recipe.channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.trainable = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = make_optimizer(self.trainable, recipe)
        self.averaged = {k: v.clone() for k, v in self.model.state_dict().items()} if recipe.ema else {}
        self._pair_averages()
        self.best: dict[str, Tensor] = {}
        self.state = method.start(self.model, train, recipe)
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=self.device)  # over the images of this epoch
        self.correct = torch.zeros((), dtype=torch.int64, device=self.device)
        self.at = Position()
        self.val_sha256 = ""  # of the split that the best epoch is chosen on, if there is one
        self.steps = recipe.epochs * batches_per_epoch(len(train), recipe.batch_size)
        self.penalised = penalised_layers(self.model, recipe.penalty_on) if recipe.penalty else ()
        self.forward = torch.compile(self.model) if recipe.compile else self.model
        self.model.train()

    def step(self, rows: Tensor) -> None:
        """One batch forward, backward and update, with everything random drawn from (seed, step)."""
        recipe, at = self.recipe, self.at
        stored, labels = self.train.images.index_select(0, rows), self.train.labels[rows]  # images[rows]: 20 × slower
        g = seeding.generator(self.device, self.seed, "augment", at.step)
        x = self.kind.train(stored, recipe, g)
        targets = labels if self.train.targets is None else self.train.targets[rows]
        if recipe.augmentation.mixup:
            shares = targets if targets.is_floating_point() else F.one_hot(labels, self.num_classes).float()
            x, targets = augmentation.mixup(x, shares, recipe.augmentation.mixup, g)
            if recipe.channels_last and x.ndim == 4:
                x = x.contiguous(memory_format=torch.channels_last)
        drawn, weight = len(rows), 1.0
        if not self.processes.alone:  # the draws above are the whole batch's, whatever the share
            share, weight = self.processes.share(drawn), self.processes.weight(drawn)
            x, rows, labels, targets = x[share], rows[share], labels[share], targets[share]
        self._seed_dropout(seeding.derive(self.seed, "dropout", at.step) + self.processes.rank)
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = learning_rate(recipe, at.step, self.steps)
        with precision.autocast(recipe.precision, self.device):
            outputs = self.method.forward(self.forward, x)
        outputs = tuple(output.float() for output in outputs)
        batch = Batch(rows, labels, targets, at.epoch, at.step, self.seed)
        loss = self.method.loss(outputs, batch, self.state, recipe) * weight
        if recipe.penalty:
            loss = loss + recipe.penalty * norm_penalty(self.model, self.penalised, recipe.penalty_power)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.processes.average(self.trainable)
        if recipe.clip:
            nn.utils.clip_grad_norm_(self.trainable, recipe.clip)
        self.optimizer.step()
        at.step, at.step_in_epoch = at.step + 1, at.step_in_epoch + 1
        self._average()
        at.images += drawn
        correct = (outputs[0].detach().argmax(1) == labels).sum()
        self.loss_sum.add_(self.processes.total(loss.detach()), alpha=drawn / self.processes.size)
        self.correct.add_(self.processes.total(correct))

    def train_epoch(self, before_step: Callable[[], bool] = lambda: False) -> bool:
        """The rest of this epoch's batches; False if `before_step` asked to stop or the loss is no longer finite."""
        order = epoch_order(self.train, self.seed, self.at.epoch, self.recipe.sampling)
        for rows in batches(order, self.recipe.batch_size, self.at.step_in_epoch):
            if before_step():
                return False
            self.step(rows)
            if self.device.type == "cpu" and not self.finite():  # elsewhere asking costs a wait: once an epoch
                return False
        return self.finite()

    @torch.no_grad()
    def infer(self, split: Split) -> Tensor:
        """Logits (N, K) of a split under the weights that would be kept now, in the recipe's precision, single view."""
        out = []
        with _weights(self.model, self.candidate()):
            self.model.eval()
            with precision.autocast(self.recipe.precision, self.device):
                for stored in split.images.split(256):
                    out.append(self.model(self.kind.views(stored, self.model, "none")[0]).float())
        self.model.train()
        return torch.cat(out)

    def _seed_dropout(self, seed: int) -> None:
        """Seed the generator that dropout on this device draws from, and no other: torch.manual_seed seeds them all."""
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)
        else:
            torch.random.default_generator.manual_seed(seed)

    def _pair_averages(self) -> None:
        """List the averaged tensors beside the current ones, once: both are only ever written in place."""
        current = self.model.state_dict()
        pairs = [(self.averaged[name], value) for name, value in current.items() if name in self.averaged]
        self.floats = tuple(zip(*(pair for pair in pairs if pair[0].is_floating_point()), strict=True))
        self.counters = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def _average(self) -> None:
        """Move the averaged weights a step towards the current ones, faster at first (Tarvainen & Valpola 2017)."""
        if not self.averaged:
            return
        decay = min(self.recipe.ema, (1 + self.at.step) / (10 + self.at.step))
        torch._foreach_lerp_(*self.floats, 1 - decay)
        for averaged, current in self.counters:
            averaged.copy_(current)

    def candidate(self) -> dict[str, Tensor]:
        """The weights that are validated and kept: averaged if the recipe says so, else the current ones."""
        return self.averaged or self.model.state_dict()

    def finite(self) -> bool:
        """Whether every loss of this epoch so far was a number."""
        return math.isfinite(self.loss_sum.item())

    def end_epoch(self, val: Split) -> None:
        """Validate, keep the weights if they are the best so far, and write the epoch's row."""
        at, logits = self.at, self.infer(val)
        accuracy = (logits.argmax(1) == val.labels).double().mean().item()
        loss = F.cross_entropy(logits, val.labels).item()
        at.one_class = len(torch.unique(logits.argmax(1))) == 1 < len(torch.unique(val.labels))
        better = (accuracy, -loss) > (at.best_accuracy, -at.best_loss)  # equal accuracy: the smaller loss decides
        if better and math.isfinite(loss):
            at.best_epoch, at.best_accuracy, at.best_loss = at.epoch + 1, accuracy, loss
            self.best = {k: v.clone() for k, v in self.candidate().items()}
        at.history.append({
            "epoch": at.epoch + 1, "train_loss": self.loss_sum.item() / at.images,
            "train_accuracy": self.correct.item() / at.images, "val_loss": _or_none(loss),
            "val_accuracy": accuracy, "learning_rate": learning_rate(self.recipe, at.step - 1, self.steps),
            "seconds": round(at.seconds, 2), **self.method.end_epoch(at.epoch, self.state)})
        at.epoch, at.step_in_epoch, at.images = at.epoch + 1, 0, 0
        self.loss_sum.zero_()
        self.correct.zero_()

    def note_divergence(self) -> None:
        """The row of an epoch whose loss stopped being a number."""
        self.at.history.append({
            "epoch": self.at.epoch + 1, "train_loss": None, "train_accuracy": None, "val_loss": None,
            "val_accuracy": None, "learning_rate": learning_rate(self.recipe, self.at.step - 1, self.steps),
            "seconds": round(self.at.seconds, 2)})

    def out_of_patience(self) -> bool:
        """Whether so many epochs brought nothing better that the recipe says to stop."""
        return 0 < self.recipe.patience <= self.at.epoch - self.at.best_epoch

    @cached_property
    def split_sha256(self) -> str:
        """Of the training split's data and labels: a method's state is about its rows."""
        return _sha256(self.train)

    def save(self, directory: Path) -> None:
        """Checkpoint everything that the rest of the run depends on."""
        tensors = {"loss_sum": self.loss_sum, "correct": self.correct}
        tensors |= checkpoint.flatten("model", self.model.state_dict())
        tensors |= checkpoint.flatten("optimizer", checkpoint.optimizer_tensors(self.optimizer))
        tensors |= checkpoint.flatten("averaged", self.averaged) | checkpoint.flatten("best", self.best)
        tensors |= checkpoint.flatten("method", self.state)
        checkpoint.save(directory, tensors, vars(self.at) | {"best_loss": _or_none(self.at.best_loss)} | self._about())

    def _about(self) -> dict[str, object]:
        """What a checkpoint must have been made with to be gone on from."""
        return {"recipe": self.recipe.to_dict(), "seed": self.seed, "split_sha256": self.split_sha256,
                "val_sha256": self.val_sha256, "about": self.about}

    def restore(self, directory: Path) -> bool:
        """Go on from the newest whole checkpoint; False if there is none, InputError if it is another run's."""
        found = checkpoint.load(directory)
        if found is None:
            return False
        tensors, state = found
        about = self._about()
        for later in ("val_sha256", "about"):  # absent from checkpoints before they were kept
            state.setdefault(later, about[later])
        if {name: state.pop(name) for name in about} != about:
            raise OtherRun(f"{directory}: holds checkpoints of another model, recipe, seed, data or version; name "
                           "another --output, or remove them to start anew")
        state["best_loss"] = math.inf if state["best_loss"] is None else state["best_loss"]
        self.at = Position(**state)
        self.loss_sum, self.correct = (tensors[name].to(self.device) for name in ("loss_sum", "correct"))
        self.model.load_state_dict(checkpoint.group("model", tensors))
        checkpoint.restore_optimizer(self.optimizer, checkpoint.group("optimizer", tensors))
        for name, group in (("averaged", "averaged"), ("best", "best"), ("state", "method")):
            setattr(self, name, {k: v.to(self.device) for k, v in checkpoint.group(group, tensors).items()})
        self._pair_averages()
        return True


def _sha256(split: Split) -> str:
    digest = hashlib.sha256(split.labels.cpu().numpy().tobytes())
    for tensor in (split.images, split.targets):
        if tensor is not None:
            digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def fit(build: Build, recipe: Recipe, train: Split, val: Split, *, seed: int = 0, num_classes: int = 7,
        directory: Path | None = None, max_minutes: float | None = None, name: str = "",
        method: Method = SUPERVISED, kind: Input = IMAGE, about: Mapping[str, object] | None = None,
        on_epoch: Callable[[Trainer], None] = lambda trainer: None, processes: Processes = ALONE) -> Fit:
    """Train a network under `recipe` and return the weights of the epoch that is best on validation.

    build: (num_classes, options) → the untrained network. train, val: on the device to train on. directory: where
    checkpoints go; the same call with the same directory goes on where the last one stopped, and raises `OtherRun`
    where another run's lie there. max_minutes: stop cleanly inside this time ("paused"). name: for progress lines.
    method: what is minimised. kind: what reaches the network. about: as JSON gives it back, what the run is beside
    recipe, seed and data, such as whose network it trains. on_epoch: called after every validated epoch, before its
    checkpoint; it may add to the last row of ``trainer.at.history``. processes: those that train this network together,
    each calling this with the same arguments; the first of them writes checkpoints and calls `on_epoch`.
    """
    malloc.keep_freed_memory()
    with torch.random.fork_rng(devices=[train.images.device] if train.images.is_cuda else []):
        trainer = Trainer(build, recipe, train, seed, num_classes, method=method, kind=kind, about=about,
                          processes=processes)
        if directory is not None:
            trainer.val_sha256 = _sha256(val)
            trainer.restore(directory)
        state = _loop(trainer, val, None if processes.rank else directory, max_minutes, name, on_epoch)
    at = trainer.at
    if trainer.best:
        trainer.model.load_state_dict(trainer.best)
    return Fit(state, trainer.model.eval(), at.epoch, at.best_epoch, at.best_accuracy if at.best_epoch else None,
               at.history, at.seconds / 60, precision.computed_in(recipe.precision, trainer.device),
               {name: value.cpu() for name, value in trainer.state.items()})


def _loop(trainer: Trainer, val: Split, directory: Path | None, max_minutes: float | None, name: str,
          on_epoch: Callable[[Trainer], None]) -> str:
    """Run to the end, to the time limit or to a loss that is not a number; the state it ended in."""
    at, recipe = trainer.at, trainer.recipe
    started = saved = begun = time.monotonic()
    deadline = math.inf if max_minutes is None else started + 60 * max_minutes
    before, first_epoch, slowest = at.seconds, at.epoch, 0.0

    def save() -> None:
        nonlocal saved
        at.seconds = before + time.monotonic() - started
        if directory is not None:
            trainer.save(directory)
        saved = time.monotonic()

    def out_of_time() -> bool:
        """Whether another step might end too late; checkpoints are written on the way."""
        nonlocal slowest, begun
        now = time.monotonic()
        slowest = max(slowest, now - begun)
        if now - saved > CHECKPOINT_SECONDS:
            save()
        begun = time.monotonic()
        return trainer.processes.agreed(begun + 2 * slowest > deadline)

    while at.epoch < recipe.epochs and not trainer.out_of_patience():
        begun = time.monotonic()
        whole = trainer.train_epoch(out_of_time)
        at.seconds = before + time.monotonic() - started
        if not trainer.finite():
            trainer.note_divergence()
            return "diverged"
        if not whole:
            save()
            return "paused"
        begun = time.monotonic()
        trainer.end_epoch(val)
        slowest = max(slowest, time.monotonic() - begun)
        row = at.history[-1]
        if row["val_loss"] is None:  # on every process
            return "diverged"
        if trainer.processes.rank:
            continue
        on_epoch(trainer)
        each = (time.monotonic() - started) / (at.epoch - first_epoch)
        progress.epoch(f"{name} seed {trainer.seed}".strip(), at.epoch, recipe.epochs, row["train_loss"],
                       row["val_accuracy"], each * (recipe.epochs - at.epoch))
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            save()
    save()
    return "collapsed" if at.one_class else "finished"


def initial_model(build: Build, recipe: Recipe, seed: int, num_classes: int = 7) -> nn.Module:
    """The untrained network, a pure function of its arguments, on the CPU."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.derive(seed, "weights"))
        model = build(num_classes, **recipe.model)
        if recipe.init != "torch" and not recipe.initial:
            _draw_weights(model, recipe)
    return model


def _draw_weights(model: nn.Module, recipe: Recipe) -> None:
    """Every weight from a normal distribution, biases at zero; a θ layer keeps its start at the identity."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            if recipe.init == "he":  # He et al. 2015, arXiv 1502.01852
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            else:
                nn.init.normal_(module.weight, 0.0, recipe.init_std)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in model.modules():
        if hasattr(module, "reset_theta"):
            module.reset_theta()


def make_optimizer(parameters: list[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    """torch's own optimiser of that name, fused where it has that; the learning rate is set at every step."""
    common = {"lr": recipe.lr, "weight_decay": recipe.weight_decay}
    if recipe.optimizer != "rmsprop":  # one kernel a tensor: the plain loop over scalars cost 5 % of a small network
        common["fused"] = True
    if recipe.optimizer in ("sgd", "rmsprop"):
        common["momentum"] = recipe.momentum
    if recipe.optimizer == "sgd":
        common["nesterov"] = recipe.nesterov
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD,
             "rmsprop": torch.optim.RMSprop}
    return kinds[recipe.optimizer](parameters, **common)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The learning rate of step `step` (0-based) of `steps`: a pure function, so there is no schedule to save.

    onecycle: linear rise over the warm-up (0.3 of the steps if none is given), cosine to 0.1 % (Smith & Topin 2018,
    arXiv 1708.07120, without its momentum cycle). cosine: down to zero. step: ×0.1 after a half and three quarters of
    the steps that follow the warm-up. exponential: × `decay` after every epoch.
    """
    done = step / max(1, steps)
    warmup = recipe.warmup or (0.3 if recipe.schedule == "onecycle" else 0.0)
    if done < warmup:
        return recipe.lr * (0.04 + 0.96 * done / warmup)
    rest = (done - warmup) / (1 - warmup)
    if recipe.schedule == "exponential":
        return recipe.lr * recipe.decay ** int(recipe.epochs * step / max(1, steps))
    if recipe.schedule == "constant":
        return recipe.lr
    if recipe.schedule == "step":
        return recipe.lr * (0.01 if rest >= 0.75 else 0.1 if rest >= 0.5 else 1.0)
    floor = 1e-3 if recipe.schedule == "onecycle" else 0.0
    return recipe.lr * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * rest)))


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


@contextmanager
def _weights(model: nn.Module, state: dict[str, Tensor]) -> Iterator[None]:
    """The model with other weights for a while; nothing is copied if they are its own."""
    own = model.state_dict()
    if all(state[name] is own[name] or state[name].data_ptr() == own[name].data_ptr() for name in own):
        yield
        return
    saved = {name: value.clone() for name, value in own.items()}
    model.load_state_dict(state)
    try:
        yield
    finally:
        model.load_state_dict(saved)
