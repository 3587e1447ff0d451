"""Numbers inside sentences: each stands between marks that say which published result it is.

``<!-- = claim ID FIELD -->70.02 %<!-- = -->`` is a field of a claim, judged on FER2013 or else on its own data:
expected, observed, interval, verdict. ``<!-- = result TREE/SYSTEM/RECIPE FIELD -->…`` is a mean over seeds
(`results.tree.over_seeds`): accuracy, sd, val_accuracy, parameters, seeds, minutes. ``<!-- = folds TREE/SYSTEM/RECIPE
FIELD -->…`` is about all folds together, from a single view: accuracy, interval, images, people. Nothing typed by hand
can go stale unseen.
"""

from __future__ import annotations

import re

from ferkit.core.errors import InputError
from ferkit.core.units import Unit
from ferkit.reporting import judged, names
from ferkit.results import over_protocols
from ferkit.results.tree import by_system, over_seeds, published_tree

VALUE = re.compile(r"(<!-- = (?P<kind>claim|result|folds) (?P<of>\S+) (?P<field>\w+) -->)(.*?)(<!-- = -->)", re.DOTALL)


def filled(text: str, name: str) -> str:
    """`text` with every marked value as the published files have it; InputError for one that nobody has, or that begins
    a line, where Markdown would take the mark for a block."""
    for line in text.splitlines():
        if line.lstrip().startswith("<!-- = "):
            raise InputError(f"{name}: a marked value begins a line; move it behind a word: {line.strip()[:60]}")

    def replace(match: re.Match[str]) -> str:
        try:
            said = FIELDS[match["kind"]](match["of"], match["field"])
        except (KeyError, InputError):
            raise InputError(f"{name}: no published result has {match['field']} of {match['of']}") from None
        return f"{match[1]}{said}{match[6]}"

    return VALUE.sub(replace, text)


def _claim(identity: str, field: str) -> str:
    elsewhere = {row["id"]: row for _, row in judged.of_papers()}
    return claim_field((elsewhere | judged.on_first_dataset())[identity], field)


def claim_field(row: dict, field: str) -> str:
    """A field of a row of ``claims.judge`` as text; KeyError for one that has none."""
    unit = Unit(row["unit"])
    return {"expected": unit.format(row["expected"]), "observed": unit.format(row["observed"]),
            "interval": unit.interval(row["interval"]), "new_run": unit.interval(row["prediction_interval"]),
            "seeds": str(row["n_seeds"]), "verdict": names.verdict(row["verdict"])}[field]


def result_field(of: str, field: str) -> str:
    """A mean over the seeds of ``TREE/SYSTEM/RECIPE`` as text; KeyError or InputError where nothing of it is
    published."""
    tree_name, system, recipe = of.split("/")
    value = over_seeds(by_system(published_tree(tree_name).results)[system, recipe])[field]
    if field == "minutes":
        return f"{value:.0f}"
    unit = Unit.COUNT if isinstance(value, int) else Unit.FRACTION
    return unit.format(value)


def folds_field(of: str, field: str) -> str:
    """What ``TREE/SYSTEM/RECIPE`` reaches over all folds, as text; KeyError or InputError where nothing of it is
    published."""
    tree_name, system, recipe = of.split("/")
    found = over_protocols.in_folds(published_tree(tree_name).root, (system, recipe))
    return {"accuracy": Unit.FRACTION.format(found.accuracy.mean),
            "interval": Unit.FRACTION.interval(found.accuracy.interval),
            "images": Unit.COUNT.format(len(found.labels)), "people": Unit.COUNT.format(found.people or 0)}[field]


FIELDS = {"claim": _claim, "result": result_field, "folds": folds_field}
