"""The small backbone with α: its range, its place, and what it leaves alone."""

import numpy as np
import torch

from ferkit.papers.wang2020_scn.network import SelfCureNetwork, importance

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)


def network(**options):
    torch.manual_seed(0)
    return SelfCureNetwork(input_size=40, **options).eval()


def test_alpha_lies_between_zero_and_one_and_is_the_sigmoid_of_a_linear_layer():
    model = network()
    features = torch.randn(4, model.num_features)
    alpha = model.forward_importance(features)
    by_hand = 1 / (1 + torch.exp(-(features @ model.alpha.weight[0] + model.alpha.bias)))
    assert alpha.shape == (4,) and torch.allclose(alpha, by_hand) and ((alpha > 0) & (alpha < 1)).all()


def test_any_images_have_their_alpha_one_by_one():
    model = network()
    together, one = importance(model, IMAGES), importance(model, IMAGES[2:3])
    assert together.shape == (5,) and together.dtype == np.float32 and np.allclose(together[2], one[0], atol=1e-6)


def test_alpha_is_of_full_precision_under_autocast():
    model = network()
    features = torch.randn(4, model.num_features)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(model.forward_importance(features), model.forward_importance(features.float()))
        assert model.forward_importance(features.bfloat16()).dtype == torch.float32


def test_alpha_costs_one_weight_a_feature_and_no_logit():
    with_alpha, without = network(), network(alpha=False)
    count = [sum(p.numel() for p in model.parameters()) for model in (with_alpha, without)]
    assert count[0] - count[1] == with_alpha.num_features + 1
    assert with_alpha(torch.randn(2, 1, 40, 40)).shape == (2, 7)


def test_a_position_of_the_last_map_sees_as_many_pixels_as_said():
    model = network(widths=(4, 4)).double()
    model.blocks.apply(lambda layer: layer.weight.data.fill_(1.0) if isinstance(layer, torch.nn.Conv2d) else None)
    x = torch.rand(1, 1, 48, 48, dtype=torch.float64, requires_grad=True)
    for block in model.blocks:  # averages in place of maxima, no ReLU: every pixel in reach has a gradient
        block[1] = torch.nn.AvgPool2d(2)
        block[3] = block[6] = torch.nn.Identity()
    model.blocks(x)[0, 0, 6, 6].backward()
    assert (x.grad[0, 0] != 0).any(1).sum() == model.receptive_field
