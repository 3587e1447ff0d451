"""Networks and SVM heads as the one thing that occlusion asks: grey images in, scores and labels out."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from ferkit.analysis.occlusion.maps import Score
from ferkit.models.preprocessing import centre_crop, to_input

UNSEEN = -100.0  # far below any score, so that its probability is 0


def predictor(model: nn.Module, head=None, *, device: str | torch.device = "cpu") -> Score:
    """A function uint8 (n, H, W) → logits float32 (n, K), or → (scores, votes) of an SVM `head`.

    head: `models.heads.SklearnHead` on the features of `model`, or None. The model is put into evaluation
    mode on `device`, in channels_last memory.
    A model whose `input_size` is smaller than the image gets the centre crop.
    """
    model = model.eval().to(device).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def score(images: np.ndarray) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        x = to_input(centre_crop(images, getattr(model, "input_size", images.shape[-1])))
        x = x.to(device).contiguous(memory_format=torch.channels_last)
        if head is None:
            return model(x).float().cpu().numpy()
        return machine_answers(head, model.forward_features(x).float().cpu().numpy())

    return score


def machine_answers(head, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An SVM's scores float32 (n, K) and votes int64 (n,) for features (n, D), row by row.

    A label that it has never seen scores `UNSEEN`: what `SklearnHead.scores` gives it depends on the other labels.
    """
    scores, votes = head.predict([features])
    scores[:, np.setdiff1d(np.arange(scores.shape[1]), head.classes)] = UNSEEN
    return scores, votes
