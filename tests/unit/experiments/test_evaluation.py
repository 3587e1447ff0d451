"""What a system is measured by: the arrays that are kept, and the numbers that are computed from just these."""

import numpy as np
import pytest

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.data import datasets
from ferkit.experiments.evaluation import Predictor, evaluate
from ferkit.results import predictions
from ferkit.stats import classification


@pytest.fixture(scope="module")
def faces():
    return datasets.load("synthetic", profile="smoke")


def _predictor(scores_of):
    def predict(images):
        scores = scores_of(images)
        return scores, scores.argmax(1)

    return Predictor(predict, predict, papers.system("lenet5").build())


def _random(images):
    return np.random.default_rng(0).normal(scale=3, size=(len(images), 7)).astype(np.float32)


def test_weights_for_other_classes_are_not_even_asked(faces):
    of_points = _predictor(lambda images: pytest.fail("asked"))
    with pytest.raises(InputError, match="tell 8 classes apart, the data have 7"):
        evaluate(of_points, {"label_names": list("abcdefgh"), "seed": 0, "tta": "none"}, faces)


def test_weights_for_other_classes_are_refused(faces):
    eight = _predictor(lambda images: np.zeros((len(images), 8), np.float32))
    with pytest.raises(InputError, match="tell 8 classes apart, the data have 7"):
        evaluate(eight, {"seed": 0, "tta": "none"}, faces)


def test_classes_of_the_same_number_in_another_order_are_refused(faces):
    """The weights of one copy scored another one whose own classes were ordered otherwise."""
    seven = _predictor(lambda images: np.zeros((len(images), 7), np.float32))
    with pytest.raises(InputError, match=r"tell apart neutral, .* in this order, the data angry, "):
        evaluate(seven, {"seed": 0, "tta": "none", "label_names": faces.label_names[::-1]}, faces)


def test_a_networks_scores_are_rounded_and_everything_follows_from_the_rounded_ones(faces):
    measured, stored = evaluate(_predictor(_random), {"seed": 0, "tta": "none"}, faces)
    exact = _random(faces.part("test").images)
    assert stored["scores"].dtype == stored["probabilities"].dtype == np.float32
    assert np.abs(stored["scores"] - exact).max() <= 2**-11 + 1e-7
    assert np.all(stored["scores"] * 2**10 % 1 == 0) and np.all(stored["probabilities"] * 2**16 % 1 == 0)
    exps = np.exp(np.float64(stored["scores"]))
    np.testing.assert_allclose(stored["probabilities"], exps / exps.sum(1, keepdims=True), atol=2**-16)
    np.testing.assert_array_equal(stored["predicted"], exact.argmax(1))
    chosen = np.take_along_axis(stored["scores"], stored["predicted"][:, None], 1)[:, 0]
    assert np.all(chosen == stored["scores"].max(1))  # rounding keeps the order
    assert measured["ece"] == classification.expected_calibration_error(stored["labels"], stored["probabilities"],
                                                                 predicted=stored["predicted"])


def test_rounded_predictions_take_little_more_than_half_the_space(tmp_path):
    rng = np.random.default_rng(0)
    scores = rng.normal(scale=3, size=(3589, 7)).astype(np.float32)
    labels = rng.integers(7, size=3589)
    arrays = {"index": np.arange(3589), "labels": labels, "predicted": scores.argmax(1)}
    rounded = np.round(scores * 2**10) / np.float32(2**10)
    for name, kept in (("exact", scores), ("rounded", rounded)):
        predictions.write_arrays(tmp_path / f"{name}.npz", arrays | {"scores": kept})
    assert (tmp_path / "rounded.npz").stat().st_size < 0.7 * (tmp_path / "exact.npz").stat().st_size
