"""Occluders and poses planted with known truth: what is covered, what is kept, and what a job writes of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ferkit import papers
from ferkit.core.errors import DataChanged, InputError
from ferkit.data.sources import synthetic
from ferkit.experiments import jobs, planted
from ferkit.papers import training
from ferkit.results import planted as stored
from ferkit.training.recipe import Recipe


@pytest.fixture(scope="module")
def drawn():
    """A few drawn faces, all without an occluder of their own."""
    faces = synthetic.draw_set(14, 7, 21, seed=3)
    plain = synthetic.redraw(faces, lambda face: replace(face, occluder="none"))
    return faces.select((plain.images == faces.images).all((1, 2)))


def test_redrawn_without_a_change_the_faces_are_the_same(drawn):
    again = synthetic.redraw(drawn, lambda face: face)
    assert np.array_equal(again.images, drawn.images) and np.array_equal(again.masks, drawn.masks)


def test_an_occluder_changes_its_region_and_nothing_else(drawn):
    found = planted.conditions(drawn, 0)
    for k, region in enumerate(drawn.regions):
        one = found[f"occluder_{region}"]
        assert np.array_equal(one.hidden, drawn.masks[:, k])
        changed = one.images != drawn.images
        near = one.hidden.copy()  # three pixels around: supersampling, and the camera's blur
        for _ in range(3):
            padded = np.pad(near, [(0, 0), (1, 1), (1, 1)])
            near = np.any([padded[:, y:y + 48, x:x + 48] for y in range(3) for x in range(3)], axis=0)
        assert not (changed & ~near).any() and (changed & one.hidden).sum() > 0.8 * one.hidden.sum()


def test_rolled_and_shifted_heads_move_their_masks(drawn):
    moved = synthetic.redraw(drawn, lambda face: planted.posed(face, "shift", 4))
    centres = [(masks[:, 0] * np.arange(48)).sum((1, 2)) / masks[:, 0].sum((1, 2)) for masks in (drawn.masks,
                                                                                               moved.masks)]
    assert np.allclose(np.abs(centres[1] - centres[0]), 4, atol=0.7)
    found = planted.conditions(drawn, 0)
    assert list(found)[-4:] == ["roll_20", "roll_40", "shift_4", "shift_8"] and found["roll_20"].hidden is None
    assert np.array_equal(found["shift_4"].images, moved.images)


def test_faces_that_were_not_drawn_get_black_blocks_at_known_places(faces):
    found = planted.conditions(faces(), 5)
    assert list(found) == ["occluder_block_12", "occluder_block_16"]
    block = found["occluder_block_16"]
    assert (block.hidden.sum((1, 2)) == 256).all() and (block.images[block.hidden] == 0).all()
    assert np.array_equal(block.images[~block.hidden], faces().images[~block.hidden])
    with pytest.raises(InputError, match="drawn"):
        synthetic.redraw(faces(), lambda face: face)


def test_a_job_writes_what_was_planted_and_it_is_read_back(tmp_path, faces):
    recipe = replace(papers.recipe("ran", "ours"), epochs=1, batch_size=16)
    job = replace(training.job("07_region_attention", "ran", "ours", recipe, 0, "smoke"), corruption_images=14)
    result = jobs.run(job, faces(), tmp_path, device="cpu")
    found = stored.read(result)
    assert found["n"] == result.metrics["robustness_clean"]["n"] == 14
    assert found["accuracy"] == pytest.approx(result.metrics["robustness_clean"]["accuracy"], abs=1e-6)
    assert set(found["attention"]) == {"avoids", "uneven", "heads"}  # no drawn parts, so no truth about them
    assert stored.robustness(result).corruptions["occluder_block_16"] == pytest.approx(
        result.metrics["robustness"]["block_16"], abs=1e-6)  # the very same blocks
    (result.directory / stored.FILE).write_text(json.dumps({**found, "weights_sha256": "0" * 64}))
    with pytest.raises(DataChanged, match="not of the weights"):
        stored.read(result)


def test_a_system_without_planted_truth_writes_none(tmp_path, faces):
    job = replace(training.job("03_gap_cnn_svm", "lenet5", "ours", Recipe(epochs=1, batch_size=16), 0, "smoke"),
                  corruption_images=14)
    assert stored.read(jobs.run(job, faces(), tmp_path, device="cpu")) is None
