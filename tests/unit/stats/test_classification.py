"""ferkit.stats.classification against scikit-learn and against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from ferkit.stats import classification

# Class 2 never occurs, class 3 is never predicted, class 4 neither occurs nor is predicted.
LABELS = np.array([0, 0, 0, 1, 1, 3])
PREDICTED = np.array([0, 0, 1, 1, 2, 0])


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true", "ignore:A single label was found")
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_every_measure_agrees_with_scikit_learn_whatever_classes_are_absent(pairs):
    labels, predicted = np.array(pairs).T
    matrix = classification.confusion_matrix(labels, predicted, 7)
    np.testing.assert_array_equal(matrix, confusion_matrix(labels, predicted, labels=range(7)))
    expected = precision_recall_fscore_support(labels, predicted, labels=range(7), zero_division=0)
    for key, column in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        np.testing.assert_allclose(classification.per_class(matrix)[key], column)
    assert classification.accuracy(matrix) == pytest.approx(accuracy_score(labels, predicted))
    expected = f1_score(labels, predicted, average="macro", zero_division=0)
    assert classification.macro_f1(matrix) == pytest.approx(expected)
    assert classification.uar(matrix) == pytest.approx(balanced_accuracy_score(labels, predicted))


def test_rows_are_true_classes_and_columns_predicted_ones():
    matrix = classification.confusion_matrix(np.array([0, 0, 1]), np.array([1, 1, 1]), 2)
    assert matrix.tolist() == [[0, 2], [0, 1]]


def test_a_class_never_predicted_has_precision_zero_and_an_absent_class_support_zero():
    columns = classification.per_class(classification.confusion_matrix(LABELS, PREDICTED, 5))
    assert columns["precision"].tolist() == pytest.approx([2 / 3, 1 / 2, 0, 0, 0])
    assert columns["recall"].tolist() == pytest.approx([2 / 3, 1 / 2, 0, 0, 0])
    assert columns["support"].tolist() == [3, 2, 0, 1, 0]


def test_macro_f1_counts_a_class_predicted_but_never_true_and_leaves_out_one_that_is_neither():
    matrix = classification.confusion_matrix(LABELS, PREDICTED, 5)
    assert classification.macro_f1(matrix) == pytest.approx((2 / 3 + 1 / 2 + 0 + 0) / 4)
    assert classification.uar(matrix) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


def test_macro_f1_is_not_the_micro_average():
    matrix = np.array([[90, 0], [10, 0]])
    assert classification.accuracy(matrix) == 0.9
    assert classification.macro_f1(matrix) == pytest.approx((2 * 90 / 190) / 2)


def test_answering_the_largest_class_scores_exactly_its_share():
    labels = np.array([2] * 5 + [0] * 3 + [1] * 2)
    matrix = classification.confusion_matrix(labels, np.full(10, 2), 3)
    assert classification.majority_share(matrix) == classification.accuracy(matrix) == 0.5
    assert classification.majority_share(matrix * (1 - 1e-12)) == 0.5  # a mean over seeds, a whole number but for it
    assert classification.uar(matrix) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("labels", "predicted"), [
    ([], []), ([0, 1], [0]), ([0, 7], [0, 0]), ([0, 0], [0, -1]), ([0.0, 1.0], [0, 1])])
def test_columns_that_cannot_be_counted_are_refused(labels, predicted):
    with pytest.raises(ValueError, match=r"columns|no image|outside|class numbers"):
        classification.confusion_matrix(np.array(labels), np.array(predicted), 7)


def test_an_empty_matrix_has_no_accuracy():
    for measure in (classification.accuracy, classification.macro_f1, classification.uar,
                    classification.majority_share):
        with pytest.raises(ValueError, match="no image"):
            measure(np.zeros((3, 3), dtype=np.int64))


def test_the_calibration_error_is_the_weighted_gap_worked_out_by_hand():
    # Two answers at 0.9 of which one is right, two at 0.6 both right: (2/4)·|0.9-0.5| + (2/4)·|0.6-1| = 0.4
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.4, 0.6]])
    labels = np.array([0, 1, 0, 1])
    assert classification.expected_calibration_error(labels, probabilities, bins=10) == pytest.approx(0.4)
    curve = classification.reliability_curve(labels, probabilities, bins=10)
    assert curve["count"].sum() == 4
    assert curve["count"][8] == 2 and curve["accuracy"][8] == 0.5
    assert curve["confidence"][8] == pytest.approx(0.9)
    assert np.isnan(curve["accuracy"][0])


def test_a_certain_answer_falls_into_the_last_bin_and_perfect_answers_have_no_error():
    probabilities = np.eye(3)[[0, 1, 2, 1]]
    curve = classification.reliability_curve(np.array([0, 1, 2, 1]), probabilities)
    assert curve["count"][-1] == 4
    assert classification.expected_calibration_error(np.array([0, 1, 2, 1]), probabilities) == 0


def test_the_confidence_of_a_vote_is_the_probability_of_the_class_voted_for():
    probabilities = np.array([[0.6, 0.4]])
    vote = classification.reliability_curve(np.array([1]), probabilities, predicted=np.array([1]), bins=10)
    assert np.nanmax(vote["confidence"]) == pytest.approx(0.4) and np.nanmax(vote["accuracy"]) == 1


def test_scores_that_are_no_probabilities_are_refused():
    with pytest.raises(ValueError, match="probabilities"):
        classification.expected_calibration_error(np.array([0]), np.array([[3.0, -1.0]]))
