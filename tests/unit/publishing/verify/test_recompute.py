"""Predictions computed again from weights: an honest trained system agrees, a forged one is named."""

import json

import numpy as np
import pytest

from ferkit import papers
from ferkit.core import files
from ferkit.core.errors import InputError
from ferkit.data import datasets
from ferkit.experiments import jobs
from ferkit.papers import training
from ferkit.publishing import verify
from ferkit.publishing.verify import recompute
from ferkit.publishing.verify.findings import Found
from ferkit.results import records
from ferkit.results.records import SystemKey

CELL = SystemKey("03_gap_cnn_svm", "lenet5", "ours", 0)


@pytest.fixture
def run(tmp_path, faces, monkeypatch, seal):
    """A run with one network trained for an epoch, on data that stand for a real set."""
    bars = faces(n=168)
    bars = datasets.replace_keeping_hash(bars, source={"dataset": "fer2013"})
    monkeypatch.setattr(datasets, "load", lambda *args, **options: bars)
    monkeypatch.setenv("FERKIT_FER2013", "anywhere")
    root = tmp_path / "fer2013"
    recipe = papers.recipe("lenet5", "ours", epochs=1, batch_size=16)
    jobs.run(training.job(CELL.notebook, CELL.system, CELL.recipe, recipe, 0, "smoke"), bars, root, device="cpu")
    (root / "notebooks").mkdir()
    sealed(root, seal)
    return root


def sealed(root, seal):
    """A manifest with the hashes of all there is, of unknown data; a run has no list of checksums."""
    seal(root)
    (root / "SHA256SUMS").unlink()
    files.write_json(root / "manifest.json", json.loads((root / "manifest.json").read_text()) | {"data_sha256": None})


def forge(root, seal, **arrays):
    """Other predictions, with metrics and hashes that fit them."""
    directory = CELL.directory(root)
    result = records.read_result(directory)
    stored = result.predictions | arrays
    records.write_predictions(directory / records.PREDICTIONS, stored)
    metrics = result.metrics | records.summarise(stored["labels"], stored["predicted"], stored["label_names"],
                                               probabilities=stored["probabilities"])
    metrics |= {"predictions_sha256": files.sha256(directory / records.PREDICTIONS), "accuracy_without_copies": None}
    files.write_json(directory / records.METRICS, metrics)
    sealed(root, seal)


def test_what_the_weights_answer_is_what_was_stored(run):
    (found,) = verify.verify(run, sample=20)
    assert found.verified, found.mismatches
    assert found.checked["predictions from weights"] == 1 and found.checked["images computed again"] == 20
    assert found.checked["labels from data"] == 1


def test_predictions_of_another_network_are_found_however_well_they_fit_their_metrics(run, seal):
    stored = records.read_result(CELL.directory(run)).predictions
    scores = np.eye(7, dtype=np.float32)[stored["labels"]] * 5
    chances = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    forge(run, seal, predicted=stored["labels"], scores=scores, probabilities=chances)
    (found,) = verify.verify(run, sample=0)
    assert [row["check"] for row in found.mismatches] == ["predictions from weights"]
    assert "of 42 images computed again 42 have other scores" in found.mismatches[0]["says"]


def test_labels_that_are_not_the_datas_are_found(run, seal):
    stored = records.read_result(CELL.directory(run)).predictions
    forge(run, seal, labels=stored["predicted"])
    (found,) = verify.verify(run)
    assert any("true classes are not those of the data" in row["says"] for row in found.mismatches)


def test_an_accuracy_without_copies_where_every_test_image_is_one(run, faces, monkeypatch):
    copies = np.ones(168, bool)
    monkeypatch.setattr(datasets.FaceSet, "copies", copies)
    found, result = Found("x"), records.read_result(CELL.directory(run))
    result.metrics.update(accuracy_without_copies=0.5, n_without_copies=2)
    recompute._labels(run, faces(n=168), [result], found)
    assert "0.5000, the data give none" in found.mismatches[0]["says"]


def test_data_that_are_not_those_of_the_results_are_refused(run, faces, monkeypatch):
    monkeypatch.setattr(datasets, "load", lambda *args, **options: faces(n=84, seed=1))
    with pytest.raises(InputError, match="not those the results were measured on"):
        verify.verify(run)
