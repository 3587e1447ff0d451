"""The attentions of finished systems side by side: where each looks, what it brings, what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ferkit.analysis.comparison import pairing
from ferkit.analysis.stn_attention import sampled_area
from ferkit.core.names import Name
from ferkit.data.face_set import FaceSet
from ferkit.data.synthetic.truth import truth_masks
from ferkit.experiments import attention, jobs
from ferkit.experiments.jobs import Systems
from ferkit.models import facts, inference
from ferkit.results import records
from ferkit.results.records import CellResult
from ferkit.results.tree import by_system

IMAGES = 350  # on which it is measured where a network looks


def maps(model: nn.Module, images: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """`experiments.attention.maps`; a network with ``theta`` looks evenly at what its transformer samples."""
    found = attention.maps(model, images)
    if found is not None:
        return found
    if getattr(model, "theta", None) is None or model.theta(torch.zeros(1, 1, *images.shape[1:])) is None:
        return None
    area = sampled_area(inference.infer_theta(model, images), images.shape[-1]).astype(np.float64)
    even = np.full(area.shape[1:], 1 / area[0].size)
    size = area.sum((1, 2), keepdims=True)
    return np.where(size > 0, area / np.maximum(size, 1), even)[:, None], even


def of(cells: Sequence[CellResult], images: np.ndarray, systems: Systems) -> dict[str, np.ndarray]:
    """Of each result whose network has attention, by "system/recipe": its density over images uint8 (N, H, W) minus an
    even division of it, float64 (N, H, W)."""
    found = {}
    for cell in cells:
        seen = maps(jobs.load_model(cell, systems), images) if len(images) else None
        if seen is not None and f"{cell.cell.system}/{cell.cell.recipe}" not in found:
            found[f"{cell.cell.system}/{cell.cell.recipe}"] = seen[0].sum(1) - seen[1]
    return found


def table(pairs: Mapping[str, tuple[Name, Name]], root: Path, test: FaceSet, systems: Systems
          ) -> list[dict[str, object]]:
    """A row for each attention: the share of it on the parts that make an expression, that of an even division, points
    of accuracy gained over the network without it (with their 95 % interval), and the further parameters and
    multiply-adds; None for what is not known.

    pairs: by what it is called, (with it, without it). root: the folder of a run. test: its test images.
    """
    groups = by_system(cell for cell in records.read_run(root)
                       if cell.predictions and np.array_equal(cell.predictions["index"], test.index))
    return [{"attention": says, **_looks(groups.get(first, []), test, systems),
             **_brings(groups.get(first, []), groups.get(second, []), systems)}
            for says, (first, second) in pairs.items()]


def _looks(cells: Sequence[CellResult], test: FaceSet, systems: Systems) -> dict[str, object]:
    nothing = dict.fromkeys(("on the parts", "even division", "highest point on them"))
    if not cells or test.masks is None:
        return nothing
    some = test.select(np.arange(min(IMAGES, len(test))))
    seen = maps(jobs.load_model(cells[0], systems), some.images)
    if seen is None:
        return nothing
    found = attention.on_parts(*seen, truth_masks(some.labels, some.label_names, some.masks, some.regions))
    return {"on the parts": found["share"], "even division": found["even"], "highest point on them": found["hits"]}


def _brings(first: Sequence[CellResult], second: Sequence[CellResult], systems: Systems) -> dict[str, object]:
    row = dict.fromkeys(("points", "from", "to", "parameters", "multiply-adds"))
    if not first or not second:
        return row
    built = [jobs.load_model(cells[0], systems) for cells in (first, second)]
    row["parameters"] = facts.count_parameters(built[0]) - facts.count_parameters(built[1])
    row["multiply-adds"] = facts.multiply_adds(built[0]) - facts.multiply_adds(built[1])
    try:
        gained = pairing.compare(first, second).difference
    except pairing.NotComparable:
        return row
    return row | {"points": 100 * gained.mean, "from": 100 * gained.interval[0], "to": 100 * gained.interval[1]}
