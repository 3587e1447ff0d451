"""Occlusion maps: by hand, whatever the batch, and against Captum."""

import numpy as np
import pytest
import torch
from torch import nn

from ferkit import papers
from ferkit.analysis import occlusion
from ferkit.analysis.occlusion import maps as maps_module
from ferkit.models.heads import RBF_SVM, SklearnHead
from ferkit.models.preprocessing import to_input


def corner(images: np.ndarray) -> np.ndarray:
    """Class 1 where the top-left 2×2 is bright, by its sum; class 0 scores a constant."""
    own = images[:, :2, :2].sum((1, 2), dtype=np.float64) / 100
    return np.stack([np.full(len(images), 3.0), own], axis=1)


def test_a_map_computed_by_hand():
    image = np.zeros((1, 4, 4), np.uint8)
    image[0, :2, :2] = [[100, 100], [100, 200]]  # score 5 for class 1
    maps = occlusion.occlusion_maps(corner, image, np.array([1]), patch_size=2, stride=1)
    assert maps.windows.shape == (3, 3)
    assert maps.correct.tolist() == [True]
    assert maps.logit_drop.reshape(3, 3).tolist() == [[5, 3, 0], [3, 2, 0], [0, 0, 0]]
    # 5 - 3 = 2 < 3: wrong; 5 - 2 = 3 = 3: a tie goes to the lower label, which is wrong too
    assert maps.turned_wrong.reshape(3, 3).astype(int).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    before, after = 1 / (1 + np.exp(3 - 5)), 1 / (1 + np.exp(3 - 0))
    assert maps.probability_drop[0, 0] == pytest.approx(before - after, abs=1e-6)
    maps = occlusion.occlusion_maps(corner, image, np.array([1]), patch_size=2, stride=1, baseline="mean")
    assert maps.logit_drop.reshape(3, 3) == pytest.approx(  # the mean is 31.25, stored as 31
        np.array([[3.76, 2.38, 0], [2.38, 1.69, 0], [0, 0, 0]]), abs=1e-6)


def test_a_blurred_window_loses_what_the_blur_takes():
    image = np.zeros((1, 8, 8), np.uint8)
    image[0, :2, :2] = 200
    left = occlusion.fill(image, "blur")[0, :2, :2].sum() / 100
    maps = occlusion.occlusion_maps(corner, image, np.array([1]), patch_size=2, stride=2, baseline="blur")
    assert 0 < left < 8 and maps.logit_drop[0, 0] == pytest.approx(8 - left)
    assert np.count_nonzero(maps.logit_drop) == 1


def test_an_edge_window_covers_what_is_left_of_it():
    image = np.full((1, 5, 5), 10, np.uint8)
    maps = occlusion.occlusion_maps(lambda batch: np.stack([np.zeros(len(batch)), batch.sum((1, 2))], 1), image,
                                    np.array([1]), patch_size=3, stride=3)
    assert maps.logit_drop.reshape(2, 2).tolist() == [[90, 60], [60, 40]]  # 3×3, 3×2, 2×3 and 2×2 pixels of 10


def test_an_image_that_was_wrong_cannot_turn_wrong_but_can_lose_probability():
    image = np.full((1, 4, 4), 50, np.uint8)  # score 2 for class 1, below 3
    maps = occlusion.occlusion_maps(corner, image, np.array([1]), patch_size=2, stride=2)
    assert not maps.correct[0] and not maps.turned_wrong.any()
    assert maps.probability_drop[0, 0] > 0.2


def test_a_vote_that_is_not_the_highest_score_decides_what_is_wrong():
    def voter(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return corner(images), (images[:, 3, 3] > 0).astype(np.int64)

    image = np.full((1, 4, 4), 255, np.uint8)
    maps = occlusion.occlusion_maps(voter, image, np.array([1]), patch_size=1, stride=1)
    assert maps.turned_wrong.reshape(4, 4)[3, 3]
    assert maps.turned_wrong.sum() == 1


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 48, 48)).astype(np.uint8)


def network() -> nn.Module:
    torch.manual_seed(0)
    return papers.system("lenet5").build().eval()


@pytest.mark.parametrize("batch", [1, 7, 121, 10_000])
def test_the_batch_does_not_change_the_maps(pictures, batch):
    score = occlusion.predictor(network())
    labels = np.argmax(score(pictures), 1)
    labels[0] = (labels[0] + 1) % 7
    whole = occlusion.occlusion_maps(score, pictures, labels, stride=8, batch=512)
    parts = occlusion.occlusion_maps(score, pictures, labels, stride=8, batch=batch)
    assert np.array_equal(whole.turned_wrong, parts.turned_wrong)
    assert np.allclose(whole.logit_drop, parts.logit_drop, atol=1e-5)
    assert np.allclose(whole.probability_drop, parts.probability_drop, atol=1e-5)


def wavering(pictures: np.ndarray) -> nn.Module:
    """A network whose logits are nearly equal on the pictures, so that a small patch turns answers."""
    model = network()
    with torch.no_grad():
        model.fc.bias.sub_(model(to_input(pictures)).mean(0))
    return model


def machine(model: nn.Module, pictures: np.ndarray, num_classes: int = 3) -> SklearnHead:
    """An SVM on noisy features of the pictures, so that covering one changes its votes."""
    with torch.inference_mode():
        features = model.forward_features(to_input(np.tile(pictures, (10, 1, 1)))).numpy()
    rng = np.random.default_rng(0)
    noisy = features + rng.normal(0, features.std(0), features.shape)
    return RBF_SVM.refit(noisy, rng.permutation(np.arange(60) % 3), {"C": 10.0, "gamma": 0.05}, num_classes)


@pytest.mark.parametrize("head", ["softmax", "svm"])
@pytest.mark.parametrize(("patch", "stride", "baseline"), [(8, 6, "zero"), (11, 7, "zero"), (9, 6, "mean"),
                                                           (6, 5, "blur")])
def test_pixel_maps_are_captums(pictures, patch, stride, baseline, head):
    captum = pytest.importorskip("captum.attr")
    model = wavering(pictures)
    own = machine(model, pictures) if head == "svm" else None
    score = occlusion.predictor(model, own)
    labels = score(pictures)[1] if own else score(pictures).argmax(1)
    labels = np.concatenate([labels[:4], (labels[4:] + 1) % 3])  # four right, two wrong
    maps = occlusion.occlusion_maps(score, pictures, labels, patch_size=patch, stride=stride, baseline=baseline)
    assert maps.correct.tolist() == [True] * 4 + [False] * 2
    assert maps.turned_wrong.any()

    def forward(x: torch.Tensor, target: torch.Tensor, reading: str) -> torch.Tensor:
        if own:
            scores, votes = own.predict([model.forward_features(x).numpy()])
            scores, votes = torch.from_numpy(scores).double(), torch.from_numpy(votes)
        else:
            scores = model(x).double()
            votes = scores.argmax(1)
        if reading == "turned_wrong":
            return (votes == target).double()
        return (scores if reading == "logit_drop" else scores.softmax(1)).gather(1, target[:, None])[:, 0]

    filled = to_input(occlusion.fill(pictures, baseline))
    for reading in occlusion.READINGS:
        rows = maps.correct if reading == "turned_wrong" else np.ones(6, bool)
        with torch.inference_mode():
            expected = captum.Occlusion(forward).attribute(
                to_input(pictures)[rows], (1, patch, patch), (1, stride, stride), filled[rows],
                additional_forward_args=(torch.from_numpy(labels)[rows], reading), perturbations_per_eval=8)
        assert np.abs(maps.windows.to_pixels(getattr(maps, reading)[rows]) - expected[:, 0].numpy()).max() < 1e-5


@pytest.mark.parametrize("batch", [1, 10, 500])
def test_the_batch_does_not_change_an_svms_maps_even_with_labels_it_has_never_seen(pictures, batch):
    model = network()
    score = occlusion.predictor(model, machine(model, pictures, num_classes=7))
    whole, parts = (occlusion.occlusion_maps(score, pictures, np.arange(6), patch_size=12, stride=12, batch=size)
                    for size in (96, batch))
    assert np.array_equal(whole.turned_wrong, parts.turned_wrong)
    for reading in ("logit_drop", "probability_drop"):
        assert np.allclose(getattr(whole, reading), getattr(parts, reading), atol=1e-5)
    assert not whole.probability_drop[3:].any()  # labels 3 to 5 were in no training row


def test_an_svm_on_the_features_is_asked_for_its_votes(pictures):
    model = network()
    with torch.inference_mode():
        features = model.forward_features(to_input(pictures)).numpy()
    twice = np.concatenate([features, features + 0.01])
    head = RBF_SVM.refit(twice, np.tile(np.arange(6) % 3, 2), {"C": 10.0, "gamma": "scale"}, 3)
    score = occlusion.predictor(model, head)
    scores, votes = score(pictures)
    assert scores.shape == (6, 3) and np.array_equal(votes, head.predict([features])[1])
    maps = occlusion.occlusion_maps(score, pictures, np.arange(6) % 3, patch_size=16, stride=16)
    assert np.array_equal(maps.correct, votes == np.arange(6) % 3)


def test_a_network_of_40_pixels_gets_the_centre_crop_and_ignores_the_border(pictures):
    torch.manual_seed(0)
    model = papers.system("gap_cnn").build(input_size=40).eval()
    score = occlusion.predictor(model)
    maps = occlusion.occlusion_maps(score, pictures, np.arange(6), patch_size=4, stride=4)
    drops = np.abs(maps.logit_drop).reshape(6, 12, 12)
    assert drops[:, 0].max() == drops[:, :, -1].max() == 0
    assert drops[:, 1:-1, 1:-1].max() > 0


def test_class_maps_average_each_reading_over_its_own_images():
    windows = occlusion.Windows(2, 2, 1, 1)
    wrong = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]], bool)
    drop = np.arange(16, dtype=np.float32).reshape(4, 4)
    correct = np.array([True, True, False, True])
    maps = occlusion.OcclusionMaps(windows, "zero", np.array([0, 0, 0, 1]), correct, wrong, drop, drop * 2)
    means = occlusion.class_maps(maps, 3)
    assert means["counts"].tolist() == [3, 1, 0] and means["correct_counts"].tolist() == [2, 1, 0]
    assert means["turned_wrong"][0].tolist() == [[1, 0.5], [0, 0]]  # over the two that were right
    assert means["probability_drop"][0].tolist() == [[4, 5], [6, 7]]  # over all three
    assert np.isnan(means["turned_wrong"][2]).all()
    low, high = means["probability_drop_low"], means["probability_drop_high"]
    assert np.all(low[0] < means["probability_drop"][0]) and np.all(high[0] > means["probability_drop"][0])
    assert np.array_equal(low[1], high[1])  # one image has no band
    assert np.array_equal(means["window_logit_drop"][1], [[24, 26], [28, 30]])


def test_probabilities_are_a_softmax_that_survives_large_scores():
    assert maps_module.probability_of(np.array([[1000.0, 0.0]]), np.array([0])).tolist() == [1.0]
