"""The built-in set is neither trivial nor hopeless: what networks of known strength reach on it.

Bounds from the set's own brief: LeNet-5 between 60 and 90 %, a better network at least 5 points above it, shuffled
labels at chance. A majority-class answer scores 14.3 %.
"""

from dataclasses import replace

import numpy as np
import pytest

from ferkit import papers
from ferkit.data import datasets
from ferkit.data.face_set import FaceSet
from ferkit.models import inference
from ferkit.papers import training
from ferkit.training import trainer
from ferkit.training.batching import Split

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    return datasets.load("synthetic", profile="quick", seed=0)


def accuracy(system: str, faces: FaceSet) -> float:
    """Test accuracy of a system under the quick profile's own plan, seed 0."""
    _, row = training.find("quick", system, "ours")
    parts = {name: faces.part(name) for name in ("train", "val", "test")}
    train, val = (Split.of(parts[name].images, parts[name].labels, 7, "cpu") for name in ("train", "val"))
    fit = trainer.fit(papers.system(system).build, training.recipe_of(row, "quick"), train, val, seed=0)
    return float(np.mean(inference.infer_logits(fit.model, parts["test"].images).argmax(1) == parts["test"].labels))


@pytest.fixture(scope="module")
def lenet5(faces) -> float:
    return accuracy("lenet5", faces)


def test_lenet5_lands_between_60_and_90_percent(lenet5):
    assert 0.60 < lenet5 < 0.90


def test_a_better_network_beats_lenet5_by_five_points(faces, lenet5):
    assert accuracy("deep_emotion", faces) > lenet5 + 0.05  # the GAP CNN too, in five times the time


def test_shuffled_labels_leave_nothing_to_learn(faces):
    rng = np.random.default_rng(0)
    shuffled = replace(faces, labels=rng.permutation(faces.labels))
    n = int(np.sum(faces.split == "test"))
    assert abs(accuracy("lenet5", shuffled) - 1 / 7) < 3.5 * np.sqrt(6 / 49 / n)
