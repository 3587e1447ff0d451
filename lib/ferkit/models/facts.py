"""What a network's structure says: parameters, their parts, weight layers, receptive field.

Every network takes float32 (N, 1, H, W) from `preprocessing.to_input` (or what its own input gives) and has
``forward_features`` (N, D), ``forward_head`` (N, K), ``forward`` (their composition), ``num_classes`` and
``num_features``. Optional: ``weight_layers`` (layers with weights on the main path from image to logits, as the papers
count them), ``receptive_field`` (pixels along one side), ``extra_multiply_adds`` (of products outside its layers),
``extra_parts()``, ``theta(images)``, ``stages()`` (the incremental occlusion analysis,
`analysis.occlusion.incremental`), ``attention(images)`` (where it looks: maps (N, A, H, W) that sum to 1 over A
attentions and pixels, and the map (H, W) that they would be without any choice).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def count_parameters(model: nn.Module) -> int:
    """How many trainable numbers the network has."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def parts(model: nn.Module) -> dict[str, int]:
    """Parameters of each direct part of the network, by its name; parts without any are left out."""
    counts = {name: count_parameters(part) for name, part in model.named_children()}
    if hasattr(model, "extra_parts"):
        counts |= model.extra_parts()
    return {name: count for name, count in counts.items() if count}


@torch.no_grad()
def layer_table(model: nn.Module) -> list[dict[str, object]]:
    """What happens to one image of 48×48 pixels, layer by layer: rows {layer, kind, output, parameters}.

    output: the shape without the batch, e.g. "10×46×46". A layer that runs twice stands there twice, its parameters
    counted once; the counts sum to those of all layers that run.
    """
    rows, counted, hooks = [], set(), []

    def note(name: str, layer: nn.Module, output: Tensor) -> None:
        own = 0 if name in counted else sum(p.numel() for p in layer.parameters())
        counted.add(name)
        rows.append({"layer": name, "kind": type(layer).__name__, "output": "×".join(map(str, output.shape[1:])),
                     "parameters": own})

    for name, layer in model.named_modules():
        if not list(layer.children()):
            hooks.append(layer.register_forward_hook(lambda layer, _, output, name=name: note(name, layer, output)))
    training = model.training
    try:
        model.eval()(torch.zeros(1, 1, 48, 48))
    finally:
        for hook in hooks:
            hook.remove()
        model.train(training)
    return rows


@torch.no_grad()
def multiply_adds(model: nn.Module) -> int | None:
    """Multiply-adds of one image through convolutions, linear layers and what the network's ``extra_multiply_adds``
    names beside them; None for a network that takes no images."""
    side = getattr(model, "input_size", None)
    if side is None:
        return None
    counts, training = [getattr(model, "extra_multiply_adds", 0)], model.training
    hooks = [layer.register_forward_hook(lambda own, _, output: counts.append(output.numel() * own.weight[0].numel()))
             for layer in model.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    model.eval()(torch.zeros(1, 1, side, side, device=next(model.parameters()).device))
    model.train(training)
    for hook in hooks:
        hook.remove()
    return sum(counts)


def structure(model: nn.Module) -> dict[str, object]:
    """The keys of metrics.json about a network: parameters, parts, weight_layers, receptive_field (pixels) and
    multiply_adds; null where the network does not say."""
    return {"parameters": count_parameters(model), "parts": parts(model),
            "weight_layers": getattr(model, "weight_layers", None),
            "receptive_field": getattr(model, "receptive_field", None), "multiply_adds": multiply_adds(model)}
