"""Classifiers fitted on features: the interface, and scikit-learn's pipelines as one kind of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile, ZipFile, ZipInfo

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from ferkit.core import files, progress
from ferkit.core.errors import InputError
from ferkit.data import splits
from ferkit.models import one_vs_one, svm
from ferkit.models.one_vs_one import OneVsOne

Labelled = tuple[np.ndarray, np.ndarray]  # features float (N, D), labels int (N,)


class Head(Protocol):
    """A fitted classifier on features (N, D)."""

    def predict(self, views: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """(scores float32 (N, K), labels int64 (N,)) of features (N, D) of one or more views. The higher a score the
        likelier, but not calibrated; of one view the labels are its own decision, which need not be the argmax."""

    def save(self, path: Path) -> None:
        """Write it as one file, atomically, without pickle."""


class HeadKind(Protocol):
    """One kind of head. `version` is raised where a change of it changes results. `saved`: whether a result keeps it;
    not where it would be a copy of the training images."""

    version: int
    saved: bool

    def fit(self, train: Labelled, val: Labelled, *, search_rows: int, seed: int, num_classes: int, name: str
            ) -> tuple[Head, dict[str, object]]:
        """The head, its hyperparameters chosen on `val`, and what metrics.json says of it under "svm".

        search_rows: training rows of the search; 0 = all.
        """

    def refit(self, features: np.ndarray, labels: np.ndarray, facts: dict[str, object], num_classes: int) -> Head:
        """The head with the hyperparameters that `fit` recorded."""

    def load(self, path: Path) -> Head:
        """A saved head; InputError where the file is none."""


@dataclass(frozen=True)
class SklearnHead:
    """A fitted scikit-learn pipeline whose last step classifies. num_classes: K, of which training may have shown
    fewer."""

    pipeline: Pipeline
    num_classes: int

    @property
    def classes(self) -> np.ndarray:
        """The labels seen in training, int64 (K',)."""
        return np.asarray(self.pipeline.classes_)

    @property
    def fitted(self) -> list[np.ndarray]:
        """The numbers that its steps learned and a decision depends on."""
        return [getattr(step, name) for _, step in self.pipeline.steps for name in FITTED
                if getattr(step, name, None) is not None]

    @property
    def size(self) -> int:
        """How many numbers those are."""
        return sum(map(np.size, self.fitted))

    def scores(self, features: np.ndarray) -> np.ndarray:
        """What `predict` gives of one view, float32 (N, K); a label unseen in training scores lowest."""
        decide = getattr(self.pipeline, "decision_function", None) or self.pipeline.predict_proba
        seen = decide(features)
        if seen.ndim == 1:  # two classes have one decision, positive for the second
            seen = np.stack([-seen, seen], axis=1)
        lowest = seen.min(axis=1, initial=0.0, keepdims=True) - 1  # of each row by itself: batches change nothing
        scores = np.broadcast_to(lowest, (len(seen), self.num_classes)).astype(np.float32)
        scores[:, self.classes] = seen
        return scores

    def predict(self, views: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """See `Head.predict`: of one view its scores and votes (an SVM's one-vs-one, ties to the lower label), of
        several the mean scores and the highest of them."""
        if len(views) == 1:
            scores = self.scores(views[0])
            if isinstance(self.pipeline[-1], SVC):
                # scikit-learn's score of a class is its votes and less than a third more, so that asking for votes
                # as well would compute every kernel value twice; of two classes it is the decision itself.
                return scores, (np.rint(scores) if len(self.classes) > 2 else scores).argmax(1).astype(np.int64)
            return scores, self.pipeline.predict(views[0]).astype(np.int64)
        scores = np.mean([self.scores(features) for features in views], axis=0)
        return scores, scores.argmax(axis=1).astype(np.int64)

    def save(self, path: Path) -> None:
        """One safetensors file: the pipeline as skops writes it (arrays and parameters, no pickle), as bytes."""
        from skops.io import dumps

        about = {"num_classes": self.num_classes, "steps": [name for name, _ in self.pipeline.steps]}
        with files.replacing(Path(path)) as aside:
            save_file({"skops": np.frombuffer(_reproducible(dumps(self.pipeline)), np.uint8)}, aside,
                      metadata={"head": json.dumps(about)})  # one entry: safetensors writes several in any order

    @classmethod
    def load(cls, path: Path, trusted: Sequence[str] = ()) -> SklearnHead:
        """The head saved at `path`. trusted: types in it beside numpy's and scikit-learn's own, by full name.

        InputError where the file is no head, was written before version 3, or holds another type.
        """
        from skops.io import loads
        from skops.io.exceptions import UntrustedTypesFoundException

        try:
            with safe_open(path, framework="numpy") as file:
                header = file.metadata()
                number = header.get("num_classes") or json.loads(header["head"])["num_classes"]  # its own entry once
                head = cls(loads(file.get_tensor("skops").tobytes(), trusted=list(trusted)), int(number))
            if not all(np.isfinite(array).all() for array in head.fitted):
                raise ValueError("a number in it is NaN or infinite")
            return head
        except (OSError, SafetensorError, BadZipFile, KeyError, ValueError, TypeError, AttributeError, RecursionError,
                UntrustedTypesFoundException) as error:
            raise InputError(f"{path}: no saved SVM head ({type(error).__name__}): fit it again") from error


def _reproducible(dumped: bytes) -> bytes:
    """A skops file with numbers in place of memory addresses, and without the time: equal for equal pipelines."""
    with ZipFile(BytesIO(dumped)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return found[1] + numbers.setdefault(found[2], str(len(numbers)))

    held["schema.json"] = re.sub(r'("__id__": |"file": ")(\d+)', numbered, held["schema.json"].decode()).encode()
    with BytesIO() as stream:
        with ZipFile(stream, "w") as archive:
            for name, content in held.items():
                archive.writestr(ZipInfo(re.sub(r"^()(\d+)", numbered, name)), content)
        return stream.getvalue()


# What scikit-learn's steps learn from data, by attribute.
FITTED = ("mean_", "scale_", "components_", "cluster_centers_", "support_vectors_", "dual_coef_", "intercept_", "coef_",
          "_fit_X")


@dataclass(frozen=True)
class SklearnKind:
    """Pipelines of scikit-learn, the last step's hyperparameters chosen on validation.

    make: seed → the unfitted pipeline. grid: values by parameter of the last step; those of `gamma` are multiples of
    1 / (D · variance of the features that reach it), scikit-learn's "scale". trusted: as for `SklearnHead.load`.
    """

    make: Callable[[int], Pipeline]
    grid: Mapping[str, Sequence[float]] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()
    saved: bool = True
    version: int = 3  # 1, 2: training features rounded to 255 steps; 1: a single view whatever the recipe's

    def fit(self, train: Labelled, val: Labelled, *, search_rows: int, seed: int, num_classes: int, name: str
            ) -> tuple[SklearnHead, dict[str, object]]:
        """See `HeadKind.fit`."""
        pipeline, facts = self.make(seed), {}
        if self.grid:
            progress.note(f"{name}  search for {' and '.join(self.grid)}")
            chosen, table = self.search(train, val, search_rows, seed)
            pipeline[-1].set_params(**chosen)
            facts = {"kernel": getattr(pipeline[-1], "kernel", "linear"), "C": chosen["C"],
                     "gamma": chosen.get("gamma", 0.0), "version": self.version, "search": table}
        progress.note(f"{name}  fit on {len(train[1])} rows")
        head = SklearnHead(pipeline.fit(*train), num_classes)
        if hasattr(pipeline[-1], "support_"):
            facts["support_vectors"] = len(pipeline[-1].support_)
        return head, facts

    def search(self, train: Labelled, val: Labelled, rows: int, seed: int
               ) -> tuple[dict[str, float], list[dict[str, float]]]:
        """The parameters of the highest validation accuracy, fitted on at most `rows` stratified training rows (0 =
        all), and every point tried with its val_accuracy and rows. Equal accuracies go to the smaller C, then the
        smaller gamma (the smoother machine). What comes before the last step is fitted once.
        """
        chosen = splits.proportional_rows(train[1], rows, seed)
        *before, (_, last) = self.make(seed).steps
        prepare = Pipeline(before or [("as they are", "passthrough")]).fit(train[0][chosen], train[1][chosen])
        (x, y), (x_val, y_val) = (prepare.transform(train[0][chosen]), train[1][chosen]), (prepare.transform(val[0]),
                                                                                        val[1])
        variance = float(x.var())
        if not variance:
            raise InputError("the features of all training images are equal, so no classifier can be fitted on them; "
                             "train the network under it again, with a smaller lr")
        table = []
        for point in ParameterGrid(dict(self.grid)):
            if "gamma" in point:
                point["gamma"] /= x.shape[1] * variance
            votes = clone(last).set_params(**point).fit(x, y).predict(x_val)
            table.append({**point, "val_accuracy": float(np.mean(votes == y_val)), "rows": len(chosen)})
        best = max(table, key=lambda row: (row["val_accuracy"], -row["C"], -row.get("gamma", 0.0)))
        return {key: best[key] for key in self.grid}, table

    def refit(self, features: np.ndarray, labels: np.ndarray, facts: dict[str, object], num_classes: int
              ) -> SklearnHead:
        """See `HeadKind.refit`."""
        pipeline = self.make(0)
        pipeline[-1].set_params(**{key: facts[key] for key in self.grid})
        return SklearnHead(pipeline.fit(features, labels), num_classes)

    def load(self, path: Path) -> SklearnHead | OneVsOne:
        """See `HeadKind.load`; a compact SVM is one too."""
        return OneVsOne.load(path) if one_vs_one.read_header(path) else SklearnHead.load(path, self.trusted)


RBF_SVM = SklearnKind(svm.rbf, {"C": svm.C_GRID, "gamma": svm.GAMMA_GRID})
