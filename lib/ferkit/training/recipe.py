"""How a network is trained, as data: one typed, validated object a run. Standard library only.

The papers' recipes, and ours, by name: ``recipes.py`` of each folder below `ferkit.papers`. Values there are those for
the 28,709 images of FER2013; `epochs` (and a smaller batch for a small set) come from the profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from ferkit.core.errors import InputError

OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
LOSSES = ("cross_entropy", "focal", "logit_adjusted", "complementary")
SCHEDULES = ("constant", "cosine", "onecycle", "step")
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
        for name in ("flip", "erase"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"augmentation: {name} is a probability, got {getattr(self, name)}")
        for name in ("rotation", "scale", "shift", "crop", "brightness", "contrast", "mixup"):
            if getattr(self, name) < 0:
                raise ValueError(f"augmentation: {name} must not be negative, got {getattr(self, name)}")
        if self.scale >= 1:
            raise ValueError(f"augmentation: scale must be below 1, got {self.scale}")
        if self.padding not in ("border", "zeros"):
            raise ValueError(f"augmentation: padding is border or zeros, got {self.padding!r}")

    @property
    def geometric(self) -> bool:
        """Whether pixels are resampled (rotation, scale or shift), not just mirrored or cropped."""
        return bool(self.rotation or self.scale or self.shift)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a network is trained and scored; equal recipes on equal data give equal results.

    epochs, batch_size: counts. lr: peak learning rate. momentum, nesterov: SGD's. weight_decay: the optimiser's own
    (added to the gradient by Adam and SGD, decoupled in AdamW). schedule: of the learning rate over all steps;
    warmup: fraction of the steps in which it rises linearly (one-cycle: 0.3 if 0). penalty, penalty_power:
    Deep-Emotion's λ and whether it weighs ‖w‖ (1) or ‖w‖² (2); penalty_on: of the fully connected layers ("head") or
    of all. loss: a name of `losses.LOSSES`. label_smoothing: a fraction. class_weights, sampling: how unequal class
    sizes are met. ema: decay per step of the averaged weights that are validated and kept; 0 = none. clip: largest
    gradient norm; 0 = none. precision: of the forward and backward pass.
    init, init_std: "normal" draws every weight from N(0, init_std), "he" from N(0, 2/fan-in); both zero the biases.
    patience: epochs without a better validation accuracy before stopping; 0 = never. tta: averaging at test time,
    deterministic. model: options of the network. method: {} for supervised training as above, else what a paper puts in
    its place: {"name": …, and its options} (`training.method`).
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

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(f"recipe: {name} is one of {', '.join(choices)}, got {getattr(self, name)!r}")
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise InputError(f"recipe: {name} is a whole number above 0, got {value!r}")
        for name in ("lr", "momentum", "weight_decay", "warmup", "penalty", "label_smoothing", "ema", "clip",
                     "init_std"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
                raise InputError(f"recipe: {name} is a number of 0 or more, got {value!r}")
        for name in ("momentum", "warmup", "label_smoothing", "ema"):
            if getattr(self, name) >= 1:
                raise InputError(f"recipe: {name} lies below 1, got {getattr(self, name)!r}")
        if self.penalty_power not in (1, 2):
            raise InputError(f"recipe: penalty_power is 1 or 2, got {self.penalty_power!r}")

    def to_dict(self) -> dict[str, object]:
        """All of it as plain JSON-able values; `method` only where there is one, as in recipes published before it."""
        values = asdict(self) | {key: {name: list(v) if isinstance(v, tuple) else v for name, v in options.items()}
                                 for key, options in (("model", self.model), ("method", self.method))}
        return values if values["method"] else {key: value for key, value in values.items() if key != "method"}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Recipe:
        """The recipe with these values; InputError naming a key that is not part of one."""
        _refuse_unknown(values, cls, "recipe")
        values = dict(values)
        if isinstance(values.get("augmentation"), Mapping):
            _refuse_unknown(values["augmentation"], Augmentation, "augmentation")
            values["augmentation"] = Augmentation(**values["augmentation"])
        for key in ("model", "method"):
            if key in values:
                values[key] = {k: tuple(v) if isinstance(v, list) else v for k, v in values[key].items()}
        return cls(**values)


def _refuse_unknown(values: Mapping[str, object], cls: type, what: str) -> None:
    known = [f.name for f in fields(cls)]
    for key in values:
        if key not in known:
            raise InputError(f"{what}: unknown key {key!r}; known are {', '.join(known)}")


@dataclass(frozen=True)
class NamedRecipe:
    """A recipe as a paper's folder lists it, with what the engine has to know about it.

    role: "headline" (a result by itself), "ablation" (stands beside a control) or "probe" (asks one question of
    training, such as a learning rate). keep_batch: small profiles leave its batch size. min_steps: batches an epoch at
    least, on a small data set. corruptions: its networks are also tested on corrupted images.
    """

    recipe: Recipe
    role: str = "headline"
    keep_batch: bool = False
    min_steps: int = 20
    corruptions: bool = False
