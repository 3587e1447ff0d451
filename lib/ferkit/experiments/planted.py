"""Occluders and poses planted where the truth is known, and what a trained network makes of them.

Drawn faces are drawn again with one region covered, or with the head rolled or shifted. Any other data set gets black
blocks at known places. Nothing is chosen by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import nn

from ferkit.core import files
from ferkit.data import splits
from ferkit.data.face_set import FaceSet
from ferkit.data.sources import synthetic
from ferkit.data.synthetic.action_units import REGIONS
from ferkit.data.synthetic.render import Face
from ferkit.data.synthetic.truth import truth_masks
from ferkit.experiments import attention, corruptions
from ferkit.experiments.evaluation import Predictor
from ferkit.results import planted
from ferkit.results.records import Result

ROLLS, SHIFTS = (20, 40), (4, 8)  # degrees; pixels along the row
BLOCKS = ("block_12", "block_16")


@dataclass(frozen=True)
class Condition:
    """Changed images uint8 (N, H, W), and which of their pixels are covered, bool (N, H, W) (None for none)."""

    images: np.ndarray
    hidden: np.ndarray | None = None


def conditions(faces: FaceSet, seed: int) -> Mapping[str, Condition]:
    """The planted conditions of some faces by name, ``<kind>_<strength>``; equal arguments give equal pixels."""
    if faces.masks is None:
        white = np.full_like(faces.images, 255)
        return {f"occluder_{name}": Condition(corruptions.apply(name, faces.images, seed),
                                              corruptions.apply(name, white, seed) == 0) for name in BLOCKS}
    found = {}
    for k, region in enumerate(REGIONS):
        covered = synthetic.redraw(faces, lambda face, region=region: replace(face, occluder=region))
        found[f"occluder_{region}"] = Condition(covered.images, covered.masks[:, k])
    for kind, strengths in (("roll", ROLLS), ("shift", SHIFTS)):
        for strength in strengths:
            found[f"{kind}_{strength}"] = Condition(
                synthetic.redraw(faces, lambda face, at=(kind, strength): posed(face, *at)).images)
    return found


def posed(face: Face, kind: str, strength: float) -> Face:
    """The face rolled by so many degrees or shifted by so many pixels, to the side that its seed decides."""
    by = strength * (1 if face.seed % 2 else -1)
    pose = face.pose
    return replace(face, pose=replace(pose, roll=pose.roll + by) if kind == "roll"
                   else replace(pose, shift_x=pose.shift_x + by))


_DRAWN: dict[tuple[str, int], Mapping[str, Condition]] = {}  # the last ones: many networks of a process see the same


def measure(predictor: Predictor, test: FaceSet, images: int, seed: int) -> dict[str, object]:
    """n, accuracy, `corruptions` {condition: accuracy} and `attention` {measure: …} of a stratified sample of test
    images, as scored: the very images that `evaluate` corrupts for this seed."""
    sample = test.select(splits.proportional_rows(test.labels, images, seed))
    key = sample.content_hash, seed
    if key not in _DRAWN:
        _DRAWN.clear()
        _DRAWN[key] = conditions(sample, seed)
    changed = _DRAWN[key]

    def accuracy(seen: np.ndarray) -> float:
        return float(np.mean(predictor.votes(seen) == sample.labels))

    return {"n": len(sample), "accuracy": accuracy(sample.images),
            "corruptions": {name: accuracy(one.images) for name, one in changed.items()},
            "attention": looks(predictor.model, sample, changed)}


def looks(model: nn.Module | None, sample: FaceSet, changed: Mapping[str, Condition]) -> dict[str, dict] | None:
    """The measures of `experiments.attention` that apply to a network and these faces; None without attention."""
    found = attention.maps(model, sample.images) if model is not None else None
    if found is None:
        return None
    seen, even = found
    hidden = {name: one.hidden for name, one in changed.items() if one.hidden is not None}
    measures = {}
    if hidden:
        measures["avoids"] = attention.avoids({name: attention.maps(model, changed[name].images)[0] for name in hidden},
                                              even, hidden, seen)
    if sample.masks is not None:
        parts = truth_masks(sample.labels, sample.label_names, sample.masks, sample.regions)
        measures |= {"on_parts": attention.on_parts(seen, even, parts)} if parts.any() else {}
    if seen.shape[1] > 1:
        measures |= {"uneven": attention.uneven(seen), "heads": attention.heads(seen)}
    return measures


def write(result: Result, predictor: Predictor, test: FaceSet, images: int) -> Path:
    """Measure a result, as functions, and write ``planted.json`` beside it, rounded to 6 digits; the file."""
    found = json.dumps(measure(predictor, test, images, result.key.seed))
    return files.write_json(result.directory / planted.FILE, {
        "weights_sha256": result.metrics["weights_sha256"],
        **json.loads(found, parse_float=lambda text: round(float(text), 6))})
