"""Whether the networks of a finding were trained long enough for it to say anything.

Not stated in the paper; we use 250 steps as the fewest because no comparison that is judged here rests on fewer.
Not stated in the paper; we use 2 points over the last tenth of the epochs as "still rises" because that is the smallest
difference between two accuracies that the rules take seriously.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from ferkit.claims.evidence import Evidence
from ferkit.claims.finding import name_of
from ferkit.results.records import Result
from ferkit.results.tree import by_system

FEWEST_STEPS, RISE, EARLIER = 250, 0.02, 0.9
SAYS = (f"Trained too briefly, and not judged: a network had fewer than {FEWEST_STEPS} steps, or its best epoch is its "
        f"last and lies more than {100 * RISE:g} points of validation accuracy above the first nine tenths of its "
        "epochs (median over seeds). This goes for all rules but those about accuracies, diverging learning rates and "
        "costs.")


def too_short(evidence: Evidence, sources: Sequence[str]) -> str:
    """Which of the networks behind a finding were trained too briefly, and how that shows; "" for none."""
    return "; ".join(filter(None, map(_why, by_system(evidence.named(sources)).values())))


def _why(results: Sequence[Result]) -> str:
    steps, rises = [n for n in map(_steps, results) if n], [rise for rise in map(_rise, results) if rise is not None]
    if steps and median(steps) < FEWEST_STEPS:
        return f"{name_of(results)} was trained for {median(steps):g} steps"
    if rises and median(rises) > RISE:
        return (f"{name_of(results)} was still rising: its last epoch is its best, by {100 * median(rises):.1f} points "
                "of validation accuracy")
    return ""


def _steps(result: Result) -> int:
    """Steps that a network took; 0 where it was not trained by steps, or that is not recorded."""
    batch = (result.metrics.get("config") or {}).get("recipe", {}).get("batch_size")
    rows, epochs = result.metrics.get("n_train"), result.metrics.get("epochs")
    return math.ceil(rows / batch) * epochs if rows and batch and epochs else 0


def _rise(result: Result) -> float | None:
    """By how much the last epoch's validation accuracy lies above the first nine tenths', 0 where it is not the best;
    None without a history."""
    values = [row.get("val_accuracy") for row in result.history]
    if len(values) < 2 or None in values:
        return None
    if result.metrics.get("best_epoch") != len(values):
        return 0.0
    return values[-1] - max(values[:max(1, math.floor(EARLIER * len(values)))])
