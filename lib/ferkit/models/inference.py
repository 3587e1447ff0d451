"""Networks asked for logits, features or θ: batches on the model's device, fp32, deterministic."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ferkit.core import malloc
from ferkit.core.errors import InputError
from ferkit.models.preprocessing import to_input, views

BATCH = 256  # images a step
MAPPED_BYTES = 2**28  # images of more bytes stay on disk (FER2013: 0.08 GB)
Views = Callable[[Tensor, nn.Module, str], list[Tensor]]


def image_store(images: np.ndarray) -> Tensor:
    """Images uint8 (N, H, W) as a tensor uint8 (N, 1, H, W): a copy, but of a large map on disk the map itself, of
    which each batch reads its part. Nothing ever writes to it."""
    if isinstance(images, np.memmap) and images.nbytes > MAPPED_BYTES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # torch minds that the map is read-only
            return torch.from_numpy(images)[:, None]
    return torch.from_numpy(np.array(images, dtype=np.uint8))[:, None]


def image_views(stored: Tensor, model: nn.Module, tta: str) -> list[Tensor]:
    """What a network is shown of each stored image under `tta` ("none", "flip", "tencrop"): float32 (N, 1, side, side)
    each."""
    return [to_input(view).contiguous(memory_format=torch.channels_last)
            for view in views(stored, model.input_size, tta)]


def infer_logits(model: nn.Module, inputs: np.ndarray, *, tta: str = "none", batch_size: int = BATCH,
                 store: Callable[[np.ndarray], Tensor] = image_store, views: Views = image_views) -> np.ndarray:
    """Logits float32 (N, K), averaged over the views of `tta`. inputs: uint8 (N, H, W), or what `store` takes."""
    return _infer(model, store(inputs), batch_size,
                  lambda x: torch.stack([model(view) for view in views(x, model, tta)]).mean(0))


def infer_features(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """``forward_features`` float32 (N, D) of the single view. images: uint8 (N, H, W)."""
    return _infer(model, image_store(images), BATCH,
                  lambda x: model.forward_features(image_views(x, model, "none")[0]))


def infer_theta(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """Where the network's transformer looks in each image, in the image's own [-1, 1] coordinates: float32 (N, 2, 3).

    The identity is all that the network sees, whatever its layers cut off, and sizes are shares of that. A shift is how
    far what is read moves in the image: less than in the sampled map's own coordinates where the map's places do not
    fill the image (``sampled_span``, the share of its side that they do).
    images: uint8 (N, H, W).
    """
    seen = _infer(model, image_store(images), BATCH, lambda x: model.theta(image_views(x, model, "none")[0]))
    seen[..., 2] *= np.float32(getattr(model, "sampled_span", 1.0))
    return seen * np.float32(model.input_size / images.shape[-1])  # a network of smaller input sees the image's middle


@torch.no_grad()
def _infer(model: nn.Module, stored: Tensor, batch_size: int, function: Callable[[Tensor], Tensor]) -> np.ndarray:
    malloc.keep_freed_memory()
    model.eval()
    device = next(model.parameters()).device
    return torch.cat([function(batch.to(device)).float().cpu() for batch in stored.split(batch_size)]).numpy()


def resolve_device(name: str) -> torch.device:
    """"auto", "cpu" or "cuda" as a device; InputError for cuda where torch finds none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: torch finds no CUDA device here; use --device cpu")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
