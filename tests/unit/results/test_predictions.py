"""Predictions: what tables need is read at once, the rest when somebody asks."""

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.results import predictions


def arrays(**changes):
    rng = np.random.default_rng(0)
    return {"index": np.arange(6), "labels": np.arange(6) % 3, "predicted": np.zeros(6, np.int64),
            "scores": rng.normal(size=(6, 3)).astype(np.float32), "label_names": np.array(["a", "b", "c"])} | changes


def test_scores_are_read_when_asked_for(tmp_path, monkeypatch):
    path = tmp_path / "predictions.npz"
    predictions.write_arrays(path, arrays())
    stored = predictions.Predictions(path)
    asked = []
    original = predictions._load
    monkeypatch.setattr(predictions, "_load", lambda *given: asked.append(given[1]) or original(*given))
    assert stored["labels"].tolist() == [0, 1, 2, 0, 1, 2] and "scores" in stored and asked == []
    assert np.array_equal(stored["scores"], arrays()["scores"]) and asked == [("scores",)]
    assert stored["scores"] is stored["scores"] and len(asked) == 1
    assert set(stored) == set(arrays()) and "probabilities" not in stored


def test_damage_in_scores_is_found_when_they_are_read(tmp_path):
    path = tmp_path / "predictions.npz"
    predictions.write_arrays(path, arrays(scores=np.full((6, 3), np.nan, np.float32)))
    stored = predictions.Predictions(path)
    with pytest.raises(InputError, match="scores holds nan"):
        stored["scores"]
    with pytest.raises(InputError, match="scores holds nan"):
        predictions.read_arrays(path)


@pytest.mark.parametrize("scores", [[[0.0, 0.0]], [[1000.0, -1000.0]]])
def test_softmax_rows_sum_to_one(scores):
    assert np.allclose(predictions.softmax(np.array(scores, np.float32)).sum(1), 1)


def test_a_published_file_leaves_out_what_follows_from_the_scores_and_is_read_whole(tmp_path):
    scores = predictions.rounded(arrays()["scores"], predictions.SCORE_PARTS)
    whole = arrays(scores=scores, probabilities=predictions.probabilities_of(scores))
    path = tmp_path / "predictions.npz"
    predictions.write_arrays(path, predictions.compact(whole))
    with np.load(path) as stored:
        assert sorted(stored) == sorted({*arrays(), "scores_are"})
    found = predictions.Predictions(path)
    assert set(found) == set(whole) and len(found) == len(whole)
    assert all(np.array_equal(found[name], whole[name]) for name in whole)


def test_what_does_not_follow_from_the_scores_stays(tmp_path):
    assert predictions.compact(arrays()) is None  # an SVM
    other = np.roll(predictions.probabilities_of(arrays()["scores"]), 1, axis=0)
    assert predictions.compact(arrays(probabilities=other)) is None
