"""What a network makes of planted occluders and poses, of which the truth is known: ``planted.json`` beside a result.

`{weights_sha256, n, accuracy, corruptions: {condition: accuracy}, attention: {measure: {mean, sd, n, …}} or null}`,
of the very test images of `robustness_clean`; written after the test split had been read, and nothing is chosen by it.
"""

from __future__ import annotations

import json

from ferkit.core.errors import DataChanged
from ferkit.results.predictions import where
from ferkit.results.records import CellResult
from ferkit.results.robustness import Robustness

FILE = "planted.json"


def read(cell: CellResult) -> dict | None:
    """The file's content; None where it was not measured. InputError for a damaged file, or one of other weights."""
    path = cell.directory / FILE
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        measures = (found["attention"] or {}).values()
        shares = [found["accuracy"], *found["corruptions"].values()]
        if (found["weights_sha256"] != cell.metrics["weights_sha256"] or not all(0 <= share <= 1 for share in shares)
                or any(not -1 <= one["mean"] <= 1 or one["sd"] < 0 for one in measures)):
            raise ValueError("it is not of the weights in metrics.json, or holds what is no share")
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataChanged(f"{where(path)}: damaged ({error}); run the cell again") from None


def robustness(cell: CellResult) -> Robustness | None:
    """Accuracy under each planted condition; None where it was not measured."""
    found = read(cell)
    return Robustness(found["n"], found["accuracy"], found["corruptions"]) if found else None
