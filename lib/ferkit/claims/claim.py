"""Claims: what a paper states and the rule that judges it. Papers declare them; nothing here knows a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ferkit.core.names import Name
from ferkit.core.paths import WITHOUT_IMAGES
from ferkit.core.quotes import Quote

if TYPE_CHECKING:
    from ferkit.claims.evidence import Evidence
    from ferkit.claims.finding import Finding

# What is counted together. A finding is measured; a fact follows from the network's structure, so that meeting it is
# being consistent with the paper; a remembered number was never found in a source; an extension is no paper's claim.
GROUPS = {"finding": "claims", "fact": "facts about the networks", "remembered": "numbers quoted from memory [M]",
          "extension": "beyond the papers"}

@dataclass(frozen=True)
class Rule:
    """How a kind of claim is judged.

    judge: (evidence, claim, **parameters) → Finding; raises NotRun where there is nothing to judge. says: the rule in
    words; ``{parameter}`` is replaced by the claim's. compares: whether ``first`` and ``second`` among the parameters
    are two (system, recipe) whose test belongs to the claim's family. any_length: whether it judges networks that were
    trained too briefly for a comparison too (`training_length`).
    """

    judge: Callable[..., Finding]
    says: str
    compares: bool = False
    any_length: bool = False


@dataclass(frozen=True)
class Claim(Quote):
    """A quoted statement that a run can confirm or refute.

    measures: what the number is, where the unit alone does not say. relation: how an observed number would have to
    stand to `value`: "=", "<", ">" or "≥". rule, parameters: what judges it. family: the comparing claims that share
    one Holm adjustment. command: what runs it. runs_on: where `dataset` is "any", the data sets that it can be run on;
    () for all that hold images. group: one of `GROUPS`.
    """

    rule: Rule | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    measures: str = ""
    relation: str = "="
    family: str = ""
    group: str = "finding"
    command: str = "./run_all.sh --profile quick"
    runs_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.mark == "M" and self.group == "finding":
            object.__setattr__(self, "group", "remembered")

    @property
    def pair(self) -> tuple[Name, Name] | None:
        """The two (system, recipe) that the claim compares; None where it compares none."""
        return (self.parameters["first"], self.parameters["second"]) if self.rule.compares else None

    def command_on(self, dataset: str | None) -> str:
        """What runs the claim: on this data set, if it can be run there and is bound to none."""
        can = dataset in self.runs_on if self.runs_on else dataset not in (None, *WITHOUT_IMAGES)
        bound = self.dataset != "any" or dataset == "synthetic" or not self.command.startswith("./run_all.sh")
        return run_command(dataset) if can and not bound else self.command

    @property
    def rule_in_words(self) -> str:
        """What the rule says, with this claim's parameters in it."""
        return self.rule.says.format(**{key: _said(value) for key, value in self.parameters.items()})

    def judge(self, evidence: Evidence) -> Finding:
        """The rule applied to what a folder holds; raises NotRun where there is nothing to judge."""
        return self.rule.judge(evidence, self, **self.parameters)


def families(claims: Sequence[Claim]) -> dict[str, list[tuple[Name, Name]]]:
    """The pairs that comparing claims name, once each, by the family that shares one Holm adjustment."""
    pairs: dict[str, dict[tuple[Name, Name], None]] = {}
    for claim in claims:
        if claim.pair:
            pairs.setdefault(claim.family, {})[claim.pair] = None
    return {family: list(found) for family, found in pairs.items()}


def run_command(dataset: str) -> str:
    """The command that runs everything on a real data set."""
    return f"./run_all.sh --dataset {dataset} --data PATH --profile full"


def _said(value: object) -> str:
    """A parameter in a sentence: labels as "a and b", a (system, recipe) as "system/recipe" is left to the rule."""
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return " and ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
