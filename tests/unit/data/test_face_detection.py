"""Faces are found and levelled; integral image and Haar features equal what they are by definition and in OpenCV."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferkit.core.errors import InputError
from ferkit.data import face_detection
from ferkit.data.sources.synthetic import draw_set


@pytest.fixture(scope="module")
def drawn():
    """Drawn faces."""
    return draw_set(35, 7, 7, seed=1).images


@pytest.fixture(scope="module")
def photograph(drawn):
    """A 300×240 photograph with one drawn face of 120 pixels at (90, 60), and that face's box."""
    findable = drawn[np.flatnonzero(face_detection.found_in_crops(drawn))[0]]
    canvas = np.full((240, 300), 90, np.uint8)
    canvas[60:180, 90:210] = cv2.resize(findable, (120, 120), interpolation=cv2.INTER_LINEAR)
    return canvas


def test_most_drawn_faces_are_found_and_noise_is_not(drawn):
    noise = np.random.default_rng(0).integers(0, 256, drawn.shape).astype(np.uint8)
    assert face_detection.found_in_crops(drawn).mean() > 0.7
    assert face_detection.found_in_crops(noise).mean() < 0.1


def test_the_face_in_a_photograph_is_found_where_it_is(photograph):
    crop = face_detection.crop_face(photograph)
    x, y, width, height = crop.box
    assert abs(x + width / 2 - 150) < 20 and abs(y + height / 2 - 120) < 20 and 80 < width < 150
    assert crop.image.shape == (48, 48) and crop.image.dtype == np.uint8


def test_without_a_face_the_centred_square_stands_in(monkeypatch):
    ramp = np.tile(np.arange(100, dtype=np.uint8), (40, 1))
    monkeypatch.setattr(face_detection, "SIZE", 40)
    crop = face_detection.crop_face(ramp)
    assert crop.box is None
    np.testing.assert_array_equal(crop.image, ramp[:, 30:70])


def test_a_tilted_face_is_turned_level(monkeypatch):
    dots = np.zeros((100, 100), np.uint8)
    dots[38:43, 28:33] = dots[58:63, 68:73] = 255  # "eyes" on a line that falls by 26.6 degrees
    monkeypatch.setattr(face_detection, "detect", lambda image: [(0, 0, 100, 100)])
    monkeypatch.setattr(face_detection, "_tilt", lambda face: float(np.degrees(np.arctan2(20, 40))))
    monkeypatch.setattr(face_detection, "SIZE", 100)
    level = face_detection.crop_face(dots).image
    left, right = (np.argwhere(half > 100)[:, 0].mean() for half in (level[:, :50], level[:, 50:]))
    assert abs(left - right) < 1.5


def test_the_largest_face_comes_first(photograph):
    double = np.hstack([photograph, cv2.resize(photograph, None, fx=0.6, fy=0.6).repeat(1, 0)[
        np.minimum(np.arange(240), 143)]])
    boxes = face_detection.detect(double)
    assert len(boxes) >= 2 and boxes[0][2] == max(box[2] for box in boxes)


def test_a_tiny_photograph_is_refused():
    with pytest.raises(InputError, match="15×40 pixels is too small"):
        face_detection.crop_face(np.zeros((40, 15), np.uint8))


def test_opencv_without_haar_cascades_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.delattr(cv2, "CascadeClassifier")
    with pytest.raises(InputError, match="has no Haar cascades: pip install"):
        face_detection._opencv()


@given(st.integers(0, 2**32), st.integers(0, 20), st.integers(0, 20), st.integers(1, 10), st.integers(1, 10))
def test_four_look_ups_are_the_sum_of_any_rectangle(seed, x, y, width, height):
    image = np.random.default_rng(seed).integers(0, 256, (30, 30)).astype(np.uint8)
    integral = face_detection.integral_image(image)
    inside = image[y:y + height, x:x + width].astype(int)
    assert face_detection.rectangle_sum(integral, x, y, width, height) == inside.sum()


def test_the_integral_image_is_opencv_s(drawn):
    np.testing.assert_array_equal(face_detection.integral_image(drawn[0]), cv2.integral(drawn[0]))


def test_the_first_stage_has_nine_features_of_zero_sum():
    features = face_detection.first_features()
    assert len(features) == 9
    for feature in features:  # a uniform picture gives 0: weights balance areas
        assert sum(width * height * weight for _, _, width, height, weight in feature.rectangles) == 0


def test_a_feature_s_value_by_hand():
    feature = face_detection.HaarFeature(((0, 0, 4, 2, -1.0), (0, 0, 2, 2, 2.0)), 0.0, 1.0, -1.0)
    window = np.zeros((1, 24, 24), np.uint8)
    window[0, :2, :2] = 10
    window[0, 12:, :] = 50
    inner = window[0, 1:-1, 1:-1].astype(float)
    assert face_detection.feature_values(window, (feature,))[0, 0] == pytest.approx(40 / (484 * inner.std()))


def test_light_and_contrast_do_not_change_a_value(drawn):
    windows = face_detection.as_windows(drawn) // 3
    features = face_detection.first_features()
    np.testing.assert_allclose(face_detection.feature_values(windows * 2 + 40, features),
                               face_detection.feature_values(windows, features), atol=1e-9)


def test_a_window_without_contrast_gives_zero():
    flat = np.full((1, 24, 24), 128, np.uint8)
    assert np.all(face_detection.feature_values(flat, face_detection.first_features()) == 0)


def test_what_the_cascade_finds_mostly_passes_its_first_stage(drawn):
    features = face_detection.first_features()
    values = face_detection.feature_values(face_detection.as_windows(drawn), features)
    sums = sum(np.where(values[:, k] < f.threshold, f.below, f.above) for k, f in enumerate(features))
    assert np.mean(sums > -5.0425500869750977) > 0.8  # the stage's own threshold, from the cascade file


def test_the_firing_map_peaks_where_the_window_holds_the_face(drawn):
    places = face_detection.firing_map(drawn, face_detection.first_features())
    assert places.shape == (25, 25) and places.min() >= 0 and places.max() <= 1
    peak = np.unravel_index(np.argmax(places), places.shape)
    assert max(abs(peak[0] - 12), abs(peak[1] - 12)) <= 2
