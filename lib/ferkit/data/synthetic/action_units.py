"""FACS action units as far as a 48×48 drawing can show them, and the expressions as combinations of them.

Ekman, Friesen & Hager 2002, Facial Action Coding System; the combinations are EMFACS's.
Differs from the manual: an action unit moves its own region only (AU 9 does not pull the brows, AU 12 does not
bulge the cheek under the eye), so that what moved is known; intensity is 0…1 in place of A…E.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

REGIONS = ("mouth", "brows", "eyes", "nose")


@dataclass(frozen=True)
class ActionUnit:
    """One action unit: its FACS number and name, and the region in which it changes the drawing."""

    number: int
    name: str
    region: str


ACTION_UNITS = {
    unit.number: unit
    for unit in (
        ActionUnit(1, "inner brow raiser", "brows"), ActionUnit(2, "outer brow raiser", "brows"),
        ActionUnit(4, "brow lowerer", "brows"), ActionUnit(5, "upper lid raiser", "eyes"),
        ActionUnit(6, "cheek raiser", "eyes"), ActionUnit(7, "lid tightener", "eyes"),
        ActionUnit(9, "nose wrinkler", "nose"), ActionUnit(10, "upper lip raiser", "mouth"),
        ActionUnit(12, "lip corner puller", "mouth"), ActionUnit(15, "lip corner depressor", "mouth"),
        ActionUnit(16, "lower lip depressor", "mouth"), ActionUnit(17, "chin raiser", "mouth"),
        ActionUnit(20, "lip stretcher", "mouth"), ActionUnit(23, "lip tightener", "mouth"),
        ActionUnit(24, "lip pressor", "mouth"), ActionUnit(25, "lips part", "mouth"),
        ActionUnit(26, "jaw drop", "mouth"), ActionUnit(27, "mouth stretch", "mouth"),
        ActionUnit(43, "eyes closed", "eyes"),
    )
}

# EMFACS. What must be there, and what often comes with it (chosen per image with the given probability).
EXPRESSIONS: dict[str, tuple[int, ...]] = {
    "angry": (4, 5, 7, 23), "disgust": (9, 15, 16), "fear": (1, 2, 4, 5, 7, 20, 26), "happy": (6, 12),
    "sad": (1, 4, 15), "surprise": (1, 2, 5, 26), "neutral": (),
}
COMPANIONS: dict[str, dict[int, float]] = {
    "angry": {24: 0.35, 25: 0.2, 9: 0.1, 17: 0.2}, "disgust": {10: 0.4, 17: 0.4, 4: 0.25, 7: 0.2, 25: 0.15},
    "fear": {25: 0.5}, "happy": {25: 0.55, 26: 0.15, 5: 0.05}, "sad": {17: 0.4, 7: 0.2, 43: 0.08, 25: 0.1},
    "surprise": {27: 0.3, 25: 0.3}, "neutral": {},
}
# What any face may do beside its expression: talk, frown, blink, purse the lips.
STRAY_UNITS = (1, 2, 4, 5, 7, 12, 15, 17, 20, 24, 25, 26)


def units_of(expression: str, intensity: float) -> dict[int, float]:
    """The action units of an expression, all at one intensity 0…1 (the text-book face; nothing random)."""
    return {unit: float(intensity) for unit in EXPRESSIONS[expression]} if intensity > 0 else {}


def restrict(units: Mapping[int, float], regions: tuple[str, ...]) -> dict[int, float]:
    """Those of `units` that act in one of `regions`."""
    return {unit: amount for unit, amount in units.items() if ACTION_UNITS[unit].region in regions}


def random_units(expression: str, intensity: float, rng: np.random.Generator, *, spread: float = 0.35,
                 stray: float = 0.25) -> dict[int, float]:
    """One person's version of an expression: every unit at its own strength, some companions, some strays.

    intensity: 0…1. spread: how far single units fall short of or exceed it (fraction). stray: largest amount of
    an unrelated unit. Returned amounts lie in 0…1; deterministic in `rng`, which is advanced equally for all
    expressions.
    """
    jitter = rng.uniform(1 - spread, 1 + spread, 28)
    chance = rng.random(28)
    units = {unit: intensity * jitter[k] for k, unit in enumerate(EXPRESSIONS[expression])}
    for k, (unit, probability) in enumerate(COMPANIONS[expression].items()):
        if chance[k] < probability:
            units[unit] = units.get(unit, 0.0) + intensity * 0.8 * jitter[10 + k]
    strays = rng.choice(STRAY_UNITS, size=3, replace=False)
    amounts = stray * rng.random(3) ** 2
    for unit, amount in zip(strays.tolist(), amounts.tolist(), strict=True):
        units[unit] = units.get(unit, 0.0) + amount
    if chance[27] < 0.03:
        units[43] = 1.0
    return {unit: float(min(amount, 1.0)) for unit, amount in units.items()}
