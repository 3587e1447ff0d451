"""Image conditions: exact where they can be computed by hand, repeatable where they are drawn."""

import numpy as np
import pytest

from ferkit.experiments import corruptions


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(12, 48, 48)).astype(np.uint8)


@pytest.mark.parametrize("name", corruptions.CONDITIONS)
def test_every_condition_keeps_the_form_repeats_by_seed_and_leaves_its_input_alone(images, name):
    before = images.copy()
    changed = corruptions.apply(name, images, seed=3)
    assert changed.dtype == np.uint8 and changed.shape == images.shape
    assert np.array_equal(images, before)
    assert not np.array_equal(changed, images)
    assert np.array_equal(changed, corruptions.apply(name, images, seed=3))
    drawn = name.split("_")[0] not in ("blur", "brightness")
    assert drawn == (not np.array_equal(changed, corruptions.apply(name, images, seed=4)))


@pytest.mark.parametrize("kind", ["noise", "blur", "rotation", "block"])
def test_more_strength_changes_more(images, kind):
    smooth = corruptions.blur(images, strength=2)
    changes = [np.abs(corruptions.apply(name, smooth, 0).astype(int) - smooth).mean()
               for name in corruptions.CONDITIONS if name.startswith(kind + "_")]
    assert changes == sorted(changes) and changes[0] > 0


def test_noise_has_the_stated_deviation():
    grey = np.full((20, 48, 48), 128, np.uint8)
    grain = corruptions.noise(grey, np.random.default_rng(0), strength=0.1).astype(float) - 128
    assert abs(grain.std() / 25.5 - 1) < 0.02 and abs(grain.mean()) < 0.5


def test_blur_spreads_one_point_as_a_gaussian_and_keeps_its_light():
    point = np.zeros((1, 21, 21), np.uint8)
    point[0, 10, 10] = 255
    blurred = corruptions.blur(point, strength=1)[0].astype(float)
    assert blurred[10, 10] == round(255 * 0.3991**2)  # the sampled kernel's centre weight, both axes
    assert blurred[10, 11] == blurred[11, 10] == blurred[10, 9]
    flat = np.full((1, 9, 9), 77, np.uint8)
    assert np.array_equal(corruptions.blur(flat, strength=2), flat)


def test_brightness_multiplies_and_clips():
    grey = np.array([[[0, 100, 200]]], np.uint8)
    assert corruptions.brightness(grey, strength=1.5).tolist() == [[[0, 150, 255]]]
    assert corruptions.brightness(grey, strength=0.5).tolist() == [[[0, 50, 100]]]


def test_shift_moves_by_whole_pixels_and_repeats_the_edge(images):
    moved = corruptions.shift(images, np.random.default_rng(1), strength=2)
    for before, after in zip(images, moved, strict=True):
        padded = np.pad(before, 2, mode="edge")
        offsets = [(y, x) for y in (0, 2, 4) for x in (0, 2, 4) if (y, x) != (2, 2)]
        assert any(np.array_equal(after, padded[y:y + 48, x:x + 48]) for y, x in offsets)


def test_a_quarter_turn_is_exact(images):
    turned = corruptions.rotation(images, np.random.default_rng(0), strength=90)
    for before, after in zip(images, turned, strict=True):
        assert np.array_equal(after, np.rot90(before, 1)) or np.array_equal(after, np.rot90(before, -1))


def test_a_block_is_one_black_square_inside_the_image():
    white = np.full((200, 48, 48), 255, np.uint8)
    blocked = corruptions.block(white, np.random.default_rng(0), strength=8)
    for image in blocked:
        rows, columns = np.nonzero(image == 0)
        assert len(rows) == 64
        assert np.ptp(rows) == np.ptp(columns) == 7
    corners = (blocked[:, 0, 0] == 0).sum()
    assert corners < 20  # not always in one place


def test_accuracies_count_right_answers_under_each_condition(images):
    labels = np.arange(12) % 7

    def bright(batch: np.ndarray) -> np.ndarray:  # right for a brightened batch only
        return labels if batch.mean() > images.mean() + 20 else labels + 1

    result = corruptions.accuracies(bright, images, labels, seed=0)
    assert list(result) == list(corruptions.CONDITIONS)
    assert [name for name, accuracy in result.items() if accuracy == 1.0] == ["brightness_1.5"]
    assert sum(result.values()) == 1.0
