"""The region-biased loss of the Region Attention Network, and the training of an ensemble's members on their own.

Wang, Peng, Yang, Meng & Qiao 2020, arXiv 1905.04075: at least one crop shall weigh more than the full face by a margin,

    L = cross-entropy + γ · mean over images of max(0, margin − (max over crops of μ_i − μ_0))

with μ of `network.RegionAttentionNetwork`, μ_0 being the full face's.

Not stated in the paper; we use γ = 1 and a margin of 0.1 because the public code has both (we remember 0.02 of the
text, and mark that as remembered).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor

from ferkit.core.checks import Number
from ferkit.core.errors import InputError
from ferkit.papers.wang2020_ran.network import Ensemble, RegionAttentionNetwork
from ferkit.training.batching import Split
from ferkit.training.method import Batch, Method, State, check_options
from ferkit.training.recipe import Recipe

OPTIONS: Mapping[str, object] = {"weight": 1.0, "margin": 0.1}
_KINDS = {"weight": Number().check, "margin": Number(0, 1).check}


def region_biased_loss(mu: Tensor, margin: float) -> Tensor:
    """mean of max(0, margin − (largest crop weight − full-face weight)), a scalar. mu: (N, R), the full face first."""
    return F.relu(margin - (mu[:, 1:].max(1).values - mu[:, 0])).mean()


def _start(model: RegionAttentionNetwork, train: Split, recipe: Recipe) -> State:
    if getattr(model, "self_attention", None) is None:
        raise InputError("recipe: method region_biased needs a network with self-attention; take the system ran")
    check_options(recipe, _KINDS)
    return {}


def _forward(model: RegionAttentionNetwork, x: Tensor) -> tuple[Tensor, Tensor]:
    output, mu, _ = model.attend(model.region_features(x))
    return model.forward_head(output), mu


def _loss(outputs: tuple[Tensor, ...], batch: Batch, state: State, recipe: Recipe) -> Tensor:
    (logits, mu), chosen = outputs, {**OPTIONS, **recipe.method}
    return F.cross_entropy(logits, batch.targets) + chosen["weight"] * region_biased_loss(mu, chosen["margin"])


REGION_BIASED = Method("region_biased", _start, _loss, _forward, honours=frozenset({"mixup"}))


def _members(model: Ensemble, x: Tensor) -> tuple[Tensor, Tensor]:
    each = model.member_logits(model.forward_features(x))
    return each.mean(1), each


def _sum_over_members(outputs: tuple[Tensor, ...], batch: Batch, state: State, recipe: Recipe) -> Tensor:
    """The sum of the members' own cross-entropies, whose gradients do not mix: each learns as if alone."""
    return sum(F.cross_entropy(logits, batch.targets) for logits in outputs[1].unbind(1))


def _start_members(model: Ensemble, train: Split, recipe: Recipe) -> State:
    check_options(recipe, {})
    return {}


MEMBERS = Method("members", _start_members, _sum_over_members, _members, honours=frozenset({"mixup"}))
