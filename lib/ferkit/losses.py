"""Loss terms that torch does not have ready: class weights by frequency and Deep-Emotion's penalty."""

import torch
from torch import Tensor, nn


def balanced_class_weights(labels: Tensor, num_classes: int) -> Tensor:
    """Weights inversely proportional to class size, mean 1 over the images: float32 (K,); 0 for an absent class.

    labels: int64 (N,). The weights of scikit-learn's class_weight="balanced".
    """
    counts = torch.bincount(labels, minlength=num_classes).float()
    present = (counts > 0).sum()
    return torch.where(counts > 0, len(labels) / (present * counts.clamp_min(1)), torch.zeros_like(counts))


def norm_penalty(model: nn.Module, layers: tuple[str, ...], power: int) -> Tensor:
    """Sum over the named layers of ‖w‖₂ (`power` 1) or ‖w‖₂² (`power` 2): the term that Deep-Emotion's loss
    multiplies by λ (Minaee & Abdolrashidi 2019, arXiv 1902.01019; which power is not stated there)."""
    norms = [torch.linalg.vector_norm(model.get_submodule(name).weight) for name in layers]
    return torch.stack([norm**power for norm in norms]).sum()
