"""What is to be trained, as data: a row of a paper's plan, and a job, the row made concrete for a data set and seed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ferkit.core.profiles import Profile
from ferkit.experiments.system import System
from ferkit.training.recipe import NamedRecipe, Recipe

if TYPE_CHECKING:
    from ferkit.results.records import SystemKey

CHECKPOINTS = "checkpoints"  # in a job's folder while it trains; removed after everything that follows its result
MOST_EPOCHS = 20  # times the profile's: how far `for_size` lengthens the training of a small set


@dataclass(frozen=True)
class PlanRow:
    """One system under one recipe. epochs: 0 for a head, whose network's row says them. seeds: 0 for the profile's.
    corruptions: whether it is also tested on corrupted images; None for what the recipe says."""

    system: str
    recipe: str
    epochs: int = 0
    seeds: int = 0
    corruptions: bool | None = None


Plan = Mapping[str, tuple[PlanRow, ...]]  # by profile


@dataclass(frozen=True)
class Job:
    """One system to be trained under one recipe and seed, with all that decides its result but the data.

    notebook: the folder it belongs to. base: the system under a head. recipe_name, recipe: of its network (under a
    head: of the network there). corruption_images: on how many test images corruptions are measured (0 = all, None =
    not at all). head_search_rows: as in `core.profiles.Profile`.
    """

    notebook: str
    system: System
    recipe_name: str
    recipe: Recipe
    seed: int
    base: System | None = None
    corruption_images: int | None = None
    head_search_rows: int = 2000

    @property
    def key(self) -> SystemKey:
        """Its place below a run or a published tree."""
        from ferkit.results.records import SystemKey

        return SystemKey(self.notebook, self.system.name, self.recipe_name, self.seed)

    @property
    def under(self) -> Job | None:
        """The job of the network under a head; None for all else."""
        return replace(self, system=self.base, base=None) if self.base else None

    @property
    def name(self) -> str:
        """For lines of output: ``<system>/<recipe> seed <k>``."""
        return f"{self.system.name}/{self.recipe_name} seed {self.seed}"

    @property
    def entry(self) -> dict[str, object]:
        """Its entry of plan.json."""
        return {"system": self.system.name, "recipe": self.recipe_name, "seed": self.seed,
                "config": self.recipe.to_dict()}


def recipe_at(named: NamedRecipe, epochs: int, profile: Profile, n_train: int = 0) -> Recipe:
    """A recipe at a profile's cost, for n_train training images (0: as many as the profile is meant for, or more)."""
    recipe = replace(named.recipe, epochs=epochs or named.recipe.epochs)
    if profile.batch_size and not named.keep_batch:
        recipe = replace(recipe, batch_size=profile.batch_size)
    return for_size(recipe, n_train, profile.drawn[0], named.min_steps)


def for_size(recipe: Recipe, n_train: int, meant_for: int, steps: int = 20) -> Recipe:
    """The recipe for a set that is smaller than the `meant_for` images its epochs were chosen with.

    Epochs are multiplied by half of meant_for ÷ n_train (1 to 20 times): CK+'s 648 images level off after about half
    as many images seen; an exponential schedule falls as much in all of them. Batches become smaller (16 at least)
    where an epoch would have less than so many steps: a network without batch-norm reaches 79 % of CK+'s validation
    images with batches of 32 and 61 % with 128 in equally many epochs. A set of `meant_for` images or more (FER2013,
    the synthetic faces) keeps its recipe as it is.
    """
    if not n_train or n_train >= meant_for:
        return recipe
    times = min(max(1.0, meant_for / n_train / 2), MOST_EPOCHS)
    slower = {"decay": round(recipe.decay ** (1 / times), 8)} if recipe.schedule == "exponential" else {}
    return replace(recipe, **slower, epochs=math.ceil(recipe.epochs * times),
                   patience=math.ceil(recipe.patience * times),
                   batch_size=min(recipe.batch_size, max(16, n_train // steps)))
