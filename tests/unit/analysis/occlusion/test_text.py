"""Sentences that follow from the numbers beside them."""

import pytest

from ferkit.analysis.occlusion.text import pointing_sentence


@pytest.mark.parametrize(("trained", "says"), [(0.8, "It points better than every control."),
                                               (0.5, "It does not point better than untrained")])
def test_a_pointing_game_is_read_against_its_controls(trained, says):
    rows = [{"who points": "gap_cnn", "hits": trained}, {"who points": "untrained", "hits": 0.6},
            {"who points": "edges", "hits": 0.55}]
    said = pointing_sentence(rows)
    assert says in said and "60.0 %" in said and "55.0 %" in said


def test_without_a_known_truth_nothing_is_said():
    assert pointing_sentence([]) == ""
