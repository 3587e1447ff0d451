"""A tree of results read once: every trained system in it, one tidy table, and means over seeds.

A tree is a run, a sweep's folder or a published `results/<dataset>`. Whoever asks for the same unchanged tree again in
the same process gets the same object. Tables everywhere (README, report, notebooks, cards, terminal) are views of
`Tree.frame` and `over_seeds`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.core.names import Name
from ferkit.results import over_protocols, records
from ferkit.results.records import Result
from ferkit.stats import estimates
from ferkit.stats.estimates import Estimate

if TYPE_CHECKING:
    import pandas as pd


# The columns of the tidy table that are entries of metrics.json.
COLUMNS = ("dataset", "protocol", "split", "status", "n", "accuracy", "accuracy_without_copies", "n_without_copies",
           "macro_f1", "uar", "ece", "val_accuracy", "val_macro_f1", "train_accuracy", "best_epoch", "epochs", "tta",
           "accuracy_no_tta", "parameters", "weight_layers", "receptive_field", "n_train", "minutes", "device",
           "test_reads", "data_sha256", "weights_sha256", "predictions_sha256")
MEANS = ("val_accuracy", "accuracy_without_copies", "macro_f1", "uar", "ece", "train_accuracy", "accuracy_no_tta")
FRACTIONS = ("accuracy", "sd", "low", "high", "new_low", "new_high", "val_macro_f1", *MEANS)


@dataclass(frozen=True, eq=False)  # by identity: the same files give the same object
class Tree:
    """What a folder holds.

    results: finished and undamaged, by notebook, system, recipe and seed; shared, not to be changed. Systems that have
    no folder here but stand in a file of several protocols come after them (`over_protocols.pooled`). refused: why a
    result is not among them, by its folder.
    """

    root: Path
    results: tuple[Result, ...]
    refused: dict[Path, str] = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """The folder's name: a run's, or a published data set's."""
        return self.root.absolute().name

    @cached_property
    def dataset(self) -> str | None:
        """The data set of its results, refused ones too; None where there is none, InputError where they mix."""
        stated = {result.metrics["dataset"] for result in self.results} | set(map(_stated_dataset, self.refused))
        if len(stated - {None}) > 1:
            raise InputError(f"{self.root}: results of {' and '.join(sorted(stated - {None}))} in one folder; judge "
                             "them apart")
        return next(iter(stated - {None}), None)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each result: tree, notebook, system, recipe, seed, the entries `COLUMNS` of metrics.json, and
        file (its metrics.json or what stands in its place, relative to the tree); fractions in [0, 1]."""
        return frame(self.results, self.root)


def load_tree(root: Path) -> Tree:
    """Every result below a folder, read once for each state of the files; InputError where there is no such folder."""
    root = Path(root).absolute()
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; name a run (results/runs/<run>) or results/<dataset>")
    directories = records.result_directories(root)
    names = records.METRICS, records.PREDICTIONS, records.HISTORY
    state = tuple((path, *(files.state(path / name) for name in names)) for path in directories)
    state += tuple((path, files.state(path)) for path in sorted(root.glob(over_protocols.PATTERN)))
    if root not in _read or _read[root][0] != state:
        results, refused = [], {}
        for directory in directories:
            try:
                results.append(records.read_result(directory))
            except InputError as error:
                refused[directory] = str(error)
        own = {(one.parts[-3], one.parts[-2]) for one in directories}
        results += [one for one in over_protocols.pooled(root) if (one.key.system, one.key.recipe) not in own]
        _read[root] = state, Tree(root, tuple(results), refused)
    return _read[root][1]


_read: dict[Path, tuple[tuple, Tree]] = {}


@contextmanager
def held() -> Iterator[None]:
    """While it lasts nothing is published anew, so that `published` looks at the files once."""
    global _held
    before, _held = _held, published()
    try:
        yield
    finally:
        _held = before


_held: list[Tree] | None = None


def published() -> list[Tree]:
    """The published trees that hold results: data sets in the order of `paths.DATA_VARIABLES`, each followed by its
    other protocols."""
    if _held is not None:
        return list(_held)
    order, root = ("synthetic", *paths.DATA_VARIABLES), paths.published_root()
    found = [folder for folder in (root.iterdir() if root.is_dir() else ())
             if folder.name.partition("-")[0] in order
             and (records.result_directories(folder) or any(folder.glob(over_protocols.PATTERN)))]
    return [load_tree(folder) for folder in
            sorted(found, key=lambda path: (order.index(path.name.partition("-")[0]), path.name))]


def published_tree(name: str) -> Tree:
    """The published tree of that name; InputError where it is not there."""
    found = next((tree for tree in published() if tree.name == name), None)
    if found is None:
        raise InputError(f"results/{name}: not published")
    return found


def by_system(results: Iterable[Result]) -> dict[Name, list[Result]]:
    """Results by (system, recipe) in order of appearance, seeds ascending."""
    groups: dict[Name, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.key.system, result.key.recipe].append(result)
    return {name: sorted(group, key=lambda result: result.key.seed) for name, group in groups.items()}


def frame(results: Sequence[Result], root: Path) -> pd.DataFrame:
    """Results as a tidy table, see `Tree.frame`."""
    import pandas as pd

    rows = [{"tree": Path(root).absolute().name, "notebook": one.key.notebook, "system": one.key.system,
             "recipe": one.key.recipe, "seed": one.key.seed, **{key: one.metrics.get(key) for key in COLUMNS},
             "file": one.file.relative_to(Path(root).absolute()).as_posix()}
            for one in results]
    return pd.DataFrame(rows, columns=["tree", "notebook", "system", "recipe", "seed", *COLUMNS, "file"])


def over_seeds(results: Sequence[Result]) -> dict[str, object]:
    """One system under one recipe, its seeds together: what every table says of it.

    {seeds (how many), tested (how many of them), status (one word, or each once), n, parameters, tta, dataset,
    protocol; accuracy (mean test accuracy over the tested seeds), sd, low, high (95 % over seeds and images together,
    over images for one seed), new_low, new_high (95 % for one new run); minutes (`minutes_of`, the median: other work
    on the machine lengthens single runs); the means `MEANS` (None where a seed lacks one)}; fractions in [0, 1], None
    where nothing was tested.
    """
    tested = [one for one in results if one.metrics["accuracy"] is not None]
    metrics = [one.metrics for one in tested]
    first = (metrics or [results[0].metrics])[0]
    row = {"seeds": len(results), "tested": len(tested),
           "status": ", ".join(dict.fromkeys(one.metrics["status"] for one in results)),
           **{key: first.get(key) for key in ("n", "parameters", "tta", "dataset", "protocol", "weight_layers")},
           **dict.fromkeys(("accuracy", "sd", "low", "high", "new_low", "new_high", "minutes")),
           **{key: mean(metrics, key) for key in MEANS}}
    if tested:
        found = accuracy(tested)
        row |= {"accuracy": found.mean, "sd": found.sd, "low": found.interval[0], "high": found.interval[1],
                "new_low": found.prediction[0], "new_high": found.prediction[1],
                "minutes": float(np.median([minutes_of(one) for one in metrics]))}
    return row


def accuracy(results: Sequence[Result]) -> Estimate:
    """The test accuracy of seeds that were tested on the same images; those that hang together
    (`Result.groups`) are resampled together."""
    like = results[0].predictions
    return estimates.share(np.array([one.right for one in results]),
                           like["labels"], results[0].groups)


def minutes_of(metrics: dict) -> float:
    """The minutes of one result: CPU minutes of searching and fitting where it is a head on hand-crafted features, else
    minutes of training on the device named, the network under a head included."""
    if "features_of" not in metrics and "head_cpu_minutes" in metrics:
        return metrics["head_cpu_minutes"]
    return metrics["minutes"]


def summary(tree: Tree) -> pd.DataFrame:
    """One row for each system and recipe of a tree: tree, notebook, system, recipe, and `over_seeds`."""
    import pandas as pd

    return pd.DataFrame([{"tree": tree.name, "notebook": group[0].key.notebook, "system": system, "recipe": recipe,
                          **over_seeds(group)} for (system, recipe), group in by_system(tree.results).items()])


def mean(metrics: Sequence[dict], key: str) -> float | None:
    """The mean of one entry over several metrics.json; None where there is none, or one of them lacks it."""
    values = [one.get(key) for one in metrics]
    return None if not values or None in values else sum(values) / len(values)


def validation(results: Sequence[Result]) -> float:
    """The mean validation accuracy over seeds, by which systems are ranked; a seed that was not validated counts 0."""
    return float(np.mean([one.metrics.get("val_accuracy") or 0.0 for one in results]))


def _stated_dataset(directory: Path) -> str | None:
    """What a refused result says it is about; None where not even that can be read."""
    found = files.read_json(directory / records.METRICS, {}).get("dataset")
    return found if isinstance(found, str) else None
