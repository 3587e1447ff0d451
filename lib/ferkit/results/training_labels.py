"""What training did to the labels of its images: the arrays of training_labels.npz.

Written beside a result whose labels had noise planted in them, or whose method keeps something for each training image.
N training images in the data set's order; one row of `log` for each new label that the method gave.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ferkit.core import files
from ferkit.core.errors import DataChanged, InputError
from ferkit.results.predictions import where

FILE = "training_labels.npz"
# Name → dtype kind and number of dimensions. index: as in the data set; labels: the data set's own; given: those that
# training started with; probability_given: of these under the trained network; alpha: how far it trusts each image, in
# (0, 1); final: the labels at the end; log: (M, 5) place among the N, epoch from 0, old label, new label, whether the
# method ranked it low.
ARRAYS = {"index": ("i", 1), "labels": ("i", 1), "given": ("i", 1), "probability_given": ("f", 1), "alpha": ("f", 1),
          "final": ("i", 1), "log": ("i", 2)}
REQUIRED = ("index", "labels", "given", "probability_given")


def read(path: Path, sha256: str | None = None) -> dict[str, np.ndarray]:
    """The arrays by name; InputError for a file that is missing, damaged or holds anything else, DataChanged for one of
    another sha256 than that (None: not compared)."""
    try:
        if sha256 is not None and files.sha256(path) != sha256:
            raise DataChanged(f"{where(path)}: changed, its sha256 is not that in metrics.json; run it again")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise InputError(f"{where(path)}: missing; run it again") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{where(path)}: damaged ({error}); run it again") from None
    found = problems(arrays)
    if found:
        raise InputError(f"{where(path)}: {found[0]}; run it again")
    return arrays


def problems(arrays: Mapping[str, np.ndarray]) -> list[str]:
    """What is not as it should be; [] for nothing."""
    found = [f"no array {name}" for name in REQUIRED if name not in arrays]
    for name, array in arrays.items():
        if ARRAYS.get(name) != (array.dtype.kind, array.ndim):
            found.append(f"array {name} is {array.dtype} {array.shape}, which no training writes")
        elif name != "log" and not found and len(array) != len(arrays["index"]):
            found.append(f"array {name} is of {len(array)} images, index of {len(arrays['index'])}")
    return found
