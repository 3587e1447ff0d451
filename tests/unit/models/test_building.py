"""Networks from options: measured first, so that what asks for gigabytes or gives no network is one line."""

import pytest
import torch

from ferkit.core.errors import InputError
from ferkit.models import building


class Net(torch.nn.Linear):
    def __init__(self, width=4, side=8):
        super().__init__(side, width)
        self.input_size = side


def test_building_draws_the_random_numbers_of_one_network_alone():
    torch.manual_seed(3)
    direct, after = Net().weight, torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(building.build("net", Net).weight, direct) and torch.equal(torch.rand(1), after)


@pytest.mark.parametrize(("width", "side", "says"), [
    (10**12, 8, "ask for 9,000,000,000,000 parameters"), (4, 4, "input_size is a whole number from 8 to 1024, got 4"),
    (-1, 8, "its options give no network"), ("x", 8, "its options give no network")])
def test_what_gives_no_network_is_told_and_takes_no_memory(width, side, says):
    with pytest.raises(InputError, match=says):
        building.build("net", lambda: Net(width, side))


def test_a_network_that_does_not_take_its_own_input_is_refused_unless_it_is_trusted():
    class Wrong(Net):
        def forward(self, x):
            raise IndexError("tuple index out of range")

    with pytest.raises(InputError, match="IndexError: tuple index"):
        building.build("net", Wrong)
    assert building.build("net", Wrong, trusted=True).training
