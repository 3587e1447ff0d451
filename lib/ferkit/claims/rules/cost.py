"""A rule about what two systems cost: computing time and numbers that were learned."""

from __future__ import annotations

import numpy as np

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.evidence import Evidence, NotRun
from ferkit.claims.finding import Finding, finding, sources_of
from ferkit.core.names import Name
from ferkit.results.tree import minutes_of
from ferkit.stats import estimates


def costs_less(evidence: Evidence, claim: Claim, first: Name, second: Name, what: str) -> Finding:
    """What `first` costs as a fraction of what `second` does, over the seeds of both. what: "minutes" or "parameters".
    """
    groups = [evidence.results(name) for name in (first, second)]
    seeds = sorted({result.key.seed for result in groups[0]} & {result.key.seed for result in groups[1]})
    groups = [[result for result in results if result.key.seed in seeds] for results in groups]
    if not seeds:
        raise NotRun("refused: no seed in common")
    if what == "minutes" and any(result.metrics["device"] != "cpu" for results in groups for result in results):
        raise NotRun("refused: not both on a CPU")
    costs = [np.array([minutes_of(result.metrics) if what == "minutes" else result.metrics["parameters"]
                       for result in results], dtype=float) for results in groups]
    found = estimates.estimate(costs[0] / costs[1], np.zeros(estimates.DRAWS))
    low, high = found.interval
    verdict = "reproduced" if high < 1 else "contradicted" if low > 1 else "inconclusive"
    said = [f"{cost.mean():,.1f}" if what == "minutes" else f"{cost.mean():,.0f}" for cost in costs]
    return finding(verdict, found, sources_of(evidence, [*groups[0], *groups[1]]),
                   [f"{what} {said[0]} against {said[1]}"])


COSTS_LESS = Rule(costs_less, (
    "Ratio of {what}. Reproduced: its 95 % interval over seeds lies below 1. Contradicted: above 1. Inconclusive: it "
    "holds 1. Minutes are CPU minutes of one core for a head on hand-crafted features, search, features and test "
    "included, and minutes of training on a CPU for a network."), any_length=True)
