"""From a trained system to the numbers of metrics.json: validation, a training sample, and one read of the test split.

Everything here computes on the CPU in fp32 unless a model was moved elsewhere, so that a published figure can be had
again to the digit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ferkit.core import files
from ferkit.core.errors import DataChanged, InputError
from ferkit.data import splits
from ferkit.data.face_set import FaceSet
from ferkit.experiments import corruptions
from ferkit.experiments.system import System
from ferkit.models import inference, one_vs_one, weights
from ferkit.models.facts import structure
from ferkit.models.heads import Head
from ferkit.results import records
from ferkit.results.predictions import SCORE_PARTS, probabilities_of, rounded
from ferkit.stats import classification
from ferkit.training.inputs import IMAGE, Input

_TRAIN_SAMPLE = 3589  # training images on which the train-test gap is measured, as many as FER2013's test split


@dataclass(frozen=True)
class Predictor:
    """A trained system as a function of uint8 images (N, 48, 48).

    predict: (scores float32 (N, K), votes int64 (N,)); the votes are the system's own decision (an SVM's are not its
    scores' argmax). single: the same from a single view. model: the network, None under hand-crafted features. head:
    the classifier on features, if there is one.
    """

    predict: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    single: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    model: nn.Module | None = None
    head: Head | None = None

    def scores(self, images: np.ndarray) -> np.ndarray:
        """float32 (N, K): logits averaged over the views of the recipe's `tta`, or the SVM's scores."""
        return self.predict(images)[0]

    def votes(self, images: np.ndarray) -> np.ndarray:
        """int64 (N,): the class that each image is put into."""
        return self.predict(images)[1]


def network_predictor(model: nn.Module, tta: str, kind: Input = IMAGE) -> Predictor:
    """A network with its own softmax as the decision, its logits averaged over the views of `tta`."""
    def under(tta: str) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
        def predict(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            logits = inference.infer_logits(model, inputs, tta=tta, store=kind.store, views=kind.views)
            return logits, logits.argmax(1).astype(np.int64)

        return predict

    return Predictor(under(tta), under("none"), model)


def head_predictor(features: Callable[[np.ndarray], np.ndarray], head: Head, model: nn.Module | None = None, *,
                   tta: str = "none") -> Predictor:
    """A classifier on features, its scores averaged over the image and, with `tta` "flip", its mirror image.

    features: images uint8 (N, H, W) → float32 (N, D).
    """
    def single(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return head.predict([features(images)])

    def flipped(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return head.predict([features(images), features(np.ascontiguousarray(images[..., ::-1]))])

    return Predictor({"none": single, "flip": flipped}[tta], single, model, head)


class CountedSplits:
    """A data set that counts how often its test split was asked for (`test_reads`), and is itself otherwise."""

    def __init__(self, faces: FaceSet) -> None:
        self._faces, self.test_reads = faces, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._faces, name)

    def part(self, split: str) -> FaceSet:
        """The images of one split."""
        self.test_reads += split == "test"
        return self._faces.part(split)


def evaluate(predictor: Predictor, facts: Mapping[str, object], faces: FaceSet, *, robustness_images: int | None = None
             ) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """(metrics, predictions): `facts` with everything measured on `faces`, and the arrays of predictions.npz.

    facts: what is known of the system already; must hold `seed` and `tta`. test_reads: how often the test split was
    asked for, since training began where `faces` are `CountedSplits`.
    robustness_images: on how many stratified test images the damage is measured (0 = all, None = not at all).
    """
    counted = faces if isinstance(faces, CountedSplits) else CountedSplits(faces)
    train, val, test = (counted.part(split) for split in ("train", "val", "test"))
    k = len(faces.label_names)
    learned = tuple(facts.get("label_names") or faces.label_names)
    told = predictor.scores(test.images[:1]).shape[1] if len(learned) == k else len(learned)
    if told != k:
        raise InputError(f"the weights tell {told} classes apart, the data have {k} ({', '.join(faces.label_names)}); "
                         "choose the labels that they were trained on (--labels, --contempt, labels.json)")
    if learned != tuple(faces.label_names):
        raise InputError(f"the weights tell apart {', '.join(learned)}, in this order, the data "
                         f"{', '.join(faces.label_names)}; give the classes the same names and order (labels.json)")
    measured = {"dataset": faces.source["dataset"], "data_sha256": faces.content_hash,
                "protocol": faces.source.get("protocol", "official"), "labels": faces.source.get("labels", "own"),
                "split": "test", "n_train": len(train),
                "n_train_per_class": faces.counts().get("train"), "test_reads": counted.test_reads}
    if len(val):
        votes = predictor.votes(val.images)
        measured |= {"val_accuracy": _share(votes, val.labels),
                     "val_macro_f1": classification.macro_f1(classification.confusion_matrix(val.labels, votes, k))}
    if len(train):
        sample = np.random.default_rng(facts["seed"]).permutation(len(train))[:_TRAIN_SAMPLE]
        measured["train_accuracy"] = _share(predictor.votes(train.images[sample]), train.labels[sample])
    scores, votes = predictor.predict(test.images)
    probabilities = None
    if not predictor.head:
        scores = rounded(scores, SCORE_PARTS)
        probabilities = probabilities_of(scores)
    plain = votes if facts["tta"] == "none" else predictor.single(test.images)[1]
    measured |= {"accuracy_no_tta": _share(plain, test.labels)}
    measured |= records.summarise(test.labels, votes, faces.label_names, probabilities=probabilities,
                                  copies=faces.copies[faces.split == "test"])
    measured |= {"robustness": None, "robustness_clean": None}
    if robustness_images is not None:
        rows = splits.proportional_rows(test.labels, robustness_images, facts["seed"])
        measured["robustness"] = corruptions.accuracies(predictor.votes, test.images[rows], test.labels[rows],
                                                       facts["seed"])
        measured["robustness_clean"] = {"n": len(rows), "accuracy": _share(votes[rows], test.labels[rows])}
    predictions = {"index": test.index, "labels": test.labels, "predicted": votes, "scores": scores,
                   "label_names": np.array(faces.label_names)}
    if probabilities is not None:
        predictions["probabilities"] = probabilities
    if facts["tta"] != "none":
        predictions["predicted_no_tta"] = plain
    if np.all(test.subjects != ""):
        predictions["groups"] = np.unique(test.subjects, return_inverse=True)[1]
    return {**facts, **measured}, predictions


def open_weights(path: Path, systems: Callable[[str], System], device: str = "cpu"
                 ) -> tuple[Predictor, dict[str, object]]:
    """A weights.safetensors as (predictor, facts), a network's or a head's.

    The metrics.json beside it, if it speaks of these very weights, tells recipe, seed and how they were trained; a
    head needs it to find the network or features under it. InputError for a file that is neither or does not match.
    """
    known = _metrics_beside(path)
    facts = {"schema": records.SCHEMA, "system": "", "recipe": "", "seed": 0, "best_epoch": None, "minutes": 0.0,
             "status": "finished", "tta": "none", **{key: known[key] for key in known if key not in _MEASURED}}
    if not path.is_file():
        raise InputError(f"{path}: no such file; name a weights.safetensors")
    chosen = inference.resolve_device(device)
    system = systems(known["system"]) if known else None
    if system and system.head:
        model = network_under(path, known, systems, chosen) if system.base else None
        predictor = head_predictor(features_of(system, model), system.head_kind.load(path), model, tta=facts["tta"])
    else:
        model, header = weights.load(path, systems)
        facts |= {"system": facts["system"] or header["system"], "tta": header["tta"],
                  "label_names": header["label_names"]}
        model = model.to(chosen)
        predictor = network_predictor(model, header["tta"], systems(header["system"]).kind)
    facts |= (structure(model) if model else {}) | {"device": device, "weights_sha256": files.sha256(path)}
    return predictor, facts


def features_of(system: System, model: nn.Module | None) -> Callable[[np.ndarray], np.ndarray]:
    """What a head of this system classifies: images uint8 (N, H, W) → float32 (N, D)."""
    if model is None:
        return system.feature_function()
    return lambda images: inference.infer_features(model, images)


def path_under(path: Path, known: Mapping[str, object]) -> Path:
    """Where the weights of the network lie whose features a head at `path` was fitted on, by its metrics."""
    return path.parents[3] / str(known["features_of"]) / records.WEIGHTS


def network_under(path: Path, known: Mapping[str, object], systems: Callable[[str], System],
                  device: torch.device | str = "cpu") -> nn.Module:
    """The network whose features a head was fitted on, beside it; DataChanged where it is another."""
    base = path_under(path, known)
    model, _ = weights.load(base, systems)
    if files.sha256(base) != known["features_sha256"]:
        raise DataChanged(f"{base}: not the network whose features this head was fitted on")
    return model.to(device)


_MEASURED = ("dataset", "data_sha256", "protocol", "labels", "n", "accuracy", "predictions_sha256", "test_reads")


def _metrics_beside(path: Path) -> dict[str, object]:
    """The metrics.json in the folder of the weights if it is about them, else {}."""
    try:
        found = json.loads((path.parent / records.METRICS).read_text(encoding="utf-8"))
        about = one_vs_one.read_header(path)  # an SVM fitted again names the file that it stands for
        digest = str(about.get("stands_for")) if about else files.sha256(path)
    except (OSError, ValueError):
        return {}
    return found if found.get("weights_sha256") == digest else {}


def _share(predicted: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(predicted == labels))
