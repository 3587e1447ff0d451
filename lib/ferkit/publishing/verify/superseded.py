"""Earlier published test scores of a result, from git: what was read on the test split before the present number.

A plan that is committed before its training is still chosen after the test scores published until then were known.
Those scores stay listed: a reader can see how often a result was made again, and what it was before.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from ferkit.core.errors import InputError
from ferkit.core.units import percent
from ferkit.publishing.verify.preregistration import git
from ferkit.results.records import METRICS


def superseded(root: Path) -> list[dict[str, object]]:
    """One row for each published score that a later one of the same system, recipe and seed replaced: {directory,
    system, recipe, seed, date, commit, epochs, accuracy, replaced_on, replaced_by, now}, oldest first.

    root: results/<dataset>. accuracy, now: on the test split, then and today (None where the result is gone). Dates are
    those of the commits. InputError where there is no git history.
    """
    root = Path(root).absolute()
    log = git(root, "log", "--reverse", "--format=%x00%H %cs", "--name-only", "--relative", "--", ".")
    if not log:
        raise InputError(f"{root.name}: no git history here (or a shallow clone); run this in a full checkout")
    versions: dict[str, list[dict[str, object]]] = {}
    for entry in log.split("\0")[1:]:
        (commit, date), *names = entry.split("\n", 1)[0].split(), *entry.split("\n")[1:]
        for name in names:
            if name.endswith(f"/{METRICS}") and len(name.split("/")) == 5:
                found = _metrics(root, commit, name)
                versions.setdefault(name, []).append({"commit": commit[:12], "date": date, **found})
    rows = []
    for name, own in versions.items():
        _, system, recipe, seed, _ = name.split("/")
        scores = [one for one in own if one["accuracy"] is not None]
        now = own[-1]["accuracy"]
        for before, after in pairwise(scores):
            if before["accuracy"] != after["accuracy"]:
                rows.append({"directory": root.name, "system": system, "recipe": recipe,
                             "seed": int(seed.removeprefix("seed")), **before, "replaced_on": after["date"],
                             "replaced_by": after["commit"], "now": now})
    return sorted(rows, key=lambda row: (row["date"], row["system"], row["recipe"], row["seed"]))


def lines(rows: list[dict[str, object]]) -> list[str]:
    """The rows of `superseded` for a terminal."""
    told = [f"{row['directory']:20} {row['system'] + '/' + row['recipe'] + '/seed' + str(row['seed']):42} "
            f"{row['date']} {row['commit']}  {percent(row['accuracy'], 2)} ({row['epochs'] or '–'} epochs), replaced "
            f"{row['replaced_on']} {row['replaced_by']}; now {percent(row['now'], 2, 'none')}" for row in rows]
    return told or ["no published test score was ever replaced"]


def _metrics(root: Path, commit: str, name: str) -> dict[str, object]:
    """Accuracy and epochs of a metrics.json at a commit; None where it was removed there."""
    try:
        found = json.loads(git(root, "show", f"{commit}:./{name}") or "{}")
    except ValueError:
        found = {}
    return {"accuracy": found.get("accuracy"), "epochs": found.get("epochs")}
