"""Maps against what is known of drawn faces."""

import numpy as np
import pytest

from ferkit.analysis.occlusion import Windows
from ferkit.analysis.occlusion import pointing_game as truth
from ferkit.data.synthetic.truth import moving_parts, truth_masks


def test_the_parts_that_move_follow_from_the_action_units():
    assert "mouth" in moving_parts("happy")
    assert moving_parts("angry") == ("brows", "eyes", "mouth")
    assert moving_parts("neutral") == ()


def test_the_truth_of_an_image_is_the_union_of_its_moving_parts():
    masks = np.zeros((2, 2, 4, 4), bool)
    masks[:, 0, 0], masks[:, 1, 3] = True, True
    found = truth_masks(np.array([0, 1]), ("surprise", "neutral"), masks, ("mouth", "nose"))
    assert found[0].sum() == 4 and found[0, 0].all()
    assert not found[1].any()


def test_pointing_and_overlap_by_hand():
    windows = Windows(2, 2, 1, 1)
    values = np.array([[0, 4.0, 1, 3], [2, 2, 0, -5], [0, 0, 0, -1]])
    inside = np.zeros((3, 2, 2), bool)
    inside[:, 0, 1] = True
    assert truth.pointing(values, windows, inside).tolist() == pytest.approx([1.0, 0.5, 1 / 3])
    assert truth.overlap(values, windows, inside)[:2].tolist() == [0.5, 0.5]
    assert np.isnan(truth.overlap(values, windows, inside)[2])


def test_an_even_window_points_with_its_four_middle_pixels():
    inside = np.zeros((1, 4, 4), bool)
    inside[0, 1, 1] = True
    assert truth.pointing(np.array([[1.0]]), Windows(4, 4, 4, 4), inside).tolist() == [0.25]


def test_a_map_on_the_truth_wins_the_game_and_a_random_one_gets_its_share():
    rng = np.random.default_rng(0)
    windows, labels = Windows(48, 48, 8, 4), np.zeros(2000, np.int64)
    inside = np.zeros((2000, 48, 48), bool)
    inside[:, 32:44, 14:34] = True
    on_truth = np.broadcast_to(windows.masks[:, 38, 24].astype(np.float32), (2000, 121))
    for values, low, high in ((on_truth, 0.95, 1.0), (rng.random((2000, 121)), 0.054, 0.154)):
        game = truth.pointing_game(values, windows, labels, inside, ("happy",))
        assert low <= game["overall"]["hits"] <= high
        assert game["overall"]["share"] == pytest.approx(240 / 2304)
        assert game["by_label"]["happy"]["n"] == 2000


def test_images_without_truth_are_left_out():
    inside = np.zeros((2, 4, 4), bool)
    inside[0] = True
    game = truth.pointing_game(np.zeros((2, 4)), Windows(4, 4, 2, 2), np.array([0, 1]), inside,
                               ("happy", "neutral"))
    assert game["overall"]["n"] == 1
    assert game["by_label"]["neutral"] == {"n": 0, "hits": None, "overlap": None, "share": None}


def test_pixels_become_means_over_windows():
    pixels = np.arange(16.0).reshape(1, 4, 4)
    assert truth.in_windows(pixels, Windows(4, 4, 2, 2)).tolist() == [[2.5, 4.5, 10.5, 12.5]]


def test_edges_are_strong_where_grey_changes():
    image = np.zeros((1, 6, 6), np.uint8)
    image[:, :, 3:] = 100
    found = truth.edges(image)
    assert found[0, 0].tolist() == [0, 0, 50, 50, 0, 0]
