"""Wrong labels by hand: how well a score finds them, how often new ones are right."""

import numpy as np
import pytest

from ferkit.analysis import label_noise

LABELS = {"labels": np.array([0, 1, 2, 0, 1, 2]), "given": np.array([1, 1, 2, 0, 2, 2]),
          "final": np.array([0, 1, 0, 0, 2, 2]), "probability_given": np.array([0.1, 0.9, 0.3, 0.8, 0.2, 0.7]),
          "alpha": np.array([0.6, 0.5, 0.4, 0.9, 0.7, 0.8])}


def test_an_auroc_counts_the_pairs_in_which_the_wrong_label_is_trusted_less():
    wrong, scores = label_noise.planted(LABELS), label_noise.trust(LABELS)
    assert wrong.tolist() == [True, False, False, False, True, False]
    assert label_noise.auroc(wrong, scores["P(label)"]) == 1.0
    assert label_noise.auroc(wrong, scores["α"]) == pytest.approx(4 / 8)  # either lies below two of four right ones
    assert label_noise.auroc(np.zeros(6, bool), scores["α"]) is None


def test_precision_is_of_the_changed_and_recall_of_the_planted_labels():
    assert label_noise.changed(LABELS).tolist() == [True, False, True, False, False, False]
    assert label_noise.precision(LABELS) == 0.5 and label_noise.recall(LABELS) == 0.5


def test_what_changes_nothing_has_no_precision_and_sets_nothing_right():
    plain = {key: value for key, value in LABELS.items() if key not in ("final", "alpha")}
    assert label_noise.precision(plain) is None and label_noise.recall(plain) == 0.0
    assert list(label_noise.trust(plain)) == ["P(label)"]
