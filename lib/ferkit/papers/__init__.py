"""The papers: one folder each, found by looking; the engine knows none of them by name.

A folder's ``__init__`` holds ``PAPER`` (`paper.Paper`); networks and methods in it are references, so that nothing
heavy is imported to list what there is. To add a paper is to add a folder and a notebook (``ferkit new-paper NAME``);
folders outside the checkout are found through FERKIT_PAPERS, paths joined by the system's separator.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ferkit.core import errors
from ferkit.core.errors import InputError
from ferkit.experiments.system import System
from ferkit.papers.paper import Experience, Name, Notebook, Paper
from ferkit.training.recipe import NamedRecipe, Recipe

if TYPE_CHECKING:
    from ferkit.analysis.ablation import Ablation, Attention
    from ferkit.claims.claim import Claim
    from ferkit.core.quotes import Quote

_OTHERS = [os.path.abspath(path) for path in os.environ.get("FERKIT_PAPERS", "").split(os.pathsep) if path]
__path__ += _OTHERS


@cache
def all() -> tuple[Paper, ...]:
    """Every paper, by its notebook's number, then by folder; InputError where two share a name or one lacks what it
    requires."""
    found = []
    for module in _folders():
        paper = getattr(module, "PAPER", None)
        if paper is not None:
            found.append((paper.notebook.stem if paper.notebook else "~", module.__name__, paper))
    papers = tuple(paper for _, _, paper in sorted(found, key=lambda row: row[:2]))
    _check(papers)
    return papers


@cache
def titles() -> dict[str, str]:
    """What each paper is called in print by the id that its claims carry; folders without ``PAPER`` say ``TITLES``."""
    return {paper.id: paper.display for paper in all()} | {
        key: title for module in _folders() for key, title in getattr(module, "TITLES", {}).items()}


def _folders() -> list[ModuleType]:
    """Every folder below this one and FERKIT_PAPERS as a module, by name; InputError where that names no folder."""
    for path in _OTHERS:
        if not os.path.isdir(path):
            raise InputError(f"FERKIT_PAPERS: {path} is no folder; correct it or unset it")
    return [importlib.import_module(module.name) for module in pkgutil.iter_modules(__path__, f"{__name__}.")
            if module.ispkg]


def _check(papers: tuple[Paper, ...]) -> None:
    ids = [paper.id for paper in papers]
    names = [one.name for paper in papers for one in paper.systems]
    for what, values in (("papers", ids), ("systems", names)):
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise InputError(f"two {what} are called {', '.join(twice)}; rename one (ferkit/papers, FERKIT_PAPERS)")
    for paper in papers:
        unknown = {row.system for rows in paper.plan.values() for row in rows} - set(names)
        if unknown or set(paper.requires) - set(ids):
            missing = ", ".join(sorted(unknown) or sorted(set(paper.requires) - set(ids)))
            raise InputError(f"paper {paper.id}: it needs {missing}, which no folder below ferkit/papers declares")


def get(paper_id: str) -> Paper:
    """The paper of that id; InputError for an unknown one."""
    for paper in all():
        if paper.id == paper_id:
            return paper
    raise errors.unknown("paper", paper_id, (paper.id for paper in all()))


@cache
def systems() -> tuple[System, ...]:
    """Every system, in the papers' order."""
    return tuple(one for paper in all() for one in paper.systems)


def system(name: str) -> System:
    """The system of that name or alias, also with dashes; InputError, with the nearest names, for an unknown one."""
    known = {key: one for one in systems() for key in (one.name, *one.aliases)}
    name = name if name in known else name.replace("-", "_")
    if name not in known:
        raise errors.unknown("model", name, known, fix="a paper of your own: set FERKIT_PAPERS")
    return known[name]


def folder(paper: Paper) -> Path:
    """The folder that declares a paper."""
    for module in _folders():
        if getattr(module, "PAPER", None) is paper:
            return Path(module.__file__).parent
    raise InputError(f"paper {paper.id}: no folder below ferkit/papers or FERKIT_PAPERS declares it")


def of_system(name: str) -> Paper | None:
    """The paper that declares a system; None for one that no folder knows."""
    return next((paper for paper in all() for one in paper.systems if one.name == name), None)


def display(name: str) -> str:
    """A system's name for people; one that no folder knows as it is."""
    return next((one.display for one in systems() if one.name == name), name)


@cache
def recipes() -> dict[Name, NamedRecipe]:
    """Every named recipe by (system, name); a head has those of the network under it."""
    own = {name: named for paper in all() for name, named in paper.recipes.items()}
    return own | {(one.name, recipe): named for one in systems() if one.base
                  for (base, recipe), named in own.items() if base == one.base}


def named(system_name: str, name: str) -> NamedRecipe:
    """The recipe called `name` of a system with what the engine has to know of it; InputError if unknown."""
    if (system_name, name) not in recipes():
        known = sorted(recipe for owner, recipe in recipes() if owner == system_name)
        raise errors.unknown("recipe", name, known, system_name)
    return recipes()[system_name, name]


def lengthened(system_name: str, name: str) -> str:
    """The recipe of a system that trains its recipe `name` for as many epochs as the paper; "" where none does."""
    return next((recipe for (owner, recipe), found in recipes().items()
                 if (owner, found.lengthens) == (system_name, name)), "")


def recipe(system_name: str, name: str, **changes: object) -> Recipe:
    """The recipe called `name` of a system, with `changes` (epochs=12, say); InputError if unknown."""
    return replace(named(system_name, name).recipe, **changes)


@cache
def notebooks() -> tuple[Notebook, ...]:
    """The notebooks that train, by number."""
    return tuple(paper.notebook for paper in all() if paper.notebook)


def default_for(command: str) -> tuple[str, ...]:
    """The systems that a command takes when none is named."""
    return tuple(one.name for one in systems() if command in one.default_for)


def main_systems() -> tuple[str, ...]:
    """The replicated systems in the order of tables and pictures; ablations stay apart, and so does what is tested on
    sequences, which no image can be compared with."""
    return tuple(one.name for paper in all() if not (paper.notebook and paper.notebook.over_time)
                 for one in paper.systems if one.role != "ablation")


def claims() -> tuple[Claim, ...]:
    """The claims of all papers, paper by paper."""
    return _collected("claims", "CLAIMS")


def quotes() -> tuple[Quote, ...]:
    """The quoted numbers and statements that no rule judges, paper by paper."""
    return _collected("claims", "QUOTES")


def ablations() -> tuple[Ablation, ...]:
    """The ablations of all papers."""
    return _collected("ablations", "ABLATIONS")


def attentions() -> tuple[Attention, ...]:
    """The attentions of all papers in the papers' order, each with what it is compared with."""
    order = [one.name for one in systems()]
    return tuple(sorted(_collected("ablations", "ATTENTIONS"), key=lambda one: order.index(one.attends[0])))


def experiences() -> tuple[Experience, ...]:
    """What replicating each paper was like, of those that say so."""
    return _collected("experience", "EXPERIENCES")


def ablation(name: str) -> Ablation:
    """The ablation of this name; KeyError where there is none."""
    return {one.name: one for one in ablations()}[name]


def quote(id: str) -> Quote:
    """The quote or claim of this id; KeyError where there is none."""
    found = {row.id: row for row in (*quotes(), *claims())}
    if id not in found:
        raise KeyError(f"{id}: no paper states it")
    return found[id]


def compared_with(metrics: Mapping[str, object]) -> str:
    """Under which name accuracies are quoted that a result may stand beside: its data set's, "ferplus" where other
    people's labels were tested on. metrics: its metrics.json, or any mapping with these keys."""
    return str(metrics.get("dataset")) if metrics.get("labels", "own") == "own" else "ferplus"


def stated_accuracies(dataset: str) -> dict[str, float]:
    """The accuracy that its paper states for each replicated system on a data set, fractions."""
    return {system: claim.value for claim in reversed(claims()) if (claim.kind, claim.dataset) == ("accuracy", dataset)
            for system in claim.parameters.get("systems", ())}


def accuracy_quotes(dataset: str) -> list[Quote]:
    """Every accuracy quoted for a data set, of systems and of people; each number of a paper once."""
    found = {(row.paper, row.value): row for row in reversed((*quotes(), *claims()))
             if row.dataset == dataset and row.kind in ("accuracy", "human")}
    return list(reversed(found.values()))


def human_accuracy(dataset: str) -> tuple[float, float] | None:
    """Human accuracy on a data set and its uncertainty to each side, fractions; None where nobody measured it."""
    values = {row.kind: row.value for row in quotes() if row.dataset == dataset}
    found = values.get("human"), values.get("human_uncertainty")
    return found if None not in found else None


@cache
def _collected(module: str, name: str) -> tuple:
    """What the papers' modules of this name declare, in the order of the folders' names."""
    packages = sorted(f"{__name__}.{info.name}" for info in pkgutil.iter_modules(__path__) if info.ispkg)
    return tuple(row for package in packages if find_spec(f"{package}.{module}")
                 for row in getattr(importlib.import_module(f"{package}.{module}"), name, ()))
