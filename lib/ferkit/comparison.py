"""Systems side by side on the same test images, from saved predictions alone: who errs where, and is it
chance?

Everything here reads arrays and counts; nothing is predicted, so no torch. Only systems tested on the same
images, in the same order, are compared (`same_images`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from ferkit import metrics, papers, paths, results, statistics
from ferkit.errors import InputError
from ferkit.results import CellResult

SYSTEMS = ("deep_emotion", "deep_emotion_wide", "gap_cnn", "gap_cnn_svm",
           "lenet5")  # the ablations stay apart
RECIPES = ("published", "ours")
PAPER_OF = {"deep_emotion": "deep_emotion", "deep_emotion_wide": "deep_emotion", "gap_cnn": "gap_svm",
            "gap_cnn_svm": "gap_svm"}


@dataclass(frozen=True)
class Source:
    """Where predictions were found: the folder, and a sentence about it for the reader."""

    root: Path
    says: str


def find(run: str, dataset: str) -> Source:
    """The run if it holds predictions, else the published results of the data set, else any published ones.

    InputError with the command to run where there are none at all.
    """
    own, published = paths.run_directory(run), paths.published_directory(dataset)
    instead = f"the run {run} has no predictions; these are the published ones of "
    places = [(own, f"predictions of the run {run}"), (published, instead + dataset)]
    places += [(folder, instead + folder.name) for folder in sorted(published.parent.glob("*")) if folder != published]
    for folder, says in places:
        if any((cell / results.PREDICTIONS).is_file() for cell in results.cell_directories(folder)):
            return Source(folder, says)
    raise InputError(f"run {run}: no predictions to compare; make them with ./run_all.sh --dataset {dataset} or with "
                     "notebooks 02 and 03")


def systems(cells: Sequence[CellResult]) -> list[CellResult]:
    """The replicated systems under `published` and `ours`, one seed each (the lowest), in a fixed order.

    Cells without predictions (diverged before any test) and ablations are left out.
    """
    wanted = [cell for cell in cells
              if cell.cell.system in SYSTEMS and cell.cell.recipe in RECIPES and cell.predictions]
    first = {}
    for cell in sorted(wanted, key=lambda cell: cell.cell.seed):
        first.setdefault((SYSTEMS.index(cell.cell.system), RECIPES.index(cell.cell.recipe)), cell)
    return same_images([first[key] for key in sorted(first)])


def same_images(cells: Sequence[CellResult]) -> list[CellResult]:
    """The cells tested on the same images as the first one, in the same order."""
    def alike(cell: CellResult) -> bool:
        return all(np.array_equal(cell.predictions[key], cells[0].predictions[key])
                   for key in ("index", "labels", "label_names"))

    return [cell for cell in cells if alike(cell)]


def best_of_each(cells: Sequence[CellResult]) -> list[CellResult]:
    """Of each system the recipe with the best validation accuracy (never the test's)."""
    names = dict.fromkeys(cell.cell.system for cell in cells)
    return [max((cell for cell in cells if cell.cell.system == name),
                key=lambda cell: cell.metrics["val_accuracy"] or 0.0) for name in names]


def right(cell: CellResult) -> np.ndarray:
    """bool (N,): which test images the cell gets right."""
    return cell.predictions["predicted"] == cell.predictions["labels"]


def accuracy_table(cells: Sequence[CellResult], all_cells: Sequence[CellResult] = ()) -> list[dict]:
    """One row per cell: {system, recipe, seeds, accuracy, low, high, without_copies, macro_f1, macro_f1_low,
    macro_f1_high, uar, majority}, fractions.

    accuracy and its Wilson interval are of the cell; with `all_cells` the row adds `mean` and `sd` over the seeds of
    the same system and recipe. The interval of macro-F1 is a stratified bootstrap over images.
    """
    rows = []
    for cell in cells:
        m, labels, predicted = cell.metrics, cell.predictions["labels"], cell.predictions["predicted"]
        k = len(cell.predictions["label_names"])
        low, high = statistics.wilson(m["accuracy"] * m["n"], m["n"])

        def macro_f1(labels: np.ndarray, predicted: np.ndarray, k: int = k) -> float:
            return metrics.macro_f1(metrics.confusion_matrix(labels, predicted, k))

        f1_low, f1_high = statistics.bootstrap(macro_f1, labels, predicted, draws=200)
        sisters = [other.metrics["accuracy"] for other in all_cells if other.predictions and
                   (other.cell.system, other.cell.recipe) == (cell.cell.system, cell.cell.recipe)]
        spread = statistics.over_seeds(sisters or [m["accuracy"]])
        rows.append({"system": cell.cell.system, "recipe": cell.cell.recipe, "seeds": spread.n,
                     "accuracy": m["accuracy"], "low": low, "high": high, "mean": spread.mean, "sd": spread.sd,
                     "without_copies": m["accuracy_without_copies"], "macro_f1": m["macro_f1"],
                     "macro_f1_low": f1_low, "macro_f1_high": f1_high, "uar": m["uar"],
                     "majority": metrics.majority_share(cell.matrix)})
    return rows


def recalls(cells: Sequence[CellResult]) -> tuple[np.ndarray, np.ndarray]:
    """Recall by class (S, K) and its Wilson 95 % interval (S, K, 2); a class without images has [0, 1]."""
    values, intervals = [], []
    for cell in cells:
        hits, support = np.diag(cell.matrix), cell.matrix.sum(axis=1)
        values.append(hits / np.maximum(support, 1))
        intervals.append([statistics.wilson(int(h), int(n)) if n else (0.0, 1.0)
                          for h, n in zip(hits, support, strict=True)])
    return np.array(values), np.array(intervals)


def per_class(cells: Sequence[CellResult]) -> list[dict]:
    """One row per cell and class: {system, recipe, expression, support, precision, recall, f1}, fractions."""
    rows = []
    for cell in cells:
        columns = metrics.per_class(cell.matrix)
        for k, label in enumerate(cell.predictions["label_names"]):
            rows.append({"system": cell.cell.system, "recipe": cell.cell.recipe, "expression": str(label),
                         **{key: column[k].item() for key, column in columns.items()}})
    return rows


def significant_cells(a: CellResult, b: CellResult, level: float = 0.05) -> np.ndarray:
    """bool (K, K): where two systems differ in how often they take class i for class j, beyond chance.

    Exact McNemar on the images of class i, Holm-adjusted for all cells in which either system has an image.
    """
    labels, k = a.predictions["labels"], len(a.predictions["label_names"])
    places, p_values = [], []
    for true in range(k):
        rows = labels == true
        for answer in range(k):
            first, second = (cell.predictions["predicted"][rows] == answer for cell in (a, b))
            if first.any() or second.any():
                places.append((true, answer))
                p_values.append(statistics.mcnemar(first, second).p)
    significant = np.zeros((k, k), bool)
    for place, p in zip(places, statistics.holm(p_values), strict=True):
        significant[place] = p < level
    return significant


def paired_tests(cells: Sequence[CellResult]) -> list[dict]:
    """Every two systems on the same images: {first, second, difference, only_first, only_second, p, p_holm}.

    difference: accuracy of the first minus the second; p: exact McNemar, p_holm adjusted for all the pairs.
    """
    rows = []
    for first, second in combinations(cells, 2):
        test = statistics.mcnemar(right(first), right(second))
        rows.append({"first": name(first), "second": name(second),
                     "difference": float(right(first).mean() - right(second).mean()),
                     "only_first": test.only_first, "only_second": test.only_second, "p": test.p})
    adjusted = statistics.holm([row["p"] for row in rows]) if rows else []
    return [row | {"p_holm": p} for row, p in zip(rows, adjusted, strict=True)]


def confused_pairs(cells: Sequence[CellResult], top: int = 8) -> list[dict]:
    """The most frequent confusions on average over systems: {true, taken_for, <system/recipe>: share of the class}."""
    names = [str(label) for label in cells[0].predictions["label_names"]]
    shares = np.array([cell.matrix / np.maximum(cell.matrix.sum(axis=1, keepdims=True), 1) for cell in cells])
    shares[:, range(len(names)), range(len(names))] = 0.0
    order = np.argsort(-shares.mean(axis=0), axis=None, kind="stable")[:top]
    rows = []
    for true, answer in zip(*np.unravel_index(order, shares.shape[1:]), strict=True):
        by_system = {name(cell): float(share) for cell, share in zip(cells, shares[:, true, answer], strict=True)}
        rows.append({"true": names[true], "taken_for": names[answer], **by_system})
    return rows


def class_sizes(cell: CellResult) -> np.ndarray:
    """Training images per class, int (K,); the test split's sizes where the cell does not say."""
    stated = cell.metrics.get("n_train_per_class")
    if not isinstance(stated, Mapping):
        return cell.matrix.sum(axis=1)
    return np.array([int(stated[str(label)]) for label in cell.predictions["label_names"]])


def reliability(cells: Sequence[CellResult], bins: int = 10) -> list[dict]:
    """Curves for `figures.calibration`, one per cell that has probabilities; empty bins are left out."""
    curves = []
    for cell in cells:
        if "probabilities" not in cell.predictions:
            continue
        stored = cell.predictions
        given = (stored["labels"], stored["probabilities"])
        curve = metrics.reliability_curve(*given, predicted=stored["predicted"], bins=bins)
        kept = curve["count"] > 0
        error = metrics.expected_calibration_error(*given, predicted=stored["predicted"])
        curves.append({"name": name(cell), "ece": error,
                       **{key: curve[key][kept] for key in ("confidence", "accuracy", "count")}})
    return curves


def agreement(cells: Sequence[CellResult]) -> np.ndarray:
    """On what share of the images two systems give the same answer: float (S, S), 1 on the diagonal."""
    answers = np.array([cell.predictions["predicted"] for cell in cells])
    return (answers[:, None] == answers[None]).mean(axis=2)


def majority_vote(cells: Sequence[CellResult]) -> dict:
    """What a vote of the systems gains: {accuracy, low, high, best, best_accuracy, gain, p, any_right, all_right}.

    A tie goes to the tied answer of the system that is best on validation. p: exact McNemar against that system.
    any_right, all_right: the share of images that at least one, or every system gets right.
    """
    ranked = sorted(cells, key=lambda cell: -(cell.metrics["val_accuracy"] or 0.0))
    labels, k = ranked[0].predictions["labels"], len(ranked[0].predictions["label_names"])
    answers = np.array([cell.predictions["predicted"] for cell in ranked])
    votes = (answers[:, :, None] == np.arange(k)).sum(axis=0).astype(float)
    for rank, row in enumerate(answers):  # less than one vote in all: it decides among ties only
        votes[np.arange(len(labels)), row] += 0.5 ** (rank + 2)
    hits = votes.argmax(axis=1) == labels
    corrects = np.array([right(cell) for cell in ranked])
    low, high = statistics.wilson(int(hits.sum()), len(hits))
    return {"accuracy": float(hits.mean()), "low": low, "high": high, "best": name(ranked[0]),
            "best_accuracy": float(corrects[0].mean()), "gain": float(hits.mean() - corrects[0].mean()),
            "p": statistics.mcnemar(hits, corrects[0]).p, "any_right": float(corrects.any(axis=0).mean()),
            "all_right": float(corrects.all(axis=0).mean())}


def hardest(cells: Sequence[CellResult], top: int = 10) -> list[dict]:
    """The test images that most systems get wrong, by their index in the source: {index, label, wrong, answer, share}.

    wrong: how many systems err; answer: what most of them say, share: how many of the erring ones. Never shown: an
    image of a real face stays where it is.
    """
    stored = cells[0].predictions
    names, labels = [str(label) for label in stored["label_names"]], stored["labels"]
    answers = np.array([cell.predictions["predicted"] for cell in cells])
    wrong = (answers != labels).sum(axis=0)
    rows = []
    for row in np.lexsort((stored["index"], -wrong))[:top]:
        erring = answers[:, row][answers[:, row] != labels[row]]
        counts = np.bincount(erring, minlength=len(names))
        rows.append({"index": int(stored["index"][row]), "label": names[labels[row]], "wrong": int(wrong[row]),
                     "answer": names[int(counts.argmax())] if len(erring) else "–",
                     "share": float(counts.max() / max(len(erring), 1))})
    return rows


def beside_paper(cells: Sequence[CellResult], dataset: str) -> list[dict]:
    """Rows for `figures.accuracy_dots`: {label, paper, ours, interval}; paper None where it has no number here."""
    stated = {claim.id: claim.value for claim in papers.CLAIMS}
    rows = []
    for cell in cells:
        low, high = statistics.wilson(cell.metrics["accuracy"] * cell.metrics["n"], cell.metrics["n"])
        paper = PAPER_OF.get(cell.cell.system)
        rows.append({"label": name(cell), "paper": stated.get(f"{paper}.accuracy.{dataset}"),
                     "ours": cell.metrics["accuracy"], "interval": (low, high)})
    return rows


def beside_others(cells: Sequence[CellResult], dataset: str) -> list[dict]:
    """The papers' comparison tables for a data set with our rows in them, best first: {system, accuracy, source, mark}.

    Empty where nobody quotes a number for the data set.
    """
    quoted = [{"system": row.statement, "accuracy": row.value, "source": row.source, "mark": row.mark}
              for row in (*papers.QUOTED, *papers.CLAIMS) if row.dataset == dataset and row.unit == "fraction"
              and row.value is not None and not row.id.endswith((".as_published", ".as_drawn", "uncertainty"))]
    ours = [{"system": f"ours: {name(cell)}", "accuracy": cell.metrics["accuracy"], "source": "this run", "mark": ""}
            for cell in cells]
    return sorted((*quoted, *ours), key=lambda row: -row["accuracy"]) if quoted else []


def human_accuracy(dataset: str) -> tuple[float, float] | None:
    """Human accuracy on a data set and its uncertainty to each side, fractions; None where nobody measured it."""
    values = {row.id: row.value for row in papers.QUOTED}
    found = values.get(f"field.{dataset}.human"), values.get(f"field.{dataset}.human_uncertainty")
    return found if None not in found else None


def name(cell: CellResult) -> str:
    """``system/recipe``, with the seed where it is not 0."""
    return f"{cell.cell.system}/{cell.cell.recipe}" + (f"/seed{cell.cell.seed}" if cell.cell.seed else "")
