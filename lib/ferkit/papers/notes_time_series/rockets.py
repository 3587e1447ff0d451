"""Random convolutions over time with a ridge classifier: MiniRocket, and MultiRocket beside Hydra, by aeon.

Dempster, Schmidt & Webb 2021, arXiv 2012.08791 (MiniRocket); Tan, Dempster, Bergmeir & Webb 2022, arXiv 2102.00457
(MultiRocket); Dempster, Schmidt & Webb 2023, arXiv 2203.13652 (Hydra, and the two together).
Differs from the papers: sequences of unequal lengths are stretched to the longest by linear interpolation, for these
transforms take equal ones; MultiRocket does not normalise each series, for how far a face is from its rest matters; the
ridge's strength is chosen on validation, not by leaving out single rows, whose neighbours in time would give them away.
Where a task restricts the candidates, each set of candidates has a classifier of its own, fitted on its own rows.

aeon is an extra (``pip install "ferkit[sequences]"``) and is imported on first use; its first transform is compiled for
about half a minute, once for each installation.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from scipy.linalg import eigh

from ferkit.core import files, progress
from ferkit.core.errors import InputError
from ferkit.data.sequences.sequence_set import WIDTH
from ferkit.papers.notes_time_series.network import NEVER

ALPHAS = tuple(10.0 ** k for k in range(-1, 6))


def sequences(packed: np.ndarray) -> np.ndarray:
    """What a rocket's head classifies: the sequences as they are, float32 (N, T, C) of `SequenceSet.images`."""
    return np.asarray(packed, dtype=np.float32)


@dataclass(frozen=True)
class RocketHead:
    """Fitted transforms and a linear classifier for each question.

    kind: of KINDS. arrays: the transforms' own parameters. mean, scale: (F,), standardisation of their features.
    questions: bool (Q, K), sets of candidates; coefficients float32 (Q, K, F) and intercepts (Q, K) answer them.
    """

    kind: str
    shape: tuple[int, int]
    arrays: dict[str, np.ndarray]
    mean: np.ndarray
    scale: np.ndarray
    questions: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray

    @property
    def size(self) -> int:
        """How many numbers were fitted."""
        return int(self.coefficients.size + self.intercepts.size)

    def scores(self, packed: np.ndarray) -> np.ndarray:
        """See `heads.Head.predict`; what is no candidate scores lowest. InputError for candidates that training
        did not have."""
        features = (_transformed(self.kind, self.arrays, _stretched(packed, self.shape[1])) - self.mean) / self.scale
        scores = np.full((len(packed), self.questions.shape[1]), NEVER, np.float32)
        for row, question in enumerate(_questions(packed)):
            known = np.flatnonzero((self.questions == question).all(1))
            if not len(known):
                raise InputError("the sequences ask between labels that this classifier never had to choose from")
            scores[row, question] = (self.coefficients[known[0]] @ features[row] + self.intercepts[known[0]])[question]
        return scores

    def predict(self, views: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """See `heads.Head.predict`: the mean scores and the candidate with the highest of them."""
        scores = np.mean([self.scores(packed) for packed in views], axis=0)
        return scores, scores.argmax(1).astype(np.int64)

    def save(self, path: Path) -> None:
        """One safetensors file, whole or not at all."""
        own = {name: getattr(self, name) for name in _ARRAYS}
        own |= {f"transform.{name}": value for name, value in self.arrays.items()}
        header = {"rocket": json.dumps({"kind": self.kind, "shape": list(self.shape)})}
        with files.replacing(path) as aside:
            save_file({name: np.ascontiguousarray(value) for name, value in own.items()}, aside, header)


_ARRAYS = ("mean", "scale", "questions", "coefficients", "intercepts")


@dataclass(frozen=True)
class RocketKind:
    """One kind of rocket as a head (`models.heads.HeadKind`)."""

    kind: str
    version: int = 1
    saved: bool = True

    def fit(self, train: tuple[np.ndarray, np.ndarray], val: tuple[np.ndarray, np.ndarray], *, search_rows: int,
            seed: int, num_classes: int, name: str) -> tuple[RocketHead, dict[str, object]]:
        """The head and what metrics.json says of it; all rows are fitted and searched with."""
        longest = max(train[0].shape[1], 9)  # the shortest series that the kernels fit into
        progress.note(f"{name}  transform ({self.kind})")
        stretched = _stretched(train[0], longest)
        arrays = _fitted(self.kind, stretched, seed)
        x, v = (_transformed(self.kind, arrays, part) for part in (stretched, _stretched(val[0], longest)))
        mean, scale = x.mean(0), np.maximum(x.std(0), 1e-6)
        x, v = (x - mean) / scale, (v - mean) / scale
        asked, asked_val = _questions(train[0]), _questions(val[0])
        questions = np.unique(asked, axis=0)
        coefficients = np.zeros((len(questions), num_classes, x.shape[1]), np.float32)
        intercepts, chosen = np.zeros((len(questions), num_classes), np.float32), []
        for number, question in enumerate(questions):
            progress.note(f"{name}  ridge {number + 1} of {len(questions)}")
            rows, held = (asked == question).all(1), (asked_val == question).all(1)
            best = max(_ridges(x[rows], train[1][rows], question), key=lambda ridge: _accuracy(
                ridge, v[held], val[1][held], question))
            coefficients[number], intercepts[number] = best[1], best[2]
            chosen.append(best[0])
        head = RocketHead(self.kind, (train[0].shape[2], longest), arrays, mean, scale, questions, coefficients,
                          intercepts)
        return head, {"kernel": "linear", "features": int(x.shape[1]), "alpha": chosen}

    def refit(self, features: np.ndarray, labels: np.ndarray, facts: dict[str, object], num_classes: int) -> RocketHead:
        """Not possible without validation rows: InputError."""
        raise InputError(f"{self.kind}: its weights are not published; run the system again")

    def load(self, path: Path) -> RocketHead:
        """A saved head, equal to the one saved; InputError where the file is none."""
        try:
            with safe_open(path, framework="numpy") as file:
                header = json.loads((file.metadata() or {})["rocket"])
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            own = {name: arrays.pop(name) for name in _ARRAYS}
            transform = {name.removeprefix("transform."): value for name, value in arrays.items()}
            return RocketHead(header["kind"], tuple(header["shape"]), transform, **own)
        except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
            raise InputError(f"{path}: no saved rocket ({type(error).__name__}): run the system again") from error


MINIROCKET, MULTIROCKET_HYDRA = RocketKind("minirocket"), RocketKind("multirocket_hydra")


def _questions(packed: np.ndarray) -> np.ndarray:
    return packed[:, 0, WIDTH + 2:] > 0


def _stretched(packed: np.ndarray, length: int) -> np.ndarray:
    """Features at `length` equal steps through every sequence, linearly interpolated: float32 (N, D, length); columns
    that are zero in all of them stay."""
    lengths = packed[..., WIDTH].sum(1)
    places = np.linspace(0, 1, length) * (lengths[:, None] - 1)
    low = np.floor(places).astype(int)
    high, share = np.minimum(low + 1, lengths[:, None].astype(int) - 1), (places - low)[..., None]
    rows = np.arange(len(packed))[:, None]
    mixed = packed[rows, low, :WIDTH] * (1 - share) + packed[rows, high, :WIDTH] * share
    return np.ascontiguousarray(mixed.transpose(0, 2, 1), dtype=np.float32)


def _ridges(x: np.ndarray, labels: np.ndarray, question: np.ndarray
            ) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """(alpha, coefficients (K, F), intercepts (K,)) of one-hot ridge regression for every strength; one
    eigendecomposition of the rows' kernel serves them all."""
    targets = np.eye(len(question))[labels] * question
    centre, base = x.mean(0), targets.mean(0)
    values, vectors = eigh((x - centre) @ (x - centre).T)
    turned = vectors.T @ (targets - base)
    for alpha in ALPHAS:
        dual = vectors @ (turned / (np.maximum(values, 0) + alpha)[:, None])
        coefficients = dual.T @ (x - centre)
        yield alpha, coefficients, base - coefficients @ centre


def _accuracy(ridge: tuple[float, np.ndarray, np.ndarray], x: np.ndarray, labels: np.ndarray, question: np.ndarray
              ) -> tuple[float, float]:
    """Share of right answers, equal ones by the stronger ridge."""
    scores = np.where(question, x @ ridge[1].T + ridge[2], -np.inf)
    return float(np.mean(scores.argmax(1) == labels)) if len(x) else 0.0, ridge[0]


def _aeon() -> object:
    try:
        from aeon.transformations.collection import convolution_based
    except ImportError:
        raise InputError('random convolutions need aeon: pip install "ferkit[sequences]"') from None
    warnings.filterwarnings("ignore", "Data seen by instance")  # it warns of series that hardly vary: of still faces
    return convolution_based


def _fitted(kind: str, x: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """The parameters of transforms fitted on series (N, D, T), and which columns vary: the others are left out."""
    import torch

    aeon, columns = _aeon(), np.flatnonzero(np.ptp(x, axis=(0, 2)) > 0)
    x, kept = np.ascontiguousarray(x[:, columns]), {"columns": columns}
    if kind == "minirocket":
        return kept | _tuples(parameters=aeon.MiniRocket(random_state=seed).fit(x).parameters)
    multi = aeon.MultiRocket(random_state=seed, normalise=False).fit(x)
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        hydra = aeon.HydraTransformer(random_state=seed).fit(x)._hydra
    torch.set_num_threads(threads)  # aeon sets both for the whole process
    return kept | _tuples(parameter=multi.parameter, parameter1=multi.parameter1) | {
        "hydra.W": hydra.W.numpy()} | {f"hydra.idx.{k}": idx.numpy() for k, idx in enumerate(hydra.idx)}


def _tuples(**parameters: tuple[np.ndarray, ...]) -> dict[str, np.ndarray]:
    return {f"{name}.{k}": np.asarray(value) for name, values in parameters.items() for k, value in enumerate(values)}


def _tuple(arrays: dict[str, np.ndarray], name: str) -> tuple[np.ndarray, ...]:
    return tuple(arrays[f"{name}.{k}"] for k in range(sum(key.startswith(f"{name}.") for key in arrays)))


def _transformed(kind: str, arrays: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Features float32 (N, F) of series (N, D, T) by transforms with these parameters."""
    import torch

    aeon, x = _aeon(), np.ascontiguousarray(x[:, arrays["columns"]])
    if kind == "minirocket":
        mini = aeon.MiniRocket()
        mini.parameters, mini._n_jobs = _tuple(arrays, "parameters"), 1
        return np.asarray(mini._transform(x), dtype=np.float32)
    multi = aeon.MultiRocket(normalise=False)
    multi.parameter, multi.parameter1 = _tuple(arrays, "parameter"), _tuple(arrays, "parameter1")
    multi._n_jobs, multi.random_state_ = 1, 0
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        hydra = aeon.HydraTransformer(random_state=0).fit(x[:1])._hydra
        hydra.W, hydra.idx = torch.from_numpy(arrays["hydra.W"]), [torch.from_numpy(i) for i in
                                                                   _tuple(arrays, "hydra.idx")]
        own = hydra.batch(torch.from_numpy(x)).numpy()
    torch.set_num_threads(threads)
    # Hydra counts, MultiRocket averages: the square root that its authors take before standardising.
    return np.hstack([np.asarray(multi._transform(x), dtype=np.float32), np.sqrt(np.maximum(own, 0))])
