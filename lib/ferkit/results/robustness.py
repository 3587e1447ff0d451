"""Accuracy on corrupted images from a single view: how systems with and without test-time augmentation compare.

Of a system without test-time augmentation it stands in metrics.json; of another in ``robustness_single_view.json``
beside it: `{weights_sha256, n, accuracy, corruptions: {corruption: accuracy}}`, of the same corrupted images.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ferkit.core.errors import DataChanged
from ferkit.results.predictions import where
from ferkit.results.records import Result

FILE = "robustness_single_view.json"


@dataclass(frozen=True)
class Robustness:
    """n: images. clean: accuracy on them as they are; corruptions: under each corruption. Fractions."""

    n: int
    clean: float
    corruptions: Mapping[str, float]


def as_scored(result: Result) -> Robustness | None:
    """With the system's own test-time augmentation; None where it was not measured."""
    clean, corruptions = result.metrics.get("robustness_clean"), result.metrics.get("robustness")
    return Robustness(clean["n"], clean["accuracy"], corruptions) if clean and corruptions else None


def single_view(result: Result) -> Robustness | None:
    """From the image alone; None where it was not measured. InputError for a damaged file, or one of other weights."""
    if result.metrics["tta"] == "none":
        return as_scored(result)
    found = read_beside(result, FILE, "make it again with ferkit robustness")
    return None if found is None else of(found)


def of(found: Mapping) -> Robustness:
    """What such a file says of accuracy."""
    return Robustness(int(found["n"]), float(found["accuracy"]),
                      {name: float(value) for name, value in found["corruptions"].items()})


def read_beside(result: Result, name: str, again: str, check: Callable[[dict], object] = of) -> dict | None:
    """The content of a file that was measured with a result's weights; None where there is none.

    check: raises where its further content is wrong. again: how it is made anew. InputError for a damaged file, one of
    other weights, or an accuracy outside [0, 1]."""
    path = result.directory / name
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        told = of(found)
        shares = (told.clean, *told.corruptions.values())
        if found["weights_sha256"] != result.metrics["weights_sha256"] or not all(0 <= share <= 1 for share in shares):
            raise ValueError("it is not of the weights in metrics.json, or holds what is no accuracy")
        check(found)
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataChanged(f"{where(path)}: damaged ({error}); {again}") from None
