"""The whole analysis of one trained system: maps, tests, truth, written as occlusion.json and maps.npz.

``<run>/04_occlusion_analysis/<system>/<recipe>/seed<k>/`` holds both; occlusion.json is written last and
carries its settings, so that a finished analysis of the same network, data, code and settings is loaded
and not done again.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ferkit.analysis import stn_attention
from ferkit.analysis.occlusion.face_regions import region_masks
from ferkit.analysis.occlusion.incremental import any_maps
from ferkit.analysis.occlusion.maps import OcclusionMaps, class_maps
from ferkit.analysis.occlusion.pointing_game import edges, in_windows, pointing_game
from ferkit.analysis.occlusion.predictors import predictor
from ferkit.analysis.occlusion.region_tests import cover_parts, insensitive, interaction, recall_lost
from ferkit.analysis.occlusion.sensitivity import under_other_choices
from ferkit.analysis.occlusion.text import important_parts
from ferkit.core import files, paths, progress, versions
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.data.splits import proportional_rows
from ferkit.data.synthetic.truth import moving_parts, truth_masks
from ferkit.models import inference
from ferkit.results import occlusions
from ferkit.results.occlusions import MAPS, SUMMARY

SCHEMA = 2
PLACEMENTS = 4  # copies of a part moved elsewhere, for each image
DRAWS = 2000  # bootstrap samples and permutations
FLIPS = 100_000  # of the sign-flip test: some 42 comparisons multiply its smallest p
BESIDE_IMAGES = 350  # at most so many, stratified, for other windows and baselines
RANDOM_IMAGES = 70  # images on which an untrained network is asked, as a control


@dataclass(frozen=True)
class Analysis:
    """One system's analysis. summary: the object of occlusion.json. maps: the arrays of maps.npz (see `class_maps`)."""

    summary: dict
    maps: dict[str, np.ndarray]
    directory: Path

    @property
    def name(self) -> str:
        """``<system>/<recipe>/seed<k>``."""
        return "{system}/{recipe}/seed{seed}".format(**self.summary)


def best(results: Sequence) -> object:
    """The finished system with the highest validation accuracy, the first of equals; InputError without any.

    results: `Result`-like, with `metrics`; several recipes and seeds of a system compete.
    """
    finished = [result for result in results if result.metrics["status"] == "finished"]
    if not finished:
        raise InputError("occlusion: no system of this run finished training; train longer or look at its curves")
    return max(finished, key=lambda result: result.metrics["val_accuracy"] or 0.0)


def test_images(faces: FaceSet, count: int, seed: int) -> FaceSet:
    """`count` test images, every expression in its share, the same for every system; 0 = all."""
    test = faces.part("test")
    return test.select(proportional_rows(test.labels, count, seed))


def mean_faces(faces: FaceSet) -> np.ndarray | None:
    """The mean drawn face of each expression, uint8 (K, 48, 48); None for real faces, of which none is shown."""
    if faces.source.get("dataset") != "synthetic":
        return None
    means = [faces.images[faces.labels == k].mean(0) if np.any(faces.labels == k) else np.zeros((48, 48))
             for k in range(len(faces.label_names))]
    return np.rint(means).astype(np.uint8)


def analyse(result, model: nn.Module, faces: FaceSet, run: str | Path, *, head=None, images: int = 0,
            beside: int = BESIDE_IMAGES, patch_size: int = 8, stride: int = 4, baseline: str = "zero", seed: int = 0,
            device: str | torch.device = "cpu") -> Analysis:
    """The analysis of a trained system on test images, loaded if it is there with the same settings.

    result: `Result`-like (`result.key` with system, recipe, seed; `result.metrics`).
    model, head: its network and its SVM or None. run: a run's name, or the folder that holds its notebooks' results.
    images: how many test images, stratified, drawn by `seed`; 0 = all. beside: how many of them for other windows and
    baselines. Single views: no test-time averaging.
    """
    about = result.key
    root = run if isinstance(run, Path) else paths.run_directory(run)
    directory = occlusions.directory(root, about)
    settings = {"patch_size": patch_size, "stride": stride, "baseline": baseline, "images": images, "beside": beside,
                "placements": PLACEMENTS, "draws": DRAWS, "flips": FLIPS, "seed": seed,
                "weights_sha256": result.metrics["weights_sha256"],
                "features_sha256": result.metrics.get("features_sha256"), "data_sha256": faces.content_hash,
                "versions": {"occlusion": versions.OCCLUSION}}
    if getattr(model, "sampled_span", 1) < 1:  # else its version 1 was right
        settings["versions"]["transformer"] = versions.TRANSFORMER
    found = _load(directory, settings)
    if found is not None:
        return found
    started = time.perf_counter()
    progress.note(f"{about.system}/{about.recipe} seed {about.seed}  occlusion")
    part = test_images(faces, images, seed)
    measured, arrays = _measure(model, head, part, beside, patch_size=patch_size, stride=stride, baseline=baseline,
                                seed=seed, device=device)
    summary = {"schema": SCHEMA, "system": about.system, "recipe": about.recipe, "seed": about.seed,
               "dataset": str(faces.source.get("dataset", "")), "split": "test", "n_images": len(part),
               "patch_size": patch_size, "stride": stride, "baseline": baseline, **measured, "settings": settings,
               "seconds": round(time.perf_counter() - started, 2)}
    _save(directory, summary, arrays)
    return Analysis(summary, arrays, directory)


def _measure(model: nn.Module, head, part: FaceSet, beside: int, *, patch_size: int, stride: int, baseline: str,
             seed: int, device: str | torch.device) -> tuple[dict, dict[str, np.ndarray]]:
    labels, names = part.labels, part.label_names
    windows = {"patch_size": patch_size, "stride": stride, "baseline": baseline}
    maps = any_maps(model, part.images, labels, head, device=device, **windows)
    arrays = {"label_names": np.array(names), **class_maps(maps, len(names), seed=seed)}
    regions, masks = region_masks(len(part), part.masks, part.regions)
    covered = cover_parts(predictor(model, head, device=device), part.images, labels, masks, regions,
                          baseline=baseline, placements=PLACEMENTS, seed=seed)
    arrays["region_masks"] = masks.mean(0).astype(np.float32)
    tested = {"regions": list(regions), "labels": list(names),
              "recall_lost": recall_lost(covered, labels, names, regions, draws=DRAWS, flips=FLIPS,
                                        seed=seed)}
    progress.note(f"other windows and baselines on {min(beside, len(part)) or len(part)} images")
    few = proportional_rows(labels, beside, seed)
    others, other_arrays = under_other_choices(
        model, part.select(few), masks[few], regions, head, placements=PLACEMENTS, draws=DRAWS, seed=seed,
        device=device, **windows)
    return {
        **tested,
        "regions_from": "template" if part.masks is None else "drawn masks; cheeks and forehead from the template",
        "region_area": dict(zip(regions, map(float, covered.area.mean(0)), strict=True)),
        "moves": None if part.masks is None else {label: list(moving_parts(label)) for label in names},
        "counts": arrays["counts"].tolist(), "correct_counts": arrays["correct_counts"].tolist(),
        "interaction": interaction(covered, labels, draws=DRAWS, seed=seed),
        "insensitive": insensitive(covered, labels, names),
        "pointing_game": None if part.masks is None else _pointing(model, maps, part, windows, seed, device),
        "other_choices": others,
        "attention": _attention(model, part, masks, regions, arrays["probability_drop"], tested, seed),
    }, arrays | other_arrays


def _attention(model: nn.Module, part: FaceSet, masks: np.ndarray, regions: tuple[str, ...], maps: np.ndarray,
               tested: dict, seed: int) -> list[dict] | None:
    """`stn_attention.rows` against the parts that tests find important; None for a network without a transformer."""
    if getattr(model, "transformer", None) is None:
        return None
    theta = inference.infer_theta(model, part.images)
    return stn_attention.rows(theta, part.labels, masks, regions, part.label_names, important_parts(tested), maps,
                          draws=DRAWS, seed=seed)


def _pointing(model: nn.Module, maps: OcclusionMaps, part: FaceSet, windows: dict, seed: int,
              device: str | torch.device) -> dict:
    """The pointing game of the model, of an untrained copy of its network and of an edge detector."""
    truth = truth_masks(part.labels, part.label_names, part.masks, part.regions)
    few = part.select(proportional_rows(part.labels, RANDOM_IMAGES, seed))
    few_truth = truth_masks(few.labels, few.label_names, few.masks, few.regions)
    chance = any_maps(untrained(model, seed), few.images, few.labels, device=device, **windows)
    found = (("model", maps.probability_drop, part.labels, truth),
             ("untrained", chance.probability_drop, few.labels, few_truth),
             ("edges", in_windows(edges(part.images), maps.windows), part.labels, truth))
    return {name: pointing_game(values, maps.windows, labels, inside, part.label_names)
            for name, values, labels, inside in found}


def untrained(model: nn.Module, seed: int = 0) -> nn.Module:
    """A copy of the network with every layer drawn anew by torch's own initialisation."""
    fresh = copy.deepcopy(model).cpu()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for module in fresh.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
        for module in fresh.modules():
            if hasattr(module, "reset_theta"):
                module.reset_theta()
    return fresh


def _load(directory: Path, settings: dict) -> Analysis | None:
    """The finished analysis in `directory` if it has these settings and its maps are whole."""
    try:
        summary = json.loads((directory / SUMMARY).read_text(encoding="utf-8"))
        same = versions.same_configuration(summary["settings"], settings)
        if not same or files.sha256(directory / MAPS) != summary["maps_sha256"]:
            return None
        with np.load(directory / MAPS, allow_pickle=False) as archive:
            return Analysis(summary, {name: archive[name] for name in archive.files}, directory)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # missing or from another version: it is done again


def _save(directory: Path, summary: dict, arrays: dict[str, np.ndarray]) -> None:
    """maps.npz first, then occlusion.json with its hash; an older occlusion.json goes first of all."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / SUMMARY).unlink(missing_ok=True)
    with files.replacing(directory / MAPS) as aside, open(aside, "wb") as stream:
        np.savez_compressed(stream, **arrays)
    summary["maps_sha256"] = files.sha256(directory / MAPS)
    files.write_json(directory / SUMMARY, summary)
