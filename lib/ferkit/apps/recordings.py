"""A recording as a folder of frames: the expression at every moment, by a network that has seen what came before.

Frames are taken in order of name; of each the largest face counts. The published network learned on drawn sequences of
about a dozen frames an expression: give it ten to fifteen frames a second. How right it is on people has not been
measured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ferkit import papers
from ferkit.apps import photos
from ferkit.apps.photos import Row
from ferkit.apps.predictor import Prediction
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.experiments import evaluation
from ferkit.models import weights
from ferkit.results import weights_catalogue
from ferkit.results.predictions import softmax


@dataclass(frozen=True)
class OverTime:
    """A network over time on the CPU. name: as published, or the file. label_names: of its answers."""

    name: str
    label_names: tuple[str, ...]
    predictor: evaluation.Predictor
    system: papers.System

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """float32 (T, K), row t from the frames up to t. crops: uint8 (T, 48, 48), consecutive."""
        return softmax(self.predictor.scores(self.system.kind.moments(crops)))

    def predict(self, crops: np.ndarray) -> Prediction:
        """The answer at each frame; crops as for `probabilities`."""
        chances = self.probabilities(crops)
        return Prediction(self.label_names, chances.argmax(1), chances, chances)


def load(name: str | None = None) -> OverTime:
    """The network over time published under `name` or saved in a file; None takes the default on drawn sequences.

    InputError for an unknown name, a damaged file, or a network that is asked about single images.
    """
    path, name = weights_catalogue.locate(name or f"{papers.default_for('predict sequence')[0]}/ours@synthetic")
    header = weights.read_header(path)
    system = papers.system(header["system"])
    if system.kind.moments is None:
        raise InputError(f"{name}: {system.display} is asked about single images; leave out --sequence")
    if str(header.get("trained_on")).startswith(paths.WITHOUT_IMAGES):
        raise InputError(f"{name}: it learned on points, which frames do not hold; name weights of images")
    predictor, _ = evaluation.open_weights(path, papers.system)
    return OverTime(name, tuple(header["label_names"]), predictor, system)


def predict(model: OverTime, folder: Path, *, ready: bool = False) -> list[Row]:
    """A row for each frame of the folder, in order of name; a frame that cannot be read is left out of what the network
    sees and gives a row with its error. ready: frames are face crops. InputError for a folder without images."""
    if not folder.is_dir():
        raise InputError(f"{folder}: not a folder; name one that holds the frames of a recording")
    frames = sorted(photos.photos_of([str(folder)], None), key=lambda photo: _in_order(photo.path))
    return list(photos.answered(model, [photos.unanswered(frame, ready)[0] for frame in frames]))


def _in_order(name: str) -> list[tuple[int, str]]:
    """By which frame 2 comes before frame 10, with or without leading zeros."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def plot(rows: Sequence[Row], path: Path, title: str) -> None:
    """The probabilities over the frames as a page that needs no network."""
    from ferkit.reporting.figures.sequences import over_time

    figure = over_time([row.probabilities for row in rows], title=title)
    files.write_text(path, figure.to_html(include_plotlyjs=True))
