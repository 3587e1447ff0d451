"""How good predictions are: counts, fractions and calibration, in plain numpy.

All classification measures come from one ``confusion_matrix[true, predicted]``, so that they cannot disagree.
Fractions lie in [0, 1]; percent appears in prose and figures only. A measure over no image at all is
undefined: ValueError. What an absent or never predicted class does is stated at each function, and agrees
with scikit-learn's ``zero_division=0``.
"""

import numpy as np


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, num_classes: int) -> np.ndarray:
    """How often class `true` was called `predicted`: int64 (K, K), rows true, columns predicted.

    labels, predicted: int 0…K-1, (N,). ValueError for other lengths, no image, or a number outside 0…K-1.
    """
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    if labels.shape != predicted.shape or labels.ndim != 1:
        raise ValueError(f"labels {labels.shape} and predictions {predicted.shape} are not two equal columns")
    if not len(labels):
        raise ValueError("no image: nothing to measure")
    for name, column in (("labels", labels), ("predicted", predicted)):
        if column.dtype.kind not in "iu":
            raise ValueError(f"{name} are {column.dtype}, not class numbers")
        if column.min() < 0 or column.max() >= num_classes:
            raise ValueError(f"{name} reach {column.min()}…{column.max()}, outside 0…{num_classes - 1}")
    cells = labels.astype(np.int64) * num_classes + predicted
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes).astype(np.int64)


def accuracy(matrix: np.ndarray) -> float:
    """The fraction of images on the diagonal of a confusion matrix."""
    return float(np.trace(matrix) / _total(matrix))


def majority_share(matrix: np.ndarray) -> float:
    """The accuracy of always answering the most frequent true class: what a result has to beat."""
    return float(matrix.sum(axis=1).max() / _total(matrix))


def per_class(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """``precision``, ``recall``, ``f1`` (float64) and ``support`` (int64) of every class, each (K,).

    A class never predicted has precision 0, an absent class recall 0, and F1 is 0 where both are; `support` 0
    tells an absent class from a missed one.
    """
    hits, support, called = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return {"precision": _ratio(hits, called), "recall": _ratio(hits, support),
            "f1": _ratio(2 * hits, support + called), "support": support}


def macro_f1(matrix: np.ndarray) -> float:
    """The unweighted mean of the classes' F1.

    A class that is neither true nor predicted anywhere is left out; one that is predicted but never true
    counts 0 (scikit-learn's ``f1_score(average="macro")``). Never the micro average, which is the accuracy
    under another name.
    """
    seen = matrix.sum(axis=0) + matrix.sum(axis=1) > 0
    _total(matrix)
    return float(per_class(matrix)["f1"][seen].mean())


def uar(matrix: np.ndarray) -> float:
    """The unweighted average recall over the classes that occur (scikit-learn's
    ``balanced_accuracy_score``)."""
    present = matrix.sum(axis=1) > 0
    _total(matrix)
    return float(per_class(matrix)["recall"][present].mean())


def reliability_curve(labels: np.ndarray, probabilities: np.ndarray, *, predicted: np.ndarray | None = None,
                      bins: int = 15) -> dict[str, np.ndarray]:
    """Confidence against accuracy in equally wide bins of confidence: ``edges`` (bins+1), ``count`` int64,
    ``confidence`` and ``accuracy`` float64 (bins,), nan where a bin is empty.

    probabilities: (N, K), rows sum to 1; the confidence is the probability of the predicted class, which is
    the argmax unless `predicted` (N,) says otherwise (an SVM's vote). A bin holds (lower, upper], the first
    also 0. Guo, Pleiss, Sun & Weinberger 2017, On calibration of modern neural networks, arXiv 1706.04599.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, dtype=np.float64)
    if probabilities.ndim != 2 or len(probabilities) != len(labels) or not len(labels):
        raise ValueError(f"probabilities {probabilities.shape} do not fit {len(labels)} labels")
    if probabilities.min() < 0 or np.abs(probabilities.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("probabilities are not: a row is negative or does not sum to 1")
    answer = probabilities.argmax(axis=1) if predicted is None else np.asarray(predicted)
    confidence = np.minimum(probabilities[np.arange(len(labels)), answer], 1.0)
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    with np.errstate(invalid="ignore"):
        return {"edges": edges, "count": count.astype(np.int64),
                "confidence": np.bincount(bin_of, weights=confidence, minlength=bins) / count,
                "accuracy": np.bincount(bin_of, weights=answer == labels, minlength=bins) / count}


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray, *,
                               predicted: np.ndarray | None = None, bins: int = 15) -> float:
    """The mean gap between confidence and accuracy over the bins of `reliability_curve`, weighted by their
    counts."""
    curve = reliability_curve(labels, probabilities, predicted=predicted, bins=bins)
    gaps = np.nan_to_num(np.abs(curve["confidence"] - curve["accuracy"]))
    return float(np.sum(curve["count"] * gaps) / curve["count"].sum())


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def _total(matrix: np.ndarray) -> float:
    total = float(np.sum(matrix))  # a mean over seeds may miss a whole number by its last digit
    if not total:
        raise ValueError("no image: nothing to measure")
    return total
