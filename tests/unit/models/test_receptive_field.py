"""Receptive fields by hand, and where places stand by their gradients."""

import pytest
import torch
from torch import nn

from ferkit.models.receptive_field import places, receptive_field


@pytest.mark.parametrize(("stack", "pixels"), [
    ([(3, 1)], 3), ([(3, 1)] * 2, 5), ([(3, 1)] * 3, 7), ([(5, 1)], 5), ([(3, 1), (2, 2), (3, 1)], 8),
    ([(2, 2)] * 3, 8)])
def test_counts_input_pixels(stack, pixels):
    assert receptive_field(stack) == pixels


@pytest.mark.parametrize("layers", [
    [((3,), (3,)), 2], [((5, 1, 2),), 3], [((3, 2, 1), (3,)), 2]])
def test_a_place_stands_where_its_gradient_has_its_centre(layers):
    convolutions, blocks = layers
    network = nn.Sequential(*(layer for _ in range(blocks) for layer in (
        *(nn.Conv2d(1, 1, *one) for one in convolutions), nn.AvgPool2d(2))))
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    first, step = places(network)
    image = torch.ones(1, 1, 128, 128, requires_grad=True)
    gradient, = torch.autograd.grad(network(image)[0, 0, :, 3].sum(), image)
    across = gradient[0, 0].sum(0)
    assert float((across * torch.arange(128.0)).sum() / across.sum()) == pytest.approx(first + 3 * step)
