"""Sequences of unequal lengths: padding means nothing, hashes and selections mean what they say."""

from dataclasses import replace

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.data.sequences.sequence_set import WIDTH, SequenceSet


def points(n=6, longest=5, d=3, **changes):
    rng = np.random.default_rng(0)
    lengths = np.arange(n) % longest + 1
    inputs = rng.normal(size=(n, longest, d)).astype(np.float32) * (np.arange(longest) < lengths[:, None])[..., None]
    names = np.array([f"q{i}" for i in range(n)])
    columns = {"inputs": inputs, "lengths": lengths, "key_frames": lengths - 1, "labels": np.arange(n) % 2,
               "subjects": names, "sequences": names, "names": names, "index": np.arange(n),
               "split": np.array(["train", "val", "test"] * (n // 3)), "label_names": ("rest", "smile")}
    return SequenceSet(**{**columns, **changes})


def test_padding_and_order_leave_the_hash_and_frames_labels_and_splits_change_it():
    whole = points()
    wider = replace(whole, inputs=np.pad(whole.inputs, ((0, 0), (0, 4), (0, 0)), constant_values=7))
    assert wider.content_hash == whole.select(np.arange(6)[::-1]).content_hash == whole.content_hash
    for name in ("inputs", "labels", "key_frames"):
        changed = getattr(whole, name).copy()
        changed[4] = 0 if name == "labels" else changed[4] - 1
        if name == "labels":
            changed[4] = 1 - whole.labels[4]
        assert replace(whole, **{name: changed}).content_hash != whole.content_hash, name
    assert replace(whole, split=np.roll(whole.split, 1)).content_hash != whole.content_hash


def test_computed_inputs_are_known_by_their_origin_not_by_their_last_digits():
    whole = points(inputs_sha256="ab" * 32)
    assert replace(whole, inputs=whole.inputs + 1e-7).content_hash == whole.content_hash
    assert replace(whole, inputs_sha256="cd" * 32).content_hash != whole.content_hash


def test_the_first_share_keeps_one_frame_at_least_and_blanks_the_rest():
    seen = points().first(0.5)
    np.testing.assert_array_equal(seen.lengths, [1, 1, 2, 2, 3, 1])
    assert (seen.key_frames < seen.lengths).all()
    assert not seen.inputs[~seen.frames].any()
    np.testing.assert_array_equal(points().first(1.0).inputs, points().inputs)


def test_a_network_is_told_features_existence_key_frame_and_candidates():
    allowed = np.array([[True, False]] * 6)
    packed = points(candidates=allowed).images
    assert packed.shape == (6, 5, WIDTH + 4)
    np.testing.assert_array_equal(packed[..., :3], points().inputs)
    assert not packed[..., 3:WIDTH].any()
    np.testing.assert_array_equal(packed[..., WIDTH].sum(1), points().lengths)
    np.testing.assert_array_equal(packed[..., WIDTH + 1].argmax(1), points().key_frames)
    assert (packed[..., -2:] == (1, 0)).all()


def test_frames_are_no_network_input_until_features_are_computed():
    with pytest.raises(InputError, match="compute them first"):
        _ = points(inputs=np.zeros((6, 5, 48, 48), np.uint8)).images


def test_a_part_is_the_rows_of_its_split():
    part = points(candidates=np.ones((6, 2), bool)).part("val")
    assert part.names.tolist() == ["q1", "q4"] and len(part.candidates) == 2
    assert part.counts() == {"val": {"rest": 1, "smile": 1}}


@pytest.mark.parametrize("wrong", [{"lengths": np.zeros(6, int)}, {"lengths": np.full(6, 9)},
                                   {"key_frames": np.full(6, 5)}, {"labels": np.zeros(5, int)}])
def test_columns_that_do_not_fit_are_refused(wrong):
    with pytest.raises(ValueError):
        points(**wrong)


def test_a_copy_of_a_training_sequence_is_known():
    whole = points()
    assert not whole.copies.any()
    inputs, lengths = whole.inputs.copy(), whole.lengths.copy()
    inputs[2], lengths[2] = inputs[0], lengths[0]  # a test sequence that trains too
    copied = replace(whole, inputs=inputs, lengths=lengths, key_frames=lengths - 1)
    assert copied.copies.tolist() == [False, False, True, False, False, False]
