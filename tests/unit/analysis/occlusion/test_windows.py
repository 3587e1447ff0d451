"""Windows: where they lie, what they cover, what stands in their place."""

import numpy as np
import pytest

from ferkit.analysis import occlusion
from ferkit.analysis.occlusion import Windows


def test_windows_start_at_the_top_left_and_go_row_by_row():
    windows = Windows(48, 48, 8, 4)
    assert windows.shape == (11, 11) and len(windows) == 121
    assert windows.boxes[:2].tolist() == [[0, 0, 8, 8], [0, 4, 8, 12]]
    assert windows.boxes[-1].tolist() == [40, 40, 48, 48]


@pytest.mark.parametrize(("patch", "stride"), [(8, 4), (7, 5), (10, 10), (48, 1), (1, 1), (13, 7)])
def test_every_pixel_is_covered_and_no_window_leaves_the_image(patch, stride):
    windows = Windows(48, 48, patch, stride)
    assert windows.masks.any(0).all()
    assert windows.boxes.max() == 48
    assert (windows.masks.sum((1, 2)) == np.prod(windows.boxes[:, 2:] - windows.boxes[:, :2], axis=1)).all()
    assert (windows.masks.sum((1, 2)) > 0).all()


def test_the_last_window_is_cropped_at_the_edge():
    assert Windows(5, 5, 3, 3).boxes.tolist() == [[0, 0, 3, 3], [0, 3, 3, 5], [3, 0, 5, 3], [3, 3, 5, 5]]


@pytest.mark.parametrize(("patch", "stride"), [(0, 1), (49, 1), (8, 0)])
def test_sizes_that_make_no_window_are_refused(patch, stride):
    with pytest.raises(ValueError, match="do not fit"):
        Windows(48, 48, patch, stride)


def test_a_pixel_takes_the_mean_of_the_windows_that_cover_it():
    pixels = Windows(1, 4, 1, 1).to_pixels(np.array([1.0, 2, 3, 4]))
    assert pixels.tolist() == [[1, 2, 3, 4]]
    windows = Windows(2, 3, 2, 1)  # two windows: columns 0–1 and 1–2
    assert windows.to_pixels(np.array([2.0, 4.0])).tolist() == [[2, 3, 4], [2, 3, 4]]
    assert np.isnan(Windows(1, 3, 1, 2).to_pixels(np.array([1.0, 2.0]))).tolist() == [[False, True, False]]


def test_baselines_are_black_the_images_own_mean_or_its_blur():
    images = np.zeros((2, 6, 6), np.uint8)
    images[0] = 100
    images[1, :3] = 200
    assert occlusion.fill(images, "zero").max() == 0
    assert np.unique(occlusion.fill(images, "mean")[1]).tolist() == [100]
    blurred = occlusion.fill(images, "blur")
    assert np.all(blurred[0] == 100)
    assert blurred[1, 0, 0] > blurred[1, 5, 0] > 0
    with pytest.raises(ValueError, match="baseline 'white'"):
        occlusion.fill(images, "white")
