"""Training from published weights: loaded whole, classes by name, recorded, refused where they do not fit."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.experiments import initial, jobs
from ferkit.models import inference, weights
from ferkit.papers import training
from ferkit.results import weights_catalogue
from ferkit.training import trainer
from ferkit.training.recipe import Recipe

NAME = "lenet5/ours/seed0"
RECIPE = Recipe(epochs=1, batch_size=16, lr=1e-3, init="he", initial=NAME)
IMAGES = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)


def start(label_names, recipe=RECIPE, system="lenet5"):
    build = initial.builder(papers.system(system), recipe, label_names)
    return trainer.initial_model(build, recipe, 0, len(label_names)).eval()


def test_training_starts_from_the_weights_and_outputs_go_by_the_classes_names():
    published = weights.load(weights_catalogue.require(weights_catalogue.find(NAME)), papers.system)[0]
    logits = inference.infer_logits(published, IMAGES)
    assert np.allclose(inference.infer_logits(start(LABELS), IMAGES), logits, atol=1e-5)
    some = ("sad", "angry", "neutral")
    expected = logits[:, [LABELS.index(name) for name in some]]
    assert np.allclose(inference.infer_logits(start(some), IMAGES), expected, atol=1e-5)


def test_the_weights_are_in_the_key_and_beside_the_result(tmp_path, faces):
    job = training.job("03_gap_cnn_svm", "lenet5", "fine_tuned", RECIPE, 0, "smoke")
    result = jobs.run(job, faces(), tmp_path, device="cpu")
    noted = result.metrics["initial"]
    assert noted["name"] == NAME and noted == result.metrics["config"]["initial"]
    assert noted["sha256"] == weights_catalogue.find(NAME).metrics["weights_sha256"]
    assert "initial" not in jobs.configuration(replace(job, recipe=replace(RECIPE, initial="")), faces())


@pytest.mark.parametrize(("label_names", "changes", "says"), [
    ((*LABELS, "contempt"), {}, "initial lenet5/ours/seed0 does not know contempt (it tells angry"),
    (LABELS, {"initial": "gap-cnn/ours/seed0"}, "is of gap_cnn, which lenet5 cannot start from"),
    (LABELS, {"initial": "lenet6"}, "lenet5/ours"),
])
def test_what_cannot_be_started_from_is_refused(label_names, changes, says):
    with pytest.raises(InputError, match=re.escape(says)):
        start(label_names, replace(RECIPE, **changes))


def test_a_recipe_that_describes_another_network_is_refused():
    recipe = replace(papers.recipe("gap_cnn", "fine_tuned"), model={"widths": (8, 16), "norm": True})
    with pytest.raises(InputError, match="initial gap-cnn/ours/seed0 does not fit this recipe's network"):
        start(LABELS, recipe, "gap_cnn")
