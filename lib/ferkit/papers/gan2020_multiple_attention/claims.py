"""Questions about multiple attention, an idea RECONSTRUCTED FROM MEMORY: no statement of the paper is judged here.

Gan, Chen, Yang & Xu, Multiple attention network for facial expression recognition, IEEE Access 2020: no text of it
could be found. So each row asks about the idea as we built it, counts as ours, and quotes no number.
"""

from __future__ import annotations

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.rules.attention import ABOVE
from ferkit.claims.rules.paired import BETTER_AT_EQUAL_SIZE
from ferkit.core.units import Unit

SOURCE = "the idea as remembered; no text was found"
STANDARD, QUICK = "./run_all.sh --profile standard --only 07", "./run_all.sh --only 07"
OURS = ("multiple_attention", "ours")


def _claim(name: str, statement: str, unit: Unit, rule: Rule, **other: object) -> Claim:
    return Claim(f"multiple_attention.{name}", f"{statement} (reconstruction from memory)", 0.0, unit, SOURCE, "M",
                 split="test", rule=rule, relation=">", family="multiple_attention", group="extension",
                 **{"command": STANDARD, **other})


def _better(name: str, statement: str, second: str, command: str = STANDARD) -> Claim:
    return _claim(name, statement, Unit.POINTS, BETTER_AT_EQUAL_SIZE, measures="accuracy gained", command=command,
                  parameters={"first": OURS, "second": ("multiple_attention", second), "equal_size": True})


def _above(name: str, statement: str, measure: str, recipe: str, measures: str) -> Claim:
    return _claim(name, statement, Unit.POINTS, ABOVE, measures=measures, command=QUICK,
                  parameters={"name": ("multiple_attention", recipe), "measure": measure, "relevant": 0.01})


CLAIMS: tuple[Claim, ...] = (
    _better("several_heads", "Four attention heads recognise better than one of equal size", "one_head"),
    _better("heads", "Four attention heads recognise better than none at equal size", "no_heads", QUICK),
    _better("masks", "Learned masks help four attention heads", "no_masks"),
    _above("masks_on_parts", "Learned masks fall on the parts that make the expression more than chance", "on_parts",
           "no_heads", "share of the mask gained by them"),
    _above("heads_on_parts", "Attention heads fall on the parts that make the expression more than chance", "on_parts",
           "ours", "share of attention gained by them"),
    _above("heads_differ", "Two heads differ more on one image than one head does between images", "heads", "ours",
           "share of attention to be moved, more"),
)
