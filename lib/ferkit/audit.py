"""What is wrong with a copy of a data set, computed from its pixels alone."""

from __future__ import annotations

import hashlib

import numpy as np

from ferkit.datasets.faceset import FaceSet


def pixel_keys(images: np.ndarray) -> np.ndarray:
    """A 16-byte key per image, equal exactly when the pixels are; dtype S16, (N,)."""
    keys = [hashlib.blake2b(image.tobytes(), digest_size=16).hexdigest() for image in images]
    return np.asarray(keys, dtype="S32")


def copies_in_training(faces: FaceSet) -> np.ndarray:
    """Which images outside the training split have an exact copy in it; bool, (N,), False for training
    images."""
    keys = pixel_keys(faces.images)
    train = faces.split == "train"
    return np.isin(keys, keys[train]) & ~train
