"""Data on the device: orders, batches, and what is refused."""

import numpy as np
import pytest
import torch

from ferkit.core.errors import InputError
from ferkit.models.preprocessing import to_input
from ferkit.training.batching import Split, batches, batches_per_epoch, epoch_order


def split(labels):
    labels = np.asarray(labels)
    return Split.of(np.zeros((len(labels), 48, 48), np.uint8), labels, 7, "cpu")


def test_input_has_about_zero_mean_and_keeps_the_images():
    pixels = np.array([[[0, 255], [127, 128]]], dtype=np.uint8)
    x = to_input(pixels)
    assert x.shape == (1, 1, 2, 2) and x.dtype == torch.float32
    assert torch.allclose(x.flatten(), torch.tensor([-2.0, 2.0, -0.0078, 0.0078]), atol=1e-4)


def test_a_read_only_memory_map_can_be_used(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((3, 48, 48), np.uint8))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert Split.of(mapped, np.zeros(3, np.int64), 7, "cpu").images.sum() == 3 * 48 * 48


def test_an_epoch_visits_each_image_once_and_epochs_differ():
    data = split([0] * 50 + [1] * 50)
    first, second = epoch_order(data, 0, 0, "shuffle"), epoch_order(data, 0, 1, "shuffle")
    assert sorted(first.tolist()) == list(range(100)) and not torch.equal(first, second)
    assert torch.equal(first, epoch_order(data, 0, 0, "shuffle"))


def test_balanced_sampling_draws_every_class_equally_often():
    order = epoch_order(split([0] * 900 + [1] * 100), 0, 0, "balanced")
    assert 0.4 < (order >= 900).float().mean() < 0.6


@pytest.mark.parametrize(("n", "sizes"), [(8, [4, 4]), (9, [4, 4]), (10, [4, 4, 2]), (3, [3]), (1, [1])])
def test_a_short_rest_is_left_out_and_a_small_split_is_one_batch(n, sizes):
    found = [len(rows) for rows in batches(torch.arange(n), 4)]
    assert found == sizes and len(sizes) == batches_per_epoch(n, 4)


def test_batches_can_start_in_the_middle():
    assert torch.equal(next(batches(torch.arange(12), 4, start=2)), torch.arange(8, 12))


def test_an_empty_split_and_labels_out_of_range_are_refused():
    with pytest.raises(InputError, match="val: the split is empty"):
        Split.of(np.zeros((0, 48, 48), np.uint8), np.zeros(0, np.int64), 7, "cpu", "val")
    with pytest.raises(InputError, match="label 7 lies outside 0…6"):
        split([0, 7])
