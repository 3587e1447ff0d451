"""Classifiers fitted on frozen features: the interface, and the RBF SVM as one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ferkit.core import progress
from ferkit.models import svm


class Head(Protocol):
    """A fitted classifier on features (N, D)."""

    def predict(self, views: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """(scores float32 (N, K), predicted labels int64 (N,)) of features (N, D) of one or more views, whose decisions
        are averaged; the labels are its own decision."""

    def save(self, path: Path) -> None:
        """Write it as one file, atomically, without pickle."""


class HeadKind(Protocol):
    """One kind of head. `version` is raised where a change of it changes results."""

    version: int

    def fit(self, train: tuple[np.ndarray, np.ndarray], val: tuple[np.ndarray, np.ndarray], *, search_rows: int,
            seed: int, num_classes: int, name: str) -> tuple[Head, dict[str, object]]:
        """The head, its hyperparameters chosen on `val`, and what metrics.json says of it under "svm".

        train, val: (features float (N, D), labels int (N,)). search_rows: training rows of the search; 0 = all.
        """

    def refit(self, features: np.ndarray, labels: np.ndarray, facts: dict[str, object], num_classes: int) -> Head:
        """The head with the hyperparameters that `fit` recorded."""

    def load(self, path: Path) -> Head:
        """A saved head; InputError where the file is none."""


@dataclass(frozen=True)
class SvmKind:
    """Support vector machines of one kernel (`models.svm`), C and gamma chosen on validation."""

    kernel: str
    version: int = 2  # 1: a single view whatever the recipe's test-time augmentation

    def fit(self, train: tuple[np.ndarray, np.ndarray], val: tuple[np.ndarray, np.ndarray], *, search_rows: int,
            seed: int, num_classes: int, name: str) -> tuple[svm.SvmHead, dict[str, object]]:
        """See `HeadKind.fit`."""
        progress.note(f"{name}  search for C and gamma")
        choice = svm.search(*train, *val, search_rows, seed, kernel=self.kernel, num_classes=num_classes)
        progress.note(f"{name}  fit with C {choice.C:g}, gamma {choice.gamma:.2g}")
        head = svm.fit(*train, choice.C, choice.gamma, self.kernel, num_classes=num_classes, seed=seed)
        return head, {"kernel": self.kernel, "C": choice.C, "gamma": choice.gamma,
                      "support_vectors": len(head.points), "search": list(choice.table)}

    def refit(self, features: np.ndarray, labels: np.ndarray, facts: dict[str, object], num_classes: int
              ) -> svm.SvmHead:
        """See `HeadKind.refit`."""
        return svm.fit(features, labels, facts["C"], facts["gamma"], facts["kernel"], num_classes=num_classes)

    def load(self, path: Path) -> svm.SvmHead:
        """See `HeadKind.load`."""
        return svm.SvmHead.load(path)


RBF_SVM = SvmKind("rbf")
LINEAR_SVM = SvmKind("linear")
