"""CK+ over time: whole sequences of the release, the frames there are of CK+48; drawn faces stand in for people."""

import numpy as np
import pytest

from ferkit.core.labels import LABELS
from ferkit.data.sequences import ckplus, load


@pytest.fixture
def release(small, layouts, tmp_path):
    return layouts.ckplus_release(tmp_path / "ck", small, codes=[1, 3, 4, 5, 6, 7, 2])


def test_a_sequence_of_the_release_is_all_its_frames_in_order_and_ends_at_its_apex(release):
    whole = ckplus.read(release)
    assert len(whole) == 6 and set(whole.labels) == set(range(6))  # contempt is dropped, neutral is no sequence
    assert (whole.key_frames == whole.lengths - 1).all() and whole.lengths.tolist() == [6] * 6
    assert whole.inputs.shape[1:] == (6, 48, 48) and whole.inputs.dtype == np.uint8


def test_frames_are_the_pictures_of_the_folder(release, small):
    from PIL import Image

    whole = ckplus.read(release)
    person, take = whole.sequences[0].split("_")
    pictures = sorted((release / "cohn-kanade-images" / person / take).glob("*.png"))
    np.testing.assert_array_equal(whole.inputs[0], [np.asarray(Image.open(path).convert("L")) for path in pictures])


def test_ckplus48_gives_the_frames_it_has(small, layouts, tmp_path):
    whole = ckplus.read(layouts.ckplus48(tmp_path / "ck", small))
    assert whole.source["layout"] == "CK+48, sequences" and "contempt" not in whole.label_names
    assert whole.lengths.max() <= 3 and len(set(whole.sequences)) == len(whole)


def test_nobody_trains_who_tests(release):
    whole = load.load("ckplus", release)
    assert not set(whole.part("train").subjects) & set(whole.part("test").subjects)
    assert whole.source["protocol"] == "by_subject" and whole.label_names == LABELS
