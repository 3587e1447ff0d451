"""What a network makes of planted occluders and poses, of which the truth is known: ``planted.json`` beside a result.

`{weights_sha256, n, accuracy, corruptions: {condition: accuracy}, attention: {measure: {mean, sd, n, …}} or null}`,
of the very test images of `robustness_clean`; written after the test split had been read, and nothing is chosen by it.
"""

from __future__ import annotations

from ferkit.results.records import Result
from ferkit.results.robustness import Robustness, of, read_beside

FILE = "planted.json"
WORDS = {"occluder_block": "block of {} px", "occluder": "{} covered", "roll": "rolled by {}°",
         "shift": "shifted by {} px"}


def read(result: Result) -> dict | None:
    """The file's content; None where it was not measured. InputError for a damaged file, or one of other weights."""
    return read_beside(result, FILE, "train the system again", _check_attention)


def robustness(result: Result) -> Robustness | None:
    """Accuracy under each planted condition; None where it was not measured."""
    found = read(result)
    return of(found) if found else None


def in_words(condition: str) -> str:
    """A planted condition for people: "mouth covered", "rolled by 20°", "shifted by 4 px", "block of 12 px"."""
    kind, _, strength = condition.rpartition("_")
    return WORDS.get(kind, "{}").format(strength)


def _check_attention(found: dict) -> None:
    if any(not -1 <= one["mean"] <= 1 or one["sd"] < 0 for one in (found["attention"] or {}).values()):
        raise ValueError("it holds what is no share")
