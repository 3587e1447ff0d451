"""What a rule gives back, and the few things that all rules need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ferkit.claims.decisions import at_most_partly, what_would_decide
from ferkit.claims.evidence import Evidence, NotRun, beats_majority
from ferkit.results.records import Result
from ferkit.stats.estimates import Estimate
from ferkit.stats.intervals import Interval

MAJORITY = "no better than always answering the majority class"


@dataclass(frozen=True)
class Finding:
    """What one rule found: the verdict and the numbers it rests on.

    interval: over seeds and images together (over images for one seed); interval_images: over images alone;
    prediction_interval: for one new run. sources: files, relative to the folder.
    """

    verdict: str
    observed: float | None
    interval: Interval | None = None
    n_seeds: int = 1
    sources: Sequence[str] = ()
    note: str = ""
    sd: float | None = None
    interval_images: Interval | None = None
    prediction_interval: Interval | None = None


def finding(verdict: str, found: Estimate, sources: Sequence[str], notes: Sequence[str], distance: float | None = None
            ) -> Finding:
    """A finding about an estimate. distance: the half width that would decide it, told where it is inconclusive."""
    if verdict == "inconclusive" and distance is not None:
        notes = [*notes, what_would_decide(found, distance)]
    note = "; ".join(filter(None, notes))
    return Finding(verdict, found.mean, found.interval, found.n_seeds, sources, note, found.sd, found.interval_images,
                   found.prediction)


def not_every_seed(verdict: str, results: Sequence[Result], notes: list[str], counted: bool = False
                   ) -> tuple[str, list[str]]:
    """At most "partly" where a seed diverged or collapsed, and notes that say which and what became of it: one cannot
    rely on such a result. counted: whether one that could not be tested counts (`pairing.compare`) or is left out."""
    lost = [f"seed {result.key.seed} {result.metrics['status']}" for result in results
            if result.metrics["status"] != "finished"]
    if not lost:
        return verdict, notes
    tested = sum(bool(result.predictions) for result in results)
    if tested < len(results):
        lost.append("what could not be tested counts as answers of the majority class" if counted else
                    f"the mean is over {tested} of {len(results)} seeds")
    return at_most_partly(verdict), [*notes, ", ".join(lost)]


def refuse_untrained(groups: Sequence[Sequence[Result]]) -> None:
    """NotRun where one of these groups, each a name's seeds, is no better than the majority class."""
    for results in groups:
        if not beats_majority(results):
            raise NotRun(f"refused: {name_of(results)} is {MAJORITY}, so comparing it proves nothing")


def key_of(result: Result, key: str) -> object:
    """An entry of metrics.json that older or failed trained systems may lack; NotRun then."""
    value = result.metrics.get(key)
    if value is None:
        raise NotRun(f"{result.key.name} has no {key}")
    return value


def only_value(values: Sequence[float | None], what: str, results: Sequence[Result]) -> float:
    """The one value that all seeds agree on; NotRun where they do not, or where it is absent."""
    if None in values or len(set(values)) != 1:
        raise NotRun(f"refused: {name_of(results)} has no one number for {what}")
    return values[0]


def name_of(results: Sequence[Result]) -> str:
    """``<system>/<recipe>`` of the trained systems of one group."""
    return f"{results[0].key.system}/{results[0].key.recipe}"


def sources_of(evidence: Evidence, results: Sequence[Result]) -> list[str]:
    """The files that a finding about `results` used."""
    return list(dict.fromkeys(evidence.source(result.file) for result in results))
