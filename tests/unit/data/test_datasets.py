"""``load`` and ``fingerprint``: read once, divided, thinned, stated; known cheaply; nothing kept of bad input."""

import os
import subprocess
import sys

import numpy as np
import pytest

from ferkit.core import paths, protocols
from ferkit.core.errors import InputError
from ferkit.core.profiles import PROFILES
from ferkit.data import datasets, splits
from ferkit.data.face_set import SPLITS
from ferkit.data.sources import fer2013
from ferkit.data.sources.synthetic import draw_set


@pytest.fixture
def archive(small, layouts, tmp_path):
    """The drawn set as a FER2013 csv."""
    return layouts.csv(tmp_path / "fer2013.csv", small)


@pytest.fixture(scope="module")
def many():
    """805 drawn faces, more than the smoke profile takes."""
    return draw_set(560, 105, 140, seed=4)


def test_the_source_is_read_once(own_cache, archive, small, monkeypatch):
    first = datasets.load("fer2013", archive)
    monkeypatch.setattr(fer2013, "read", lambda data: pytest.fail("read twice"))
    again = datasets.load("fer2013", archive)
    assert again.content_hash == first.content_hash == small.content_hash
    assert isinstance(again.images, np.memmap)


def test_a_changed_source_is_read_again(own_cache, archive, small, layouts):
    before = datasets.fingerprint("fer2013", archive)
    layouts.csv(archive, small.select(np.arange(len(small)) != 3))
    os.utime(archive, ns=(1, 1))
    assert len(datasets.load("fer2013", archive)) == len(small) - 1
    assert datasets.fingerprint("fer2013", archive) != before


def test_the_data_may_be_named_by_the_environment(own_cache, archive, small, monkeypatch):
    monkeypatch.setenv("FERKIT_FER2013", str(archive))
    assert datasets.load("fer2013").content_hash == small.content_hash


def test_fingerprints_tell_arguments_apart(own_cache, archive):
    seen = {datasets.fingerprint("fer2013", archive, profile, protocol, seed)
            for profile in ("smoke", "quick", "full") for protocol in ("official", "by_image") for seed in (0, 1)}
    assert len(seen) == 12
    drawn = {datasets.fingerprint("synthetic", None, profile, "official", seed)
             for profile in ("smoke", "quick") for seed in (0, 1)}
    assert len(drawn) == 4
    assert datasets.fingerprint("fer2013", archive) == datasets.fingerprint("fer2013", archive)


def test_fingerprints_and_loading_need_no_torch():
    code = (
        "import sys; from ferkit.data import datasets; datasets.fingerprint('synthetic'); "
        "assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_drawn_faces_fill_the_profile_and_keep_their_masks():
    faces = datasets.load("synthetic", profile="smoke", seed=3)
    assert tuple(np.sum(faces.split == split) for split in SPLITS) == PROFILES["smoke"].drawn
    again = datasets.load("synthetic", profile="smoke", seed=3)
    np.testing.assert_array_equal(again.masks, faces.masks)
    assert again.content_hash == faces.content_hash and again.masks.any()


def test_real_data_are_thinned_to_the_profile_and_say_so(own_cache, many, layouts, tmp_path):
    place = layouts.csv(tmp_path / "fer2013.csv", many)
    faces = datasets.load("fer2013", place, profile="smoke")
    assert [int(np.sum(faces.split == split)) for split in SPLITS] == [420, 105, 105]
    assert "Thinned to 630 of 805 images" in faces.source["notes"][-1] and faces.source["thinned"]
    for split in SPLITS:
        whole, part = many.counts()[split], faces.counts()[split]
        ratio = sum(part.values()) / sum(whole.values())
        assert all(abs(part[label] - ratio * whole[label]) <= 1 for label in whole)
    assert datasets.load("fer2013", place, profile="full").content_hash == many.content_hash


def test_a_part_of_the_training_images_trains_and_the_rest_stays_whole(own_cache, many, layouts, tmp_path):
    place = layouts.csv(tmp_path / "fer2013.csv", many)
    whole, part = (datasets.load("fer2013", place, profile="full", protocol=name)
                   for name in ("official", "official+train70"))
    assert [int(np.sum(part.split == split)) for split in SPLITS] == [70, 105, 140]
    for split in ("val", "test"):
        np.testing.assert_array_equal(part.part(split).images, whole.part(split).images)
    all_of_them = {image.tobytes() for image in whole.part("train").images}
    assert {image.tobytes() for image in part.part("train").images} <= all_of_them
    assert all(abs(part.counts()["train"][k] - n / 8) <= 1 for k, n in whole.counts()["train"].items())
    assert part.source["protocol"] == "official+train70" and "70 of 560 training images" in part.source["notes"][-1]
    assert part.content_hash != whole.content_hash
    same = datasets.load("fer2013", place, profile="full", protocol="official+train70")
    assert same.content_hash == part.content_hash
    for n in (6, 560, 561):
        with pytest.raises(InputError, match=r"560 images train, so that \+trainN takes 7 to 559"):
            datasets.load("fer2013", place, profile="full", protocol=f"official+train{n}")


def test_a_protocol_is_applied_and_stated(own_cache, small, layouts, tmp_path):
    place = layouts.ckplus48(tmp_path / "ck", small)
    faces = datasets.load("ckplus", place, protocol="by_subject", seed=1)
    assert splits.shared_groups(faces.subjects, faces.split) == {"train/val": 0, "train/test": 0, "val/test": 0}
    assert faces.source["protocol"] == "by_subject" and "Divided by protocol by_subject" in faces.source["notes"][-1]


def test_contempt_is_kept_by_the_protocol_s_name(own_cache, small, layouts, tmp_path):
    place = layouts.ckplus48(tmp_path / "ck", small)
    seven, eight = (datasets.load("ckplus", place, protocol=name) for name in ("by_subject", "by_subject+contempt"))
    assert (len(seven.label_names), len(eight.label_names)) == (7, 8) and len(eight) > len(seven)
    assert eight.source["protocol"] == "by_subject+contempt" and eight.content_hash != seven.content_hash
    assert datasets.fingerprint("ckplus", place, protocol="by_subject+contempt") \
        != datasets.fingerprint("ckplus", place, protocol="by_subject")


@pytest.mark.parametrize("dataset", ["ckplus", "jaffe", "ferg"])
def test_every_set_has_a_default_protocol_that_it_can_be_divided_by(dataset):
    assert protocols.DEFAULT_PROTOCOL[dataset] in set(protocols.PROTOCOLS) - {"official"}
    assert set(protocols.DEFAULT_PROTOCOL) == set(paths.DATASETS)


def test_a_set_without_official_splits_names_the_protocols(own_cache, small, layouts, tmp_path, refusal):
    place = layouts.ckplus48(tmp_path / "ck", small)
    line = refusal(datasets.load, "ckplus", place)
    assert "no official" in line and "by_subject" in line


@pytest.mark.parametrize(("arguments", "says"), [
    ({"dataset": "affectnet"}, "dataset 'affectnet' is unknown"),
    ({"dataset": "synthetic", "profile": "huge"}, "profile 'huge' is unknown"),
    ({"dataset": "synthetic", "profile": "smoke", "protocol": "at_will"}, "protocol 'at_will' is unknown"),
])
def test_unknown_names_are_refused_with_the_known_ones(refusal, arguments, says):
    assert says in refusal(datasets.load, **arguments)


def test_a_card_says_what_a_run_used_without_pixels_or_paths(own_cache, archive, small):
    card = datasets.card(datasets.load("fer2013", archive))
    assert card["content_hash"] == small.content_hash and card["n"] == len(small)
    assert str(archive.parent) not in str(card)
