"""From frames to features: what a published network, trained on still photographs, sees in every frame.

Not stated in the paper; we use Deep-Emotion's features (50 numbers, FER2013) because they are small, published, and
were learned without a single sequence or drawn face.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.core.paths import Data
from ferkit.data.sequences import load
from ferkit.data.sequences.sequence_set import SequenceSet

SYSTEM, RECIPE = "deep_emotion", "ours"


def sequences(dataset: str, data: Data = None, *, profile: str = "quick", protocol: str = "", seed: int = 0
              ) -> SequenceSet:
    """`data.sequences.load.load` with features in place of frames: what every system of this folder takes."""
    return with_features(load.load(dataset, data, profile=profile, protocol=protocol, seed=seed))


def with_features(frames: SequenceSet) -> SequenceSet:
    """The sequences with every frame's features, float32 (N, T, 50), from the published network on the CPU in fp32;
    points stay as they are.

    The content hash follows from frames and weights, whose names `source` keeps. InputError where the weights are not
    in the checkout.
    """
    from ferkit import papers
    from ferkit.models import inference, weights

    if frames.inputs.ndim == 3:
        return frames
    path = published_weights()
    network, _ = weights.load(path, papers.system)
    features = inference.infer_features(network, frames.inputs[frames.frames])
    inputs = np.zeros((*frames.inputs.shape[:2], features.shape[1]), np.float32)
    inputs[frames.frames] = features
    made_of = hashlib.sha256(f"{frames.content_hash} {files.sha256(path)}".encode()).hexdigest()
    return replace(frames, inputs=inputs, inputs_sha256=made_of,
                   source={**frames.source, "features": f"{SYSTEM}/{RECIPE}", "features_sha256": files.sha256(path)})


def moments(crops: np.ndarray) -> np.ndarray:
    """What a network over time has seen at every frame of a recording: `SequenceSet.images` (T, 18, C), row t holding
    the features of frame t and of up to 17 before it, the last one being its key frame.

    crops: uint8 (T, 48, 48). 18 frames is the longest drawn sequence.
    """
    from ferkit.data.sequences.drawn import LONGEST

    t = len(crops)
    whole = with_features(SequenceSet(
        inputs=crops[None], lengths=np.array([t]), key_frames=np.array([t - 1]), labels=np.zeros(1, np.int64),
        subjects=np.array([""]), sequences=np.array([""]), split=np.array([""]), names=np.array([""]),
        index=np.zeros(1, np.int64)))
    lengths = np.minimum(np.arange(1, t + 1), LONGEST)
    places = (np.arange(t) - lengths + 1)[:, None] + np.arange(LONGEST)
    seen = np.arange(LONGEST) < lengths[:, None]
    names = np.array([str(k) for k in range(t)])
    inputs = whole.inputs[0][np.minimum(places, t - 1)] * seen[..., None].astype(np.float32)
    return SequenceSet(inputs=inputs, lengths=lengths, key_frames=lengths - 1, labels=np.zeros(t, np.int64),
                       subjects=names, sequences=names, split=np.full(t, ""), names=names, index=np.arange(t)).images


def published_weights() -> Path:
    """The weights file; InputError where this checkout has none."""
    from ferkit.papers import training

    path = (paths.published_directory("fer2013") / training.trained_in(SYSTEM) / SYSTEM / RECIPE / "seed0"
            / "weights.safetensors")
    if not path.is_file():
        raise InputError(f"features of frames need {SYSTEM}/{RECIPE} as published on fer2013; restore it with git "
                         "checkout -- results/fer2013")
    return path
