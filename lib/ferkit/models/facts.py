"""What a network's structure says: parameters, their parts, weight layers, receptive field.

Every network takes float32 (N, 1, H, W) from `preprocessing.to_input` (or what its own input gives) and has
``forward_features`` (N, D), ``forward_head`` (N, K), ``forward`` (their composition), ``num_classes`` and
``num_features``. Optional: ``weight_layers`` (layers with weights on the main path from image to logits, as the papers
count them), ``receptive_field`` (pixels along one side), ``extra_parts()``, ``theta(images)``, ``stages()`` (the
incremental occlusion analysis, `analysis.occlusion.incremental`).
"""

from __future__ import annotations

from torch import nn


def count_parameters(model: nn.Module) -> int:
    """How many trainable numbers the network has."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def parts(model: nn.Module) -> dict[str, int]:
    """Parameters of each direct part of the network, by its name; parts without any are left out."""
    counts = {name: count_parameters(part) for name, part in model.named_children()}
    if hasattr(model, "extra_parts"):
        counts |= model.extra_parts()
    return {name: count for name, count in counts.items() if count}


def structure(model: nn.Module) -> dict[str, object]:
    """The keys of metrics.json about a network: parameters, parts, weight_layers and receptive_field (pixels; null
    where the network does not say)."""
    return {"parameters": count_parameters(model), "parts": parts(model),
            "weight_layers": getattr(model, "weight_layers", None),
            "receptive_field": getattr(model, "receptive_field", None)}
