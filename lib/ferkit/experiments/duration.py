"""How long training will take, estimated from the minutes that published results took for as many images and epochs.

Those shared two cores in different ways and their minutes leave out the tests; another machine, a busy one or a GPU
takes another time. So it is told as an estimate, or not at all, and corrected by what this machine has trained so far.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from statistics import median

from ferkit.core import paths
from ferkit.experiments.plan import Job
from ferkit.results import records


def minutes(jobs: Sequence[tuple[Job, int]]) -> float | None:
    """Minutes of training one job after the other, each with its number of training images (sequences), on the machine
    of the published results; None where one of the systems has no such result."""
    rates = [_rates().get(job.system.name) for job, _ in jobs]
    if None in rates:
        return None
    return sum(rate * n_train * (1 if job.system.head else job.recipe.epochs)
               for (job, n_train), rate in zip(jobs, rates, strict=True))


def in_words(jobs: Sequence[tuple[Job, int]]) -> str:
    """``9 systems, about 12 minutes of training on an idle machine (estimated from published results)``; their number
    alone where there is no estimate. jobs: as for `minutes`."""
    counted, found = f"{len(jobs)} system{'s' * (len(jobs) != 1)}", minutes(jobs)
    if found is None:
        return counted
    return (f"{counted}, about {_whole(found)} of training on an idle machine (estimated from published results"
            f"{_but(jobs)})")


def left(done: Sequence[tuple[Job, int]], due: Sequence[tuple[Job, int]], seconds: float) -> str:
    """``about 12 minutes left`` for the jobs that are due, at the pace of those done, which took `seconds` in all; ""
    where nothing tells. done, due: as for `minutes`."""
    before, after = minutes(done), minutes(due)
    return f"about {_whole(after * seconds / 60 / before)} left" if before and after else ""


def _whole(found: float) -> str:
    found = max(1, round(found))
    return f"{found} minute{'s' * (found != 1)}"


def _but(jobs: Sequence[tuple[Job, int]]) -> str:
    """What to add where published results had a precision that this machine lacks."""
    from ferkit.models.inference import resolve_device  # it imports torch
    from ferkit.training.precision import computed_in

    asked = {job.recipe.precision for job, _ in jobs}
    lacks = any(computed_in(one, resolve_device("auto")) != one for one in asked)
    return "; this processor has no bfloat16 units as theirs mostly had: expect several times as long" if lacks else ""


@cache
def _rates() -> dict[str, float]:
    """Minutes for an image and epoch by system, for an image alone where a head was fitted: medians over results."""
    found = defaultdict(list)
    for path in (paths.repository() / "results").glob(f"*/[0-9][0-9]_*/*/*/*/{records.METRICS}"):
        metrics = json.loads(path.read_text(encoding="utf-8"))
        if metrics.get("n_train") and metrics.get("status") == "finished":
            spent, per = metrics.get("head_minutes"), metrics["n_train"]
            if spent is None:
                spent, per = metrics["minutes"], per * max(1, metrics["epochs"])
            found[metrics["system"]].append(spent / per)
    return {system: median(rates) for system, rates in found.items()}
