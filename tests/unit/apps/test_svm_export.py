"""A published SVM that the repository cannot hold is fitted again, found by its name, and is the same."""

import json

import numpy as np
import pytest

import ferkit
from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.data import datasets
from ferkit.data.sources.synthetic import draw_set
from ferkit.experiments import evaluation
from ferkit.models import inference, weights
from ferkit.results import weights_catalogue
from ferkit.training import trainer

FACES = draw_set(140, 56, 40, seed=3)
NAME = "gap-cnn-svm/ours"


@pytest.fixture
def published(tmp_path, monkeypatch, write_result):
    """A published network and the metrics of an SVM on it, whose file is not there."""
    monkeypatch.setattr(paths, "published_root", lambda: tmp_path / "results")
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path / "runs"))
    monkeypatch.setattr(datasets, "load", lambda *_, **__: FACES)
    root = tmp_path / "results" / "fer2013"
    base = write_result(root, "gap_cnn", dataset="fer2013").directory / "weights.safetensors"
    network = trainer.initial_model(papers.system("gap_cnn").build, papers.recipe("gap_cnn", "published"), 0).eval()
    weights.save(base, network, "gap_cnn", {}, trained_on="fer2013")
    svm = write_result(root, "gap_cnn_svm", dataset="fer2013", data_sha256=FACES.content_hash,
                     features_of="gap_cnn/ours/seed0", features_sha256=files.sha256(base),
                     svm={"kernel": "rbf", "C": 1.0, "gamma": 0.01})
    for folder, sha256 in ((base.parent, files.sha256(base)), (svm.directory, "ab" * 32)):
        _change(folder / "metrics.json", weights_sha256=sha256)
    return network


def _change(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_it_is_fitted_again_and_found_by_its_name(published, capsys):
    with pytest.raises(InputError, match=r"python -m ferkit export --svm gap-cnn-svm/ours --data PATH"):
        weights_catalogue.locate(NAME)
    assert command_line.main(["export", "--svm", NAME]) == 0
    said = capsys.readouterr().out
    assert "on 56 validation images" in said and "0 votes differ" in said
    assert NAME in ferkit.published()
    train, test = FACES.part("train"), FACES.part("test")
    exact = papers.system("gap_cnn_svm").head_kind.refit(
        inference.infer_features(published, train.images), train.labels, {"C": 1.0, "gamma": 0.01}, 7)
    model = ferkit.load(NAME)
    assert model.trained_on == "fer2013"
    np.testing.assert_array_equal(model.predict(test.images).labels,
                                  exact.predict([inference.infer_features(published, test.images)])[1])
    predictor, facts = evaluation.open_weights(weights_catalogue.locate(NAME)[0], papers.system)
    assert (facts["system"], facts["recipe"]) == ("gap_cnn_svm", "ours") and predictor.head is not None


def test_other_images_or_another_system_are_refused_and_nothing_is_written(published, tmp_path, capsys):
    _change(weights_catalogue.find(NAME).directory / "metrics.json", data_sha256="cd" * 32)
    for words in (["--svm", NAME], ["--svm", "gap-cnn"], [], ["--svm", NAME, "--onnx", "a.onnx"]):
        assert command_line.main(["export", *words]) == 2
    said = capsys.readouterr().err.splitlines()
    assert "not the images" in said[0] and "no SVM" in said[1] and len(said) == 4
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("words", [
    "--weights lenet5 --svm x", "--pixels --svm x", "--data x --onnx x.onnx", "--output x --onnx x.onnx"])
def test_options_that_would_do_nothing_are_refused_by_name(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command_line.main(["export", *words.split()]) == 2
    assert f"{words.split()[0]} does nothing with" in capsys.readouterr().err and not list(tmp_path.iterdir())
