"""The experiment with a known answer: faces whose expression is drawn in the mouth alone.

Whoever learns these faces must have learned the mouth, so occlusion has to point there; for networks that learned
nothing it must point there no more often than the mouth's share of the area.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ferkit.analysis.occlusion.incremental import any_maps
from ferkit.analysis.occlusion.pointing_game import edges, in_windows, overlap, pointing
from ferkit.core import progress
from ferkit.data.face_set import FaceSet
from ferkit.data.sources.synthetic import draw_set
from ferkit.data.synthetic.truth import truth_masks
from ferkit.experiments.fitting import fit
from ferkit.experiments.system import System
from ferkit.training.recipe import Recipe

EPOCHS, BATCH = 20, 32  # seconds on one core for the cheapest network that learns it
SIZES = (1400, 210, 350)  # faces to train on, to choose the epoch on, to point at
UNTRAINED = 16  # one untrained network points anywhere, by its own chance; their mean is the control
UNTRAINED_FACES = 140


def mouth_only(system: System, recipe: Recipe, *, smaller: int = 1, epochs: int = EPOCHS, baseline: str = "zero",
               seed: int = 0) -> list[dict[str, object]]:
    """Train on mouth-only faces and let occlusion point: a row each for the trained network, for untrained ones (mean
    of several) and for an edge detector.

    smaller: divides the numbers of faces and of untrained networks, for runs that must be short.

    Rows: who, images, accuracy (fraction; None for edges), hits (share of images whose highest window's centre lies
    on the mouth, by the probability lost), sd (of hits, over untrained networks), overlap (of the map's weight with
    the mouth), share (the mouth's part of the image). Faces without an expression are left out, for their mouth
    does not move. Windows of 8×8 at stride 4.
    """
    sizes, random_models = [max(7, size // smaller) for size in SIZES], max(2, UNTRAINED // smaller)
    faces = draw_set(*sizes, seed=seed, regions=("mouth",))
    progress.note(f"{system.name} on {sizes[0]} faces that move the mouth alone")
    recipe = replace(recipe, epochs=epochs, batch_size=BATCH)
    trained = fit(system, recipe, faces, device="cpu", seed=seed).model.cpu().eval()
    test, truth = _moving(faces.part("test"))
    found = any_maps(trained, test.images, test.labels, baseline=baseline)
    by_edges = in_windows(edges(test.images), found.windows)
    rows = [{"who": "trained", "images": len(test), "accuracy": float(found.correct.mean()),
             **_row(found.probability_drop, found.windows, truth)}]
    few = slice(0, UNTRAINED_FACES)
    chance = []
    for number in range(random_models):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1000 * seed + number)
            model = system.build(len(faces.label_names))
        maps = any_maps(model, test.images[few], test.labels[few], baseline=baseline)
        chance.append({"accuracy": float(maps.correct.mean()),
                       **_row(maps.probability_drop, maps.windows, truth[few])})
    means = {key: float(np.mean([row[key] for row in chance])) for key in ("accuracy", "hits", "overlap", "share")}
    rows.append({"who": f"untrained, mean of {random_models}", "images": len(truth[few]), **means,
                 "sd": float(np.std([row["hits"] for row in chance], ddof=1))})
    rows.append({"who": "edges", "images": len(test), "accuracy": None, **_row(by_edges, found.windows, truth)})
    return rows


def _moving(test: FaceSet) -> tuple[FaceSet, np.ndarray]:
    """The test faces whose mouth moves, and their mouths as masks, bool (N, H, W)."""
    truth = truth_masks(test.labels, test.label_names, test.masks, test.regions)
    rows = np.flatnonzero(truth.any((1, 2)))
    mouth = test.masks[rows, test.regions.index("mouth")]
    return test.select(rows), mouth


def _row(values: np.ndarray, windows: object, truth: np.ndarray) -> dict[str, object]:
    return {"hits": float(pointing(values, windows, truth).mean()), "sd": None,
            "overlap": float(np.nanmean(overlap(values, windows, truth))), "share": float(truth.mean())}
