"""What each profile trains of the Self-Cure Network and of what it is compared with, at which levels of noise."""

from __future__ import annotations

from ferkit.experiments.plan import Plan, PlanRow
from ferkit.papers.wang2020_scn.recipes import ARMS, LEVELS, noisy

PARTS = ("weighting", "rank", "relabelling", "relabel_all")


def _rows(epochs: int, *arms_at: tuple[tuple[str, ...], int]) -> tuple[PlanRow, ...]:
    return tuple(PlanRow("scn", noisy(arm, level), epochs, corruptions=False) for arms, level in arms_at
                 for arm in arms)


TWO, FOUR = ("cross_entropy", "ours"), ("cross_entropy", "label_smoothing", "mixup", "ours")

PLAN: Plan = {
    "smoke": _rows(7, (TWO, 0), (TWO, 20)),
    "quick": _rows(8, (TWO, 0), (TWO, 20)),
    "standard": _rows(16, (FOUR, 0), (TWO, 10), ((*FOUR, *PARTS), 20), (TWO, 30)),
    "full": _rows(70, *((tuple(arm for arm in ARMS if arm != "published"), level) for level in LEVELS),
                  (("published",), 0), (("published",), 20)),
}
