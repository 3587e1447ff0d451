"""Hand-crafted features: what they are, that they learn from training images alone, and that they run as any system."""

import numpy as np
import pytest

from ferkit import papers
from ferkit.analysis.comparison import cost
from ferkit.core.errors import InputError
from ferkit.data.sources.synthetic import draw_set
from ferkit.experiments import evaluation, jobs
from ferkit.papers import training
from ferkit.papers.baselines import features, heads
from ferkit.papers.baselines.recipes import CRAFTED
from ferkit.reporting import figures
from ferkit.results import records

SIZES = {"pixels": 2304, "hog": 1764, "lbp": 2124, "hog_lbp": 3888, "gabor": 1536, "dense_sift": 64 * 128}


@pytest.fixture(scope="module")
def faces():
    """Drawn faces, few."""
    return draw_set(84, 28, 28, seed=3)


@pytest.mark.parametrize("name", SIZES)
def test_a_feature_has_its_size_and_depends_on_its_image_alone(name, faces):
    describe, images = getattr(features, name), faces.images[:4]
    together = describe(images)
    assert together.shape == (4, SIZES[name]) and together.dtype == np.float32 and np.isfinite(together).all()
    assert np.array_equal(together[2:3], describe(images[2:3]))
    assert len(np.unique(together, axis=0)) == 4


def test_hog_forgives_contrast_and_pixels_do_not(faces):
    dim = (faces.images[:1] // 2).astype(np.uint8)
    moved = {name: np.linalg.norm(getattr(features, name)(dim) - getattr(features, name)(faces.images[:1]))
             / np.linalg.norm(getattr(features, name)(faces.images[:1])) for name in ("hog", "pixels")}
    assert moved["hog"] < 0.1 < moved["pixels"]


def test_lbp_counts_each_pixel_once_in_its_own_trained_system(faces):
    image = faces.images[:1].copy()
    before = features.lbp(image).reshape(36, features.LBP_LABELS)
    image[0, 2:6, 2:6] = 255 - image[0, 2:6, 2:6]  # inside the first cell
    after = features.lbp(image).reshape(36, features.LBP_LABELS)
    assert np.allclose((before**2).sum(1), 1) and np.flatnonzero((before != after).any(1)).tolist() == [0]


def test_gabor_finds_the_direction_of_stripes():
    stripes = (127 + 100 * np.sin(2 * np.pi * np.arange(48) / 8)).astype(np.uint8)
    upright = np.broadcast_to(stripes, (48, 48))  # they vary along x: the direction of orientation 0
    magnitudes = features.gabor(np.stack([upright, upright.T])).reshape(2, 4, 6, -1).mean(-1)
    assert magnitudes[0].argmax() == 2 * 6 + 0 and magnitudes[1].argmax() == 2 * 6 + 3  # 8 pixels; half of half a turn


def test_words_and_components_are_fitted_on_what_is_given_and_deterministic(faces):
    descriptors = features.dense_sift(faces.images[:40])
    words = heads.BagOfWords(16, seed=1).fit(descriptors[:30])
    found = words.transform(descriptors)
    assert found.shape == (40, 80) and np.allclose((found[:, :16]**2).sum(1), 1)
    assert np.allclose((found[:, 16:].reshape(40, 4, 16)**2).sum((1, 2)), 1)
    again = heads.BagOfWords(16, seed=1).fit(descriptors[:30])
    assert np.array_equal(words.cluster_centers_, again.cluster_centers_)
    assert words.cluster_centers_.shape == (16, 128)
    assert heads.Components(256).fit(found[:30]).transform(found).shape == (40, 30)  # as many as there are images


@pytest.mark.parametrize("system", ["hog_svm", "hog_linear_svm", "sift_bow_svm"])
def test_a_system_is_fitted_tested_saved_and_opened_as_any_other(system, faces, tmp_path):
    job = training.job("09_hand_crafted", system, "ours", papers.recipe(system, "ours"), 0, "smoke")
    result = jobs.run(job, faces, tmp_path)
    assert result.metrics["accuracy"] > 1 / 7 and result.metrics["test_reads"] == 1 and result.history == []
    assert result.metrics["head_cpu_minutes"] >= 0 and len(result.metrics["robustness"]) == 18
    opened, facts = evaluation.open_weights(result.directory / records.WEIGHTS, papers.system)
    test = faces.part("test").images
    assert np.array_equal(opened.votes(test), result.predictions["predicted"])
    assert np.allclose(opened.scores(test), result.predictions["scores"], atol=1e-5)
    assert facts["parameters"] == result.metrics["parameters"] == opened.head.size
    assert jobs.run(job, faces, tmp_path).metrics == result.metrics


def test_the_nearest_neighbour_keeps_no_copy_of_the_training_images(faces, tmp_path):
    result = jobs.run(training.job("09_hand_crafted", "pixels_1nn", "ours", papers.recipe("pixels_1nn", "ours"), 0,
                                 "smoke"), faces, tmp_path)
    assert result.metrics["weights_sha256"] is None and not (result.directory / records.WEIGHTS).exists()
    assert result.metrics["train_accuracy"] == 1.0 and "svm" not in result.metrics
    with pytest.raises(InputError, match="keeps no weights"):
        jobs.load_predictor(result, papers.system)
    rows = cost.cost([result])
    assert rows[0]["minutes"] == result.metrics["head_cpu_minutes"]
    assert rows[0]["accuracy"] == result.metrics["accuracy"]
    fig = figures.accuracy_against(rows, lines={"people": 0.65})
    assert fig.data[0].y[0] == rows[0]["accuracy"] and fig.layout.shapes[0].y0 == 0.65


def test_every_hand_crafted_system_is_planned_and_asks_for_no_network():
    planned = {row.system for row in training.rows("full", "09_hand_crafted")}
    assert planned == set(CRAFTED) and all(papers.system(name).features for name in CRAFTED)


def test_pictures_of_features_are_pictures(faces):
    seen = features.as_pictures(faces.images[0])
    assert list(seen) == ["pixels", "HOG", "LBP", "Gabor"]
    assert all(picture.shape == (48, 48) and picture.dtype == np.uint8 for picture in seen.values())
