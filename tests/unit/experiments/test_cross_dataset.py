"""A network on a set it never saw: all images, the expressions that occur, an interval."""

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.face_set import FaceSet
from ferkit.experiments import cross_dataset
from ferkit.experiments.evaluation import Predictor


def face_set(labels, names=LABELS):
    n = len(labels)
    return FaceSet(images=np.zeros((n, 48, 48), np.uint8), labels=np.array(labels), split=np.array(["test"] * n),
                   subjects=np.array([f"s{i}" for i in range(n)]), sequences=np.array([""] * n),
                   names=np.array([f"{i}.png" for i in range(n)]), label_names=tuple(names),
                   index=np.arange(n), source={"dataset": "ckplus"})


def answering(scores):
    scores = np.array(scores, np.float32)
    return Predictor(lambda images: (scores, scores.argmax(1)), None)


def test_an_expression_that_does_not_occur_is_no_answer():
    neutral_first = [[0, 0, 0, 2, 0, 0, 9], [5, 0, 0, 2, 0, 0, 9]]
    found = cross_dataset.score(answering(neutral_first), face_set([3, 0]))
    assert found["accuracy"] == 1.0 and found["accuracy_all_answers"] == 0.0
    assert found["answers"] == ["angry", "happy"] and found["n"] == 2 and found["split"] == "all"
    assert found["interval"][0] < 1.0 == found["interval"][1]


def test_labels_in_another_order_mean_the_same():
    found = cross_dataset.score(answering([[9, 0, 0, 0, 0, 0, 0]]), face_set([1], names=("happy", "angry")))
    assert found["accuracy"] == 1.0


def test_an_unknown_expression_is_refused():
    with pytest.raises(InputError, match="do not know contempt"):
        cross_dataset.score(answering([[1] * 7]), face_set([0], names=("contempt",)))
