"""A support vector machine as the network's last stage: search, fit, save without pickle, score.

Qiao, Hou & Liu 2022 (Journal of Computer Applications 42(4): 1253–1259,
doi 10.11772/j.issn.1001-9081.2021071270) put a non-linear SVM in place of softmax on the features
that global average pooling leaves.

Differs from the paper:
- Not stated in the paper; we use an RBF kernel, one-vs-one as in scikit-learn's SVC, because it is the
  usual reading of "non-linear SVM".
- Not stated in the paper; we use frozen features, standardised by the training rows' mean and deviation,
  because one gamma must serve every dimension.
- Not stated in the paper; we use C and gamma chosen on the validation split from a stratified part of the
  training rows and refit on all of them, because a grid over everything takes hours.
- Before the fit every training feature is rounded to one of 255 steps of its own size (float16 for the other
  kernels), so that the saved head is small, 7 MB for 28,709 points of 256, and is exactly what was fitted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from sklearn.kernel_approximation import Nystroem
from sklearn.svm import SVC, LinearSVC

from ferkit.core import files
from ferkit.core.errors import InputError

KERNELS = ("rbf", "linear", "nystroem")
C_GRID = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # validation chose 0.1 on FER2013 when that was the lower end
GAMMA_GRID = (0.1, 0.3, 1.0, 3.0)  # times 1/D, which is scikit-learn's "scale" for standardised features
KERNEL_ENTRIES = 4_000_000  # kernel values held at once when scoring: 32 MB


@dataclass(frozen=True)
class SvmChoice:
    """The pair chosen on validation; `table` holds every pair tried: C, gamma, val_accuracy, rows."""

    C: float
    gamma: float
    table: tuple[dict[str, float], ...]


@dataclass(frozen=True)
class SvmHead:
    """A fitted machine on features (N, D); every array is float64 unless said.

    points (P, D): support vectors (rbf; int8, in units of `step` (D,)), landmarks (nystroem; float16, `step` 1),
    empty for linear.
    coefficients: for rbf the dual ones (K'-1, P) as scikit-learn lays them out, with n_support (K',);
    else (P or D, K').
    intercepts (K'(K'-1)/2,) for rbf, (K',) else. mean, scale (D,): standardisation by the training rows.
    classes int64 (K',): the labels seen in training, out of `num_classes` K; `gamma` 0 for linear.
    """

    kernel: str
    num_classes: int
    classes: np.ndarray
    gamma: float
    mean: np.ndarray
    scale: np.ndarray
    points: np.ndarray
    step: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray
    n_support: np.ndarray

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The one-vs-one duels in scikit-learn's order: (0, 1), (0, 2), … (K'-2, K'-1)."""
        k = len(self.classes)
        return tuple((i, j) for i in range(k) for j in range(i + 1, k))

    @cached_property
    def weights(self) -> np.ndarray:
        """What kernel values are multiplied with, (P or D, outputs): dual coefficients by duel."""
        if self.kernel != "rbf":
            return self.coefficients
        ends = np.cumsum(self.n_support)
        rows = [slice(end - n, end) for end, n in zip(ends, self.n_support, strict=True)]
        weights = np.zeros((len(self.points), len(self.pairs)))
        for number, (i, j) in enumerate(self.pairs):
            weights[rows[i], number] = self.coefficients[j - 1, rows[i]]
            weights[rows[j], number] = self.coefficients[i, rows[j]]
        return weights

    @cached_property
    def unpacked(self) -> np.ndarray:
        """`points` as standardised features, float64 (P, D)."""
        return self.points * self.step

    def decision(self, features: np.ndarray) -> np.ndarray:
        """Signed decisions, float64: (N, K'(K'-1)/2) one-vs-one for rbf, (N, K') one-vs-rest else.

        features: (N, D), raw as they leave the network. One-vs-one: positive is the first of the pair
        (for two classes alone scikit-learn has the opposite sign).
        """
        x = standardise(features, self.mean, self.scale)
        if self.kernel == "linear":
            return x @ self.weights + self.intercepts
        step = max(1, KERNEL_ENTRIES // max(1, len(self.points)))
        decision = np.empty((len(x), self.weights.shape[1]))
        for rows in (slice(start, start + step) for start in range(0, len(x), step)):
            decision[rows] = rbf(x[rows], self.unpacked, self.gamma) @ self.weights + self.intercepts
        return decision

    def votes(self, features: np.ndarray) -> np.ndarray:
        """The predicted labels, int64 (N,): most duels won, ties to the lower label (as SVC.predict)."""
        return self.votes_of(self.decision(features))

    def scores(self, features: np.ndarray) -> np.ndarray:
        """One score per label, float32 (N, K): for rbf scikit-learn's ``decision_function_shape="ovr"``.

        Its argmax breaks ties by confidence and may differ from `votes`; unseen labels score lowest.
        """
        return self.scores_of(self.decision(features))

    def votes_of(self, decision: np.ndarray) -> np.ndarray:
        """`votes` from a decision already computed, int64 (N,)."""
        if self.kernel != "rbf":
            return self.classes[decision.argmax(1)]
        won = self._won(decision > 0)  # libsvm gives a decision of exactly 0 to the second of the pair
        return self.classes[won.argmax(1)]

    def scores_of(self, decision: np.ndarray) -> np.ndarray:
        """`scores` from a decision already computed, float32 (N, K)."""
        seen = decision
        if self.kernel == "rbf":
            confidence = np.zeros((len(decision), len(self.classes)))
            for number, (i, j) in enumerate(self.pairs):
                confidence[:, i] += decision[:, number]
                confidence[:, j] -= decision[:, number]
            seen = self._won(decision >= 0) + confidence / (3 * (np.abs(confidence) + 1))
        lowest = seen.min(axis=1, initial=0.0, keepdims=True) - 1  # of each row by itself: batches change nothing
        scores = np.broadcast_to(lowest, (len(decision), self.num_classes)).astype(np.float32)
        scores[:, self.classes] = seen
        return scores

    @property
    def size(self) -> int:
        """How many numbers it holds that a decision depends on."""
        return int(self.points.size + self.coefficients.size + self.intercepts.size)

    def predict(self, views: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """(scores float32 (N, K), labels int64 (N,)) of features (N, D) of one or more views, decisions averaged."""
        decision = np.mean([self.decision(features) for features in views], axis=0)
        return self.scores_of(decision), self.votes_of(decision)

    def _won(self, first_wins: np.ndarray) -> np.ndarray:
        won = np.zeros((len(first_wins), len(self.classes)))
        for number, (i, j) in enumerate(self.pairs):
            won[:, i] += first_wins[:, number]
            won[:, j] += ~first_wins[:, number]
        return won

    def save(self, path: Path) -> None:
        """Writes one safetensors file, atomically: arrays, and the rest as JSON in its header."""
        path = Path(path)
        header = {"kernel": self.kernel, "num_classes": self.num_classes, "gamma": self.gamma}
        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in _ARRAYS}
        with files.replacing(path) as aside:
            save_file(arrays, aside, metadata={"svm": json.dumps(header)})

    @classmethod
    def load(cls, path: Path) -> SvmHead:
        """The head saved at `path`, equal bit for bit; InputError where the file is not one."""
        try:
            with safe_open(path, framework="numpy") as file:
                header = json.loads((file.metadata() or {})["svm"])
                arrays = {name: file.get_tensor(name) for name in _ARRAYS if name in set(file.keys())}
                arrays.setdefault("step", np.ones(len(arrays["mean"])))  # heads of before 2026-11-23 lack it
                if not all(np.isfinite(array).all() for array in arrays.values()):
                    raise ValueError("a number in it is NaN or infinite")
                return cls(**header, **arrays)
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, RecursionError) as error:
            raise InputError(f"{path}: no saved SVM head ({type(error).__name__}): fit it again") from error


_ARRAYS = ("classes", "mean", "scale", "points", "step", "coefficients", "intercepts", "n_support")


def standardise(features: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Features with the training rows' mean taken off and divided by their deviation, float64 (N, D)."""
    return (np.asarray(features, dtype=np.float64) - mean) / scale


def rbf(x: np.ndarray, points: np.ndarray, gamma: float) -> np.ndarray:
    """exp(-gamma ‖x - p‖²) for every row of x (N, D) and points (P, D), float64 (N, P)."""
    squares = (x * x).sum(1)[:, None] + (points * points).sum(1)[None] - 2 * (x @ points.T)
    return np.exp(-gamma * np.maximum(squares, 0))


def stratified_rows(labels: np.ndarray, rows: int, seed: int) -> np.ndarray:
    """At most `rows` row numbers, sorted int64, every label in its share (at least one); 0 = all."""
    labels = np.asarray(labels)
    if rows <= 0 or rows >= len(labels):
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    chosen = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        chosen.append(members[: max(1, round(rows * len(members) / len(labels)))])
    return np.sort(np.concatenate(chosen))


def fit(features: np.ndarray, labels: np.ndarray, C: float = 1.0, gamma: float = 0.0, kernel: str = "rbf", *,
        num_classes: int = 7, seed: int = 0, components: int = 512) -> SvmHead:
    """The machine fitted on all given rows.

    features: (N, D), raw; labels: int (N,) in 0…K-1. gamma 0 = 1/D. kernel: "rbf" (one-vs-one SVC), "linear"
    (one-vs-rest LinearSVC) or "nystroem" (the same on `components` landmarks). ValueError for another
    kernel or labels of one class only.
    """
    if kernel not in KERNELS:
        raise ValueError(f"kernel {kernel!r}: one of {', '.join(KERNELS)}")
    features, labels = np.asarray(features, dtype=np.float64), np.asarray(labels)
    mean, deviation = features.mean(0), features.std(0)
    scale = np.where(deviation > 1e-12, deviation, 1.0)  # a dead feature stays at zero
    x, step = _rounded(standardise(features, mean, scale), kernel)
    gamma = 0.0 if kernel == "linear" else float(gamma or 1 / x.shape[1])
    if kernel == "rbf":
        fitted = _fit_rbf(x, step, labels, C, gamma)
    elif kernel == "linear":
        fitted = _fit_linear(x, labels, C, seed)
    else:
        fitted = _fit_nystroem(x, labels, C, gamma, seed, components)
    return SvmHead(kernel, int(num_classes), gamma=gamma, mean=mean, scale=scale, step=step, **fitted)


def _rounded(x: np.ndarray, kernel: str) -> tuple[np.ndarray, np.ndarray]:
    """Standardised features as they are kept, and the step (D,) that they are multiples of."""
    if kernel != "rbf":
        return x.astype(np.float16), np.ones(x.shape[1])
    step = np.maximum(np.abs(x).max(0, initial=0.0), 1e-12) / 127
    return np.rint(x / step).astype(np.int8), step


def _fit_rbf(x: np.ndarray, step: np.ndarray, labels: np.ndarray, C: float, gamma: float) -> dict:
    svc = SVC(C=C, gamma=gamma, kernel="rbf", cache_size=500).fit(x * step, labels)
    sign = -1.0 if len(svc.classes_) == 2 else 1.0  # scikit-learn turns the sign round for two classes
    return {"classes": svc.classes_.astype(np.int64), "points": x[svc.support_],
            "coefficients": sign * svc.dual_coef_,
            "intercepts": sign * svc.intercept_, "n_support": svc.n_support_.astype(np.int64)}


def _fit_linear(x: np.ndarray, labels: np.ndarray, C: float, seed: int) -> dict:
    x = x.astype(np.float64)
    return {"points": np.empty((0, x.shape[1]), np.float16), **_one_vs_rest(x, labels, C, seed)}


def _fit_nystroem(x: np.ndarray, labels: np.ndarray, C: float, gamma: float, seed: int,
                  components: int) -> dict:
    x = x.astype(np.float64)
    mapping = Nystroem(gamma=gamma, n_components=min(components, len(x)), random_state=seed).fit(x)
    fitted = _one_vs_rest(mapping.transform(x), labels, C, seed)
    fitted["coefficients"] = mapping.normalization_.T @ fitted["coefficients"]
    return {"points": mapping.components_.astype(np.float16), **fitted}


def _one_vs_rest(x: np.ndarray, labels: np.ndarray, C: float, seed: int) -> dict:
    machine = LinearSVC(C=C, dual=False, random_state=seed, max_iter=3000).fit(x, labels)
    coefficients, intercepts = machine.coef_.T, np.atleast_1d(machine.intercept_)
    if coefficients.shape[1] == 1:  # two classes: one plane, written as two opposite ones
        coefficients = np.hstack([-coefficients, coefficients])
        intercepts = np.hstack([-intercepts, intercepts])
    return {"classes": machine.classes_.astype(np.int64), "coefficients": coefficients,
            "intercepts": intercepts, "n_support": np.empty(0, np.int64)}


def search(features_train: np.ndarray, labels_train: np.ndarray, features_val: np.ndarray,
           labels_val: np.ndarray, rows: int, seed: int, *, kernel: str = "rbf",
           num_classes: int = 7) -> SvmChoice:
    """The C and gamma of the highest validation accuracy, fitted on at most `rows` stratified training rows.

    rows 0 = all. Equal accuracies go to the smaller C, then the smaller gamma (the smoother machine).
    features_*: (N, D), raw.
    """
    chosen = stratified_rows(labels_train, rows, seed)
    x, y = np.asarray(features_train)[chosen], np.asarray(labels_train)[chosen]
    table = []
    for C in C_GRID:
        for factor in (GAMMA_GRID if kernel != "linear" else (0.0,)):
            gamma = factor / x.shape[1]
            head = fit(x, y, C, gamma, kernel, num_classes=num_classes, seed=seed)
            accuracy = float(np.mean(head.votes(features_val) == np.asarray(labels_val)))
            table.append({"C": C, "gamma": gamma, "val_accuracy": accuracy, "rows": len(chosen)})
    best = max(table, key=lambda row: (row["val_accuracy"], -row["C"], -row["gamma"]))
    return SvmChoice(best["C"], best["gamma"], tuple(table))
