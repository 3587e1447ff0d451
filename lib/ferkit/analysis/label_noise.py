"""Wrong training labels and what a trained system makes of them: found by which score, set right or made worse.

Everything is read from training_labels.npz (`results.training_labels`), called `labels` here; no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ferkit.results.records import Result

Labels = Mapping[str, np.ndarray]


def share_planted(result: Result) -> float:
    """The share of training labels that a result's recipe moved to another class."""
    return float(result.metrics["config"]["recipe"].get("label_noise", 0.0))


def planted(labels: Labels) -> np.ndarray:
    """Which labels were moved by planted noise: bool (N,)."""
    return labels["given"] != labels["labels"]


def trust(labels: Labels) -> dict[str, np.ndarray]:
    """What a trained system says of each given label, (N,) each by name, high for one to be trusted: "P(label)", the
    network's probability of it, and "α" where there is one."""
    found = {"P(label)": labels["probability_given"]}
    return found | ({"α": labels["alpha"]} if "alpha" in labels else {})


def auroc(wrong: np.ndarray, scores: np.ndarray) -> float | None:
    """How often a wrong label has a lower score than a right one, 0.5 being chance; None where one kind is absent.

    wrong: bool (N,). scores: (N,), high for a label to be trusted. Mann and Whitney's U, equal scores counted half."""
    right = ~wrong
    pairs = float(right.sum()) * float(wrong.sum())
    if not pairs:
        return None
    _, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return float((ranks[right].sum() - right.sum() * (right.sum() + 1) / 2) / pairs)


def changed(labels: Labels) -> np.ndarray:
    """Which labels the method changed: bool (N,), by what they are at the end; all False where it changes none."""
    return labels.get("final", labels["given"]) != labels["given"]


def precision(labels: Labels) -> float | None:
    """The share of changed labels that are the true ones at the end; None where none was changed."""
    rows = changed(labels)
    return float(np.mean(labels["final"][rows] == labels["labels"][rows])) if rows.any() else None


def recall(labels: Labels) -> float | None:
    """The share of planted labels that are the true ones at the end; None where none was planted."""
    rows = planted(labels)
    return float(np.mean(labels.get("final", labels["given"])[rows] == labels["labels"][rows])) if rows.any() else None


def table(results: Sequence[Result]) -> list[dict[str, object]]:
    """One row a result that kept its training labels: {recipe, seed, wrong labels, AUROC P(label), AUROC α, changed,
    precision, recall, wrong at the end}; counts and fractions, None where there is nothing to measure."""
    rows = []
    for result in (result for result in results if "training_labels_sha256" in result.metrics):
        labels = result.training_labels
        wrong, scores = planted(labels), trust(labels)
        rows.append({
            "recipe": result.key.recipe, "seed": result.key.seed, "wrong labels": int(wrong.sum()),
            **{f"AUROC {name}": auroc(wrong, scores[name]) if name in scores else None for name in ("P(label)", "α")},
            "changed": int(changed(labels).sum()), "precision": precision(labels), "recall": recall(labels),
            "wrong at the end": int(np.sum(labels.get("final", labels["given"]) != labels["labels"]))})
    return rows
