"""Accuracy on corrupted images from a single view: how systems with and without test-time augmentation compare.

Of a system without test-time augmentation it stands in metrics.json; of another in ``robustness_single_view.json``
beside it: `{weights_sha256, n, accuracy, corruptions: {corruption: accuracy}}`, of the same corrupted images.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ferkit.core.errors import DataChanged
from ferkit.results.predictions import where
from ferkit.results.records import CellResult

FILE = "robustness_single_view.json"


@dataclass(frozen=True)
class Robustness:
    """n: images. clean: accuracy on them as they are; corruptions: under each corruption. Fractions."""

    n: int
    clean: float
    corruptions: Mapping[str, float]


def as_scored(cell: CellResult) -> Robustness | None:
    """With the system's own test-time augmentation; None where it was not measured."""
    clean, corruptions = cell.metrics.get("robustness_clean"), cell.metrics.get("robustness")
    return Robustness(clean["n"], clean["accuracy"], corruptions) if clean and corruptions else None


def single_view(cell: CellResult) -> Robustness | None:
    """From the image alone; None where it was not measured. InputError for a damaged file, or one of other weights."""
    if cell.metrics["tta"] == "none":
        return as_scored(cell)
    path = cell.directory / FILE
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        corruptions = {name: float(value) for name, value in found["corruptions"].items()}
        values = [float(found["accuracy"]), *corruptions.values()]
        if found["weights_sha256"] != cell.metrics["weights_sha256"] or not all(0 <= value <= 1 for value in values):
            raise ValueError("it is not of the weights in metrics.json, or holds what is no accuracy")
        return Robustness(int(found["n"]), values[0], corruptions)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataChanged(f"{where(path)}: damaged ({error}); make it again with ferkit robustness") from None
