"""The networks by name. One file per architecture; a system is an architecture with its options.

Every network takes float32 (N, 1, H, W) from ``loader.to_input`` and has ``forward_features`` (N, D), ``forward_head``
(N, K), ``forward`` (their composition), ``num_classes``, ``num_features`` and ``weight_layers`` (layers with weights
on the main path from image to logits, as the papers count them).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from torch import nn

from ferkit.core.errors import InputError
from ferkit.papers.baselines.lenet5 import LeNet5
from ferkit.papers.minaee2021_deep_emotion.network import DeepEmotion, DeepEmotionWide
from ferkit.papers.qiao2022_gap_svm.network import GapCNN

SYSTEMS: Mapping[str, Callable[..., nn.Module]] = {
    "deep_emotion": DeepEmotion,
    "deep_emotion_wide": DeepEmotionWide,
    "deep_emotion_identity": partial(DeepEmotion, sampler="identity"),
    "deep_emotion_plain": partial(DeepEmotion, sampler="none"),
    "gap_cnn": GapCNN,
    "gap_cnn_small": partial(GapCNN, kernels="small"),
    "gap_cnn_large_kernels": partial(GapCNN, kernels="large"),
    "gap_cnn_fc": partial(GapCNN, head="fc"),
    "gap_cnn_three_small": partial(GapCNN, kernels="three_small"),
    "gap_cnn_seven": partial(GapCNN, kernels="seven"),
    "gap_cnn_average_pool": partial(GapCNN, pool="average"),
    "gap_cnn_strided": partial(GapCNN, pool="stride"),
    "gap_cnn_no_pool": partial(GapCNN, pool="none"),
    "gap_cnn_skip": partial(GapCNN, skip=True),
    "gap_cnn_wider": partial(GapCNN, widths=(48, 96, 192)),
    "lenet5": LeNet5,
}


def build(system: str, num_classes: int = 7, **options: object) -> nn.Module:
    """The network called `system`, with torch's own initialisation; InputError for an unknown name or option."""
    if system not in SYSTEMS:
        raise InputError(f"unknown model {system!r}: choose one of {', '.join(SYSTEMS)}")
    try:
        return SYSTEMS[system](num_classes=num_classes, **options)
    except TypeError as error:
        raise InputError(f"model {system}: {error}") from None


def definition(system: str) -> tuple[Path, dict[str, object]]:
    """The source file of a system's architecture and the options that make it this system."""
    made = SYSTEMS[system]
    architecture, options = (made.func, made.keywords) if isinstance(made, partial) else (made, {})
    return Path(inspect.getfile(architecture)), dict(options)


def count_parameters(model: nn.Module) -> int:
    """How many trainable numbers the network has."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def parts(model: nn.Module) -> dict[str, int]:
    """Parameters of each direct part of the network, by its name; parts without any are left out."""
    counts = {name: count_parameters(part) for name, part in model.named_children()}
    if hasattr(model, "extra_parts"):
        counts |= model.extra_parts()
    return {name: count for name, count in counts.items() if count}
