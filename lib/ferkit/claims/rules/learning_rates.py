"""Rules about learning rates: which train, which diverge.

Not stated in the paper; we use 10 points above the majority class as "trains" because less can be had by luck of
the seed.
"""

import re

import numpy as np

from ferkit.claims.claim import Claim, Rule
from ferkit.claims.evidence import Evidence, NotRun, accuracies, beats_majority, failed_to_train
from ferkit.claims.finding import Finding, finding, not_every_seed, sources_of
from ferkit.core.names import Name
from ferkit.results.records import Result
from ferkit.stats import estimates
from ferkit.stats.classification import majority_share


def learning_rates(evidence: Evidence, claim: Claim, system: str, recipe: str, rate: float, limit: float) -> Finding:
    """The share of runs at learning rates above `limit` that diverge or collapse, where those up to it train.

    recipe: trains at `rate`; ``<recipe>_lr<r>`` at r and is equal otherwise.
    """
    above, below, by_rate = [], [], {}
    for name in evidence.names(system):
        own = rate if name[1] == recipe else _rate(name[1], recipe)
        if own is None:
            continue
        for result in evidence.results(name):
            trained_with = result.metrics.get("config", {}).get("recipe", {}).get("lr", own)
            if trained_with != own:
                raise NotRun(f"refused: {result.key.name} was trained at {trained_with}, not {own}")
            (above if own > limit else below).append(result)
            by_rate.setdefault(own, []).append(_ended(result))
    if not above or not below:
        raise NotRun(f"no result at learning rates both above and up to {limit:g}")
    failed = [failed_to_train(result) for result in above]
    trained = [not failed_to_train(result) and beats_majority([result]) for result in below]
    if not any(failed) or not any(trained):
        verdict = "not_reproduced"
    else:
        verdict = "reproduced" if all(failed) and all(trained) else "partly"
    note = (f"{sum(failed)} of {len(above)} runs above {limit:g} diverged or collapsed; "
            f"{sum(trained)} of {len(below)} up to {limit:g} trained; by rate: "
            + ", ".join(f"{rate:g} {' and '.join(dict.fromkeys(ends))}" for rate, ends in sorted(by_rate.items())))
    return Finding(verdict, sum(failed) / len(above), None, len({result.key.seed for result in above}),
                   sources_of(evidence, above + below), note)


def _ended(result: Result) -> str:
    """What became of one run, in a word or its accuracy."""
    if failed_to_train(result):
        return "diverged" if result.metrics["status"] == "diverged" else "collapsed"
    return f"{result.metrics['accuracy']:.0%}"


def trains(evidence: Evidence, claim: Claim, name: Name) -> Finding:
    """How far the accuracy lies above the majority class, in every seed."""
    results = evidence.results(name)
    tested, sources = [result for result in results if result.predictions], sources_of(evidence, results)
    if not tested:
        return Finding("not_reproduced", None, None, len(results), sources, "it diverged in every seed")
    share = majority_share(tested[0].matrix)
    gains = [value - share for value in accuracies(results)]
    trained = [not failed_to_train(result) and beats_majority([result]) for result in results]
    if all(trained) and min(gains) > claim.value:
        verdict = "reproduced"
    else:
        verdict = "partly" if any(trained) else "not_reproduced"
    labels = tested[0].predictions["labels"]
    right = np.array([result.right for result in tested])
    found = estimates.above(estimates.share(right, labels, tested[0].groups), share)
    if verdict == "reproduced" and found.interval[0] <= claim.value:
        verdict = "inconclusive"
    notes = [f"{sum(trained)} of {len(results)} runs trained; the majority class is {share:.1%}"]
    verdict, notes = not_every_seed(verdict, results, notes)
    return finding(verdict, found, sources, notes, abs(found.mean - claim.value))


def _rate(name: str, recipe: str) -> float | None:
    """The learning rate of a probe of `recipe`; None for other recipes."""
    match = re.fullmatch(rf"{re.escape(recipe)}_lr(\d*\.?\d+)", name)
    return float(match[1]) if match else None


DIVERGES = Rule(learning_rates, (
    "Reproduced: every run above {limit} diverges or collapses onto one class, and every run up to {limit} trains "
    "(beats the majority class). Partly: some do. Not reproduced: none above fails, or none below trains."),
    any_length=True)
TRAINS = Rule(trains, (
    "Reproduced: every seed ends regularly and more than 10 points above the majority class, and so does the 95 % "
    "interval over seeds and images. Inconclusive: the interval does not. Partly: some seeds beat the majority class. "
    "Not reproduced: none does."))
