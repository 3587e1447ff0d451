"""Verdicts from intervals: superiority, and equivalence within a margin. A verdict never contradicts its interval."""

from __future__ import annotations

from ferkit.stats.estimates import Estimate

ALPHA = 0.05
# Of accuracy: the smallest gain that matters, and within what two count as equal; `rules.paired` says why.
RELEVANT, MARGIN = 0.01, 0.02
VERDICTS = ("reproduced", "exceeded", "partly", "inconclusive", "contradicted", "not_reproduced", "too_short",
            "not_run")
# What one seed can show of a method at most: these two networks, not the methods.
ONE_SEED = {"reproduced": "partly", "exceeded": "partly", "contradicted": "not_reproduced"}


def at_most_partly(verdict: str) -> str:
    """The verdict where something is known that forbids to rely on a whole success."""
    return "partly" if verdict in ("reproduced", "exceeded") else verdict


def superiority(found: Estimate, p_holm: float, relevant: float = RELEVANT) -> str:
    """The verdict on "more than nothing": `relevant` is the smallest effect that matters.

    Reproduced: the interval lies above 0, and so does p adjusted for the claim's family. Partly: the interval alone.
    Contradicted: below 0. Not reproduced: it holds 0 and no relevant effect. Inconclusive: it holds both.
    """
    low, high = found.interval
    if low > 0:
        return "reproduced" if p_holm < ALPHA else "partly"
    if high < 0:
        return "contradicted"
    return "not_reproduced" if high < relevant else "inconclusive"


def deciding_half_width(found: Estimate, relevant: float = RELEVANT) -> float:
    """How narrow an interval about an inconclusive mean must be for `superiority` to decide: free of 0, or of
    `relevant`, whichever is farther."""
    return max(found.mean, relevant - found.mean)


def equivalence(found: Estimate, value: float, margin: float) -> str:
    """Where the interval stands to value ± margin: "within", "above", "below", or "open" where it contains an edge."""
    low, high = found.interval
    if value - margin <= low and high <= value + margin:
        return "within"
    if low > value + margin:
        return "above"
    return "below" if high < value - margin else "open"


def to_an_edge(found: Estimate, value: float, margin: float) -> float:
    """How far the mean lies from the nearer edge of value ± margin: the half width with which `equivalence` decides."""
    return min(abs(found.mean - value - margin), abs(found.mean - value + margin))


def what_would_decide(found: Estimate, distance: float) -> str:
    """How many seeds would decide an inconclusive claim, in words. distance: the half width that would do."""
    if found.sd is None:
        return ""  # one seed does not show how seeds vary
    needed = found.seeds_needed(distance)
    if needed is None:
        return "more seeds would not decide it on so few test images"
    return f"about {needed} seeds would decide it if mean and spread stay as they are"
