"""How a network is trained, as data: one typed, validated object a run. Standard library only.

The papers' recipes, and ours, by name: ``recipes.py`` of each folder below `ferkit.papers`. Values there are those for
the 28,709 images of FER2013; `epochs` (and a smaller batch for a small set) come from the profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from ferkit.core import checks
from ferkit.core.checks import Number
from ferkit.core.errors import InputError

OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
LOSSES = ("cross_entropy", "focal", "logit_adjusted", "complementary")
SCHEDULES = ("constant", "cosine", "onecycle", "step", "exponential")
_CHOICES = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "sampling": ("shuffle", "balanced"),
    "class_weights": ("none", "balanced"),
    "loss": LOSSES,
    "penalty_on": ("head", "all"),
    "precision": ("fp32", "bf16"),
    "init": ("torch", "normal", "he"),
    "tta": ("none", "flip", "tencrop"),
}
_FLAGS = ("nesterov", "channels_last", "compile")
_LATER = ("method", "label_noise", "initial", "decay")
_BELOW_ONE = Number(0, 1, open=True)
_NUMBERS = {
    "epochs": Number(1, 100_000, whole=True), "batch_size": Number(1, 65_536, whole=True),
    "patience": Number(0, 100_000, whole=True), "penalty_power": Number(1, 2, whole=True),
    "lr": Number(0, 1e30), "weight_decay": Number(0, 1000), "penalty": Number(), "clip": Number(),
    "init_std": Number(0, 1000),
    "momentum": _BELOW_ONE, "warmup": _BELOW_ONE, "label_smoothing": _BELOW_ONE, "ema": _BELOW_ONE,
    "label_noise": _BELOW_ONE, "decay": Number(0, 1),
}
_STRENGTHS = {
    "flip": Number(0, 1), "erase": Number(0, 1), "rotation": Number(0, 360), "scale": _BELOW_ONE, "shift": Number(0, 1),
    "crop": Number(0, 4096, whole=True), "brightness": Number(0, 10), "contrast": Number(0, 10),
    "mixup": Number(0, 1000),
}


@dataclass(frozen=True)
class Augmentation:
    """How strongly images are varied; every default is "not at all".

    flip: probability of a mirror image. rotation: degrees, uniform in ±. scale: factor, uniform in 1 ±.
    shift: fraction of the side, uniform in ±, along both axes. crop: side of a random window (pixels; 0 = the whole
    image). brightness, contrast: factor, uniform in 1 ±. erase: probability of a blanked rectangle of 2…20 % of the
    area. mixup: alpha of Beta(alpha, alpha) for blending with another image of the batch. padding: what lies outside
    the image, "border" (repeated edge) or "zeros".
    """

    flip: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    crop: int = 0
    brightness: float = 0.0
    contrast: float = 0.0
    erase: float = 0.0
    mixup: float = 0.0
    padding: str = "border"

    def __post_init__(self) -> None:
        for name, number in _STRENGTHS.items():
            number.check(f"augmentation: {name}", getattr(self, name))
        checks.choice("augmentation: padding", self.padding, ("border", "zeros"))


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a network is trained and scored; equal recipes on equal data give equal results.

    epochs, batch_size: counts. lr: peak learning rate. momentum, nesterov: SGD's. weight_decay: the optimiser's own
    (added to the gradient by Adam and SGD, decoupled in AdamW). schedule: of the learning rate over all steps;
    warmup: fraction of the steps in which it rises linearly (one-cycle: 0.3 if 0); decay: its factor after every epoch
    of the exponential schedule. penalty, penalty_power: Deep-Emotion's λ and whether it weighs ‖w‖ (1) or ‖w‖² (2);
    penalty_on: of the fully connected layers ("head") or of all. loss: a name of `LOSSES`. label_smoothing: a fraction.
    class_weights, sampling: how unequal class sizes are met. ema: decay per step of the averaged weights that are
    validated and kept; 0 = none. clip: largest gradient norm; 0 = none. precision: of the forward and backward pass,
    "bf16" where the processor has that (`training.precision`).
    init, init_std: "normal" draws every weight from N(0, init_std), "he" from N(0, 2/fan-in); both zero the biases.
    patience: epochs without a better validation accuracy before stopping; 0 = never. tta: averaging at test time,
    deterministic. model: options of the network. method: {} for supervised training as above, else what a paper puts in
    its place: {"name": …, and its options} (`training.method`). label_noise: the share of training labels that are
    moved to another class at random before training (`data.label_noise`). initial: name of published weights to start
    from in place of `init` ("system/recipe/seed0"; `results.weights_catalogue`), "" for none.
    """

    epochs: int = 30
    batch_size: int = 128
    optimizer: str = "adam"
    lr: float = 1e-3
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    schedule: str = "constant"
    warmup: float = 0.0
    penalty: float = 0.0
    penalty_power: int = 1
    penalty_on: str = "head"
    loss: str = "cross_entropy"
    label_smoothing: float = 0.0
    class_weights: str = "none"
    sampling: str = "shuffle"
    ema: float = 0.0
    clip: float = 0.0
    precision: str = "fp32"
    channels_last: bool = True
    compile: bool = False
    init: str = "torch"
    init_std: float = 0.05
    patience: int = 0
    tta: str = "none"
    augmentation: Augmentation = field(default_factory=Augmentation)
    model: Mapping[str, object] = field(default_factory=dict)
    method: Mapping[str, object] = field(default_factory=dict)
    label_noise: float = 0.0
    initial: str = ""
    decay: float = 0.9

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            checks.choice(f"recipe: {name}", getattr(self, name), choices)
        for name in _FLAGS:
            checks.flag(f"recipe: {name}", getattr(self, name))
        for name, number in _NUMBERS.items():
            number.check(f"recipe: {name}", getattr(self, name))
        if self.nesterov and self.optimizer == "sgd" and not self.momentum:
            raise InputError("recipe: nesterov needs a momentum above 0, got 0; set nesterov to false without one")
        if not isinstance(self.initial, str):
            raise InputError(f"recipe: initial is the name of published weights, got {checks.short(self.initial)}")
        if not isinstance(self.augmentation, Augmentation):
            raise InputError(f"recipe: augmentation is a table of strengths, got {checks.short(self.augmentation)}")
        for name in ("model", "method"):
            for key, value in checks.table(f"recipe: {name}", getattr(self, name)).items():
                checks.option(f"recipe: {name}.{key}", value)

    def to_dict(self) -> dict[str, object]:
        """All of it as plain JSON-able values; what came later only where it is not the default, so that recipes
        published before stay as they are."""
        values = asdict(self) | {key: {name: list(v) if isinstance(v, tuple) else v for name, v in options.items()}
                                 for key, options in (("model", self.model), ("method", self.method))}
        return {key: value for key, value in values.items() if key not in _LATER or value != getattr(_PLAIN, key)}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Recipe:
        """The recipe with these values; InputError naming a key or value that is not part of one."""
        values = dict(checks.table("recipe", values, [f.name for f in fields(cls)]))
        if isinstance(values.get("augmentation"), Mapping):
            known = [f.name for f in fields(Augmentation)]
            values["augmentation"] = Augmentation(**checks.table("augmentation", values["augmentation"], known))
        for key in ("model", "method"):
            if key in values:
                table = checks.table(f"recipe: {key}", values[key])
                values[key] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
        return cls(**values)

    def changed(self, changes: Mapping[str, object]) -> Recipe:
        """The recipe with other values by their names, as ``lr`` or ``augmentation.flip``; InputError for one that it
        does not have. A table, as ``augmentation``, keeps the values that a table given for it does not name."""
        values = asdict(self)
        for key, value in changes.items():
            *outer, name = key.split(".", 1)
            table = values.get(outer[0]) if outer else values
            if not isinstance(table, dict):
                raise InputError(f"{key}: a recipe has no table {outer[0]!r}; it has augmentation, model and method")
            merges = isinstance(table.get(name), dict) and isinstance(value, Mapping)
            table[name] = {**table[name], **value} if merges else value
        return Recipe.from_dict(values)


_PLAIN = Recipe()


@dataclass(frozen=True)
class NamedRecipe:
    """A recipe as a paper's folder lists it, with what the engine has to know about it.

    role: "headline" (a result by itself), "ablation" (stands beside a control) or "probe" (asks one question of
    training, such as a learning rate). keep_batch: small profiles leave its batch size. min_steps: batches an epoch at
    least, on a small data set. corruptions: its networks are also tested on corrupted images. lengthens: the shorter
    recipe of the same system that it trains for as many epochs as its paper. display: what tables call it, where its
    name is a sweep's; summaries show such a recipe beside the published one and ours.
    """

    recipe: Recipe
    role: str = "headline"
    keep_batch: bool = False
    min_steps: int = 20
    corruptions: bool = False
    lengthens: str = ""
    display: str = ""


def dotted(values: Mapping[str, object], above: str = "") -> dict[str, object]:
    """Nested tables as one, with names such as ``model.sampler``."""
    found: dict[str, object] = {}
    for key, value in values.items():
        found |= dotted(value, f"{above}{key}.") if isinstance(value, Mapping) else {above + key: value}
    return found
