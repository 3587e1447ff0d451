"""Recipes of the small-kernel CNN with global average pooling: as published, ours, and one-change controls.

Not stated in the paper; we use Adam at 0.001 with a cosine schedule and batches of 128 because the paper's abstract
names no optimiser and this is the least surprising one.
Not stated in the paper; we use He's initialisation because six ReLU layers without normalisation let torch's default
fade to one class for many epochs.
Not stated in the paper; we use mild augmentation (mirror images, small affine changes) because none is described and
without any the network memorises the training set.
"""

from collections.abc import Mapping
from dataclasses import replace

from ferkit.training.recipe import Augmentation, NamedRecipe, Recipe

PUBLISHED = Recipe(
    optimizer="adam", lr=1e-3, schedule="cosine", batch_size=128, init="he",
    augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08), precision="bf16",
)
OURS = Recipe(
    optimizer="sgd", lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, schedule="onecycle", label_smoothing=0.1,
    clip=5.0, ema=0.998, batch_size=128, precision="bf16", tta="flip",
    augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08, crop=40, brightness=0.2, contrast=0.2),
    model={"widths": (32, 64, 128, 256), "norm": True, "input_size": 40, "drop_rate": 0.2},
)
FINE_TUNED = replace(OURS, lr=OURS.lr / 4, initial="gap-cnn/ours/seed0")  # FER2013's weights on a small set
# Variants judge one idea at a time: same recipe, same data, one thing changed.
CONTROL = replace(OURS, model={"norm": True, "input_size": 40}, tta="none")
VARIANTS = ("small", "large_kernels", "fc", "three_small", "seven", "average_pool", "strided", "no_pool", "skip",
            "wider")

# The reading notes' third way to a better network, regularisation: one change each to the small-kernel control.
REGULARISATION: Mapping[str, Mapping[str, object]] = {
    "dropout": {"model": {**CONTROL.model, "drop_rate": 0.5}},
    "no_decay": {"weight_decay": 0.0},
    "crops_only": {"augmentation": Augmentation(crop=40)},
}

RECIPES: Mapping[tuple[str, str], NamedRecipe] = {
    ("gap_cnn", "published"): NamedRecipe(PUBLISHED),
    ("gap_cnn", "ours"): NamedRecipe(OURS, corruptions=True),
    ("gap_cnn", "fine_tuned"): NamedRecipe(FINE_TUNED, "ablation"),
    **{(f"gap_cnn_{variant}", "control"): NamedRecipe(CONTROL, "ablation", corruptions=True) for variant in VARIANTS},
    **{("gap_cnn_small", f"control_{name}"): NamedRecipe(replace(CONTROL, **changes), "ablation")
       for name, changes in REGULARISATION.items()},
}
