"""The numbers of one trained system against its own predictions, history and files."""

import numpy as np

from ferkit.core import files
from ferkit.results import predictions, records
from ferkit.results.records import Result

CLOSE = 1e-6  # two ways to add up the same fractions
# What metrics.json derives from predictions.npz alone.
DERIVED = ("n", "accuracy", "macro_f1", "uar", "confusion_matrix", "label_names", "per_class", "ece")


def problems(result: Result) -> list[str]:
    """Whatever in metrics.json contradicts the folder, the hashes, the predictions or the history, a sentence each."""
    m, where = result.metrics, result.key
    stated = (m["system"], m["recipe"], m["seed"])
    found = [] if stated == (where.system, where.recipe, where.seed) else [
        f"it says {'/'.join(map(str, stated))}, so it lies in the wrong folder"]
    if m["test_reads"] != (1 if result.predictions else 0):
        found.append(f"the test split was read {m['test_reads']} times")
    return found + _hashes(result) + (_derived(result) if result.predictions else []) + _choice(result)


def _hashes(result: Result) -> list[str]:
    """Files that are not those that metrics.json names; weights may be absent, see the notes."""
    found = []
    for name, key in ((records.PREDICTIONS, "predictions_sha256"), (records.WEIGHTS, "weights_sha256")):
        path, expected = result.directory / name, result.metrics[key]
        if expected is None and path.is_file():
            found.append(f"{name} is there, but {key} is null")
        elif expected is not None and path.is_file() and files.sha256(path) != expected:
            found.append(f"{name} has another sha256 than {key}")
    return found


def _derived(result: Result) -> list[str]:
    """Numbers that do not follow from the predictions, and predictions that do not follow from their scores."""
    m, stored = result.metrics, result.predictions
    truth = records.summarise(stored["labels"], stored["predicted"], stored["label_names"],
                              probabilities=stored.get("probabilities"))
    truth |= records.of_single_views(m, stored)
    found = [f"{key} is {_short(m[key])}, but the predictions give {_short(truth[key])}"
             for key in (*DERIVED, "accuracy_no_tta") if key in m and key in truth and not same(m[key], truth[key])]
    if "probabilities" in stored:  # a network's own decision; an SVM votes
        scores = stored["scores"].astype(np.float64)
        if np.abs(predictions.softmax(scores) - stored["probabilities"]).max() > 1e-4:
            found.append("the probabilities are not the softmax of the scores")
        if np.any(scores[np.arange(len(scores)), stored["predicted"]] < scores.max(axis=1) - CLOSE):
            found.append("an answer is not the class with the highest score")
    kept, without = m["n_without_copies"], m["accuracy_without_copies"]
    if without is not None:
        right = int(np.sum(stored["labels"] == stored["predicted"]))
        hits = without * kept
        if kept > m["n"] or abs(hits - round(hits)) > 1e-3 or not right - (m["n"] - kept) <= round(hits) <= right:
            found.append(f"accuracy_without_copies is {without:.4f} of {kept} images, which cannot be")
    return found


def _choice(result: Result) -> list[str]:
    """Whether the epoch is the one that validation chose, by the history beside it."""
    curve = {row["epoch"]: row["val_accuracy"] for row in result.history
             if isinstance(row.get("val_accuracy"), int | float) and "epoch" in row}
    best = result.metrics["best_epoch"]
    if not curve or not best:
        return []
    if best not in curve:
        return [f"best_epoch is {best}, which history.csv has not"]
    return [] if curve[best] >= max(curve.values()) - CLOSE else [
        f"best_epoch is {best} ({curve[best]:.4f} on validation), but history.csv has {max(curve.values()):.4f}"]


def same(stated: object, truth: object) -> bool:
    """Whether a JSON value says the same, its fractions but for rounding."""
    if isinstance(truth, dict):
        return isinstance(stated, dict) and stated.keys() == truth.keys() and all(
            same(stated[key], truth[key]) for key in truth)
    if isinstance(truth, list):
        return isinstance(stated, list) and len(stated) == len(truth) and all(map(same, stated, truth))
    if isinstance(truth, float):
        return isinstance(stated, int | float) and abs(stated - truth) <= CLOSE
    return stated == truth


def _short(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)[:40]
