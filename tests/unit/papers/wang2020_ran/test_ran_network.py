"""Crops, self-attention and relation attention against their formulas on hand-made batches, alone and together."""

import numpy as np
import pytest
import torch

from ferkit import papers
from ferkit.models import facts
from ferkit.papers.wang2020_ran.network import Ensemble, RegionAttentionNetwork, boxes, combined

# One image, three regions with two features each.
F = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]]])
Q, R = np.array([0.5, -1.0]), np.array([1.0, 0.5, -0.5, 2.0])
PARTS = [(True, True), (True, False), (False, True), (False, False)]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def by_hand(self_attention, relation):
    """(output, μ, ν) of `F` as the paper's equations say, in numpy."""
    regions = F[0].numpy().astype(float)
    mu = softmax(sigmoid(regions @ Q + 0.1)) if self_attention else np.full(3, 1 / 3)
    both = np.hstack([regions, np.tile(mu @ regions, (3, 1))])
    nu = softmax(sigmoid(both @ R - 0.2)) if relation else np.full(3, 1 / 3)
    return (mu * nu) @ both / (mu * nu).sum(), mu, nu


def tiny(self_attention=True, relation=True, **options):
    """A network of two features whose attention has the weights `Q` and `R`."""
    model = RegionAttentionNetwork(widths=(2,), self_attention=self_attention, relation=relation, **options)
    with torch.no_grad():
        for layer, weights, bias in ((model.self_attention, Q, 0.1), (model.relation, R, -0.2)):
            if layer is not None:
                layer.weight.copy_(torch.tensor(weights)[None])
                layer.bias.fill_(bias)
    return model.eval()


@pytest.mark.parametrize(("self_attention", "relation"), PARTS)
def test_each_part_alone_and_together_is_its_formula(self_attention, relation):
    found = tiny(self_attention, relation).attend(F)
    for value, expected in zip(found, by_hand(self_attention, relation), strict=True):
        assert np.allclose(value[0].detach(), expected, atol=1e-6)


def test_without_both_parts_the_output_is_the_mean_twice():
    output = tiny(False, False).attend(F)[0]
    assert torch.allclose(output[0], torch.cat([F[0].mean(0)] * 2))


def test_regions_are_attended_to_image_by_image():
    model, batch = tiny(), torch.cat([F, F.flip(1), torch.rand(1, 3, 2)])
    output, mu, _ = model.attend(batch)
    assert torch.allclose(output[0], output[1], atol=1e-6) and torch.allclose(mu[0], mu[1].flip(0))
    assert torch.allclose(model.attend(batch[2:])[0], output[2:], atol=1e-6)


def test_two_weights_differ_by_a_factor_of_e_at_most():
    _, mu, nu = tiny().attend(1000 * torch.randn(50, 6, 2))
    assert (mu.max(1).values / mu.min(1).values).max() <= np.e + 1e-4
    assert (nu.max(1).values / nu.min(1).values).max() <= np.e + 1e-4


def test_weights_are_of_full_precision_under_autocast():
    model = tiny()
    with torch.autocast("cpu", torch.bfloat16):
        assert all(torch.equal(a, b) for a, b in zip(model.attend(F), model.attend(F), strict=True))
        assert model.attend(F)[1].dtype == torch.float32
    assert torch.equal(model.attend(F.bfloat16())[1], model.attend(F)[1])  # these features are exact in bf16


def test_the_fixed_crops_and_the_corners_with_the_centre_of_40_pixels():
    assert boxes("fixed", 40) == [(0, 0, 40), (0, 0, 30), (0, 10, 30), (10, 5, 30), (2, 2, 36), (3, 3, 34)]
    assert boxes("corners", 40) == [(0, 0, 40), (0, 0, 30), (0, 10, 30), (10, 0, 30), (10, 10, 30), (5, 5, 30)]


def test_random_crops_are_what_their_draws_say():
    draws = torch.tensor([[0.0, 0.0, 0.999], [0.999, 0.999, 0.0], [0.5, 0.5, 0.5], [0, 0, 0], [0, 0, 0]])
    found = boxes("random", 40, draws.tolist())
    assert found[:4] == [(0, 0, 40), (0, 12, 28), (2, 0, 38), (4, 4, 33)]
    assert all(y + side <= 40 and x + side <= 40 for y, x, side in boxes("random", 40, [[0.9999] * 3] * 5))


def test_random_crops_change_from_batch_to_batch_in_training_and_stay_afterwards():
    model, x = tiny(layout="random"), torch.zeros(2, 1, 44, 44)
    assert model.boxes(x) == model.boxes(x)
    model.train()
    torch.manual_seed(1)
    first, second = model.boxes(x), model.boxes(x)
    torch.manual_seed(1)
    assert first != second and first == model.boxes(x)


def test_regions_are_the_pixels_of_their_boxes():
    ramp = torch.arange(48.0).expand(48, 48)
    images = torch.stack([ramp, ramp.T])[:, None]  # columns, then rows
    regions = tiny(crop_size=24).regions(images)
    assert regions.shape == (2, 6, 1, 24, 24)
    for k, (y, x, side) in enumerate(boxes("fixed", 48)):
        centre = (side - 1) / 2
        assert torch.isclose(regions[0, k].mean(), torch.tensor(x + centre), atol=0.3)
        assert torch.isclose(regions[1, k].mean(), torch.tensor(y + centre), atol=0.3)
    assert torch.allclose(regions[0, 0, 0, 5], torch.arange(24.0) * 2 + 0.5)  # 48 read at 24: means of two pixels


def test_every_region_goes_through_the_same_backbone():
    model, images = tiny(crop_size=24), torch.randn(2, 1, 44, 44)
    features, regions = model.region_features(images), model.regions(images)
    for k in range(6):
        assert torch.allclose(features[:, k], model.blocks(regions[:, k]).mean((2, 3)), atol=1e-5)


def test_attention_spreads_a_regions_weight_over_its_pixels():
    model, images = tiny(), torch.randn(3, 1, 44, 44)
    seen, even = model.attention(images)
    _, mu, nu = model.attend(model.region_features(images))
    assert torch.allclose(seen.sum((2, 3)), combined(mu, nu), atol=1e-6)
    assert torch.allclose(seen.sum((1, 2, 3)), torch.ones(3)) and torch.isclose(even.sum(), torch.tensor(1.0))
    y, x, side = model.boxes(images)[3]
    outside = seen[:, 3].clone()
    outside[:, y:y + side, x:x + side] = 0
    assert outside.sum() == 0 and torch.allclose(seen[0, 3, y, x], combined(mu, nu)[0, 3] / side**2)
    assert torch.allclose(tiny(False, False).attention(images)[0].sum(1), even.expand(3, -1, -1), atol=1e-7)


@pytest.mark.parametrize("control", ["ran_single", "ran_ensemble"])
def test_the_controls_cost_as_many_multiply_adds(control):
    costs = [facts.multiply_adds(papers.system(name).build()) for name in ("ran", control)]
    assert abs(costs[0] / costs[1] - 1) < 0.01


def test_multiply_adds_are_those_counted_by_hand():
    model = RegionAttentionNetwork(widths=(2,), input_size=48, crop_size=24)
    a_region = 24 * 24 * 9 * 1 * 2 + 12 * 12 * 9 * 2 * 2
    assert facts.multiply_adds(model) == 6 * (a_region + 2 + 4) + 4 * 7  # and one row each of μ, ν, and the logits


def test_an_ensemble_is_the_mean_of_its_members_logits():
    torch.manual_seed(0)
    model, x = Ensemble(members=2, widths=(4,), view=44).eval(), torch.randn(3, 1, 44, 44)
    alone = [head(member(x).mean((2, 3))) for head, member in zip(model.heads, model.members, strict=True)]
    assert torch.allclose(model(x), (alone[0] + alone[1]) / 2, atol=1e-6)
