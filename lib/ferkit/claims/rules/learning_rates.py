"""Rules about learning rates: which train, which diverge.

Not stated in the paper; we use 10 points above the commonest class as "trains" because less can be had by luck of
the seed.
"""

import re

from ferkit.claims.evidence import Evidence, Name, NotRun, accuracies, beats_majority, failed_to_train
from ferkit.claims.finding import Finding, sources_of
from ferkit.papers.ledger import Claim, quoted
from ferkit.results.records import CellResult
from ferkit.stats.classification import majority_share
from ferkit.stats.intervals import over_seeds, wilson


def learning_rates(evidence: Evidence, claim: Claim) -> Finding:
    """The share of runs at rates above the paper's limit that diverge or collapse, where those up to it train."""
    above, below, by_rate = [], [], {}
    for name in evidence.names("deep_emotion"):
        rate = _rate(name[1])
        if rate is None:
            continue
        for cell in evidence.cells(name):
            trained_with = cell.metrics.get("config", {}).get("recipe", {}).get("lr", rate)
            if trained_with != rate:
                raise NotRun(f"refused: {cell.cell.name} was trained at {trained_with}, not {rate}")
            (above if rate > quoted("deep_emotion.learning_rate_limit").value else below).append(cell)
            by_rate.setdefault(rate, []).append(_ended(cell))
    if not above or not below:
        raise NotRun("no result at learning rates both above and up to 0.01")
    failed = [failed_to_train(cell) for cell in above]
    trained = [not failed_to_train(cell) and beats_majority([cell]) for cell in below]
    if not any(failed) or not any(trained):
        verdict = "not_reproduced"
    else:
        verdict = "reproduced" if all(failed) and all(trained) else "partly"
    note = (f"{sum(failed)} of {len(above)} runs above 0.01 diverged or collapsed; "
            f"{sum(trained)} of {len(below)} up to 0.01 trained; by rate: "
            + ", ".join(f"{rate:g} {' and '.join(dict.fromkeys(ends))}" for rate, ends in sorted(by_rate.items())))
    return Finding(verdict, sum(failed) / len(above), None, len({cell.cell.seed for cell in above}),
                   sources_of(evidence, above + below), note)


def _ended(cell: CellResult) -> str:
    """What became of one run, in a word or its accuracy."""
    if failed_to_train(cell):
        return "diverged" if cell.metrics["status"] == "diverged" else "collapsed"
    return f"{cell.metrics['accuracy']:.0%}"


def trains(evidence: Evidence, claim: Claim, name: Name) -> Finding:
    """How far the accuracy lies above the commonest class, in every seed."""
    cells = evidence.cells(name)
    tested, sources = [cell for cell in cells if cell.predictions], sources_of(evidence, cells)
    if not tested:
        return Finding("not_reproduced", None, None, len(cells), sources, "it diverged in every seed")
    share, n = majority_share(tested[0].matrix), tested[0].metrics["n"]
    gains = [value - share for value in accuracies(cells)]
    trained = [not failed_to_train(cell) and beats_majority([cell]) for cell in cells]
    if all(trained) and min(gains) > claim.value:
        verdict = "reproduced"
    else:
        verdict = "partly" if any(trained) else "not_reproduced"
    spread = over_seeds(gains)
    low, high = wilson((spread.mean + share) * n, n)
    images = low - share, high - share
    return Finding(verdict, spread.mean, spread.interval or images, len(cells), sources,
                   f"{sum(trained)} of {len(cells)} runs trained; the commonest class is {share:.1%}", spread.sd,
                   images)


def _rate(recipe: str) -> float | None:
    """The learning rate of a recipe that differs from the published one in nothing else; None for others."""
    if recipe == "published":
        return quoted("deep_emotion.learning_rate").value
    match = re.fullmatch(r"published_lr(\d*\.?\d+)", recipe)
    return float(match[1]) if match else None
