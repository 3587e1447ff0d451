"""What γ does to an RBF support vector machine, seen in two dimensions.

The features are projected onto their first two principal components; a small SVM is fitted there for each γ and
asked on a grid. A picture for teaching: the SVMs of the replication work in all dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


@dataclass(frozen=True)
class Regions:
    """One γ: `predicted` int64 (S, S) over `axis` (S,) in both directions; support: bool (N,), the support vectors
    among the points; train_accuracy, accuracy: of the projected training and other points, fractions."""

    gamma: float
    axis: np.ndarray
    predicted: np.ndarray
    support: np.ndarray
    train_accuracy: float
    accuracy: float


def svm_regions(features: np.ndarray, labels: np.ndarray, others: np.ndarray, other_labels: np.ndarray, *,
                gammas: Sequence[float] = (0.01, 1.0, 100.0), C: float = 10.0, side: int = 80
                ) -> tuple[np.ndarray, list[Regions]]:
    """(points float64 (N, 2), one `Regions` a γ).

    features, others: (N, D), (M, D), to fit on and to score; labels: int (N,), (M,). side: grid points along an axis.
    """
    scale, plane = StandardScaler().fit(features), PCA(2, random_state=0)
    points = plane.fit_transform(scale.transform(features))
    spread = points.std(0)
    points, rest = points / spread, plane.transform(scale.transform(others)) / spread
    axis = np.linspace(-3, 3, side)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    found = []
    for gamma in gammas:
        svm = SVC(C=C, gamma=gamma).fit(points, labels)
        support = np.zeros(len(points), dtype=bool)
        support[svm.support_] = True
        found.append(Regions(gamma, axis, svm.predict(grid).reshape(side, side), support,
                             float(svm.score(points, labels)), float(svm.score(rest, other_labels))))
    return points, found
