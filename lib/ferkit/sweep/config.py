"""A sweep's file, TOML or JSON, as a list of trained systems: data sets × seeds × networks × recipes × points of a
grid.

The keys stand in an example in ``ferkit sweep --help`` (`ferkit.cli.sweep.EPILOG`) and in `KEYS`.
A choice needs the validation split alone, so a sweep does not open the test split unless it is told to.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ferkit import papers
from ferkit.core import errors, protocols
from ferkit.core.errors import InputError
from ferkit.core.paths import DATASETS
from ferkit.core.profiles import PROFILES
from ferkit.experiments.plan import Job
from ferkit.papers import training
from ferkit.training.recipe import Recipe, dotted

_LISTS = {"datasets": str, "models": str, "recipes": str, "seeds": int, "protocols": str}
_SINGLE = {"epochs": int, "profile": str, "protocol": str, "labels": str, "test": bool}
KEYS = (*_LISTS, *_SINGLE, "set", "grid")


@dataclass(frozen=True)
class SweepEntry:
    """One training of a sweep. recipe_name: the recipe's with the grid's values, as its folder is called."""

    dataset: str
    system: str
    recipe_name: str
    seed: int
    recipe: Recipe

    @property
    def name(self) -> str:
        """How it is called in a line of output."""
        return f"{self.dataset} {self.system}/{self.recipe_name} seed {self.seed}"

    def planned(self) -> dict[str, object]:
        """Its line of plan.json."""
        return {"dataset": self.dataset, "system": self.system, "recipe": self.recipe_name, "seed": self.seed,
                "config": self.recipe.to_dict()}


@dataclass(frozen=True)
class Sweep:
    """A checked sweep."""

    entries: tuple[SweepEntry, ...]
    profile: str
    protocol: str
    test: bool

    @property
    def datasets(self) -> tuple[str, ...]:
        """The data sets, each once, in order."""
        return tuple(dict.fromkeys(entry.dataset for entry in self.entries))

    def place(self, entry: SweepEntry) -> Path:
        """Where a trained system lies below the sweep's folder: a tree for each data set if there are several, in it
        the folder of the notebook that trains the network (so that ``report`` and ``claims`` read it), or ``sweep``
        where nothing was tested, then network, recipe and seed."""
        tree = entry.dataset if len(self.datasets) > 1 else ""
        folder = (self.test and training.trained_in(entry.system)) or "sweep"
        return Path(tree, folder, entry.system, entry.recipe_name, f"seed{entry.seed}")

    def job(self, entry: SweepEntry) -> Job:
        """The trained system as a job that also reads the test split."""
        return training.job(self.place(entry).parts[-4], entry.system, entry.recipe_name, entry.recipe, entry.seed,
                            self.profile)


def read(path: Path) -> Sweep:
    """The sweep that a file describes; InputError naming whatever in it is unknown or of the wrong kind."""
    return of(values_of(path), str(path))


def values_of(path: Path) -> dict[str, object]:
    """What a sweep's file says, its keys and lists checked; InputError with the file's name."""
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a readable sweep ({getattr(error, 'strerror', None) or error})") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: a sweep is a table of keys, known are {', '.join(KEYS)}")
    with _named(str(path)):
        _check(values)
    return values


def under_each_protocol(values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """The values of a sweep over several ``protocols`` (all folds of one as NAME:all) as one sweep for each, by the
    protocol's full name; {} where the file names one protocol or none. InputError for several data sets."""
    if "protocols" not in values:
        return {}
    if len(values.get("datasets", [])) != 1 or "protocol" in values or not values.get("test"):
        raise InputError("protocols are of one data set: name it in datasets, leave out protocol, and set test = true")
    names = protocols.several(values["datasets"][0], ",".join(values["protocols"]),
                              labels=values.get("labels", "own"))
    rest = {key: value for key, value in values.items() if key != "protocols"}
    return {name: rest | {"protocol": name} for name in names}


def count(values: Mapping[str, object]) -> int:
    """How many runs these values make, without making them (equal points of two grids count twice)."""
    points = sum(math.prod(len(choices) for choices in axes.values()) for axes in _grids(values))
    return points * math.prod(len(values.get(key, [0])) for key in _LISTS)


def of(values: Mapping[str, object], name: str = "") -> Sweep:
    """The sweep with these values, which `name` is put before in complaints; see :func:`read`."""
    with _named(name):
        _check(values)
        points = {(system, recipe): list(_points(system, recipe, values))
                  for system in values["models"] for recipe in values.get("recipes", ["ours"])}
        entries: dict[tuple[str, str, str, int], SweepEntry] = {}
        for dataset, seed, (system, recipe) in itertools.product(values.get("datasets", ["synthetic"]),
                                                                 values.get("seeds", [0]), points):
            for label, point in points[system, recipe]:
                entry = SweepEntry(dataset, system, label, seed, point)
                if entries.setdefault((dataset, system, label, seed), entry) != entry:
                    raise InputError(f"grid: two different points are both called {label}; make them one grid")
        return Sweep(tuple(entries.values()), values.get("profile", "full"), _protocol(values),
                     values.get("test", False))


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"{name}: {error}" if name else str(error)) from None


def _protocol(values: Mapping[str, object]) -> str:
    """The protocol's name with the label set; "" for each data set's own."""
    labels = values.get("labels", "own")
    if "protocols" in values:
        raise InputError("protocols are run one by one, by the command itself; name one protocol here")
    if labels not in protocols.LABEL_SETS:
        raise InputError(f"labels {labels!r} are unknown; take one of {', '.join(protocols.LABEL_SETS)}")
    if labels == "own":
        return values.get("protocol", "")
    return protocols.resolve("fer2013", values.get("protocol", ""), labels=labels)


def _check(values: Mapping[str, object]) -> None:
    for key, value in values.items():
        if key not in KEYS:
            raise errors.unknown("key", key, KEYS)
        if key in _LISTS and not (isinstance(value, list) and value and all(type(v) is _LISTS[key] for v in value)):
            raise InputError(f"{key} is a list of {'whole numbers' if _LISTS[key] is int else 'names'}, got {value!r}")
        if key in _SINGLE and type(value) is not _SINGLE[key]:
            raise InputError(f"{key} is a {_SINGLE[key].__name__}, got {value!r}")
    _grids(values)
    if "models" not in values:
        raise InputError("models are missing: name at least one")
    for dataset in values.get("datasets", ()):
        if dataset not in DATASETS:
            raise errors.unknown("data set", dataset, DATASETS)
    if values.get("profile", "full") not in PROFILES:
        raise errors.unknown("profile", values["profile"], PROFILES)
    if not all(0 <= seed < 2**31 for seed in values.get("seeds", [0])):
        raise InputError(f"seeds are whole numbers from 0 to {2**31 - 1}")
    for system in values["models"]:
        base = papers.system(system).base
        if base and (base not in values["models"] or not values.get("test")):
            raise InputError(f"models: {system} is fitted on a tested network: name {base} too, and test = true")


def _points(system: str, name: str, values: Mapping[str, object]) -> Iterator[tuple[str, Recipe]]:
    """The recipe at every point of every grid, by the name of its folder."""
    base = papers.recipe(system, name)
    network = papers.system(papers.system(system).base or system)
    common = _flat(values.get("set", {}), "set")
    if "epochs" in values:
        common["epochs"] = values["epochs"]
    for axes in _grids(values):
        for point in itertools.product(*axes.values()):
            chosen = dict(zip(axes, point, strict=True))
            recipe = base.changed(common | chosen)
            if network.network:
                _build(network.name, json.dumps(recipe.model))
            yield name + "".join(_part(key, value) for key, value in chosen.items()), recipe


@cache
def _build(system: str, options: str) -> None:
    """InputError for options that a network does not have; each kind is built once, not once a run."""
    papers.system(system).build(**json.loads(options))


def _grids(values: Mapping[str, object]) -> list[dict[str, list]]:
    """Every grid of a sweep as its axes by dotted name; one without axes if there is none."""
    grids = values.get("grid", {})
    found = [_flat(grid, "grid") for grid in (grids if isinstance(grids, list) and grids else [grids or {}])]
    for key, choices in (pair for axes in found for pair in axes.items()):
        if not isinstance(choices, list) or not choices:
            raise InputError(f"grid: {key} is a list of values, got {choices!r}")
    return found


def _flat(values: object, what: str) -> dict[str, object]:
    """Nested tables as one, with dotted names."""
    if not isinstance(values, Mapping):
        raise InputError(f"{what} is a table of keys of a recipe, got {values!r}")
    return dotted(values)


def _part(key: str, value: object) -> str:
    """One value of the grid in a folder's name: ``_lr0.01``, ``_sampler-input``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = "-" + re.sub(r"[^\w.]+", "-", str(value)).strip("-")
    else:
        text = f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return f"_{key.rpartition('.')[2]}{text}"
