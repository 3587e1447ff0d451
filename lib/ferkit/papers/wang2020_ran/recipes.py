"""Recipes of the Region Attention Network: as published, its parts one by one, its controls, all else equal.

Differs from the paper: all but `published` train for a short schedule with Adam; no face-recognition pretraining.

Not stated in the paper; we use mirror images and random 44×44 crops of the 48×48 images as the only augmentation
because erasing or turning training images would teach what is planted at test time.
Not stated in the paper; we use a learning rate that falls to a tenth twice because the public code's 0.1 needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ferkit.training.recipe import Augmentation, NamedRecipe, Recipe

PLAIN = Recipe(epochs=12, batch_size=64, optimizer="adam", lr=3e-3, weight_decay=1e-4, schedule="onecycle",
               augmentation=Augmentation(flip=0.5, crop=44), precision="bf16")
BIASED = {"name": "region_biased"}


def _ran(method: Mapping[str, object] = BIASED, **model: object) -> Recipe:
    return replace(PLAIN, model=model, method=dict(method))


ARMS: Mapping[str, Recipe] = {
    "mean": _ran({}, self_attention=False, relation=False),
    "self_attention": _ran({}, relation=False),
    "relation": _ran({}, self_attention=False),
    "attention": _ran({}),
    "biased": _ran(relation=False),  # the loss acts on the self-attention, which it cannot do without
    "ours": _ran(),
    "ours_corners": _ran(layout="corners"),
    "ours_random": _ran(layout="random"),
    "published": replace(PLAIN, epochs=60, batch_size=128, optimizer="sgd", lr=0.1, schedule="step", method=BIASED),
}

RECIPES: Mapping[tuple[str, str], NamedRecipe] = {
    **{("ran", name): NamedRecipe(recipe, "headline" if name in ("ours", "published") else "ablation",
                                  corruptions=True) for name, recipe in ARMS.items()},
    ("ran_single", "ours"): NamedRecipe(PLAIN, "ablation", corruptions=True),
    ("ran_ensemble", "ours"): NamedRecipe(replace(PLAIN, method={"name": "members"}), "ablation", corruptions=True),
}
