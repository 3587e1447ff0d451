"""The attentions of finished systems side by side: where each looks, what it brings, what it costs.

The table is made from files alone where they tell everything: networks, and torch with them, are loaded where they are
asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ferkit.analysis.ablation import Attention
from ferkit.analysis.comparison import pairing
from ferkit.core.kept import kept
from ferkit.data.face_set import FaceSet
from ferkit.data.synthetic.truth import truth_masks
from ferkit.results import occlusions, planted
from ferkit.results.records import Result
from ferkit.results.tree import by_system

if TYPE_CHECKING:
    from torch import nn

    from ferkit.experiments.jobs import Systems

IMAGES = 350  # on which it is measured where a network looks


def maps(model: nn.Module, images: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """`experiments.attention.maps`; a network with ``theta`` looks evenly at what its transformer samples."""
    import torch

    from ferkit.analysis.stn_attention import sampled_area
    from ferkit.experiments import attention
    from ferkit.models import inference

    found = attention.maps(model, images)
    if found is not None:
        return found
    if getattr(model, "theta", None) is None or model.theta(torch.zeros(1, 1, *images.shape[1:])) is None:
        return None
    area = sampled_area(inference.infer_theta(model, images), images.shape[-1]).astype(np.float64)
    even = np.full(area.shape[1:], 1 / area[0].size)
    size = area.sum((1, 2), keepdims=True)
    return np.where(size > 0, area / np.maximum(size, 1), even)[:, None], even


def of(results: Sequence[Result], images: np.ndarray, systems: Systems) -> dict[str, np.ndarray]:
    """Of each system and recipe whose network has attention, by "system/recipe": its first seed's density over images
    uint8 (N, H, W) minus an even division of it, float64 (N, H, W)."""
    from ferkit.experiments import jobs

    found = {}
    for (system, recipe), seeds in by_system(results if len(images) else ()).items():
        seen = maps(jobs.load_model(seeds[0], systems), images)
        if seen is not None:
            found[f"{system}/{recipe}"] = seen[0].sum(1) - seen[1]
    return found


def table(attentions: Iterable[Attention], results: Sequence[Result], systems: Systems,
          test: FaceSet | None = None) -> list[dict[str, object]]:
    """A row for each attention of which some results tell something: seeds; "on the parts, %", the share of it on the
    parts that make an expression, mean over seeds, and "by chance, %", that of an even division; the difference of its
    accuracy from its control's, fraction, with its 95 % interval, low and high; further parameters and multiply-adds.
    None for what is not known.

    Where it looks was measured with the result, or by its occlusion analysis (mouth, brows, eyes and nose in place of
    the parts that an expression moves); else it is measured on test images, where these are given.
    """
    groups, rows, told = by_system(results), [], set()
    for one in attentions:
        first, second = groups.get(one.attends, []), groups.get(one.control, [])
        row = _looks(first, systems, test) | _brings(first, second, systems)
        again = not second and one.attends in told  # nothing but where it looks, which stands above
        if any(value is not None for value in row.values()) and not again:
            told.add(one.attends)
            rows.append({"attention": one.says, "seeds": len(first), **row})
    return rows


def _looks(results: Sequence[Result], systems: Systems, test: FaceSet | None) -> dict[str, object]:
    found = [one for result in results if (one := _measured(result))]
    if not found and test is not None and test.masks is not None:
        from ferkit.experiments import attention, jobs

        some = test.select(np.arange(min(IMAGES, len(test))))
        parts = truth_masks(some.labels, some.label_names, some.masks, some.regions)
        found = [attention.on_parts(*seen, parts) for result in results
                 if (seen := maps(jobs.load_model(result, systems), some.images))]
    return {f"{says}, %": 100 * float(np.mean([one[key] for one in found])) if found else None
            for says, key in (("on the parts", "share"), ("by chance", "even"))}


def _measured(result: Result) -> dict[str, float] | None:
    """{share, even} of attention on parts as it was written beside a result; None where it was not."""
    if on_parts := ((planted.read(result) or {}).get("attention") or {}).get("on_parts"):
        return on_parts
    path = occlusions.directory(result.directory.parents[3], result.key) / occlusions.SUMMARY
    seen = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not seen.get("attention"):
        return None
    areas = {part: seen["region_area"][part] for part in occlusions.IMPORTANT}
    n = np.array([row["n"] for row in seen["attention"]])
    on = np.array([sum(row[part] * area for part, area in areas.items()) for row in seen["attention"]])
    image = np.array([row["image"] for row in seen["attention"]])
    return {"share": float((on * n).sum() / (image * n).sum()), "even": sum(areas.values())}


def _brings(first: Sequence[Result], second: Sequence[Result], systems: Systems) -> dict[str, object]:
    row = dict.fromkeys(("difference", "low", "high", "parameters", "multiply-adds"))
    if not first or not second:
        return row
    costs = [_cost(results[0], systems) for results in (first, second)]
    row["parameters"], row["multiply-adds"] = (a - b for a, b in zip(*costs, strict=True))
    try:
        gained = pairing.compare(first, second).difference
    except pairing.NotComparable:
        return row
    return row | {"difference": gained.mean, "low": gained.interval[0], "high": gained.interval[1]}


def _cost(result: Result, systems: Systems) -> tuple[int, int]:
    """(parameters, multiply-adds); the latter are counted on the network where its result does not tell."""
    told = result.metrics.get("multiply_adds")
    if told is None:
        options = result.metrics["config"]["recipe"].get("model", {})
        system, classes = systems(result.key.system), len(result.metrics["label_names"])

        def counted() -> int:
            from ferkit.models import facts

            return facts.multiply_adds(system.build(classes, **options))

        told = kept("multiply_adds", [system.name, system.version, classes, options], counted)
    return result.metrics["parameters"], told
