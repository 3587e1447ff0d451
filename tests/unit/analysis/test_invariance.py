"""What stays when a face is moved, turned or resized."""

import numpy as np

from ferkit.analysis import invariance
from ferkit.data import datasets


def test_an_answer_that_ignores_the_image_never_changes():
    images = np.zeros((5, 48, 48), np.uint8)
    rows = invariance.unchanged(lambda x: np.zeros(len(x), np.int64), images)
    assert [row["unchanged"] for row in rows] == [1.0] * len(invariance.CHANGES)
    assert all(row["from"] < 1.0 == row["to"] for row in rows)


def test_an_answer_that_reads_one_corner_changes_with_the_shift():
    images = np.zeros((64, 48, 48), np.uint8)
    images[:, :2, :2] = 255
    rows = invariance.unchanged(lambda x: (x[:, 0, 0] > 127).astype(np.int64), images)
    shifted = next(row["unchanged"] for row in rows if row["change"] == "shift 4 px")
    assert 0.1 < shifted < 0.7  # only moves towards the corner leave it white


def test_resizing_zooms_about_the_centre():
    image = np.zeros((1, 48, 48), np.uint8)
    image[0, 16:32, 16:32] = 200
    larger, smaller = (invariance.resize(image, strength=s)[0] > 100 for s in (1.5, 0.5))
    assert larger.sum() == 24 * 24 and smaller.sum() == 8 * 8
    assert np.array_equal(larger, larger[::-1, ::-1]) and np.array_equal(invariance.resize(image, strength=1.0), image)


def test_two_networks_see_the_same_pixels():
    images, seen = datasets.load("synthetic", profile="smoke").part("test").images[:9], []
    for _ in range(2):
        pixels = []
        invariance.unchanged(lambda x, pixels=pixels: pixels.append(x.copy()) or np.zeros(len(x), np.int64), images)
        seen.append(np.concatenate(pixels))
    assert np.array_equal(*seen)
