"""Recipes of the baselines: LeNet-5's by gradient, and the one of hand-crafted features, which are not trained."""

from collections.abc import Mapping

from ferkit.training.recipe import Augmentation, NamedRecipe, Recipe

LENET = Recipe(
    optimizer="adamw", lr=2e-3, weight_decay=1e-3, schedule="onecycle", ema=0.998, batch_size=128,
    augmentation=Augmentation(flip=0.5, rotation=10, scale=0.1, shift=0.08), precision="bf16", tta="flip",
)
# Nothing is trained by gradient: all fields of optimisation are without effect. What decides the result are the
# features, the head's grid and the numbers of rows, which stand in the result's configuration and versions.
FITTED = Recipe(epochs=1, method={"name": "fitted"})
CRAFTED = ("pixels_1nn", "hog_linear_svm", "hog_svm", "lbp_svm", "hog_lbp_svm", "gabor_svm", "sift_bow_svm")

RECIPES: Mapping[tuple[str, str], NamedRecipe] = {
    ("lenet5", "ours"): NamedRecipe(LENET, corruptions=True),
    **{(system, "ours"): NamedRecipe(FITTED, keep_batch=True, corruptions=True) for system in CRAFTED},
}
