"""Receptive fields by hand."""

import pytest

from ferkit.models.receptive_field import receptive_field


@pytest.mark.parametrize(("stack", "pixels"), [
    ([(3, 1)], 3), ([(3, 1)] * 2, 5), ([(3, 1)] * 3, 7), ([(5, 1)], 5), ([(3, 1), (2, 2), (3, 1)], 8),
    ([(2, 2)] * 3, 8)])
def test_counts_input_pixels(stack, pixels):
    assert receptive_field(stack) == pixels
