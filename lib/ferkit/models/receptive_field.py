"""What a place of a stack of convolutions and poolings sees, and where: by counting.

Araujo, Norris & Sim 2019, doi 10.23915/distill.00021.
"""

from __future__ import annotations

from torch import nn


def receptive_field(stack: list[tuple[int, int]]) -> int:
    """Side in input pixels that one output of the stack sees.

    stack: (kernel size, stride) of each layer from the input on.
    """
    field, step = 1, 1
    for kernel, stride in stack:
        field += (kernel - 1) * step
        step *= stride
    return field


def places(network: nn.Module) -> tuple[float, int]:
    """(centre of the first place of a network's last map, in pixels of its input from 0; pixels from place to place).

    Along one side. network: a chain of square convolutions and poolings without dilation, registered in the order in
    which they are applied.
    """
    first, step = 0.0, 1
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            kernel, stride, padding = (value if isinstance(value, int) else value[0]
                                       for value in (layer.kernel_size, layer.stride, layer.padding))
            first += ((kernel - 1) / 2 - padding) * step
            step *= stride
    return first, step
