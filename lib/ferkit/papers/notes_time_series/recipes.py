"""How networks over time are trained.

Not stated in the paper; we use AdamW at 0.003 under a one-cycle schedule with batches of 64 because it trains every
reader to level validation accuracy in the epochs of a profile.
Not stated in the paper; we use one recipe for all readers because their comparison is the question, not their best.
"""

from dataclasses import replace

from ferkit.training.recipe import NamedRecipe, Recipe

OURS = Recipe(optimizer="adamw", lr=3e-3, weight_decay=1e-2, schedule="onecycle", batch_size=64, clip=1.0,
              channels_last=False)
READERS = ("frame_alone", "frames_mean", "frame_change", "gru", "tcn")
ROCKETS = ("minirocket", "multirocket_hydra")


def _with(**options: object) -> Recipe:
    return replace(OURS, model=options)


RECIPES = {
    **{(name, "ours"): NamedRecipe(OURS) for name in (*READERS, *ROCKETS)},
    **{(name, "shuffled"): NamedRecipe(_with(shuffle=True), role="ablation") for name in ("gru", "tcn")},
    **{(name, "nine_way"): NamedRecipe(_with(open=True), role="ablation") for name in ("frame_alone", "gru")},
}
