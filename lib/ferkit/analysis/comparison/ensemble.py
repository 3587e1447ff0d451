"""What networks know together: probabilities averaged over systems and seeds, from published predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ferkit.results.records import Result
from ferkit.results.tree import by_system, minutes_of, validation

MEMBERS = 2  # systems: of each all seeds


def ensemble(results: Sequence[Result]) -> dict[str, object] | None:
    """The mean of the probabilities of all seeds of the two systems that validation puts first (never the test split):
    {systems (names with recipe), networks (how many), accuracy, parameters, minutes (sums)}; None where fewer have
    probabilities of the same images.

    Not one of the papers' systems, and nothing is fitted: the weights of the mean are equal.
    """
    groups = {name: group for name, group in by_system(results).items() if all(
        "probabilities" in result.predictions and result.metrics["val_accuracy"] is not None for result in group)}
    first = sorted(groups, key=lambda name: -validation(groups[name]))[:MEMBERS]
    members = [result for name in first for result in groups[name]]
    if len(first) < MEMBERS or not all(result.tested_as(members[0]) for result in members):
        return None
    mean = np.mean([result.predictions["probabilities"] for result in members], axis=0)
    return {"systems": first, "networks": len(members),
            "accuracy": float(np.mean(mean.argmax(axis=1) == members[0].predictions["labels"])),
            "parameters": sum(result.metrics["parameters"] for result in members),
            "minutes": float(sum(minutes_of(result.metrics) for result in members))}
