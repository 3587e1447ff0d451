"""Is my number normal? A run's numbers against the 95 % prediction intervals of the published ones.

A published mean over a few seeds says where one more run of the same kind falls, tested on the same images
(`ferkit.stats.estimates`; wide rather than narrow, for machines differ too). "I cannot get your number"
is answered number by number.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ferkit.core.errors import InputError
from ferkit.results.records import Result
from ferkit.results.tree import by_system, load_tree
from ferkit.stats import estimates
from ferkit.stats.intervals import Interval

NUMBERS = ("accuracy", "accuracy_no_tta", "macro_f1", "uar", "val_accuracy")


def against(run: Path, published: Path) -> list[dict[str, object]]:
    """One row for each number of each of a run's results that is published: {system, recipe, seed, number, yours, mean,
    interval, n_seeds, within, note}.

    run: a run's folder. published: ``results``, or one tree in it. Only results on the same images under the same
    protocol are compared; within is None where the recipe is another one (the note says so). InputError where nothing
    can be compared.
    """
    own = load_tree(run).results
    trees = [Path(published), *(path for path in sorted(Path(published).iterdir()) if path.is_dir())]
    groups = {}
    for tree in trees:
        for name, results in by_system(load_tree(tree).results).items():
            tested = [result for result in results if result.predictions]
            if tested:
                groups[(*_data(tested[0]), *name)] = tested
    rows = []
    for result in own:
        like = groups.get((*_data(result), result.key.system, result.key.recipe))
        if like and result.predictions:
            rows += _rows(result, like)
    if not rows:
        raise InputError(f"{run}: nothing of it is published in {published} for the same images and protocol")
    return rows


def prediction(results: Sequence[Result], number: str) -> tuple[float, Interval] | None:
    """The mean of one number over seeds, and the 95 % interval in which one more run falls; None where a seed lacks
    it."""
    values = [result.metrics.get(number) for result in results]
    if None in values:
        return None
    labels, groups = results[0].predictions["labels"], results[0].groups
    answers = np.array([result.predictions["predicted"] for result in results])
    if number == "accuracy":
        found = estimates.share(answers == labels, labels, groups)
    elif number == "macro_f1":
        found = estimates.macro_f1(labels, answers, len(results[0].predictions["label_names"]), groups)
    elif number == "uar":
        found = estimates.recall_gap(answers == labels, labels, np.unique(labels).tolist(), [], groups)
    else:
        mean = float(np.mean(values))
        found = estimates.estimate(values, mean + estimates.normal(float(np.sqrt(mean * (1 - mean) / len(labels)))))
    return found.mean, (max(0.0, found.prediction[0]), min(1.0, found.prediction[1]))


def lines(rows: Sequence[dict[str, object]]) -> list[str]:
    """The rows of `against` for a terminal, and a line that counts them."""
    told = [f"{row['system']}/{row['recipe']}/seed{row['seed']}  {row['number']:16} {100 * row['yours']:6.2f} %  "
            f"published {100 * row['mean']:6.2f} % ({100 * row['interval'][0]:.2f} … {100 * row['interval'][1]:.2f} %, "
            f"{row['n_seeds']} seed{'s' * (row['n_seeds'] > 1)})  "
            + {True: "within", False: "OUTSIDE", None: f"not compared: {row['note']}"}[row["within"]] for row in rows]
    compared = [row["within"] for row in rows if row["within"] is not None]
    return [*told, "", f"{sum(compared)} of {len(compared)} numbers lie within the 95 % interval for one more run; one "
                       "in twenty may lie outside by chance"]


def _rows(result: Result, like: Sequence[Result]) -> list[dict[str, object]]:
    recipes = [(one.metrics.get("config") or {}).get("recipe") for one in (result, like[0])]
    note = "" if recipes[0] == recipes[1] else "trained with another recipe (epochs, batch size …)"
    rows = []
    for number in NUMBERS:
        found, yours = prediction(like, number), result.metrics.get(number)
        if found is not None and yours is not None:
            mean, (low, high) = found
            rows.append({"system": result.key.system, "recipe": result.key.recipe, "seed": result.key.seed,
                         "number": number, "yours": yours, "mean": mean, "interval": [low, high],
                         "n_seeds": len(like), "within": None if note else bool(low <= yours <= high), "note": note})
    return rows


def _data(result: Result) -> tuple[str, str, str]:
    return result.metrics["dataset"], result.metrics["protocol"], result.metrics["data_sha256"]
