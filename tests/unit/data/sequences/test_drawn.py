"""Drawn sequences: known truth over time, no subject on both sides, and timing that tells nothing of the label."""

from dataclasses import replace

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.sequences import drawn, load
from ferkit.data.sources.synthetic import subject


@pytest.fixture(scope="module")
def small():
    return drawn.draw_sequences(14, 7, 7, seed=3)


def test_every_subject_shows_every_expression_and_stays_in_one_split(small):
    for person in np.unique(small.subjects):
        rows = small.subjects == person
        assert sorted(small.labels[rows]) == list(range(7))
        assert len(set(small.split[rows])) == 1


def test_the_expression_is_absent_at_first_and_strongest_at_the_key_frame(small):
    for row in np.flatnonzero(small.labels == LABELS.index("happy")):
        smile = small.units[row, :small.lengths[row], drawn.UNITS.index(12)]
        assert smile[0] < 0.05
        assert smile[small.key_frames[row]] >= 0.9 * smile.max() > 0.15


def test_frames_end_with_the_sequence_and_no_two_are_alike(small):
    assert not small.inputs[~small.frames].any() and not small.units[~small.frames].any()
    first = small.inputs[0, :small.lengths[0]]
    assert len(np.unique(first.reshape(len(first), -1), axis=0)) == len(first)
    assert small.lengths.min() >= 5 and len(set(small.lengths.tolist())) > 1


def test_a_sequence_depends_on_its_own_number_only(small):
    again = drawn.draw_sequences(7, 0, 0, seed=3)
    np.testing.assert_array_equal(again.inputs, small.inputs[:7])
    assert drawn.draw_sequences(7, 0, 0, seed=4).content_hash != again.content_hash


def test_lengths_come_from_the_subject_and_chance_alone():
    lengths = [[len(drawn.moving_face(0, person, label, np.random.default_rng([person, k]))[0]) for k in range(20)]
               for label in ("angry", "surprise") for person in range(10)]
    by_label = np.reshape(lengths, (2, -1)).mean(1)
    assert abs(by_label[0] - by_label[1]) < 0.01  # the same draws give the same timing


def test_nobody_of_the_stills_is_in_the_sequences(small):
    stills = {subject(3, person) for person in range(200)}
    assert not stills & {drawn.person(3, number) for number in range(40)}


def test_what_was_drawn_once_is_read_back_equal(tmp_path, monkeypatch):
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path))
    monkeypatch.setitem(load.PROFILES, "smoke", replace(load.PROFILES["smoke"], sequences=(7, 7, 7)))
    first = load.load("synthetic", profile="smoke")
    monkeypatch.setattr(drawn, "draw_sequences", None)
    again = load.load("synthetic", profile="smoke")
    assert again.content_hash == first.content_hash and again.source == first.source
    np.testing.assert_array_equal(again.units, first.units)


@pytest.mark.parametrize("left", [0, 5000])
def test_a_cached_file_that_was_cut_off_is_drawn_again(tmp_path, monkeypatch, left):
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(drawn, "draw_face", lambda face: np.full((48, 48), 9, np.uint8))
    monkeypatch.setitem(load.PROFILES, "smoke", replace(load.PROFILES["smoke"], sequences=(7, 7, 7)))
    whole = load.load("synthetic", profile="smoke")
    (stored,) = (tmp_path / "sequences").iterdir()
    stored.write_bytes(stored.read_bytes()[:left])
    assert load.load("synthetic", profile="smoke").content_hash == whole.content_hash


def test_a_random_split_lets_the_same_subject_through_and_the_own_one_does_not(tmp_path, monkeypatch):
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(drawn, "draw_face", lambda face: np.zeros((48, 48), np.uint8))  # who is where is the question
    monkeypatch.setitem(load.PROFILES, "smoke", replace(load.PROFILES["smoke"], sequences=(56, 7, 7)))
    for protocol, shared in (("official", False), ("by_image", True)):
        whole = load.load("synthetic", profile="smoke", protocol=protocol)
        assert bool(set(whole.part("train").subjects) & set(whole.part("test").subjects)) is shared


@pytest.mark.parametrize("train", [100, 20])
def test_a_number_of_images_to_train_leaves_all_sequences_where_there_are_no_more(train):
    """``run --protocol official+train100`` could not finish: 42 drawn sequences train in the smoke profile."""
    found = load.load("synthetic", profile="smoke", protocol=f"official+train{train}")
    assert (found.split == "train").sum() == min(train, 42) and found.source["protocol"] == f"official+train{train}"
    assert any("+train100 leaves all 42" in note for note in found.source["notes"]) == (train == 100)


def test_a_part_of_the_training_sequences_trains_and_what_sequences_lack_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("FERKIT_CACHE", str(tmp_path))
    whole, part = (load.load("synthetic", profile="smoke", protocol=name) for name in ("", "official+train14"))
    assert [int((part.split == split).sum()) for split in ("train", "val", "test")] == [
        14, *(int((whole.split == split).sum()) for split in ("val", "test"))]
    assert part.source["protocol"] == "official+train14" and "training sequences" in part.source["notes"][-1]
    with pytest.raises(InputError, match="one difficulty"):
        load.load("synthetic", profile="smoke", protocol="official+variation200")
