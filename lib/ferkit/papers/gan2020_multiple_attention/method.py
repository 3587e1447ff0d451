"""Training of the reconstructed multiple-attention network: masks are held to a share of the image.

A reconstruction of the idea from memory (see `network`).   L = cross-entropy + γ · (mean of the mask − share)²

Not stated in the paper; we use a share of 0.3 because mouth, brows and eyes take about as much of a face.
Not stated in the paper; we use γ = 1 because without a price the masks stay open, and 10 times as much closes them
before anything is learned.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor

from ferkit.core.checks import Number
from ferkit.core.errors import InputError
from ferkit.papers.gan2020_multiple_attention.network import MultipleAttentionNetwork
from ferkit.training.batching import Split
from ferkit.training.method import Batch, Method, State, check_options
from ferkit.training.recipe import Recipe

OPTIONS: Mapping[str, object] = {"weight": 1.0, "share": 0.3}
_KINDS = {"weight": Number().check, "share": Number(0, 1).check}


def area_loss(areas: Tensor, share: float) -> Tensor:
    """(mean over the batch of the masks' areas − share)², a scalar. areas: (N,), means of the masks."""
    return (areas.mean() - share) ** 2


def _start(model: MultipleAttentionNetwork, train: Split, recipe: Recipe) -> State:
    if not getattr(model, "masks", False):
        raise InputError("recipe: method masks needs a network with a region branch; leave the method out")
    check_options(recipe, _KINDS)
    return {}


def _forward(model: MultipleAttentionNetwork, x: Tensor) -> tuple[Tensor, Tensor]:
    mask = model.mask(x)
    return model.forward_head(model.pool(model.masked_maps(x, mask))), mask.mean((1, 2, 3))


def _loss(outputs: tuple[Tensor, ...], batch: Batch, state: State, recipe: Recipe) -> Tensor:
    (logits, areas), chosen = outputs, {**OPTIONS, **recipe.method}
    return F.cross_entropy(logits, batch.targets) + chosen["weight"] * area_loss(areas, chosen["share"])


MASKS = Method("masks", _start, _loss, _forward, honours=frozenset({"mixup"}))
