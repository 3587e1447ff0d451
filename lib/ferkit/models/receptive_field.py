"""Receptive field and non-linearity of a stack of convolutions and poolings, by counting."""


def receptive_field(stack: list[tuple[int, int]]) -> int:
    """Side in input pixels that one output of the stack sees.

    stack: (kernel size, stride) of each layer from the input on. Araujo, Norris & Sim 2019, doi 10.23915/distill.00021.
    """
    field, step = 1, 1
    for kernel, stride in stack:
        field += (kernel - 1) * step
        step *= stride
    return field
