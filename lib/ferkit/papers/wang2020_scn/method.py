"""Self-cure training: importance weighting, rank regularisation and relabelling, each on its own or together.

Wang, Peng, Yang, Lu & Qiao: Suppressing uncertainties for large-scale facial expression recognition. CVPR 2020,
arXiv 2002.10392, equations 1 to 5, and the authors' public code where the two differ.

With α of `network.SelfCureNetwork`, logits z and the present label y of each image of a batch of B:

    weighting       L_WCE = mean of −log softmax(α z)[y]
    rank            L_RR = max(0, δ1 − (mean α of the ⌊0.7 B⌋ largest − mean α of the others));   L = L_WCE + γ L_RR
    relabelling     from epoch 10 on, after the batch's loss:  y ← argmax P  where  max P − P[y] > δ2

Options of a recipe's ``method``: `OPTIONS`, with the paper's values. "relabel" is "low" (the others of the ranking
alone, as the paper says), "all" (every image, as the code does) or "none".

Differs from the authors' code: relabelling begins after ten whole epochs, so in the eleventh; the code begins in its
tenth.

Not stated in the paper; we use P = softmax(α z) where there is weighting because the authors' code does.
Not stated in the paper; we use γ = 1 because the code adds the two losses as they are.
Not stated in the paper; we use no change of labels in the data set itself because the next training must find it as it
was; the present labels are part of a training's state and of its checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ferkit.core import checks
from ferkit.core.checks import Number
from ferkit.core.errors import InputError
from ferkit.papers.wang2020_scn.network import SelfCureNetwork, importance
from ferkit.training.batching import Split
from ferkit.training.method import Batch, Method, State, check_options
from ferkit.training.recipe import Recipe

OPTIONS: Mapping[str, object] = {
    "weighting": True, "rank": 1.0, "margin": 0.07, "high_share": 0.7,  # γ; δ1 for batches of 64; β
    "relabel": "low", "relabel_margin": 0.2, "relabel_from": 10,        # δ2; epochs before it, below 1: a share of all
}
RELABEL = ("low", "all", "none")
_SHARE = Number(0, 1).check
_KINDS = {"weighting": checks.flag, "rank": Number().check, "margin": _SHARE, "high_share": _SHARE,
          "relabel": partial(checks.choice, choices=RELABEL), "relabel_margin": _SHARE, "relabel_from": Number().check}
LOG = ("row", "epoch", "from", "to", "low")  # columns of the log of new labels; low: whether it was in the low group


def high_group(alpha: Tensor, share: float) -> Tensor:
    """Which images of a batch are the ⌊share · B⌋ most important: bool (B,). Of equals, the earlier ones.

    alpha: (B,)."""
    high = torch.zeros(len(alpha), dtype=torch.bool, device=alpha.device)
    high[alpha.detach().sort(descending=True, stable=True).indices[:int(share * len(alpha))]] = True
    return high


def rank_loss(alpha: Tensor, high: Tensor, margin: float) -> Tensor:
    """max(0, margin − (mean α of the high group − mean α of the low group)), a scalar; 0 where either is empty.

    alpha: (B,). high: bool (B,)."""
    if not high.any() or high.all():
        return alpha.sum() * 0
    return F.relu(margin - (alpha[high].mean() - alpha[~high].mean()))


def new_labels(logits: Tensor, labels: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """(most probable class int64 (B,), whether it is more probable than the label by more than `margin`, bool (B,)).

    logits: (B, K). labels: int64 (B,)."""
    probabilities = logits.softmax(1)
    largest, predicted = probabilities.max(1)
    return predicted, largest - probabilities.gather(1, labels[:, None])[:, 0] > margin


def _start(model: SelfCureNetwork, train: Split, recipe: Recipe) -> State:
    if model.alpha is None:
        raise InputError("recipe: method scn needs a network with a layer for α; take the system scn")
    check_options(recipe, _KINDS)
    like = train.labels
    return {"labels": like.clone(), "log": like.new_zeros((0, len(LOG))),
            "alpha_sums": torch.zeros(3, dtype=torch.float64, device=like.device)}


def _forward(model: SelfCureNetwork, x: Tensor) -> tuple[Tensor, Tensor]:
    features = model.forward_features(x)
    return model.forward_head(features), model.forward_importance(features)


def _loss(outputs: tuple[Tensor, ...], batch: Batch, state: State, recipe: Recipe) -> Tensor:
    (logits, alpha), chosen = outputs, {**OPTIONS, **recipe.method}
    first = chosen["relabel_from"]
    labels, high = state["labels"][batch.rows], high_group(alpha, chosen["high_share"])
    weighted = alpha[:, None] * logits if chosen["weighting"] else logits
    loss = F.cross_entropy(weighted, labels)
    if chosen["rank"]:
        loss = loss + chosen["rank"] * rank_loss(alpha, high, chosen["margin"])
    with torch.no_grad():
        if high.any() and not high.all():
            ends = torch.stack((alpha[high].mean(), alpha[~high].mean(), torch.ones_like(alpha[0])))
            state["alpha_sums"] += ends.double()
        if chosen["relabel"] != "none" and batch.epoch >= (first if first >= 1 else round(first * recipe.epochs)):
            _relabel(weighted.detach(), labels, high, batch, state, chosen)
    return loss


def _relabel(logits: Tensor, labels: Tensor, high: Tensor, batch: Batch, state: State,
             chosen: Mapping[str, object]) -> None:
    predicted, changed = new_labels(logits, labels, chosen["relabel_margin"])
    if chosen["relabel"] == "low":
        changed = changed & ~high
    rows = batch.rows[changed]
    state["labels"][rows] = predicted[changed]
    noted = torch.stack((rows, torch.full_like(rows, batch.epoch), labels[changed], predicted[changed],
                         (~high[changed]).long()), 1)
    state["log"] = torch.cat((state["log"], noted))


def _end_epoch(epoch: int, state: State) -> dict[str, float | int]:
    """relabelled, relabelled_low: new labels of the epoch, and those of them in the low group; alpha_high, alpha_low:
    means of α over the groups of its batches."""
    now = state["log"][state["log"][:, 1] == epoch]
    high, low, count = state["alpha_sums"].tolist()
    state["alpha_sums"].zero_()
    return {"relabelled": len(now), "relabelled_low": int(now[:, 4].sum()),
            "alpha_high": high / max(count, 1), "alpha_low": low / max(count, 1)}


def _observe(model: SelfCureNetwork, images: np.ndarray, state: State) -> dict[str, np.ndarray]:
    """α (N,) of the kept network, the labels (N,) at the end, and the log (M, 5) of every new label (`LOG`)."""
    return {"alpha": importance(model, images), "final": state["labels"].numpy(), "log": state["log"].numpy()}


SELF_CURE = Method("scn", _start, _loss, _forward, _end_epoch, _observe, honours=frozenset())
