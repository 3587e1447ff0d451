"""Published weights as one object: grey face crops in, expressions out.

>>> import numpy as np, ferkit
>>> model = ferkit.load("deep-emotion")
>>> model.label_names
('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
>>> images = np.full((2, 48, 48), 128, dtype=np.uint8)  # two grey squares in place of your face crops
>>> answer = model.predict(images)
>>> answer.probabilities.shape, bool(np.allclose(answer.probabilities.sum(1), 1))
((2, 7), True)
>>> len(answer.expressions), answer.expressions[0] in model.label_names
(2, True)

The answer names what a face shows by the opinion of FER2013's annotators, not what a person feels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import nn

from ferkit import papers
from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError
from ferkit.experiments import evaluation
from ferkit.models import inference, weights
from ferkit.results import weights_catalogue
from ferkit.results.predictions import softmax

# Images a step: the maps of 32 images stay in a core's cache; 256 take up to twice as long (measured, wide network).
BATCH = 32


@dataclass(frozen=True)
class Prediction:
    """What a system says about N face crops.

    label_names: K names. labels: int64 (N,), the decision. scores: float32 (N, K), logits or an SVM's scores.
    probabilities: float32 (N, K), rows sum to 1; None for an SVM, whose scores are not calibrated.
    """

    label_names: tuple[str, ...]
    labels: np.ndarray
    scores: np.ndarray
    probabilities: np.ndarray | None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def expressions(self) -> list[str]:
        """The decision for each crop, by name."""
        return [self.label_names[k] for k in self.labels]

    @property
    def runners_up(self) -> np.ndarray:
        """The label with the highest score beside the decision, int64 (N,)."""
        others = self.scores.astype(np.float64)
        others[np.arange(len(others)), self.labels] = -np.inf
        return others.argmax(1)


@dataclass(frozen=True)
class Model:
    """A trained system of this project, on the CPU in fp32, as it was tested.

    name: as published, or the file. label_names: the classes, in the order of every (N, K) array. tta: the views
    that are averaged ("none" or "flip"). weights_sha256: of the file. predictor: network, head and their functions.
    trained_on: the data set of the network's training images, "" where that is not known.
    """

    name: str
    label_names: tuple[str, ...]
    tta: str
    weights_sha256: str
    predictor: evaluation.Predictor
    trained_on: str = ""

    @property
    def network(self) -> nn.Module | None:
        """The network in eval mode (the one under it for an SVM; None under hand-crafted features)."""
        return self.predictor.model

    def predict(self, images: np.ndarray) -> Prediction:
        """What each face crop shows.

        images: uint8 0…255, (N, H, W), square grey crops, face upright and filling the picture; 48×48 is taken as it
        is, any other side is resized. InputError for another dtype or shape. N may be 0.
        """
        crops = resized(images)
        if self.predictor.head is not None or self.network is None:
            scores, labels = self.predictor.predict(crops)
            return Prediction(self.label_names, labels, scores, None)
        logits = inference.infer_logits(self.network, crops, tta=self.tta, batch_size=BATCH)
        return Prediction(self.label_names, logits.argmax(1).astype(np.int64), logits, softmax(logits))


def load(name: str | Path | None = None) -> Model:
    """The system published under `name` (`ferkit.published()` lists them) or saved in a weights.safetensors file.

    None takes the best published one, by validation. The file's sha256 is held against the published metrics.json.
    InputError for an unknown name (with the likeliest meant), a damaged file, or weights that are not here (with how to
    make them).
    """
    path, name = weights_catalogue.locate(weights_catalogue.best().full_name if name is None else name)
    predictor, facts = evaluation.open_weights(path, papers.system)
    kind = papers.system(str(facts["system"])).kind
    if kind.name != "image":
        raise InputError(f"{name}: reads {kind.name}, not single images; use ferkit predict --sequence FOLDER")
    labels: Any = facts.get("label_names") or weights.read_header(path)["label_names"]
    network = path if predictor.head is None else evaluation.path_under(path, facts)
    trained_on = weights.read_header(network).get("trained_on", "") if predictor.model else ""
    return Model(name, tuple(labels), str(facts["tta"]), str(facts["weights_sha256"]), predictor, str(trained_on))


def resized(images: np.ndarray) -> np.ndarray:
    """Square grey crops at 48×48, uint8 (N, 48, 48); InputError for anything but uint8 (N, H, H) with H ≥ 1."""
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1] != images.shape[2] or not images.shape[1]:
        raise InputError(f"images are {images.dtype} {images.shape}: give uint8 (N, H, H), grey values 0…255 of square "
                         "face crops; one image alone is image[None]")
    if images.shape[1] == SIZE:
        return images
    way = Image.Resampling.BOX if images.shape[1] > SIZE else Image.Resampling.BILINEAR
    small = [np.asarray(Image.fromarray(image).resize((SIZE, SIZE), way)) for image in images]
    return np.stack(small) if small else np.empty((0, SIZE, SIZE), np.uint8)
