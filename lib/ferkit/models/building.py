"""Networks built from options that nobody has checked yet: measured before they take memory."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from ferkit.core.errors import InputError

MOST_PARAMETERS = 100_000_000  # a hundred times the largest network of this field
SIDES = range(8, 1025)  # pixels of an input that a network may ask for


def build(name: str, make: Callable[[], nn.Module], trusted: bool = False) -> nn.Module:
    """`make()`, once it is known to give a network of a sensible size, and unless `trusted` one that takes its input.

    The size is measured on torch's meta device, where tensors have shapes and no numbers: options that ask for
    gigabytes cost nothing, and torch's random numbers stay where they are. InputError names what the options come to.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            parameters = sum(p.numel() for p in make().parameters())
        if parameters > MOST_PARAMETERS:
            raise InputError(f"model {name}: its options ask for {parameters:,} parameters, more than the "
                             f"{MOST_PARAMETERS:,} that are allowed")
        network = make()
        if not trusted:
            _try(name, network)
    except InputError:
        raise
    except Exception as error:  # whatever a constructor makes of such options
        raise InputError(f"model {name}: its options give no network ({type(error).__name__}: "
                         f"{str(error).splitlines()[0] if str(error) else 'no reason told'})") from None
    return network


@torch.no_grad()
def _try(name: str, network: nn.Module) -> None:
    """One black image through a network of images."""
    side = getattr(network, "input_size", None)
    if side is None:
        return
    if isinstance(side, bool) or side not in SIDES:
        raise InputError(f"model {name}: input_size is a whole number from {SIDES[0]} to {SIDES[-1]}, got {side!r}")
    network.eval()(torch.zeros(1, 1, side, side))
    network.train()
