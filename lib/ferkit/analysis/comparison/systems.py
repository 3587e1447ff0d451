"""Where predictions lie, and the trained systems of one system and recipe taken together over their seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.results import records
from ferkit.results.records import Result
from ferkit.results.tree import validation

RECIPES = ("published", "ours")  # every replicated system has these; ablations have others


@dataclass(frozen=True)
class Source:
    """Where predictions were found: the folder, and a sentence about it for the reader."""

    root: Path
    says: str


@dataclass(frozen=True)
class System:
    """The tested systems of one system under one recipe, one a seed, in the order of their seeds.

    `metrics`, `matrix` and `predictions` stand for all of them, so that a figure of a trained system can draw a system
    too.
    """

    results: tuple[Result, ...]

    @property
    def system(self) -> str:
        """The system's name as in its folder."""
        return self.results[0].key.system

    @property
    def recipe(self) -> str:
        """The recipe's name."""
        return self.results[0].key.recipe

    @property
    def name(self) -> str:
        """``<system>/<recipe>``."""
        return f"{self.system}/{self.recipe}"

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that could be tested."""
        return tuple(result.key.seed for result in self.results)

    @property
    def labels(self) -> np.ndarray:
        """The true classes, int64 (N,), the same for every seed."""
        return self.results[0].predictions["labels"]

    @property
    def label_names(self) -> list[str]:
        """The names of the classes."""
        return [str(name) for name in self.results[0].predictions["label_names"]]

    @property
    def index(self) -> np.ndarray:
        """The images by their place in the source, int64 (N,)."""
        return self.results[0].predictions["index"]

    @cached_property
    def answers(self) -> np.ndarray:
        """int64 (seeds, N): what each seed answers."""
        return np.array([result.predictions["predicted"] for result in self.results])

    @property
    def right(self) -> np.ndarray:
        """bool (seeds, N): which images each seed gets right."""
        return self.answers == self.labels

    @cached_property
    def matrix(self) -> np.ndarray:
        """The confusion matrix [true, predicted], the mean over seeds, float64 (K, K)."""
        return np.mean([result.matrix for result in self.results], axis=0)

    @cached_property
    def metrics(self) -> dict:
        """What figures ask of a trained system: the first seed's entries with the means over seeds in their place."""
        first = self.results[0].metrics
        means = {key: self.mean(key) for key in ("accuracy", "val_accuracy", "accuracy_without_copies", "macro_f1",
                                                 "uar", "minutes")}
        return {**first, **means, "seed": 0, "confusion_matrix": self.matrix.tolist()}

    def mean(self, key: str) -> float | None:
        """The mean of one entry of metrics.json over the seeds; None where a seed has none."""
        values = [result.metrics.get(key) for result in self.results]
        return None if None in values else float(np.mean(values))


def find(run: str, dataset: str, protocol: str = "") -> Source:
    """The run if it holds predictions, else the published results of the data set under this protocol ("": its own),
    else any published ones.

    InputError with the command to run where there are none at all.
    """
    own, published = paths.run_directory(run), paths.published_directory(dataset, protocol)
    instead = f"the run {run} has no predictions; these are the published ones of "
    places = [(own, f"predictions of the run {run}"), (published, instead + published.name)]
    places += [(folder, instead + folder.name) for folder in sorted(published.parent.glob("*"))
               if folder not in (published, paths.output_root())]
    for folder, says in places:
        if any((result / records.PREDICTIONS).is_file() for result in records.result_directories(folder)):
            return Source(folder, says)
    raise InputError(f"run {run}: no predictions to compare; make them with ./run_all.sh --dataset {dataset} or with "
                     "notebooks 02 and 03")


def systems(results: Sequence[Result], names: Sequence[str], recipes: Sequence[str] = RECIPES) -> list[System]:
    """The systems of these names and recipes with all their seeds, in the order given.

    Trained systems without predictions (diverged before any test) are left out, and those tested on other images than
    the first.
    """
    grouped: dict[tuple[int, int], list[Result]] = {}
    for result in sorted(results, key=lambda result: result.key.seed):
        if result.key.system in names and result.key.recipe in recipes and result.predictions:
            grouped.setdefault((names.index(result.key.system), recipes.index(result.key.recipe)), []).append(result)
    kept = same_images([result for key in sorted(grouped) for result in grouped[key]])
    return [System(own) for key in sorted(grouped) if (own := tuple(c for c in grouped[key] if c in kept))]


def same_images(results: Sequence[Result]) -> list[Result]:
    """The trained systems tested on the same images as the first one, in the same order."""
    return [result for result in results if result.tested_as(results[0])]


def best_of_each(compared: Sequence[System]) -> list[System]:
    """Of each network the recipe with the best mean validation accuracy (never the test's)."""
    names = dict.fromkeys(one.system for one in compared)
    return [max((one for one in compared if one.system == name), key=lambda one: validation(one.results))
            for name in names]


def pairs_of_seeds(first: System, second: System) -> list[tuple[int, int]]:
    """The rows of both systems' `answers` to be compared: the seeds they share, [] where they share none."""
    return [(first.seeds.index(seed), second.seeds.index(seed)) for seed in first.seeds if seed in second.seeds]
