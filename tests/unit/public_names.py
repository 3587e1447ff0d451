"""The public names as a user's type checker sees them: `npx pyright tests/unit/public_names.py` finds nothing."""

from pathlib import Path
from typing import assert_type

import numpy as np

import ferkit


def faces(photo: Path) -> list[str]:
    """The expressions on a photograph."""
    found = ferkit.read(photo, model="deep-emotion")
    assert_type(found, list[ferkit.Face])
    for face in found:
        assert_type(face.box, tuple[int, int, int, int] | None)
        assert_type(face.probability, float | None)
        assert_type(face.probabilities, dict[str, float] | None)
    return [face.expression for face in found]


def crops(images: np.ndarray) -> list[str]:
    """The expressions of face crops."""
    model: ferkit.Model = ferkit.load("deep-emotion")
    assert_type(ferkit.published(), list[str])
    prediction: ferkit.Prediction = model.predict(images)
    assert_type(prediction.probabilities, np.ndarray | None)
    assert_type(model.label_names, tuple[str, ...])
    return prediction.expressions


def refused() -> str:
    """What a typo raises."""
    try:
        ferkit.load("nothing")
    except ferkit.InputError as error:
        return str(error)
    return ferkit.__version__
