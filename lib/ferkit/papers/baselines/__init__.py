"""Baselines that belong to no paper of ours: LeNet-5."""

from ferkit.experiments.system import System
from ferkit.papers.paper import Paper
from ferkit.training.recipe import Augmentation, NamedRecipe, Recipe

OURS = Recipe(
    optimizer="adamw", lr=2e-3, weight_decay=1e-3, schedule="onecycle", ema=0.998, batch_size=128,
    augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08), precision="bf16", tta="flip",
)

PAPER = Paper(
    id="baselines",
    display="Baselines",
    title="Gradient-based learning applied to document recognition",
    reference="LeCun, Bottou, Bengio & Haffner, Proceedings of the IEEE 1998, 86(11): 2278–2324, doi 10.1109/5.726791",
    systems=(
        System("lenet5", "LeNet-5", "ferkit.papers.baselines.lenet5:LeNet5", role="baseline",
               default_for=("bench training", "sanity check")),
    ),
    recipes={("lenet5", "ours"): NamedRecipe(OURS, corruptions=True)},
)
