"""Where a spatial transformer looks, by hand and against torch's own grid."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ferkit import papers
from ferkit.analysis import stn_attention
from ferkit.models.inference import infer_theta

IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])


def matrix(scale: float = 1, shift: tuple[float, float] = (0, 0), degrees: float = 0) -> np.ndarray:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[scale * cos, -scale * sin, shift[0]], [scale * sin, scale * cos, shift[1]]])


def test_the_identity_samples_everything():
    assert stn_attention.sampled_area(IDENTITY[None]).all()
    found = stn_attention.describe(IDENTITY[None])
    assert {name: value.item() for name, value in found.items()} == {
        "scale_x": 1, "scale_y": 1, "shift_x": 0, "shift_y": 0, "rotation": 0, "area": 1}


def test_half_the_scale_samples_the_middle_quarter_and_a_shift_moves_it_right_and_down():
    middle = stn_attention.sampled_area(matrix(0.5)[None])[0]
    assert middle[12:36, 12:36].all() and middle.sum() == 24 * 24
    moved = stn_attention.sampled_area(matrix(0.5, (0.5, 0.25))[None])[0]
    assert moved[18:42, 24:48].all() and moved.sum() == 24 * 24
    found = stn_attention.describe(matrix(0.5, (0.5, 0.25), 30)[None])
    assert found["shift_x"].item() == 12 and found["shift_y"].item() == 6
    assert found["rotation"].item() == pytest.approx(30) and found["area"].item() == pytest.approx(0.25)


def test_the_area_is_where_torchs_grid_has_its_points():
    theta = matrix(0.6, (0.1, -0.2), 25)
    grid = F.affine_grid(torch.tensor(theta[None]), [1, 1, 400, 400], align_corners=False)[0].reshape(-1, 2).numpy()
    column, row = np.floor((grid + 1) * 24).astype(int).T
    inside = (column >= 0) & (column < 48) & (row >= 0) & (row < 48)
    hit = np.zeros((48, 48), int)
    np.add.at(hit, (row[inside], column[inside]), 1)
    area = stn_attention.sampled_area(theta[None])[0]
    full = hit > 0.75 * hit.max()
    assert np.all(area[full])
    assert np.all(hit[area] > 0)


def test_an_area_outside_the_image_or_without_extent_is_empty():
    assert not stn_attention.sampled_area(matrix(0.2, (3, 0))[None]).any()
    assert not stn_attention.sampled_area(np.zeros((1, 2, 3))).any()


def test_coverage_is_the_share_of_a_part_inside_the_area():
    masks = np.zeros((1, 2, 48, 48), bool)
    masks[0, 0, 10:14, 20:28] = True  # rows 12 and 13 lie inside the middle quarter
    covered = stn_attention.coverage(stn_attention.sampled_area(matrix(0.5)[None]), masks)
    assert covered[0, 0] == 0.5 and np.isnan(covered[0, 1])


def test_rows_tell_each_expressions_share_of_its_important_parts():
    masks = np.zeros((4, 2, 48, 48), bool)
    masks[:, 0, 12:36, 12:36], masks[:, 1, :12] = True, True
    theta = np.repeat(matrix(0.5)[None], 4, axis=0)
    table = stn_attention.rows(theta, np.array([0, 0, 1, 1]), masks, ("mouth", "brows"), ("happy", "angry", "sad"),
                           {"happy": ("mouth",), "angry": ("mouth", "brows")})
    assert [row["expression"] for row in table] == ["happy", "angry"]
    assert table[0] == {"expression": "happy", "n": 2, "image": 0.25, "mouth": 1.0, "brows": 0.0, "important": 1.0,
                        "excess": 0.75, "interval": [0.75, 0.75], "map inside": None}
    assert table[1]["important"] == pytest.approx(576 / (576 + 576))


def test_an_expression_without_important_parts_has_no_excess():
    row, = stn_attention.rows(matrix(0.5)[None], np.array([0]), np.ones((1, 1, 48, 48), bool), ("mouth",), ("happy",),
                              {}, np.ones((1, 48, 48)))
    assert row["important"] is row["excess"] is row["interval"] is None
    assert row["map inside"] == pytest.approx(1)


def test_agreement_is_one_for_looking_everywhere_and_more_for_looking_at_the_right_place():
    in_the_middle = np.zeros((48, 48))
    in_the_middle[20:28, 20:28] = 1.0
    in_the_middle[0] = -5.0  # covering there helps: no weight
    assert stn_attention.agreement(IDENTITY[None], in_the_middle) == pytest.approx(1)
    assert stn_attention.agreement(matrix(0.5)[None], in_the_middle) == pytest.approx(4)
    assert stn_attention.agreement(matrix(0.2, (0.8, 0.8))[None], in_the_middle) == pytest.approx(0)
    assert np.isnan(stn_attention.agreement(IDENTITY[None], np.zeros((48, 48))))


def test_a_theta_reads_what_its_frame_says():
    image = np.zeros((48, 48), np.uint8)
    image[24:] = 200
    names, thetas = zip(*stn_attention.EXAMPLES.items(), strict=True)
    read = dict(zip(names, stn_attention.read_by(image, thetas), strict=True))
    np.testing.assert_array_equal(read["identity"], image)
    assert read["lower half"][1:-1].min() == 200
    assert read["wider than the image"][:4].max() == 0 and read["wider than the image"][-4:].max() == 0


@pytest.mark.parametrize("sampler", ["features", "input"])
def test_a_shift_is_as_long_as_what_is_read_moves_in_the_image(sampler):
    torch.manual_seed(0)
    network = papers.system("deep_emotion").build(drop_rate=0.0, sampler=sampler).eval()

    def centre():
        images = torch.rand(100, 1, 48, 48, requires_grad=True)
        read, = torch.autograd.grad(network.feature_map(images)[:, :, 4, 4].sum(), images)
        across = read.abs().sum((0, 1, 2))
        return float((across * torch.arange(48.0)).sum() / across.sum())

    before = centre()
    with torch.no_grad():
        network.transformer.to_theta.bias[2] = 0.4
    told = stn_attention.describe(infer_theta(network, np.zeros((1, 48, 48), np.uint8)))
    assert told["shift_x"].item() == pytest.approx(centre() - before, abs=0.5)
