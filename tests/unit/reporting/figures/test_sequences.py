"""Figures of sequences: every frame, every unit that moves, gaps where there is nothing, no real face."""

import numpy as np
import pytest

from ferkit.core.errors import InputError
from ferkit.reporting import figures
from ferkit.reporting.figures.sequences import over_time


def test_a_strip_has_a_picture_for_each_frame_and_is_refused_for_real_faces():
    frames = np.zeros((5, 48, 48), np.uint8)
    shown = figures.strip(frames, dataset="synthetic", key_frame=3)
    assert len(shown.data) == 5 and "3: key" in [note.text for note in shown.layout.annotations]
    with pytest.raises(InputError):
        figures.strip(frames, dataset="ckplus", key_frame=3)


def test_only_action_units_that_move_are_drawn():
    units = np.array([[0, 0.01, 0], [0.4, 0.02, 0], [0.9, 0.01, 0]])
    shown = figures.action_units(units, ("AU1", "AU2", "AU4"), key_frame=2)
    assert [line.name for line in shown.data] == ["AU1"] and list(shown.data[0].y) == pytest.approx([0, 0.4, 0.9])


def test_early_recognition_is_the_mean_over_seeds_by_share():
    rows = [{"system": "x", "recipe": "ours", "seed": seed, "share": share, "accuracy": share / 2 + seed / 10,
             "from": share / 2, "to": 1.0} for seed in (0, 1) for share in (1.0, 0.5)]
    (line,) = figures.early_recognition(rows, chance=0.2).data
    assert list(line.x) == [0.5, 1.0] and list(line.y) == pytest.approx([0.3, 0.55])
    assert list(line.error_y.arrayminus) == pytest.approx([0.05, 0.05])
    assert list(line.error_y.array) == pytest.approx([0.7, 0.45])


def test_a_frame_without_an_answer_is_a_gap():
    shown = over_time([{"happy": 0.9, "sad": 0.1}, None, {"happy": 0.2, "sad": 0.8}], title="t")
    assert [line.name for line in shown.data] == ["happy", "sad"] and shown.data[0].y[1] is None
