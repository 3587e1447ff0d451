"""Loading sequences under a protocol that leaves fewer to train."""

import pytest

from ferkit.data.sequences import load


@pytest.mark.parametrize("train", [100, 20])
def test_a_number_of_images_to_train_leaves_all_sequences_where_there_are_no_more(train):
    """``run --protocol official+train100`` could not finish: 42 drawn sequences train in the smoke profile."""
    found = load.load("synthetic", profile="smoke", protocol=f"official+train{train}")
    assert (found.split == "train").sum() == min(train, 42) and found.source["protocol"] == f"official+train{train}"
    assert any("+train100 leaves all 42" in note for note in found.source["notes"]) == (train == 100)
