"""Every protocol keeps what it promises, for any labels and groups, and says so when it cannot."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ferkit.core import protocols
from ferkit.core.errors import InputError
from ferkit.data import splits
from ferkit.data.face_set import SPLITS

GROUPS = np.repeat([f"S{k:02d}" for k in range(40)], 6)  # 40 people, two sequences of three frames each
SEQUENCES = np.array([f"{who}_{k // 3 % 2}" for k, who in enumerate(GROUPS)])
LABELS = np.random.default_rng(0).integers(0, 7, 80).repeat(3)
NOTHING = np.full(len(LABELS), "")


def divide(protocol, seed=0, **changes):
    whole = {"labels": LABELS, "subjects": GROUPS, "sequences": SEQUENCES, "split": NOTHING, "source": {}} | changes
    return splits.divide(protocols.parse(protocol), SimpleNamespace(**whole), seed)


def crossing(rows, groups):
    return sum(len(set(groups[rows[a]].tolist()) & set(groups[rows[b]].tolist()))
               for a, b in (("train", "val"), ("train", "test"), ("val", "test")))


@pytest.mark.parametrize("protocol", [name for name in protocols.PROTOCOLS if name != "official"])
def test_every_row_is_used_once_and_the_same_seed_gives_the_same_split(protocol):
    first, again = divide(protocol), divide(protocol)
    np.testing.assert_array_equal(np.sort(np.concatenate(list(first.values()))), np.arange(len(LABELS)))
    assert all(np.array_equal(first[name], again[name]) and np.all(np.diff(first[name]) > 0) for name in first)


@pytest.mark.parametrize("protocol", ["by_image", "by_sequence", "by_subject", "by_image_10fold", "by_subject_10fold"])
def test_another_seed_gives_another_split(protocol):
    assert not np.array_equal(divide(protocol, 0)["test"], divide(protocol, 1)["test"])


def test_by_subject_parts_people_and_by_sequence_parts_sequences():
    assert crossing(divide("by_subject"), GROUPS) == crossing(divide("by_sequence"), SEQUENCES) == 0
    assert crossing(divide("by_sequence"), GROUPS) > 0 and crossing(divide("by_image"), SEQUENCES) > 0


def test_shares_are_seventy_ten_and_twenty():
    for protocol, tolerance in (("by_image", 0.03), ("by_sequence", 0.06), ("by_subject", 0.06)):
        rows = divide(protocol)
        got = [len(rows[name]) / len(LABELS) for name in SPLITS]
        np.testing.assert_allclose(got, splits.SHARES, atol=tolerance)


def test_by_image_is_stratified():
    rows = divide("by_image")
    for label in np.unique(LABELS):
        assert abs(np.sum(LABELS[rows["test"]] == label) - 0.2 * np.sum(label == LABELS)) <= 1


def test_by_subject_is_stratified_as_far_as_people_allow():
    even = np.tile(np.arange(6), 40)  # every person shows every expression once
    rows = divide("by_subject", labels=even)
    for part in rows.values():
        assert len(set(np.bincount(even[part]).tolist())) == 1


def test_leave_one_subject_out_tests_each_person_once_and_selects_on_another():
    folds = splits.leave_one_subject_out(GROUPS, seed=0)
    assert [set(GROUPS[fold["test"]].tolist()) for fold in folds] == [{who} for who in np.unique(GROUPS)]
    assert all(len(set(GROUPS[fold["val"]].tolist())) == 1 and crossing(fold, GROUPS) == 0 for fold in folds)


@pytest.mark.parametrize("protocol", ["by_image_10fold", "by_subject_10fold"])
def test_folds_test_every_image_once(protocol):
    tests = [divide(f"{protocol}:{k}")["test"] for k in range(10)]
    np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(len(LABELS)))


def test_official_is_the_source_s_own():
    split = np.array(["train"] * 10 + ["val"] * 4 + ["test"] * 6)
    rows = splits.official(SimpleNamespace(split=split))
    assert {name: part.tolist() for name, part in rows.items()} == {
        "train": list(range(10)), "val": list(range(10, 14)), "test": list(range(14, 20))}


@pytest.mark.parametrize(("protocol", "changes", "says"), [
    ("official", {}, "no official train and val and test split; use --protocol by_subject, by_subject_10fold"),
    ("official", {"subjects": NOTHING}, "name the subjects"),
    ("by_subject", {"subjects": NOTHING}, "names no subjects for 240 images"),
    ("by_sequence", {"sequences": NOTHING}, "names no sequences"),
    ("by_subject", {"subjects": np.where(np.arange(240) < 100, "a", "b")}, "2 subjects cannot be divided"),
    ("by_magic", {}, "'by_magic' is unknown; take one of official"),
    ("by_image:3", {}, "by_image has no folds"),
    ("by_image_10fold:10", {}, "folds 0 to 9"),
    ("by_image_10fold:x", {}, "unknown"),
    ("leave_one_subject_out:40", {}, "folds 0 to 39"),
])
def test_what_cannot_be_done_is_refused(protocol, changes, says):
    with pytest.raises(InputError, match=says):
        divide(protocol, **changes)


def test_a_broken_promise_is_caught_at_run_time(monkeypatch):
    monkeypatch.setattr(splits, "_place_groups", lambda labels, *_rest: np.arange(len(labels)) % 3)
    with pytest.raises(AssertionError, match="subjects are shared"):
        splits.by_group(LABELS, GROUPS, "subjects", 0)
    with pytest.raises(AssertionError, match="a row lies in two splits"):
        splits._checked({"train": np.array([0, 1]), "val": np.array([1]), "test": np.array([2])})


def test_too_few_images_are_refused():
    with pytest.raises(InputError, match="val and test split would be empty"):
        splits.by_image(np.array([0]), 0)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), min_size=3, max_size=120), st.integers(0, 99))
def test_no_group_is_ever_in_two_splits(pairs, seed):
    labels = np.array([label for label, _ in pairs])
    groups = np.array([f"g{group}" for _, group in pairs])
    assume(len(set(groups.tolist())) >= 3)
    rows = splits.by_group(labels, groups, "subjects", seed)
    assert crossing(rows, groups) == 0 and all(len(part) for part in rows.values())
    assert sum(map(len, rows.values())) == len(labels)


@example([0] * 8 + [1, 2, 3], 7, 0)  # the least of three rare labels once came on top of the limit
@given(st.lists(st.integers(0, 6), min_size=1, max_size=200), st.integers(7, 250), st.integers(0, 99))
def test_thinning_takes_exactly_the_limit_in_the_labels_own_proportion(labels, limit, seed):
    labels = np.array(labels)
    rows = splits.stratified_rows(labels, limit, seed)
    assert len(rows) == min(limit, len(labels)) and len(np.unique(rows)) == len(rows)
    counts = np.bincount(labels, minlength=7)
    taken = np.bincount(labels[rows], minlength=7)
    assert np.all((taken > 0) == (counts > 0))
    if limit >= 30:
        assert np.all(np.abs(taken - counts * min(1, limit / len(labels))) <= 7)


def test_proportional_rows_keep_every_class_in_its_share():
    labels = np.repeat([0, 1, 2], [900, 90, 10])
    rows = splits.proportional_rows(labels, 100, seed=0)
    assert np.bincount(labels[rows]).tolist() == [90, 9, 1] and len(set(rows)) == len(rows)
    assert np.array_equal(splits.proportional_rows(labels, 0, 0), np.arange(1000))


def test_a_limit_below_the_number_of_labels_leaves_one_of_each():
    assert np.bincount(np.arange(70)[splits.stratified_rows(np.arange(70) % 7, 3, 0)] % 7).tolist() == [1] * 7


@given(st.integers(8, 200), st.integers(0, 9))
def test_carving_touches_training_only_and_is_an_eighth_of_each_label(n, seed):
    labels, split = np.arange(n) % 2, np.where(np.arange(n) % 4 < 3, "train", "test").astype("<U5")
    carved = splits.carve_validation(labels, split, seed=seed)
    assert np.array_equal(carved == "test", split == "test")
    for label in (0, 1):
        total = np.sum((split == "train") & (labels == label))
        assert np.sum((carved == "val") & (labels == label)) == round(0.125 * total)


def test_carving_keeps_people_together_where_all_are_known():
    labels, split = np.arange(240) % 2, np.where(np.arange(240) < 180, "train", "test").astype("<U5")
    subjects = np.array([f"S{row // 9}" for row in range(240)])
    carved = splits.carve_validation(labels, split, subjects=subjects)
    assert splits.shared_groups(subjects, carved)["train/val"] == 0 and 9 <= np.sum(carved == "val") <= 36
    assert np.array_equal(carved == "test", split == "test")
    unknown = np.where(np.arange(240) == 0, "", subjects)
    np.testing.assert_array_equal(splits.carve_validation(labels, split, subjects=unknown),
                                  splits.carve_validation(labels, split))


def test_shared_groups_are_counted_and_unnamed_ones_are_not():
    split = np.array(["train", "train", "val", "test", "test"])
    groups = np.array(["a", "", "a", "a", ""])
    assert splits.shared_groups(groups, split) == {"train/val": 1, "train/test": 1, "val/test": 1}
