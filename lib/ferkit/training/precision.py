"""The precision that a recipe's forward and backward passes have on this machine.

Processors without bfloat16 units only imitate it: on one with AVX2 alone (Zen 3, one thread) a step in bf16 takes
12 times as long as in fp32 with Deep-Emotion, 10 times with the GAP CNN. A recipe's "bf16" therefore means: where the
processor multiplies in it, and fp32 elsewhere.
"""

import torch


def computed_in(precision: str, device: torch.device) -> str:
    """"bf16" where the recipe's `precision` is that and the device has units for it, else "fp32"."""
    return "bf16" if precision == "bf16" and _multiplies_bfloat16(device) else "fp32"


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context in which a forward pass has the precision that :func:`computed_in` says."""
    return torch.autocast(device.type, torch.bfloat16, enabled=computed_in(precision, device) == "bf16")


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
