"""torch's optimisers with a learning rate and a weight decay for every run of a stack."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ferkit.recipes import Recipe


class Optimizer:
    """torch's Adam, AdamW, SGD and RMSprop with a learning rate and a weight decay for every run of a stack."""

    def __init__(self, parameters: list[Tensor], recipe: Recipe, weight_decay: Tensor) -> None:
        self.parameters, self.recipe, self.weight_decay, self.count = parameters, recipe, weight_decay, 0
        self.first = [torch.zeros_like(p) for p in parameters]
        self.second = [torch.zeros_like(p) for p in parameters]

    def step(self, gradients: Sequence[Tensor], rates: Tensor) -> None:
        """Update all parameters in place. rates: (K,)."""
        self.count += 1
        kind = {"adam": self._adam, "adamw": self._adam, "sgd": self._sgd, "rmsprop": self._rmsprop}
        for number, (p, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            rate, decay = (value.view(-1, *[1] * (p.ndim - 1)) for value in (rates, self.weight_decay))
            if self.recipe.optimizer == "adamw":
                p.mul_(1 - rate * decay)
            else:
                g = g + decay * p
            p.sub_(rate * kind[self.recipe.optimizer](number, g))

    def _adam(self, number: int, g: Tensor) -> Tensor:
        """Kingma & Ba 2015, arXiv 1412.6980, with torch's defaults."""
        first, second = self.first[number].lerp_(g, 0.1), self.second[number].mul_(0.999).addcmul_(g, g, value=0.001)
        denominator = second.sqrt() / math.sqrt(1 - 0.999**self.count) + 1e-8
        return first / denominator / (1 - 0.9**self.count)

    def _sgd(self, number: int, g: Tensor) -> Tensor:
        momentum = self.first[number].mul_(self.recipe.momentum).add_(g)  # the first step's is g, as torch's
        return g + self.recipe.momentum * momentum if self.recipe.nesterov else momentum

    def _rmsprop(self, number: int, g: Tensor) -> Tensor:
        second = self.second[number].mul_(0.99).addcmul_(g, g, value=0.01)
        return self.first[number].mul_(self.recipe.momentum).add_(g / (second.sqrt() + 1e-8))


def clip(gradients: Sequence[Tensor], limit: float, runs: int) -> list[Tensor]:
    """Every run's gradients scaled to a norm of at most `limit`, as torch's clip_grad_norm_ does for one."""
    norms = torch.stack([torch.linalg.vector_norm(g.reshape(runs, -1), dim=1) for g in gradients])
    factor = (limit / (torch.linalg.vector_norm(norms, dim=0) + 1e-6)).clamp(max=1.0)
    return [g * factor.view(-1, *[1] * (g.ndim - 1)) for g in gradients]
