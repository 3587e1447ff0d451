"""Where an expression is drawn: the parts that its action units move, as masks."""

from __future__ import annotations

import numpy as np

from ferkit.data.synthetic.action_units import ACTION_UNITS, EXPRESSIONS


def moving_parts(expression: str) -> tuple[str, ...]:
    """The parts that an expression's action units move, sorted; empty for neutral."""
    return tuple(sorted({ACTION_UNITS[unit].region for unit in EXPRESSIONS.get(expression, ())}))


def truth_masks(labels: np.ndarray, label_names: tuple[str, ...], masks: np.ndarray,
                regions: tuple[str, ...]) -> np.ndarray:
    """Where each image's expression is drawn, bool (N, H, W): its moving parts together; none for neutral."""
    moves = np.array([[region in moving_parts(label) for region in regions] for label in label_names])
    return (masks & moves[labels][:, :, None, None]).any(1)
