"""How accurate, how surely, beside whom: tables of accuracies, paired tests, the papers' rows."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from ferkit.analysis.comparison.pairing import NotComparable, compare
from ferkit.analysis.comparison.systems import System
from ferkit.core.quotes import Quote
from ferkit.stats import classification, estimates, intervals
from ferkit.stats.estimates import Estimate


def accuracy_table(compared: Sequence[System]) -> list[dict]:
    """One row a system: {system, recipe, seeds, accuracy, sd, low, high, images_low, images_high, new_low, new_high,
    without_copies, macro_f1, macro_f1_low, macro_f1_high, uar, majority}, fractions.

    accuracy, macro_f1 and uar are means over seeds, with 95 % intervals over seeds and images (low, high; over images
    for one seed), over images alone, and for one new run of the same kind (new_low, new_high). sd: None for one seed.
    """
    rows = []
    for one in compared:
        found, groups = _accuracy(one), one.results[0].groups
        f1 = estimates.macro_f1(one.labels, one.answers, len(one.label_names), groups)
        rows.append({"system": one.system, "recipe": one.recipe, "seeds": len(one.seeds), "accuracy": found.mean,
                     "sd": found.sd, **_ends("", found.interval), **_ends("images_", found.interval_images),
                     **_ends("new_", found.prediction), "without_copies": one.mean("accuracy_without_copies"),
                     "macro_f1": f1.mean, **_ends("macro_f1_", f1.interval), "uar": one.mean("uar"),
                     "majority": classification.majority_share(one.matrix)})
    return rows


def paired_tests(compared: Sequence[System]) -> list[dict]:
    """Every two systems on the same images: {first, second, seeds, difference, sd, low, high, images_low, images_high,
    only_first, only_second, p, p_holm, mcnemar}; those that cannot be compared (`pairing.compare`) are left out.

    difference: accuracy of the first minus the second, the mean over the seeds they share, with its 95 % interval over
    seeds and images (low, high) and over images alone. only_first, only_second: images that one alone gets right, the
    mean over seeds; None where test-time augmentation differs and single-view predictions are not stored. p: of no
    difference, over seeds and images; p_holm adjusted for all the pairs. mcnemar: exact, of these trained networks.
    """
    rows = []
    for first, second in combinations(compared, 2):
        try:
            found = compare(first.results, second.results)
        except NotComparable:
            continue
        change = None if found.first_right is None else found.first_right.astype(int) - found.second_right
        rows.append({"first": first.name, "second": second.name, "seeds": len(found.first),
                     "difference": found.difference.mean, "sd": found.difference.sd,
                     **_ends("", found.difference.interval), **_ends("images_", found.difference.interval_images),
                     "only_first": None if change is None else float((change > 0).sum(axis=1).mean()),
                     "only_second": None if change is None else float((change < 0).sum(axis=1).mean()),
                     "p": found.difference.p(), "mcnemar": found.mcnemar})
    adjusted = intervals.holm([row["p"] for row in rows]) if rows else []
    return [row | {"p_holm": p} for row, p in zip(rows, adjusted, strict=True)]


def beside_paper(compared: Sequence[System], stated: Mapping[str, float]) -> list[dict]:
    """Rows for `figures.accuracy_dots`: {label, paper, ours, interval, without}; paper None where it has no number
    here, without (copies from training) None where there are none. stated: a system's accuracy in its paper, by name.
    """
    rows = []
    for one in compared:
        found = _accuracy(one)
        rows.append({"label": one.name, "paper": stated.get(one.system), "ours": found.mean,
                     "interval": found.interval,
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
    m = one.results[0].metrics
    return m.get("n_without_copies") is not None and m["n_without_copies"] < m["n"]


def _accuracy(one: System) -> Estimate:
    return estimates.share(one.right, one.labels, one.results[0].groups)


def _ends(prefix: str, interval: intervals.Interval) -> dict[str, float]:
    return {f"{prefix}low": interval[0], f"{prefix}high": interval[1]}


def _seeds(one: System) -> str:
    return "these results" if len(one.seeds) == 1 else f"these results, mean of {len(one.seeds)} seeds"
