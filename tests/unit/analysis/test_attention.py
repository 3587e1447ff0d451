"""Measures of attention on maps made by hand, and maps of networks in the frame of the image."""

import numpy as np
import pytest
import torch

from ferkit import papers
from ferkit.analysis.attention import maps
from ferkit.experiments import attention

EVEN = np.full((2, 2), 0.25)
# Two images, two attentions: weights 0.75 and 0.25, then 0.5 and 0.5.
SEEN = np.array([[[[0.75, 0], [0, 0]], [[0, 0], [0, 0.25]]], [[[0.25, 0.25], [0, 0]], [[0, 0], [0.25, 0.25]]]])
TOP = np.array([[True, True], [False, False]])


def test_the_share_on_parts_is_held_against_the_even_map_over_images_that_have_parts():
    parts = np.array([TOP, np.zeros_like(TOP)])
    found = attention.on_parts(SEEN, EVEN, parts)
    assert (found["n"], found["share"], found["even"], found["area"]) == (1, 0.75, 0.5, 0.5)
    assert found["mean"] == 0.25 and found["hits"] == 1.0
    both = attention.on_parts(SEEN, EVEN, np.array([TOP, TOP]))
    assert both["mean"] == pytest.approx((0.25 + 0) / 2) and both["hits"] == pytest.approx((1 + 0.5) / 2)
    assert both["sd"] == pytest.approx(np.std([0.25, 0], ddof=1) / np.sqrt(2))


def test_what_is_avoided_is_what_the_even_map_has_on_the_occluder_beyond_it():
    hidden = {"a": np.array([TOP, TOP]), "b": np.array([~TOP, ~TOP])}
    found = attention.avoids({"a": SEEN, "b": SEEN}, EVEN, {"a": hidden["a"]})
    assert found["mean"] == pytest.approx((0.5 - 0.75 + 0.5 - 0.5) / 2)
    assert attention.avoids({"a": SEEN, "b": SEEN}, EVEN, hidden)["mean"] == pytest.approx(0)  # what one gains


def test_uneven_is_the_share_that_would_have_to_move():
    found = attention.uneven(SEEN)
    assert found["mean"] == pytest.approx((0.25 + 0) / 2) and found["weights"] == [0.625, 0.375]


def test_heads_are_compared_with_each_other_and_with_themselves_on_another_image():
    found = attention.heads(SEEN)
    assert found["between_heads"] == 1.0  # nowhere both
    assert found["between_images"] == pytest.approx((0.5 + 0.5) / 2) and found["mean"] == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["ran", "multiple_attention", "deep_emotion"])
def test_maps_of_a_network_lie_in_the_frame_of_the_image(name):
    torch.manual_seed(0)
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    seen, even = maps(papers.system(name).build(), images)
    assert seen.shape[0] == 3 and seen.shape[2:] == even.shape == (48, 48)
    assert np.allclose(seen.sum((1, 2, 3)), 1) and np.isclose(even.sum(), 1)
    if name != "deep_emotion":  # reads the middle 44 pixels
        assert seen[..., :2, :].sum() == seen[..., -2:].sum() == 0


def test_a_network_without_attention_has_no_maps():
    images = np.zeros((2, 48, 48), np.uint8)
    assert maps(papers.system("ran_single").build(), images) is None
    assert maps(papers.system("deep_emotion_plain").build(), images) is None
