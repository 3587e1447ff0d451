"""Regions of an RBF SVM in two dimensions: a small γ is smooth, a large one remembers its points."""

import numpy as np

from ferkit.analysis.svm_regions import svm_regions


def test_a_large_gamma_remembers_and_does_not_generalise():
    rng = np.random.default_rng(0)
    labels, others = np.arange(120) % 3, np.arange(90) % 3
    features = rng.normal(size=(120, 6)) + 1.5 * np.eye(3, 6)[labels]
    rest = rng.normal(size=(90, 6)) + 1.5 * np.eye(3, 6)[others]
    points, (smooth, _, spiky) = svm_regions(features, labels, rest, others, side=20)
    assert points.shape == (120, 2) and smooth.predicted.shape == (20, 20)
    assert spiky.train_accuracy > smooth.train_accuracy and spiky.accuracy < smooth.accuracy
    assert spiky.support.sum() >= smooth.support.sum() > 0
