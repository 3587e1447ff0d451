"""What is minimised: cross-entropy, its variants for rare classes, class weights, Deep-Emotion's penalty.

Focal: Lin et al. 2017, arXiv 1708.02002. Logit adjustment: Menon et al. 2021, arXiv 2007.07314. Complementary ("this
is not class c", the reading notes' thinking in reverse): Kim et al. 2019, arXiv 1908.07387, who draw one such c for
each image; here it is the mean over all of them, what theirs is on average.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FOCAL_GAMMA = 2.0  # the value its paper recommends


def classification_loss(kind: str, logits: Tensor, targets: Tensor, *, log_prior: Tensor | None = None,
                        class_weights: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """The mean loss over a batch, a scalar.

    logits: float (N, K). targets: int64 (N,), or float (N, K) rows that sum to 1. log_prior: log of the classes' shares
    in training, (K,), read by "logit_adjusted" alone. class_weights, smoothing: as in torch's `cross_entropy`, read by
    "cross_entropy" and "logit_adjusted".
    """
    if kind in ("cross_entropy", "logit_adjusted"):
        logits = logits + log_prior if kind == "logit_adjusted" else logits
        return F.cross_entropy(logits, targets, class_weights, label_smoothing=smoothing)
    shares = targets if targets.is_floating_point() else F.one_hot(targets, logits.shape[1]).to(logits.dtype)
    logs = F.log_softmax(logits, 1)
    if kind == "focal":
        return -(shares * (1 - logs.exp()) ** FOCAL_GAMMA * logs).sum(1).mean()
    others = torch.log1p(-logs.exp().clamp_max(1 - 1e-6))  # log(1 - p), finite where p rounds to 1
    return -((1 - shares) * others).sum(1).mean() / (logits.shape[1] - 1)


def log_prior(labels: Tensor, num_classes: int) -> Tensor:
    """The log of each class's share, float32 (K,); an absent class counts as half an image. labels: int64 (N,)."""
    counts = torch.bincount(labels, minlength=num_classes).float().clamp_min(0.5)
    return (counts / len(labels)).log()


def balanced_class_weights(labels: Tensor, num_classes: int) -> Tensor:
    """Weights inversely proportional to class size, mean 1 over the images: float32 (K,); 0 for an absent class.

    labels: int64 (N,). The weights of scikit-learn's class_weight="balanced".
    """
    counts = torch.bincount(labels, minlength=num_classes).float()
    present = (counts > 0).sum()
    return torch.where(counts > 0, len(labels) / (present * counts.clamp_min(1)), torch.zeros_like(counts))


def penalised_layers(model: nn.Module, where: str) -> tuple[str, ...]:
    """The layers under Deep-Emotion's λ term: the model's own `penalised` ("head"), or every one with weights
    ("all")."""
    if where == "head":
        return model.penalised
    return tuple(name for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear))


def norm_penalty(model: nn.Module, layers: tuple[str, ...], power: int) -> Tensor:
    """Sum over the named layers of ‖w‖₂ (`power` 1) or ‖w‖₂² (`power` 2): the term that Deep-Emotion's loss
    multiplies by λ (Minaee & Abdolrashidi 2019, arXiv 1902.01019; which power is not stated there)."""
    norms = [torch.linalg.vector_norm(model.get_submodule(name).weight) for name in layers]
    return torch.stack([norm**power for norm in norms]).sum()
