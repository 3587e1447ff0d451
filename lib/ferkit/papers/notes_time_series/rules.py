"""Rules about sequences: differences whose neighbouring rows depend on each other, and how early an answer is right.

Frames of one performance, and the sequences of one person, are no independent witnesses: intervals come from drawing
whole blocks of consecutive rows again (Künsch 1989, doi 10.1214/aos/1176347265, blocks side by side).
Not stated in the paper; we use blocks of 50 frames of GFE because that is about three seconds, longer than a window and
a shown expression together, and blocks of seven drawn sequences because these are one subject's.
Not stated in the paper; we use a level of 99 % because up to five comparisons share the 5 % that one would have.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from ferkit.claims.claim import Claim, Name, Rule
from ferkit.claims.evidence import Evidence, NotRun, beats_majority
from ferkit.claims.finding import COMMONEST, Finding, name_of, not_every_seed, sources_of
from ferkit.papers.notes_time_series.early_file import EARLY, SHARES
from ferkit.results.records import CellResult
from ferkit.stats.intervals import Interval, over_seeds, wilson

BLOCK = {"gfe": 50, "synthetic": 7}  # consecutive rows that are drawn together; 1 elsewhere
LEVEL = 0.99
DRAWS = 2000


def better(evidence: Evidence, claim: Claim, first: Name, second: Name, measure: str = "accuracy") -> Finding:
    """Whether `first` is better than `second` on the same rows. measure: "accuracy", or "f_measure": the mean over
    expressions of the F-measure of each one's own recordings."""
    cells = evidence.cells(first), evidence.cells(second)
    paired = min(map(len, cells))
    cells = [group[:paired] for group in cells]
    _same_rows([cell for group in cells for cell in group])
    if not beats_majority(cells[1]):
        raise NotRun(f"refused: {name_of(cells[1])} is {COMMONEST}, so beating it proves nothing")
    statistic = _STATISTICS[measure]
    values = [[statistic(_sums(cell, 0).sum(0)) for cell in group] for group in cells]
    differences = [float(a - b) for a, b in zip(*values, strict=True)]
    spread, rows = over_seeds(differences), _interval(*cells, evidence.dataset or "", statistic)
    if spread.mean <= 0 or not beats_majority(cells[0]):
        verdict = "not_reproduced"
    else:
        verdict = "reproduced" if min(differences) > 0 and rows[0] > 0 else "partly"
    notes = [f"{name_of(group)} {np.mean(own):.2%}" for group, own in zip(cells, values, strict=True)]
    verdict, notes = not_every_seed(verdict, cells[0], notes)
    return Finding(verdict, spread.mean, spread.interval or rows, paired, sources_of(evidence, [*cells[0], *cells[1]]),
                   "; ".join(notes), spread.sd, rows)


def early(evidence: Evidence, claim: Claim, name: Name, share: float) -> Finding:
    """The accuracy after a `share` of every sequence, as a fraction of that after all of it."""
    cells = evidence.cells(name)
    if not beats_majority(cells):
        raise NotRun(f"refused: {name_of(cells)} is {COMMONEST}")
    curves = [_curve(evidence, cell) for cell in cells]
    ratios = [curve[SHARES.index(share)] / curve[-1] for curve in curves]
    n, end = cells[0].metrics["n"], float(np.mean([curve[-1] for curve in curves]))
    spread = over_seeds(ratios)
    low, high = (bound / end for bound in wilson(min(spread.mean * end, 1.0) * n, n))
    verdict = "reproduced" if low >= claim.value else "partly" if spread.mean >= claim.value else "not_reproduced"
    note = ", ".join(f"{100 * part:.0f} % seen: {np.mean([curve[k] for curve in curves]):.1%}"
                     for k, part in enumerate(SHARES))
    return Finding(verdict, spread.mean, spread.interval or (low, high), len(cells), sources_of(evidence, cells), note,
                   spread.sd, (low, high))


def _curve(evidence: Evidence, cell: CellResult) -> list[float]:
    """Accuracies after each of `SHARES`; NotRun where they were not measured or are of other weights."""
    try:
        found = json.loads((cell.directory / EARLY).read_text(encoding="utf-8"))
        accuracies = found["accuracies"]
        if found["weights_sha256"] != cell.metrics["weights_sha256"] or found["shares"] != list(SHARES):
            raise NotRun(f"refused: {evidence.source(cell.directory / EARLY)} is about other weights")
        last = accuracies[-1]
    except (OSError, ValueError, KeyError, TypeError):
        raise NotRun(f"{cell.cell.name} has no early recognition") from None
    if abs(last - cell.metrics["accuracy"]) > 1e-9:
        raise NotRun(f"refused: {evidence.source(cell.directory / EARLY)} does not end at the accuracy of metrics.json")
    return accuracies


def _same_rows(cells: list[CellResult]) -> None:
    like = cells[0].predictions
    for cell in cells:
        if not cell.predictions:
            raise NotRun(f"{cell.cell.name} could not be tested")
        if not all(np.array_equal(cell.predictions[key], like[key]) for key in ("index", "labels", "label_names")):
            raise NotRun(f"refused: {cells[0].cell.name} and {cell.cell.name} were not tested on the same rows")


def _sums(cell: CellResult, block: int) -> np.ndarray:
    """By block of rows, in source order: rows, right ones, then by class of the true label, of the predicted one, and
    of both; float64 (B, 2 + 3K). block: rows of one; 0 = all are one."""
    order = np.argsort(cell.predictions["index"], kind="stable")
    labels, predicted = cell.predictions["labels"][order], cell.predictions["predicted"][order]
    eye = np.eye(len(cell.predictions["label_names"]))
    right = labels == predicted
    columns = np.column_stack([np.ones(len(labels)), right, eye[labels], eye[predicted], eye[labels] * right[:, None]])
    return np.add.reduceat(columns, np.arange(0, len(columns), block or len(columns)))


def _accuracy(sums: np.ndarray) -> np.ndarray:
    """Of sums (…, 2 + 3K): (…,)."""
    return sums[..., 1] / sums[..., 0]


def _f_measure(sums: np.ndarray) -> np.ndarray:
    """The mean over all labels but the first ("none") of 2·both / (true + predicted); an absent one counts as 0."""
    true, predicted, both = np.split(sums[..., 2:], 3, axis=-1)
    scores = 2 * both / np.maximum(true + predicted, 1)
    return scores[..., 1:].mean(-1)


_STATISTICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"accuracy": _accuracy, "f_measure": _f_measure}


def _interval(first: list[CellResult], second: list[CellResult], dataset: str,
              statistic: Callable[[np.ndarray], np.ndarray]) -> Interval:
    """The `LEVEL` percentile interval of the difference, averaged over seeds, over blocks of rows drawn again."""
    block = BLOCK.get(dataset, 1)
    sums = [[_sums(cell, block) for cell in group] for group in (first, second)]
    drawn = np.random.default_rng(0).multinomial(len(sums[0][0]), np.full(len(sums[0][0]), 1 / len(sums[0][0])), DRAWS)
    means = [np.mean([statistic(drawn @ one) for one in group], axis=0) for group in sums]
    low, high = np.quantile(means[0] - means[1], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


BETTER = Rule(better, (
    "Reproduced: the {measure} is higher in every seed, and its 99 % interval over blocks of consecutive rows (50 "
    "frames of GFE, one subject's sequences elsewhere) lies above 0. Partly: higher in the mean. Not reproduced: not "
    "higher, or no better than the commonest class. Refused where the other did not train."))
EARLY_ENOUGH = Rule(early, (
    "Reproduced: after a share of {share} of every sequence the 95 % interval of the accuracy, divided by that of "
    "whole sequences, lies above the stated fraction. Partly: the mean does. Not reproduced: it does not."))
