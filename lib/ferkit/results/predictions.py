"""Predictions on disk: the arrays of predictions.npz, written so that equal content gives equal bytes.

index int64 (N,), labels and predicted int64 (N,) in 0…K-1, scores float32 (N, K), probabilities float32 (N, K; absent
where not calibrated), label_names str (K,); where there is test-time augmentation predicted_no_tta int64 (N,), the
decisions on a single view; where subjects are known groups int64 (N,), a number for each. `results/README.md` says
what they mean.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ferkit.core.errors import InputError

# Name → dtype kind and number of dimensions.
ARRAYS = {"index": ("i", 1), "labels": ("i", 1), "predicted": ("i", 1), "scores": ("f", 2),
          "probabilities": ("f", 2), "label_names": ("U", 1), "predicted_no_tta": ("i", 1), "groups": ("i", 1),
          "scores_are": ("U", 0)}
OPTIONAL = ("probabilities", "predicted_no_tta", "groups", "scores_are")
# Read at once: nearly every table needs these alone.
SMALL = ("index", "labels", "predicted", "label_names", "predicted_no_tta", "groups")
SCORE_PARTS, PROBABILITY_PARTS = 2**10, 2**16  # scores and probabilities are kept to one of so many parts of one


def softmax(scores: np.ndarray) -> np.ndarray:
    """float32 (N, K) rows that sum to 1, from scores (N, K); in float64, whose last digits differ less by machine."""
    scores = np.float64(scores)
    exps = np.exp(scores - scores.max(1, keepdims=True))
    return (exps / exps.sum(1, keepdims=True)).astype(np.float32)


def rounded(values: np.ndarray, parts: int) -> np.ndarray:
    """`values` to the nearest of so many parts of one, float32. Whatever is largest stays largest (or as large as
    another). Predictions are kept for every seed: with random last digits they would take twice the space."""
    return (np.round(np.float64(values) * parts) / parts).astype(np.float32)


def probabilities_of(scores: np.ndarray) -> np.ndarray:
    """The probabilities that are kept beside logits, float32 (N, K)."""
    return rounded(softmax(scores), PROBABILITY_PARTS)


class Predictions(Mapping[str, np.ndarray]):
    """The arrays of a predictions.npz by name; scores and probabilities are read when first asked for.

    Nine tenths of the time of reading a file go into these two, which accuracies and paired tests never look at.
    Raises InputError, now or then, for a file that is missing, damaged or holds anything else.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        names, self._read = _load(self.path, SMALL)
        self.compact = "scores_are" in names
        self._names = [name for name in names if name != "scores_are"] + ["probabilities"] * self.compact

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._read:
            if name not in self._names:
                raise KeyError(name)
            if name == "probabilities" and self.compact:
                self._read[name] = probabilities_of(self["scores"])
                return self._read[name]
            late = _load(self.path, (name,))[1]
            _refuse(self.path, _problems(self._read | late))
            self._read |= late
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names  # Mapping's own would read the array

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __or__(self, changed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {**self, **changed}


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Every array of a predictions.npz, never unpickled; InputError when damaged or not what the contract names."""
    return dict(Predictions(path))


def compact(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray] | None:
    """The arrays as they are published; None where nothing can be left out: no probabilities, or others than those of
    the scores."""
    if "probabilities" not in arrays or np.abs(
            probabilities_of(arrays["scores"]) - arrays["probabilities"]).max() > 1 / PROBABILITY_PARTS:
        return None
    kept = {name: array for name, array in arrays.items() if name != "probabilities"}
    return kept | {"scores_are": np.array("logits")}


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], smallest: bool = False) -> None:
    """An .npz whose bytes depend on the arrays alone: sorted names, fixed time stamps, bzip2.

    (numpy's own writer and zlib's versions differ in the bytes they leave for equal content; bzip2 is one program,
    unchanged for years.) smallest: each array by LZMA where that leaves fewer bytes, which may depend on its version.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = _smaller(content.getvalue()) if smallest else zipfile.ZIP_BZIP2
            with archive.open(entry, "w", force_zip64=True) as file:
                file.write(content.getvalue())


def _smaller(content: bytes) -> int:
    """Of LZMA, as zipfile writes it, and bzip2 the method that leaves fewer bytes."""
    packed = lzma.compress(content, format=lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1}])
    return zipfile.ZIP_LZMA if len(packed) < len(bz2.compress(content)) else zipfile.ZIP_BZIP2


def as_contract(predictions: Mapping[str, np.ndarray | None]) -> dict[str, np.ndarray]:
    """The arrays in the contract's dtypes; ValueError when one is missing, unknown or of another shape."""
    arrays = {}
    for name, value in predictions.items():
        if value is None and name in OPTIONAL:
            continue
        kind = ARRAYS.get(name, ("", 0))[0]
        array = np.asarray(value)
        if kind == "i" and array.dtype.kind not in "iu":
            raise ValueError(f"{name} is {array.dtype}, not whole numbers")
        arrays[name] = array.astype({"i": np.int64, "f": np.float32, "U": np.str_}.get(kind, array.dtype))
    problems = _misnamed(arrays) or _problems(arrays)
    if problems:
        raise ValueError(f"predictions: {'; '.join(problems)}")
    return arrays


def _load(path: Path, wanted: tuple[str, ...]) -> tuple[list[str], dict[str, np.ndarray]]:
    """All names in a file, and the wanted arrays, checked as far as they go."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = list(archive.files)
            arrays = {name: archive[name] for name in wanted if name in names}
    except FileNotFoundError:
        raise InputError(f"{where(path)}: missing; train the system again") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{where(path)}: damaged ({error}); train the system again") from None
    _refuse(path, _misnamed(names) or (_problems(arrays) if "labels" in arrays else []))
    return names, arrays


def _refuse(path: Path, problems: list[str]) -> None:
    if problems:
        raise InputError(f"{where(path)}: {problems[0]}; train the system again")


def _misnamed(names: Mapping | list[str]) -> list[str]:
    return [*(f"array {name} is missing" for name in ARRAYS if name not in names and name not in OPTIONAL),
            *(f"array {name} is not one of the contract's" for name in names if name not in ARRAYS)]


def _problems(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """What is wrong with arrays of the right names; labels and label_names, which give N and K, are among them."""
    n, k, problems = len(arrays["labels"]), len(arrays["label_names"]), []
    for name, array in arrays.items():
        kind, dimensions = ARRAYS[name]
        shape = (k,) if name == "label_names" else (n, k)[:dimensions]
        size = {"i": 8, "f": 4}.get(kind, array.dtype.itemsize)
        if array.dtype.kind != kind or array.dtype.itemsize != size or array.shape != shape:
            problems.append(f"array {name} is {array.dtype} {array.shape}, not {shape}")
        elif kind == "f" and not np.isfinite(array).all():
            problems.append(f"array {name} holds nan or infinity")
        elif name in ("labels", "predicted", "predicted_no_tta") and n and (array.min() < 0 or array.max() >= k):
            problems.append(f"array {name} leaves 0…{k - 1}")
    if not n:
        problems.append("it holds no image")
    if len(np.unique(arrays["index"])) != n:
        problems.append("array index names an image twice")
    return problems


def where(path: Path) -> str:
    """The last parts of a path: enough to find the file, and the same on every machine."""
    return "/".join(Path(path).parts[-5:])
