"""Recipes of the multiple attention that was reconstructed from memory: heads and masks, one by one, at equal size.

Not stated in the paper; we use Adam on mirror images and random 44×44 crops for a short schedule because nothing of its
training is known, and the networks beside it are trained so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ferkit.training.recipe import Augmentation, NamedRecipe, Recipe

PLAIN = Recipe(epochs=12, batch_size=64, optimizer="adam", lr=3e-3, weight_decay=1e-4, schedule="onecycle",
               augmentation=Augmentation(flip=0.5, crop=44), precision="bf16")
MASKED = replace(PLAIN, method={"name": "masks"})

ARMS: Mapping[str, Recipe] = {
    "plain": replace(PLAIN, model={"heads": 0, "masks": False}),
    "no_heads": replace(MASKED, model={"heads": 0}),
    "one_head": replace(MASKED, model={"heads": 1}),
    "no_masks": replace(PLAIN, model={"masks": False}),
    "ours": MASKED,
}

RECIPES: Mapping[tuple[str, str], NamedRecipe] = {
    ("multiple_attention", name): NamedRecipe(recipe, "headline" if name == "ours" else "ablation", corruptions=True)
    for name, recipe in ARMS.items()}
