"""A paper as an object: what a folder below `ferkit.papers` declares. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ferkit.core.names import Name
from ferkit.core.paths import WITHOUT_IMAGES
from ferkit.core.protocols import images_alone
from ferkit.experiments.plan import Plan
from ferkit.experiments.system import System
from ferkit.training.recipe import NamedRecipe


@dataclass(frozen=True)
class Notebook:
    """One notebook of a replication.

    stem: of its file, ``NN_name``. short: for navigation. title: for people. stage: "data", "paper" or "analysis", in
    the order in which they run. reads: stems of the notebooks whose results it reads. datasets: those it is for; ()
    for all that hold images. over_time: whether it takes sequences, of which profiles draw
    other numbers than of images.
    """

    stem: str
    short: str
    title: str
    stage: str = "paper"
    reads: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    over_time: bool = False

    def suits(self, dataset: str, protocol: str = "") -> bool:
        """Whether it can run on a data set, and under a protocol where one is named: sequences are read without
        contempt and drawn at one difficulty."""
        if self.over_time and protocol and images_alone(protocol):
            return False
        return dataset in self.datasets if self.datasets else dataset not in WITHOUT_IMAGES


@dataclass(frozen=True)
class RecipePath:
    """Sweeps whose points lead from one recipe to another, each keeping the changes before it, or leave one recipe by
    changes of their own.

    sweeps: their files below results/sweeps, without the ending; those that were not trained yet are left out. before,
    after: published systems at its two ends, with the words that describe them ({epochs}, {parameters}, {n_train} are
    filled in). around: the name of the recipe that every point changes by itself; "" for a path.
    """

    name: str
    sweeps: tuple[str, ...]
    before: tuple[tuple[str, str, str], ...] = ()
    after: tuple[tuple[str, str, str], ...] = ()
    around: str = ""


@dataclass(frozen=True)
class Paper:
    """One paper, or one set of baselines.

    id: of its claims. display: for tables; title, reference: the publication. systems, recipes: what it trains.
    notebook: the one that trains them. plan: rows by profile. paths: tables that the results' pages draw.
    requires: ids of papers whose systems the plan trains too.
    """

    id: str
    display: str
    title: str
    reference: str
    systems: tuple[System, ...] = ()
    recipes: Mapping[Name, NamedRecipe] = field(default_factory=dict)
    notebook: Notebook | None = None
    plan: Plan = field(default_factory=dict)
    paths: tuple[RecipePath, ...] = ()
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class Experience:
    """What replicating a paper was like, a sentence each: what was easy, what was hard, and what its authors would have
    to tell us. paper: its id."""

    paper: str
    easy: tuple[str, ...]
    hard: tuple[str, ...]
    ask: tuple[str, ...]
