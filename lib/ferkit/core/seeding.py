"""Where every random number comes from: a pure function of the run's seed and of what is being drawn.

Nothing is drawn from a generator whose state depends on how a run got here. The order of an epoch, the augmentation
of a step and its dropout are each seeded by (seed, purpose, position), so that a run killed at any step and started
again draws exactly what the uninterrupted run would have drawn, with no generator state to save.
"""

import hashlib

import torch


def derive(seed: int, *purpose: str | int) -> int:
    """A seed in 0…2**63-1 for one purpose ("order", epoch 3) of the run `seed`; the same on every machine."""
    text = "\0".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def generator(device: torch.device | str, seed: int, *purpose: str | int) -> torch.Generator:
    """A fresh torch generator on `device`, seeded by :func:`derive`."""
    return torch.Generator(device=device).manual_seed(derive(seed, *purpose))
