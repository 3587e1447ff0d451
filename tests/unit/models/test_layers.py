"""The bilinear samplers, torch's and the dense one, against each other."""

import pytest
import torch
import torch.nn.functional as F

from ferkit.models.layers import affine_grid, dense_grid_sample, global_average_pool, grid_sample, identity_theta

SAMPLERS = pytest.mark.parametrize("sample", [grid_sample, dense_grid_sample])


@SAMPLERS
@pytest.mark.parametrize("size", [(9, 9), (12, 12), (5, 7)])
def test_equals_torch_grid_sample_with_its_gradients(sample, size):
    torch.manual_seed(0)
    features = torch.randn(3, 4, *size, dtype=torch.float64).float().requires_grad_()
    theta = (identity_theta(3) + 0.4 * torch.randn(3, 2, 3)).requires_grad_()
    results = []
    for read in (sample, lambda f, g: F.grid_sample(f, g, align_corners=False)):
        grid = F.affine_grid(theta, [3, 4, *size], align_corners=False)
        out = read(features, grid)
        results.append((out, *torch.autograd.grad(out.square().sum(), (features, theta))))
    for ours, theirs in zip(*results, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-3, rtol=1e-4)


@SAMPLERS
def test_the_identity_samples_every_pixel_where_it_is(sample):
    features = torch.randn(2, 3, 9, 9)
    grid = F.affine_grid(identity_theta(2), [2, 3, 9, 9], align_corners=False)
    assert torch.allclose(sample(features, grid), features, atol=1e-5)


@SAMPLERS
def test_points_outside_read_zeros(sample):
    assert sample(torch.ones(1, 1, 9, 9), torch.full((1, 2, 2, 2), 3.0)).abs().max() == 0


@SAMPLERS
def test_coordinates_keep_their_precision_under_autocast(sample):
    features = torch.randn(2, 3, 9, 9)
    grid = F.affine_grid(identity_theta(2) * 0.73, [2, 3, 9, 9], align_corners=False)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(sample(features, grid), sample(features, grid))
    assert torch.allclose(sample(features, grid), F.grid_sample(features, grid, align_corners=False), atol=1e-5)


def test_pooling_is_the_mean_over_positions():
    assert torch.allclose(global_average_pool(torch.arange(8.0).view(1, 2, 2, 2)), torch.tensor([[1.5, 5.5]]))


def test_the_affine_grid_is_torchs_own_for_one_and_for_stacked_runs():
    torch.manual_seed(1)
    theta = torch.randn(2, 3, 2, 3)
    stacked = torch.func.vmap(lambda t: affine_grid(t, 5, 7))(theta)
    for ours, t in zip(stacked, theta, strict=True):
        assert torch.allclose(ours, F.affine_grid(t, [3, 1, 5, 7], align_corners=False), atol=1e-6)
