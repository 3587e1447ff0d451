"""`ferkit.load`: published weights answer as they were tested; the public surface is what is listed."""

import ast
import doctest
import subprocess
import sys

import numpy as np
import pytest

import ferkit
from ferkit import papers
from ferkit.apps import predictor
from ferkit.core import source_hashes
from ferkit.core.errors import InputError
from ferkit.data.sources.synthetic import draw_set
from ferkit.experiments.evaluation import head_predictor, network_predictor
from ferkit.models import inference
from ferkit.models.heads import RBF_SVM
from ferkit.results import weights_catalogue
from ferkit.training import trainer

IMAGES = draw_set(7, 7, 40, seed=2).part("test").images


def test_the_documented_example_runs():
    failures, tried = doctest.testmod(predictor)
    assert tried >= 5 and failures == 0


def test_the_public_surface_is_small_typed_and_there():
    assert sorted(ferkit.__all__) == ["Face", "InputError", "Model", "Prediction", "__version__", "load", "published",
                                      "read"]
    assert set(ferkit.__all__) <= set(dir(ferkit)) and all(hasattr(ferkit, name) for name in ferkit.__all__)
    assert ferkit.load is predictor.load
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        ferkit.nothing  # noqa: B018
    stub = ast.parse((source_hashes.LIBRARY / "__init__.pyi").read_text())
    named = {alias.asname or alias.name for node in stub.body if isinstance(node, ast.ImportFrom)
             for alias in node.names} | {"__version__"}
    assert named == set(ferkit.__all__)
    assert (source_hashes.LIBRARY / "py.typed").is_file()


def test_importing_and_listing_names_need_no_torch():
    text = "import sys, ferkit\nferkit.published()\nprint('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text], capture_output=True, text=True).stdout == "False\n"


def test_what_is_listed_can_be_loaded_and_all_the_rest_is_had_on_request():
    names = ferkit.published()
    assert names == list(dict.fromkeys(entry.name for entry in OF_IMAGES)) and names[0] == "deep-emotion/ours"
    assert set(names) < set(ferkit.published(everything=True))


PUBLISHED = [entry for entry in weights_catalogue.entries() if entry.weights]
OF_IMAGES = [entry for entry in PUBLISHED if papers.system(entry.key.system).kind.name == "image"]


@pytest.mark.parametrize("entry", [entry for entry in PUBLISHED if entry not in OF_IMAGES],
                         ids=lambda entry: entry.full_name)
def test_weights_that_read_sequences_are_refused_with_the_command_that_takes_them(entry):
    with pytest.raises(InputError, match="predict --sequence"):
        predictor.load(entry.full_name)


@pytest.mark.parametrize("entry", OF_IMAGES, ids=lambda entry: entry.full_name)
def test_published_weights_answer_as_evaluation_does(entry):
    model = predictor.load(entry.full_name)
    answer = model.predict(IMAGES)
    scores, votes = model.predictor.predict(IMAGES)
    np.testing.assert_allclose(answer.scores, scores, atol=2e-4)  # other batches: other sums
    np.testing.assert_array_equal(answer.labels, votes)
    assert answer.expressions == [model.label_names[k] for k in votes]
    assert model.tta == entry.metrics["tta"] and list(model.label_names) == entry.metrics["label_names"]


def test_the_runner_up_is_the_best_of_the_others():
    scores = np.array([[3, 1, 2], [1, 3, 2]], np.float32)
    answer = predictor.Prediction(("a", "b", "c"), np.array([0, 2]), scores, None)  # the second: an SVM's vote
    np.testing.assert_array_equal(answer.runners_up, [2, 1])


def _untrained():
    return trainer.initial_model(papers.system("lenet5").build, papers.recipe("lenet5", "ours"), seed=0).eval()


def test_an_svm_votes_for_itself_and_has_no_probabilities():
    model = _untrained()
    rng = np.random.default_rng(0)
    features = inference.infer_features(model, IMAGES)
    head = RBF_SVM.refit(features, rng.integers(0, 7, len(IMAGES)), {"C": 10, "gamma": "scale"}, 7)
    both = head_predictor(lambda images: inference.infer_features(model, images), head, model)
    own = predictor.Model("x", ferkit.load("lenet5").label_names, "none", "", both)
    answer = own.predict(IMAGES)
    np.testing.assert_array_equal(answer.labels, head.predict([features])[1])
    assert answer.probabilities is None and answer.scores.shape == (len(IMAGES), 7)


def test_other_sizes_are_resized_and_none_is_fine():
    model = predictor.Model("x", ("a",) * 7, "none", "", network_predictor(
        _untrained(), "none"))
    large = IMAGES.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(predictor.resized(large), IMAGES)  # halving undoes doubling
    np.testing.assert_allclose(model.predict(large).scores, model.predict(IMAGES).scores, atol=1e-5)
    assert predictor.resized(IMAGES[:, :20, :20]).shape == (len(IMAGES), 48, 48)


@pytest.mark.parametrize("bad", [IMAGES[0], IMAGES.astype(np.float32), IMAGES[:, :20], np.empty((1, 0, 0), np.uint8)],
                         ids=["one image", "floats", "not square", "no pixels"])
def test_what_is_no_stack_of_square_crops_is_refused(bad):
    with pytest.raises(ferkit.InputError, match="give uint8"):
        predictor.resized(bad)


def test_a_file_of_weights_can_be_named_and_a_damaged_one_is_refused(tmp_path):
    entry = weights_catalogue.find("deep-emotion")
    copy = tmp_path / "mine.safetensors"
    copy.write_bytes(entry.weights.read_bytes())
    assert predictor.load(copy).weights_sha256 == entry.metrics["weights_sha256"]
    copy.write_bytes(b"nonsense")
    with pytest.raises(ferkit.InputError, match=r"mine\.safetensors"):
        predictor.load(copy)
