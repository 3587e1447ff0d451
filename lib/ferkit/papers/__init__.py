"""One folder for each paper: what it states (`claims`), its networks, what it varies (`ablations`).

Nothing below this package knows a paper; everything above asks here. No list is kept: a folder that is here counts.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ferkit.analysis.ablation import Ablation
    from ferkit.claims.claim import Claim
    from ferkit.core.quotes import Quote


# The replicated systems in the order of tables and pictures; ablations stay apart.
SYSTEMS = ("deep_emotion", "deep_emotion_wide", "gap_cnn", "gap_cnn_svm", "lenet5")


def claims() -> tuple[Claim, ...]:
    """The claims of all papers, paper by paper."""
    return _collected("claims", "CLAIMS")


def quotes() -> tuple[Quote, ...]:
    """The quoted numbers and statements that no rule judges, paper by paper."""
    return _collected("claims", "QUOTES")


def ablations() -> tuple[Ablation, ...]:
    """The ablations of all papers."""
    return _collected("ablations", "ABLATIONS")


def ablation(name: str) -> Ablation:
    """The ablation of this name; KeyError where there is none."""
    return {one.name: one for one in ablations()}[name]


def quote(id: str) -> Quote:
    """The quote or claim of this id; KeyError where there is none."""
    found = {row.id: row for row in (*quotes(), *claims())}
    if id not in found:
        raise KeyError(f"{id}: no paper states it")
    return found[id]


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
    packages = [f"{__name__}.{info.name}" for info in iter_modules(__path__) if info.ispkg]
    return tuple(row for package in sorted(packages) if find_spec(f"{package}.{module}")
                 for row in getattr(import_module(f"{package}.{module}"), name, ()))
