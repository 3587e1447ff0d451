"""Class activation maps: what each place of a global-average-pooled map adds to a logit.

Zhou, Khosla, Lapedriza, Oliva & Torralba 2016, arXiv 1512.04150. A network that pools its last feature maps to their
means and classifies these by one linear layer has logit_k = b_k + mean over places of Σ_c w_kc · map_c: the map of a
class is what stands under that mean.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ferkit.core.errors import InputError
from ferkit.models.inference import image_store, image_views
from ferkit.models.receptive_field import places


@torch.no_grad()
def class_activation(model: nn.Module, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(maps float32 (N, K, h, w), logits float32 (N, K)) of images uint8 (N, H, W), single view.

    The mean of a map over its places is the logit, the bias included. model: with ``maps(images)`` (N, C, h, w), whose
    mean over places its linear layer ``fc`` reads. InputError for another network.
    """
    (x,) = image_views(image_store(images), model.eval(), "none")
    last = model.maps(x) if hasattr(model, "maps") and isinstance(getattr(model, "fc", None), nn.Linear) else None
    if last is None or not _pools(model.forward_features(x), last):
        raise InputError("class activation: the network does not classify the mean of its last maps by one layer")
    maps = torch.einsum("kc,nchw->nkhw", model.fc.weight, last) + model.fc.bias[:, None, None]
    return maps.numpy(), model(x).numpy()


def _pools(features: torch.Tensor, maps: torch.Tensor) -> bool:
    means = maps.mean((2, 3))
    return features.shape == means.shape and torch.allclose(features, means, atol=1e-5)


def centres(model: nn.Module, n: int, side: int) -> np.ndarray:
    """Where the n places along a side of the maps have their centres in an image of `side` pixels: float64 (n,), pixels
    from 0. A network of smaller input sees the image's middle."""
    first, step = places(model)
    return (side - model.input_size) // 2 + first + step * np.arange(n)
