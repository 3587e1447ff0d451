"""Published networks on a data set that they never saw: every image of it, no training, no choice.

Two readings, because sets differ in which expressions they have (CK+48 has no neutral faces): `accuracy` takes the
best-scored of the expressions that occur, as a user would who knows what to expect; `accuracy_all_answers` lets the
network answer anything it knows.
"""

from __future__ import annotations

import numpy as np

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.face_set import FaceSet
from ferkit.experiments.evaluation import Predictor
from ferkit.results import records
from ferkit.results.predictions import softmax
from ferkit.stats import intervals


def score(predictor: Predictor, faces: FaceSet) -> dict[str, object]:
    """What a network reaches on all images of a set, whatever their split.

    Keys of `results.summarise` (n, accuracy, macro_f1, per_class, …) with split "all" and protocol "zero_shot";
    interval: Wilson 95 %; answers: the expressions that occur; accuracy_all_answers. An SVM's answers are here those
    of its scores, not its votes. Raises InputError for a set with expressions of another kind.
    """
    unknown = [name for name in faces.label_names if name not in LABELS]
    if unknown:
        raise InputError(f"{faces.source.get('dataset')}: the networks do not know {', '.join(unknown)}")
    labels = np.array([LABELS.index(faces.label_names[label]) for label in faces.labels])
    scores, votes = predictor.predict(faces.images)
    occurs = np.isin(np.arange(len(LABELS)), labels)
    allowed = np.where(occurs, scores, -np.inf)
    predicted = allowed.argmax(1)
    found = records.summarise(labels, predicted, LABELS,
                              probabilities=None if predictor.head else softmax(allowed))
    right = int((predicted == labels).sum())
    return {"dataset": faces.source.get("dataset", ""), "data_sha256": faces.content_hash, "protocol": "zero_shot",
            "split": "all", **found, "interval": list(intervals.wilson(right, len(labels))),
            "answers": [name for name, here in zip(LABELS, occurs, strict=True) if here],
            "accuracy_all_answers": float(np.mean(votes == labels))}
