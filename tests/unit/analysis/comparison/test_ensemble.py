"""The mean of the networks that validation puts first, from their predictions alone."""

from pathlib import Path

import numpy as np
import pytest

from ferkit.analysis.comparison.ensemble import ensemble
from ferkit.results.records import Result, SystemKey


def result(system, seed, probabilities, val, index=(0, 1, 2)):
    predictions = {"index": np.array(index), "labels": np.array([0, 1, 0]),
                   "label_names": np.array(["sad", "happy"])}
    if probabilities is not None:
        first = np.array(probabilities)
        predictions["probabilities"] = np.stack([first, 1 - first], axis=1)
    return Result(SystemKey("02_x", system, "ours", seed), Path(), {
        "dataset": "fer2013", "val_accuracy": val, "parameters": 10, "minutes": 2.0}, predictions, [])


def test_probabilities_of_all_seeds_of_the_two_best_on_validation_are_averaged():
    results = [result("a", 0, (0.9, 0.6, 0.4), 0.8), result("a", 1, (0.9, 0.6, 0.9), 0.8),
             result("b", 0, (0.9, 0.1, 0.4), 0.7), result("worst", 0, (0.0, 1.0, 0.0), 0.1),
             result("svm", 0, None, 0.99)]
    found = ensemble(results)
    assert found["systems"] == [("a", "ours"), ("b", "ours")] and found["networks"] == 3
    assert found["accuracy"] == pytest.approx(1.0) and found["parameters"] == 30 and found["minutes"] == 6


def test_one_system_or_other_images_make_no_ensemble():
    assert ensemble([result("a", 0, (0.9, 0.6, 0.4), 0.8)]) is None
    assert ensemble([result("a", 0, (0.9, 0.6, 0.4), 0.8), result("b", 0, (0.9, 0.6, 0.4), 0.7, (0, 1, 3))]) is None
