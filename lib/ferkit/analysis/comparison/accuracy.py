"""How accurate, how surely, beside whom: tables of accuracies, paired tests, the papers' rows."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ferkit.analysis.comparison.systems import System, difference, estimate, pairs_of_seeds
from ferkit.core.quotes import Quote
from ferkit.stats import classification, intervals


def accuracy_table(compared: Sequence[System]) -> list[dict]:
    """One row a system: {system, recipe, seeds, accuracy, sd, low, high, without_copies, macro_f1, macro_f1_low,
    macro_f1_high, uar, majority}, fractions.

    accuracy, macro_f1 and uar are means over seeds; low and high bound the accuracy at 95 %: Wilson (macro-F1: a
    stratified bootstrap) over images for one seed, t over several. sd is None for one seed.
    """
    rows = []
    for one in compared:
        accuracy, f1 = _accuracy(one), one.estimate("macro_f1", lambda one=one: _f1_interval(one))
        rows.append({"system": one.system, "recipe": one.recipe, "seeds": len(one.seeds), "accuracy": accuracy["mean"],
                     **{key: accuracy[key] for key in ("sd", "low", "high")},
                     "without_copies": one.mean("accuracy_without_copies"), "macro_f1": f1["mean"],
                     "macro_f1_low": f1["low"], "macro_f1_high": f1["high"], "uar": one.mean("uar"),
                     "majority": classification.majority_share(one.matrix)})
    return rows


def paired_tests(compared: Sequence[System]) -> list[dict]:
    """Every two systems on the same images: {first, second, seeds, difference, sd, low, high, only_first, only_second,
    p, p_holm}.

    difference: accuracy of the first minus the second, the mean over the seeds they share, with its t interval (one
    seed: a bootstrap over images). only_first, only_second: images that one alone gets right, the mean over seeds.
    p: exact McNemar seed by seed, combined; p_holm adjusted for all the pairs.
    """
    rows = []
    for first, second in combinations(compared, 2):
        right = [(first.right[a], second.right[b]) for a, b in pairs_of_seeds(first, second)]
        tests = [intervals.mcnemar(*pair) for pair in right]
        found = estimate([float(a.mean() - b.mean()) for a, b in right],
                         lambda first=first, right=right: intervals.bootstrap(difference, first.labels, *right[0]),
                         signed=True)
        rows.append({"first": first.name, "second": second.name, "seeds": len(right), "difference": found["mean"],
                     **{key: found[key] for key in ("sd", "low", "high")},
                     "only_first": float(np.mean([test.only_first for test in tests])),
                     "only_second": float(np.mean([test.only_second for test in tests])),
                     "p": intervals.combine([test.p for test in tests])})
    adjusted = intervals.holm([row["p"] for row in rows]) if rows else []
    return [row | {"p_holm": p} for row, p in zip(rows, adjusted, strict=True)]


def beside_paper(compared: Sequence[System], stated: Mapping[str, float]) -> list[dict]:
    """Rows for `figures.accuracy_dots`: {label, paper, ours, interval, without}; paper None where it has no number
    here, without (copies from training) None where there are none. stated: a system's accuracy in its paper, by name.
    """
    rows = []
    for one in compared:
        found = _accuracy(one)
        rows.append({"label": one.name, "paper": stated.get(one.system), "ours": found["mean"],
                     "interval": (found["low"], found["high"]),
                     "without": one.mean("accuracy_without_copies") if _copied(one) else None})
    return rows


def beside_others(compared: Sequence[System], quotes: Sequence[Quote]) -> list[dict]:
    """The quoted accuracies of a data set with our rows among them, best first: {system, accuracy, source, mark}.

    Empty where nobody quotes a number for the data set.
    """
    quoted = [{"system": row.statement, "accuracy": row.value, "source": row.source, "mark": row.mark}
              for row in quotes]
    ours = [{"system": f"ours: {one.name}", "accuracy": one.mean("accuracy"), "source": _seeds(one), "mark": ""}
            for one in compared]
    return sorted((*quoted, *ours), key=lambda row: -row["accuracy"]) if quoted else []


def _copied(one: System) -> bool:
    """Whether any test image is known to have a copy in training."""
    m = one.cells[0].metrics
    return m.get("n_without_copies") is not None and m["n_without_copies"] < m["n"]


def _accuracy(one: System) -> dict[str, float | None]:
    first = one.cells[0].metrics
    return one.estimate("accuracy", lambda: intervals.wilson(first["accuracy"] * first["n"], first["n"]))


def _f1_interval(one: System) -> intervals.Interval:
    k = len(one.label_names)

    def macro_f1(labels: np.ndarray, predicted: np.ndarray) -> float:
        return classification.macro_f1(classification.confusion_matrix(labels, predicted, k))

    return intervals.bootstrap(macro_f1, one.labels, one.answers[0], draws=200)


def _seeds(one: System) -> str:
    return "these results" if len(one.seeds) == 1 else f"these results, mean of {len(one.seeds)} seeds"
