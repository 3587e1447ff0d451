"""One canonical order, every circulating spelling."""

import pytest

from ferkit.core.labels import ALIASES, LABELS, to_label


def test_the_order_is_fer2013s_coding():
    assert LABELS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def test_no_spelling_means_two_things():
    spellings = [alias for aliases in ALIASES.values() for alias in aliases]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize(("name", "label"), [
    ("Happiness", "happy"), ("joy", "happy"), ("AN", "angry"), (" Fear ", "fear"), ("Surprised", "surprise"),
    ("contempt", "contempt"), ("cat", None), ("", None)])
def test_names_of_sources_become_labels(name, label):
    assert to_label(name) == label
