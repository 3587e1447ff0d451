"""Recipes of the Self-Cure Network: as published, its parts one by one, and what it is compared with, at equal cost.

Everything but the method is equal: network, optimiser, schedule, batches, augmentation. Each has a twin for every level
of planted label noise (``cross_entropy_noise20``: 20 % of the training labels).

Differs from the paper: `ours` and the arms beside it train for a short schedule, in which relabelling begins after half
of the epochs; `published` has the paper's 70, and relabels after ten, also where a small set's epochs are multiplied.

Not stated in the paper; we use random 40×40 crops of the 48×48 images because its own 224-pixel crops have no equal
here, and they cost a third less.
Not stated in the paper; we use the epoch that is best on validation, whose labels are clean, because the public code
chooses it on the test images.
Not stated in the paper; we use label smoothing of 0.1 and mixup with α = 1 because these are the values that their own
papers recommend for small images; the paper compares with neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ferkit.training.recipe import Augmentation, NamedRecipe, Recipe

LEVELS = (0, 10, 20, 30)  # percent of the training labels

CROSS_ENTROPY = Recipe(
    epochs=24, batch_size=64, optimizer="adam", lr=1e-3, weight_decay=1e-4, schedule="exponential",  # [V]
    augmentation=Augmentation(flip=0.5, erase=0.5, crop=40), precision="bf16", model={"input_size": 40},
)


def _scn(**options: object) -> Recipe:
    return replace(CROSS_ENTROPY, method={"name": "scn", "relabel_from": 0.5, **options})


ARMS: Mapping[str, Recipe] = {
    "cross_entropy": CROSS_ENTROPY,
    "label_smoothing": replace(CROSS_ENTROPY, label_smoothing=0.1),
    "mixup": replace(CROSS_ENTROPY, augmentation=replace(CROSS_ENTROPY.augmentation, mixup=1.0)),
    "weighting": _scn(rank=0.0, relabel="none"),
    "rank": _scn(weighting=False, relabel="none"),
    "relabelling": _scn(weighting=False, rank=0.0, relabel="all"),  # without a ranking there is no low group
    "ours": _scn(),
    "relabel_all": _scn(relabel="all"),  # as the public code does
    "published": replace(CROSS_ENTROPY, epochs=70, method={"name": "scn"}),
}


def noisy(arm: str, level: int) -> str:
    """The name of an arm's recipe at a level of noise in percent."""
    return f"{arm}_noise{level}" if level else arm


RECIPES: Mapping[tuple[str, str], NamedRecipe] = {
    ("scn", noisy(arm, level)): NamedRecipe(
        replace(recipe, label_noise=level / 100), "headline" if arm in ("ours", "published") and not level
        else "ablation")
    for level in LEVELS for arm, recipe in ARMS.items()}
