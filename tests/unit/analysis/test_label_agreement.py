"""Labels beside votes, counted by hand on a few and checked against what is published of all."""

from types import SimpleNamespace

import numpy as np
import pytest

from ferkit.analysis import label_agreement
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data import ferplus, fingerprint
from ferkit.results import tree
from ferkit.results.records import SystemKey


@pytest.fixture
def ten(monkeypatch):
    """Ten test images in the library's place: happy ones that the taggers confirm (0–3), contradict (4, 5), never name
    (6, 7), tie (8) and did not see (9)."""
    votes = np.zeros((10, 10), np.uint8)
    happy, sad, fear = (LABELS.index(label) for label in ("happy", "sad", "fear"))
    votes[:4, happy] = 10
    votes[4:6, happy], votes[4:6, sad] = 3, 7
    votes[6:8, fear] = 10
    votes[8, happy] = votes[8, sad] = 5
    known = fingerprint.Fingerprint(np.arange(10, dtype=np.uint64), np.arange(10, dtype=np.uint64),
                                    np.full(10, happy), np.full(10, "test"), {})
    monkeypatch.setattr(ferplus, "votes", lambda: votes)
    monkeypatch.setattr(fingerprint, "load", lambda: known)
    return SimpleNamespace(happy=happy, sad=sad, fear=fear, votes=votes, labels=known.labels)


def result(predicted, labels, index=None, seed=0):
    index = np.arange(len(labels)) if index is None else index
    return SimpleNamespace(key=SystemKey("03_gap_cnn_svm", "some", "ours", seed),
                           predictions={"index": index, "labels": labels[index], "predicted": predicted[index]})


def test_each_label_falls_into_one_group(ten):
    assert label_agreement.groups(ten.labels, ten.votes).tolist() == [
        *["confirmed"] * 4, *["contradicted"] * 2, *["never named"] * 2, "confirmed", ""]


def test_agreement_is_that_of_the_sole_plurality(ten):
    row = next(row for row in label_agreement.by_label() if row["label"] == "happy")
    assert row["n"] == 9 and row["agreement"] == pytest.approx(4 / 9)
    assert row["majority"] == pytest.approx(4 / 8) and row["n_majority"] == 8
    assert row["single"] == pytest.approx((4 + 0.6 + 0.5) / 9) and row["never_named"] == pytest.approx(2 / 9)
    assert row["confirmed"] + row["contradicted"] + row["never_named"] == pytest.approx(1)
    assert row["instead"] in ("sad", "fear") and row["instead_share"] == pytest.approx(2 / 9)
    top = label_agreement.ceiling()
    assert top["ten_people"] == pytest.approx(4.5 / 9) and top["any_of_ten"] == pytest.approx(7 / 9)


def test_a_system_is_scored_where_the_votes_confirm_contradict_and_never_name(ten):
    always_happy, crowd = np.full(10, ten.happy), np.array([3, 3, 3, 3, 4, 4, 2, 2, 3, 3])
    first, second = label_agreement.by_system([result(always_happy, ten.labels)]), label_agreement.by_system(
        [result(crowd, ten.labels, np.arange(10)[::-1])])
    assert (first[0]["confirmed"], first[0]["contradicted"], first[0]["never_named"]) == (1, 1, 1)
    assert first[0]["crowd"] == pytest.approx(4 / 8) and first[0]["crowd_n"] == 8
    assert (second[0]["confirmed"], second[0]["contradicted"], second[0]["never_named"]) == (1, 0, 0)
    assert second[0]["crowd"] == 1


def test_recall_is_counted_by_either_label_set(ten):
    crowd = np.array([3, 3, 3, 3, 4, 4, 2, 0, 3, 3])
    rows = {row["label"]: row for row in label_agreement.recall_by_label([result(crowd, ten.labels)], "ferplus")}
    assert rows["fear"]["n"] == 2 and rows["fear"]["recall"] == 0.5 and rows["sad"]["recall"] == 1
    own = {row["label"]: row for row in label_agreement.recall_by_label([result(crowd, ten.labels)])}
    assert own["happy"]["n"] == 10 and own["happy"]["recall"] == pytest.approx(0.6)


def test_predictions_of_other_images_are_refused(ten):
    other = result(np.full(10, 3), ten.labels, np.arange(5))
    moved = result(np.full(10, 3), ten.labels)
    moved.predictions["labels"] = np.roll(np.arange(10) % 7, 1)
    untested = SimpleNamespace(key=SystemKey("03_gap_cnn_svm", "some", "ours", 0), predictions={})
    with pytest.raises(InputError, match="official test images"):
        label_agreement.by_system([other, moved, untested])


def test_the_published_systems_are_right_where_people_confirm_the_label():
    rows = {row["label"]: row for row in label_agreement.by_label()}
    assert 0.6 < rows["all"]["agreement"] < 0.65 and rows["happy"]["agreement"] > 0.9 > rows["fear"]["agreement"] + 0.7
    systems = label_agreement.by_system(tree.load_tree(paths.published_directory("fer2013")).results)
    assert {row["n"] for row in systems} == {3589}
    assert {row["confirmed_n"] + row["contradicted_n"] + row["never_named_n"] for row in systems} == {rows["all"]["n"]}
    assert all(row["confirmed"] > row["contradicted"] > row["never_named"] for row in systems)


def test_recalls_by_both_label_sets_stand_in_one_row(ten):
    crowd = np.array([3, 3, 3, 3, 4, 4, 2, 0, 3, 3])
    (row,) = label_agreement.both_recalls([result(crowd, ten.labels)], ("happy", "fear"))
    assert row == {"system": "some", "recipe": "ours", "happy_own": "60 % of 10 (7)", "happy_ferplus": "100 % of 4 (6)",
                   "fear_own": "0 % of 0 (3)", "fear_ferplus": "50 % of 2 (5)"}


def test_groups_and_the_systems_named_come_in_the_order_asked_for(ten):
    first, second = result(np.full(10, ten.happy), ten.labels), result(np.full(10, ten.sad), ten.labels)
    first.key, second.key = SystemKey("x", "a", "ours", 0), SystemKey("x", "b", "published", 0)
    other = SimpleNamespace(key=SystemKey("x", "a", "probe", 0))
    chosen = label_agreement.replicated([first, other, second], ("b", "a"))
    assert [one.key.system for one in chosen] == ["b", "a"]
    assert label_agreement.by_group(label_agreement.by_system(chosen)) == {
        "confirmed": [0, 1], "contradicted": [0, 1], "never named": [0, 1]}
