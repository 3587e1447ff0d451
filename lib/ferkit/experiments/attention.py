"""Where a network's attention lies: its share on known parts of a face, or off an occluder, and how it is divided.

A network with ``attention`` (`models.facts`) tells maps that sum to 1, and the even map that they would be if it made
no choice. Every measure is compared with the even map, so that 0 is what no choice gives. Pointing game: Zhang et al.
2018, doi 10.1007/s11263-017-1059-x.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from ferkit.models import inference

Measure = dict[str, float | int]


@torch.no_grad()
def maps(model: nn.Module, images: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(maps float64 (N, A, H, W), even map (H, W)) of images uint8 (N, H, W); None for a network without attention.

    A network that takes a smaller square sees the middle of the image, and nothing outside it.
    """
    if not hasattr(model, "attention"):
        return None
    model, found, even = model.eval(), [], None
    for batch in inference.image_store(images).split(64):
        seen, even = model.attention(inference.image_views(batch, model, "none")[0])
        found.append(seen.double().numpy())
    margin = (images.shape[-1] - model.input_size) // 2, -(-(images.shape[-1] - model.input_size) // 2)
    pad = [(0, 0), (0, 0), margin, margin]
    return np.pad(np.concatenate(found), pad), np.pad(even.double().numpy(), pad[2:])


def on_parts(seen: np.ndarray, even: np.ndarray, parts: np.ndarray) -> Measure:
    """The share of attention that lies on the parts, beyond that of the even map; over images that have parts.

    seen: (N, A, H, W). even: (H, W). parts: bool (N, H, W). Further keys: share, even, area (the parts' share of the
    image), hits (whether the highest pixel lies on them; equal ones count in their share).
    """
    known = parts.any((1, 2))
    density, parts = seen[known].sum(1), parts[known]
    share, base = (density * parts).sum((1, 2)), (even * parts).sum((1, 2))
    highest = density >= density.max((1, 2), keepdims=True) * (1 - 1e-6)  # equal up to the rounding of float32
    hits = (highest & parts).sum((1, 2)) / highest.sum((1, 2))
    return {**summary(share - base), "share": float(share.mean()), "even": float(base.mean()),
            "area": float(parts.mean()), "hits": float(hits.mean())}


def avoids(seen: Mapping[str, np.ndarray], even: np.ndarray, hidden: Mapping[str, np.ndarray],
           uncovered: np.ndarray) -> Measure:
    """The share of attention that equal weights would put on an occluder and these do not, averaged over occluders.

    seen, hidden: by occluder, maps (N, A, H, W) and the pixels that it covers, bool (N, H, W), of the same N images.
    uncovered: their maps without an occluder. Further keys: share (on the occluder), even, uncovered (the share on the
    same pixels before: one that is larger still shows attention on a part of the face, not on its occluder).
    """
    shares = np.mean([(seen[name].sum(1) * hidden[name]).sum((1, 2)) for name in hidden], axis=0)
    before = np.mean([(uncovered.sum(1) * hidden[name]).sum((1, 2)) for name in hidden])
    bases = np.mean([(even * hidden[name]).sum((1, 2)) for name in hidden], axis=0)
    return {**summary(bases - shares), "share": float(shares.mean()), "even": float(bases.mean()),
            "uncovered": float(before)}


def uneven(seen: np.ndarray) -> Measure:
    """The share of attention that would have to move to make the A attentions weigh the same: half the sum of
    |weight − 1/A|. seen: (N, A, H, W). Further key: weights, each attention's mean."""
    weights = seen.sum((2, 3))
    return {**summary(np.abs(weights - 1 / weights.shape[1]).sum(1) / 2), "weights": weights.mean(0).tolist()}


def heads(seen: np.ndarray) -> Measure:
    """How much more two attentions differ on one image than one does between two images, as the share of it that would
    have to move (total variation). seen: (N, A, H, W), N and A at least 2. Further keys: between_heads, between_images.
    """
    each = seen / seen.sum((2, 3), keepdims=True)
    pairs = [(a, b) for a in range(each.shape[1]) for b in range(a)]
    apart = np.mean([np.abs(each[:, a] - each[:, b]).sum((1, 2)) / 2 for a, b in pairs], axis=0)
    changes = np.abs(each - np.roll(each, 1, axis=0)).sum((2, 3)).mean(1) / 2
    return {**summary(apart - changes), "between_heads": float(apart.mean()), "between_images": float(changes.mean())}


def summary(values: np.ndarray) -> Measure:
    """mean, sd of the mean over images, and n of one number an image: (N,)."""
    return {"mean": float(values.mean()), "sd": float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1
            else 0.0, "n": len(values)}
