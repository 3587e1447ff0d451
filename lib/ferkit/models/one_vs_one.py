"""An RBF SVM, one class against one, as a module of a few arrays: for ONNX, and as a file of half the size.

A file keeps support vectors as float16. On FER2013's features that moves no decision by more than 0.0003 (`ferkit
export --svm` measures it). Fewer points in place of the support vectors come nowhere near: 1,000 k-means centres with
coefficients by least squares move decisions by up to 0.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from sklearn.pipeline import Pipeline
from torch import Tensor, nn

from ferkit.core.errors import InputError
from ferkit.models import tensor_files

FORMAT = "ferkit-svm-1"
ARRAYS = ("mean", "scale", "points", "duals", "counts", "intercepts", "classes")


class OneVsOne(nn.Module):
    """Decisions of K' (K' - 1) / 2 pairs of classes, the scores and votes that follow from them; a `heads.Head`.

    arrays: mean, scale (D,), of the standardised features; points (P, D), the support vectors class by class, counts
    (K',) of each; duals (K'-1, P), as scikit-learn lays them out; intercepts (pairs,); classes (K',), those that
    training showed, of num_classes. A decision is the sum of duals · exp(-gamma |x - point|²) and its intercept,
    positive for the first of its pair (of two classes alone, scikit-learn's sign is turned).
    """

    def __init__(self, arrays: Mapping[str, Tensor], gamma: float, num_classes: int) -> None:
        super().__init__()
        self.gamma, self.num_classes = gamma, num_classes
        for name in ARRAYS:
            self.register_buffer(name, arrays[name])
        self.register_buffer("weights", _by_pair(self.duals.double(), self.counts.tolist()), persistent=False)
        k = len(self.classes)
        sides = torch.zeros(2, k * (k - 1) // 2, k, dtype=torch.float64)
        for number, (i, j) in enumerate(combinations(range(k), 2)):
            sides[0, number, i] = sides[1, number, j] = 1
        self.register_buffer("first", sides[0], persistent=False)
        self.register_buffer("second", sides[1], persistent=False)

    @classmethod
    def of(cls, pipeline: Pipeline, num_classes: int) -> OneVsOne:
        """What a fitted pipeline of StandardScaler and SVC(kernel="rbf") computes, exactly."""
        standardise, machine = pipeline[0], pipeline[-1]
        sign = -1.0 if len(machine.classes_) == 2 else 1.0  # for two classes scikit-learn's decision is the second's
        arrays = {"mean": standardise.mean_, "scale": standardise.scale_, "duals": sign * machine.dual_coef_,
                  "intercepts": sign * machine.intercept_, "classes": machine.classes_.astype(np.int64),
                  "counts": machine.n_support_.astype(np.int64), "points": machine.support_vectors_.astype(np.float32)}
        return cls({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()},
                   float(machine._gamma), num_classes)

    def decisions(self, features: Tensor) -> Tensor:
        """float64 (N, pairs). features: (N, D), as they come from the network."""
        x = ((features.double() - self.mean) / self.scale).float().double()  # rounded as scikit-learn does
        points = self.points.double()
        squares = (x * x).sum(1, keepdim=True) + (points * points).sum(1) - 2 * (x @ points.T)
        return torch.exp(-self.gamma * squares.clamp(min=0)) @ self.weights + self.intercepts

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Scores float32 (N, K) and votes int64 (N,), as scikit-learn's one-vs-one counts them."""
        decision = self.decisions(features)
        if len(self.classes) == 2:
            return (spread(torch.cat([decision, -decision], 1), self.classes, self.num_classes),
                    self.classes[(decision[:, 0] <= 0).long()])
        won = (decision > 0).double() @ self.first + (decision <= 0).double() @ self.second
        sure = decision @ (self.first - self.second)
        seen = (decision >= 0).double() @ self.first + (decision < 0).double() @ self.second
        return (spread(seen + sure / (3 * (sure.abs() + 1)), self.classes, self.num_classes),
                self.classes[won.argmax(1)])

    @torch.no_grad()
    def predict(self, views: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """See `heads.Head.predict`."""
        said = [self(torch.from_numpy(features)) for features in views]
        if len(said) == 1:
            return said[0][0].numpy(), said[0][1].numpy()
        scores = np.mean([scores.numpy() for scores, _ in said], axis=0)
        return scores, scores.argmax(axis=1).astype(np.int64)

    def compact(self) -> OneVsOne:
        """The same with support vectors as float16 and coefficients as float32, as a file keeps them."""
        smaller = {"points": self.points.half(), "duals": self.duals.float()}
        return OneVsOne({name: getattr(self, name) for name in ARRAYS} | smaller, self.gamma, self.num_classes)

    def save(self, path: Path, about: Mapping[str, object] | None = None) -> None:
        """Write it as one safetensors file. about: what its header says beside the form, JSON-able."""
        header = {**(about or {}), "format": FORMAT, "gamma": self.gamma, "num_classes": self.num_classes}
        tensor_files.save_tensors(path, {name: getattr(self, name) for name in ARRAYS}, {"ferkit": json.dumps(header)})

    @classmethod
    def load(cls, path: Path) -> OneVsOne:
        """The SVM saved at `path`; InputError where the file is none."""
        header = read_header(path)
        try:
            if header is None:
                raise ValueError("another kind of file")
            arrays = load_file(path)
            _check(arrays, header)
            return cls(arrays, float(header["gamma"]), int(header["num_classes"]))
        except (SafetensorError, KeyError, ValueError, TypeError, IndexError) as error:
            raise InputError(f"{path}: no saved SVM ({type(error).__name__}): {error}") from None


def spread(seen: Tensor, classes: Tensor, num_classes: int) -> Tensor:
    """Scores of the classes seen in training, the lowest for any other, float32 (N, num_classes)."""
    if len(classes) == num_classes:
        return seen.float()
    places = torch.zeros(len(classes), num_classes, dtype=seen.dtype)
    places[torch.arange(len(classes)), classes] = 1
    lowest = seen.min(1, keepdim=True).values.clamp(max=0.0) - 1
    return (seen @ places + lowest * (1 - places.sum(0))).float()


def read_header(path: Path) -> dict[str, object] | None:
    """What a saved SVM says of itself; None for any other file."""
    try:
        header = json.loads(tensor_files.metadata(path).get("ferkit", "null"))
    except (OSError, SafetensorError, ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) and header.get("format") == FORMAT else None


def _check(arrays: Mapping[str, Tensor], header: Mapping[str, object]) -> None:
    """ValueError for arrays that do not belong together."""
    d, k, points = len(arrays["mean"]), len(arrays["classes"]), int(arrays["counts"].sum())
    shapes = {"mean": (d,), "scale": (d,), "classes": (k,), "counts": (k,), "intercepts": (k * (k - 1) // 2,),
              "points": (points, d), "duals": (k - 1, points)}
    bad = [name for name, shape in shapes.items() if tuple(arrays[name].shape) != shape
           or not arrays[name].isfinite().all()]
    if bad or not 2 <= k <= int(header["num_classes"]) or not 0 < float(header["gamma"]) < float("inf"):
        raise ValueError(f"{bad[0] if bad else 'its header'} does not fit the rest, or is not finite")
    if not 0 <= int(arrays["classes"].min()) <= int(arrays["classes"].max()) < int(header["num_classes"]):
        raise ValueError("a class is out of range")


def _by_pair(duals: Tensor, counts: Sequence[int]) -> Tensor:
    """The dual coefficients of a one-vs-one SVC by pair, (P, K(K-1)/2): what kernel values are multiplied with.
    scikit-learn lays them out as (K-1, P), the class of a support vector left out."""
    starts = np.cumsum([0, *counts])
    rows = [slice(start, end) for start, end in pairwise(starts)]
    pairs = list(combinations(range(len(counts)), 2))
    weights = torch.zeros(int(starts[-1]), len(pairs), dtype=duals.dtype)
    for number, (i, j) in enumerate(pairs):
        weights[rows[i], number] = duals[j - 1, rows[i]]
        weights[rows[j], number] = duals[i, rows[j]]
    return weights
