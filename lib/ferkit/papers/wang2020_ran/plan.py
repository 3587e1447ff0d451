"""What each profile trains of the Region Attention Network, its controls, and the reconstructed multiple attention."""

from __future__ import annotations

from ferkit.experiments.plan import Plan, PlanRow
from ferkit.papers.wang2020_ran.recipes import ARMS

CONTROLS = (("ran_single", "ours"), ("ran_ensemble", "ours"))
SHORT = (("ran", "mean"), ("ran", "ours"), ("multiple_attention", "no_heads"), ("multiple_attention", "ours"))
MANY = (*(("ran", arm) for arm in ARMS if arm != "published"), *CONTROLS,
        *(("multiple_attention", arm) for arm in ("plain", "no_heads", "one_head", "no_masks", "ours")))


def _rows(epochs: int, *names: tuple[str, str]) -> tuple[PlanRow, ...]:
    return tuple(PlanRow(system, recipe, epochs) for system, recipe in names)


PLAN: Plan = {
    "smoke": _rows(3, *SHORT),
    "quick": _rows(6, *SHORT),
    "standard": _rows(12, *MANY),
    "full": (*_rows(24, *MANY), PlanRow("ran", "published", 60)),
}
