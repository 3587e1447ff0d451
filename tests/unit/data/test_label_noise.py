"""Planted label noise: exactly so much, of one kind, repeatable, nested."""

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.data import label_noise

LABELS = np.arange(7000) % 7


def test_exactly_the_share_is_moved_and_every_moved_label_is_wrong():
    noisy = label_noise.plant(LABELS, 0.2, 0, 7)
    assert np.sum(noisy != LABELS) == 1400 and noisy.min() >= 0 and noisy.max() <= 6


def test_it_is_symmetric_every_other_class_is_as_likely():
    noisy = label_noise.plant(LABELS, 0.3, 0, 7)
    counts = np.array([[np.sum((a == LABELS) & (noisy == b)) for b in range(7)] for a in range(7)])
    off = counts[~np.eye(7, dtype=bool)]
    assert off.sum() == 2100 and np.all(np.abs(off - 50) < 5 * np.sqrt(50))


def test_the_truth_is_left_alone_and_no_noise_is_the_labels():
    before = LABELS.copy()
    assert np.array_equal(label_noise.plant(LABELS, 0.0, 0, 7), before)
    label_noise.plant(LABELS, 0.3, 0, 7)
    assert np.array_equal(LABELS, before)


def test_a_seed_gives_its_noise_again_and_another_seed_another():
    first, again, other = (label_noise.plant(LABELS, 0.2, seed, 7) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_levels_are_nested():
    some, more = (label_noise.plant(LABELS, share, 0, 7) for share in (0.1, 0.2))
    moved = some != LABELS
    assert np.array_equal(some[moved], more[moved])


@pytest.mark.parametrize(("share", "classes"), [(1.0, 7), (-0.1, 7), (0.2, 1)])
def test_what_cannot_be_planted_is_refused(share, classes):
    with pytest.raises(InputError, match="label noise: a share of"):
        label_noise.plant(LABELS % classes, share, 0, classes)
