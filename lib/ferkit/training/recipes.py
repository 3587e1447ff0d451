"""How a network is trained, as data: one typed, validated object a run, and the papers' recipes and ours by name.

`published` recipes hold what the papers state and, below, what they leave open. `ours` are what trained well on
validation. Values are those for the 28,709 images of FER2013; `epochs` (and a smaller batch for a small set) come
from the profile.

Deep-Emotion:
Not stated in the paper; we use batches of 128 because it is the usual size for images this small.
Not stated in the paper; we use λ = 0.001 because the one value known for its L2 term is the weight decay of 0.001.
Not stated in the paper; we use the norm ‖w‖, not its square, because the term is described as an L2 norm.
Not stated in the paper; we use mirror images, ±10° of rotation, ±10 % of scale and shift because augmentation is said
to have been used and these are its mildest usual strengths.
Not stated in the paper; we use fewer epochs than the 500 of second-hand accounts because validation has levelled off
long before; the best epoch is chosen there.
Not stated in the paper; we use momentum 0.9 and the same rate for SGD because the comparison names no other setting.

GAP CNN:
Not stated in the paper; we use Adam at 0.001 with a cosine schedule and batches of 128 because the paper's abstract
names no optimiser and this is the least surprising one.
Not stated in the paper; we use He's initialisation because six ReLU layers without normalisation let torch's default
fade to one class for many epochs.
Not stated in the paper; we use mild augmentation (mirror images, small affine changes) because none is described and
without any the network memorises the training set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace

from ferkit.core.errors import InputError
from ferkit.training.augmentation import Augmentation
from ferkit.training.losses import LOSSES

OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
SVM_SUFFIX = "_svm"  # gap_cnn_svm is an SVM on the features of gap_cnn under the same recipe and seed
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
    deterministic. model: options of the network.
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
        """All of it as plain JSON-able values."""
        return asdict(self) | {"model": {key: list(v) if isinstance(v, tuple) else v for key, v in self.model.items()}}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Recipe:
        """The recipe with these values; InputError naming a key that is not part of one."""
        _refuse_unknown(values, cls, "recipe")
        values = dict(values)
        if isinstance(values.get("augmentation"), Mapping):
            _refuse_unknown(values["augmentation"], Augmentation, "augmentation")
            values["augmentation"] = Augmentation(**values["augmentation"])
        if "model" in values:
            values["model"] = {k: tuple(v) if isinstance(v, list) else v for k, v in values["model"].items()}
        return cls(**values)


def _refuse_unknown(values: Mapping[str, object], cls: type, what: str) -> None:
    known = [f.name for f in fields(cls)]
    for key in values:
        if key not in known:
            raise InputError(f"{what}: unknown key {key!r}; known are {', '.join(known)}")


AFFINE = Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08, brightness=0.2, contrast=0.2)
CROPPED = replace(AFFINE, crop=40)

DEEP_EMOTION_PUBLISHED = Recipe(
    optimizer="adam", lr=0.005, weight_decay=0.001, init="normal", init_std=0.05,  # [N]
    penalty=0.001, penalty_power=1, batch_size=128, model={"drop_rate": 0.5},
    augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.1),  # [M]
    precision="bf16",
)
DEEP_EMOTION_OURS = Recipe(
    optimizer="adamw", lr=4e-3, weight_decay=1e-3, schedule="onecycle", ema=0.998, batch_size=128, clip=1.0,
    model={"drop_rate": 0.1}, augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08),
    precision="bf16", tta="flip",
)
WIDE_OURS = Recipe(
    optimizer="sgd", lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, schedule="onecycle", label_smoothing=0.1,
    clip=5.0, ema=0.998, batch_size=128, augmentation=CROPPED, precision="bf16", tta="flip",
    model={"input_size": 40, "drop_rate": 0.2},
)
GAP_PUBLISHED = Recipe(
    optimizer="adam", lr=1e-3, schedule="cosine", batch_size=128, init="he",
    augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08), precision="bf16",
)
GAP_OURS = Recipe(
    optimizer="sgd", lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, schedule="onecycle", label_smoothing=0.1,
    clip=5.0, ema=0.998, batch_size=128, augmentation=CROPPED, precision="bf16", tta="flip",
    model={"widths": (32, 64, 128, 256), "norm": True, "input_size": 40, "drop_rate": 0.2},
)
LENET_OURS = Recipe(
    optimizer="adamw", lr=2e-3, weight_decay=1e-3, schedule="onecycle", ema=0.998, batch_size=128,
    augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08), precision="bf16", tta="flip",
)
# Variants of the GAP CNN, to judge one idea at a time: same recipe, same data, one thing changed.
CONTROL = replace(GAP_OURS, model={"norm": True, "input_size": 40}, tta="none")

# The reading notes' third way to a better network, regularisation: one change each to the small-kernel control.
REGULARISATION: Mapping[str, Mapping[str, object]] = {
    "dropout": {"model": {**CONTROL.model, "drop_rate": 0.5}},
    "no_decay": {"weight_decay": 0.0},
    "crops_only": {"augmentation": Augmentation(crop=40)},
}

# What is done for the rare classes, disgust and fear: one change each to a recipe that is equal otherwise.
REMEDIES: Mapping[str, Mapping[str, object]] = {
    "plain": {},
    "weights": {"class_weights": "balanced"},
    "balanced": {"sampling": "balanced"},
    "focal": {"loss": "focal"},
    "adjusted": {"loss": "logit_adjusted"},
    "complementary": {"loss": "complementary"},
}

RECIPES: Mapping[tuple[str, str], Recipe] = {
    ("deep_emotion", "published"): DEEP_EMOTION_PUBLISHED,
    ("deep_emotion", "published_sgd"): replace(DEEP_EMOTION_PUBLISHED, optimizer="sgd"),
    **{("deep_emotion", f"published_lr{rate}"): replace(DEEP_EMOTION_PUBLISHED, lr=float(rate))
       for rate in ("0.0001", "0.001", "0.01", "0.02", "0.05", "0.1")},
    ("deep_emotion", "ours"): DEEP_EMOTION_OURS,
    **{("deep_emotion", f"remedy_{name}"): replace(DEEP_EMOTION_OURS, **changes) for name, changes in REMEDIES.items()},
    ("deep_emotion_identity", "ours"): DEEP_EMOTION_OURS,
    ("deep_emotion_plain", "ours"): DEEP_EMOTION_OURS,
    ("deep_emotion_wide", "ours"): WIDE_OURS,
    ("gap_cnn", "published"): GAP_PUBLISHED,
    ("gap_cnn", "ours"): GAP_OURS,
    **{(f"gap_cnn_{variant}", "control"): CONTROL
       for variant in ("small", "large_kernels", "fc", "three_small", "seven", "average_pool", "strided", "no_pool",
                       "skip", "wider")},
    **{("gap_cnn_small", f"control_{name}"): replace(CONTROL, **changes) for name, changes in REGULARISATION.items()},
    ("lenet5", "ours"): LENET_OURS,
}


def recipe(system: str, name: str, **changes: object) -> Recipe:
    """The recipe called `name` of a system, with `changes` (`epochs` from a profile, say); InputError if unknown."""
    if (system, name) not in RECIPES:
        known = ", ".join(sorted(r for s, r in RECIPES if s == system)) or "none"
        raise InputError(f"{system}: no recipe called {name!r}; known are {known}")
    return replace(RECIPES[system, name], **changes)
