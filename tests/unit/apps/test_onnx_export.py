"""An ONNX file answers as PyTorch does, says how it wants to be fed, and is not there if it does not."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.apps import onnx_export, predictor
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.sources.synthetic import draw_set
from ferkit.experiments.evaluation import head_predictor, network_predictor
from ferkit.models import inference
from ferkit.models.heads import RBF_SVM
from ferkit.models.preprocessing import to_input
from ferkit.training import trainer


def _model(system, tta="none", head_on=None, recipe="ours"):
    network = trainer.initial_model(papers.system(system).build, papers.recipe(system, recipe), seed=3).eval()
    if head_on is None:
        return predictor.Model(system, LABELS, tta, "ab" * 32, network_predictor(network, tta))
    features = inference.infer_features(network, head_on.images)
    head = RBF_SVM.refit(features, head_on.labels, {"C": 10, "gamma": 1 / features.shape[1]}, 7)
    own = head_predictor(lambda images: inference.infer_features(network, images), head, network, tta=tta)
    return predictor.Model(f"{system}_svm", LABELS, tta, "ab" * 32, own)


def _session(path):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def drawn():
    """Drawn faces with their labels."""
    return draw_set(84, 7, 60, seed=5)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Deep-Emotion's published weights through the command line: transformer, mirror image, metadata."""
    path = tmp_path_factory.mktemp("onnx") / "deep.onnx"
    assert command_line.main(["export", "--weights", "deep-emotion", "--onnx", str(path)]) == 0
    return path


def test_published_weights_answer_as_in_pytorch_in_batches_of_any_size(exported, drawn):
    model, session = predictor.load("deep-emotion"), _session(exported)
    for size in (1, 3, 50):
        images = drawn.part("test").images[:size]
        logits, probabilities, labels = session.run(None, {"images": to_input(images).numpy()})
        answer = model.predict(images)
        np.testing.assert_allclose(logits, answer.scores, atol=1e-4)
        np.testing.assert_allclose(probabilities, answer.probabilities, atol=1e-4)
        np.testing.assert_array_equal(labels, answer.labels)


def test_the_metadata_say_labels_and_preprocessing_and_nothing_of_this_machine(exported):
    session = _session(exported)
    found = session.get_modelmeta().custom_metadata_map
    assert json.loads(found["labels"]) == list(LABELS)
    steps = json.loads(found["preprocessing"])
    assert (steps["mean"], steps["sd"], steps["size"]) == (127.5, 63.75, 48)
    entry, = session.get_inputs()
    assert entry.name == steps["input"] and entry.shape == steps["shape"] and isinstance(entry.shape[0], str)
    assert [out.name for out in session.get_outputs()] == ["logits", "probabilities", "labels"]
    assert b".py" not in exported.read_bytes()


@pytest.mark.parametrize(("name", "says"), [
    ("deep-emotion@ckplus", "trained on ckplus: research use"), ("lenet5", "trained on fer2013: research use")])
def test_the_metadata_name_the_data_set_of_the_weights(name, says):
    assert says in onnx_export.describe(predictor.load(name))["licence"]


def test_the_transformer_is_in_the_graph(exported):
    assert "GridSample" in {node.op_type for node in onnx.load(exported).graph.node}


@pytest.mark.parametrize("tta", ["none", "flip"])
def test_an_svm_votes_the_same_and_takes_pixels(tmp_path, drawn, tta):
    train = drawn.part("train")
    some = train.select(train.labels != 1)  # a class that it never saw
    model = _model("lenet5", tta, head_on=some)
    parity = onnx_export.export(model, tmp_path / "svm.onnx", pixels=True)
    assert parity.images == 64 and parity.different_decisions == 0
    images = drawn.part("test").images
    scores, labels = _session(tmp_path / "svm.onnx").run(None, {"images": images})
    answer = model.predict(images)
    assert len(np.unique(labels)) > 2
    np.testing.assert_array_equal(labels, answer.labels)
    seen = [k for k in range(7) if k != 1]
    np.testing.assert_allclose(scores[:, seen], answer.scores[:, seen], atol=1e-4)
    assert (scores[:, 1] < scores[:, seen].min(1)).all()


@pytest.mark.parametrize("classes", [2, 7])
def test_an_svm_is_computed_as_scikit_learn_does(classes, drawn):
    train = drawn.part("train")
    model = _model("lenet5", head_on=train.select(train.labels < classes))
    features = inference.infer_features(model.network, drawn.part("test").images)
    scores, votes = onnx_export.svm_graph(model.predictor.head)(torch.from_numpy(features))
    np.testing.assert_array_equal(votes.numpy(), model.predictor.head.predict([features])[1])
    np.testing.assert_allclose(scores.numpy(), model.predictor.head.scores(features), atol=1e-5)


@pytest.mark.parametrize("system, recipe", [("ran", "ours_random"), ("multiple_attention", "ours")])
def test_attention_over_regions_takes_batches_of_any_size(system, recipe, tmp_path):
    parity = onnx_export.export(_model(system, recipe=recipe), tmp_path / "regions.onnx")
    assert parity.images == 64 and parity.different_decisions == 0


def test_a_network_that_fixes_the_number_of_images_is_told(tmp_path, monkeypatch):
    model = _model("lenet5")
    forward = type(model.network).forward
    monkeypatch.setattr(type(model.network), "forward", lambda self, x: forward(self, x).reshape(len(x), -1))
    with pytest.raises(InputError, match=r"fixes the number of images.*x\.shape\[0\]"):
        onnx_export.export(model, tmp_path / "fixed.onnx")
    assert list(tmp_path.iterdir()) == []


def test_hand_crafted_features_are_refused(tmp_path):
    model = predictor.Model("hog", LABELS, "none", "", head_predictor(lambda images: images, None))
    with pytest.raises(InputError, match="hand-crafted features"):
        onnx_export.export(model, tmp_path / "hog.onnx")


def test_a_file_that_answers_otherwise_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "_write", lambda graph, path, metadata: path.write_bytes(b"x"))
    for parity in (onnx_export.Parity(64, 2e-4, 0), onnx_export.Parity(64, 0.0, 1)):
        monkeypatch.setattr(onnx_export, "compare", lambda *_, parity=parity: parity)
        with pytest.raises(InputError, match="differ from PyTorch's"):
            onnx_export.export(_model("lenet5"), tmp_path / "bad.onnx")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(onnx_export, "compare", lambda *_: onnx_export.Parity(64, 9e-5, 0))
    assert onnx_export.export(_model("lenet5"), tmp_path / "good.onnx").max_abs_difference == 9e-5
    assert [path.name for path in tmp_path.iterdir()] == ["good.onnx"]


def test_the_comparison_sees_another_networks_file(exported):
    other = _model("deep_emotion", tta="flip")
    assert onnx_export.compare(other, exported).max_abs_difference > 1e-2


def test_what_is_missing_is_told(tmp_path, monkeypatch, capsys):
    assert command_line.main(["export", "--weights", "lenet5", "--onnx", str(tmp_path / "no" / "a.onnx")]) == 2
    monkeypatch.setattr(onnx_export, "NEEDS", ("onnx", "a_package_that_is_not"))
    assert command_line.main(["export", "--weights", "lenet5", "--onnx", str(tmp_path / "a.onnx")]) == 2
    assert "pip install 'ferkit[export]'" in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("size", "places"), [(17, 3), (7, 2), (9, 3), (20, 6), (12, 12)])
def test_an_adaptive_pool_in_slices_is_that_pool(size, places):
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    assert torch.equal(onnx_export._Slices(places)(x), torch.nn.AdaptiveMaxPool2d(places)(x))


def test_a_pool_that_does_not_divide_its_input_is_exported(tmp_path):
    assert onnx_export.export(_model("deep_emotion_wide"), tmp_path / "wide.onnx").different_decisions == 0
