"""The parts of a face, and equal areas elsewhere."""

import numpy as np
import pytest

from ferkit.analysis.occlusion import TEMPLATE, face_regions, region_masks


def test_the_template_names_six_disjoint_parts_inside_the_image():
    masks = face_regions.template_masks()
    assert tuple(TEMPLATE) == ("mouth", "brows", "eyes", "nose", "cheeks", "forehead")
    assert masks.sum(0).max() == 1
    assert all(masks[i].sum() > 100 for i in range(6))
    rows = [np.flatnonzero(mask.any(1)).mean() for mask in masks]
    order = ["forehead", "brows", "eyes", "nose", "mouth"]  # from the top down
    heights = [rows[list(TEMPLATE).index(name)] for name in order]
    assert heights == sorted(heights)


def test_the_template_is_symmetric_and_scales_with_the_image():
    masks = face_regions.template_masks()
    assert np.array_equal(masks, masks[:, :, ::-1])
    assert np.array_equal(face_regions.template_masks(96, 96)[:, ::2, ::2], masks)


def test_known_masks_take_the_templates_place_and_its_pixels():
    known = np.zeros((2, 2, 48, 48), bool)
    known[:, 0, 20:30, 2:20] = True   # eyes, over a part of the template's cheeks
    known[1, 1, 40:46, 10:30] = True  # mouth
    names, masks = region_masks(2, known, ("eyes", "mouth"))
    assert names == tuple(TEMPLATE)
    assert np.array_equal(masks[:, names.index("eyes")], known[:, 0])
    assert np.array_equal(masks[:, names.index("mouth")], known[:, 1])
    others = [names.index(name) for name in ("brows", "nose", "cheeks", "forehead")]
    assert not (masks[:, others].any(1) & known.any(1)).any()
    assert masks[0, names.index("cheeks")].sum() < face_regions.template_masks()[names.index("cheeks")].sum()


@pytest.mark.parametrize("name", TEMPLATE)
def test_a_shape_moved_elsewhere_keeps_its_area_and_leaves_its_place(name):
    mask = face_regions.template_masks()[list(TEMPLATE).index(name)]
    moved = face_regions.elsewhere(mask, 8, np.random.default_rng(0))
    assert moved.shape == (8, 48, 48)
    assert np.all(moved.sum((1, 2)) == mask.sum())
    assert len({m.tobytes() for m in moved}) == 8
    assert (moved & mask).sum((1, 2)).max() <= 0.1 * mask.sum()
    assert np.array_equal(moved, face_regions.elsewhere(mask, 8, np.random.default_rng(0)))


def test_a_shape_without_room_moves_as_far_as_it_can():
    mask = np.zeros((6, 6), bool)
    mask[1:6, 1:6] = True
    moved = face_regions.elsewhere(mask, 2, np.random.default_rng(0))
    assert np.all(moved.sum((1, 2)) == 25)
    assert moved[0, :5, :5].all()  # one pixel up and to the left shares least
