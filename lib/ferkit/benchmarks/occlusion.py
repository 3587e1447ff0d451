"""Ours against Captum's `Occlusion` on the same model, images and windows, in alternating rounds of one process."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ferkit.analysis.occlusion.incremental import network_maps
from ferkit.analysis.occlusion.windows import fill
from ferkit.core.errors import InputError
from ferkit.data.sources.synthetic import draw_set
from ferkit.experiments.system import System
from ferkit.models.preprocessing import centre_crop, to_input

PERTURBATIONS = (1, 8, 32, 121)  # Captum's perturbations_per_eval: the best of these is its time
ROWS = 1024  # covered images per call of the model, for Captum too
RIGHT = 0.6  # share of images that the untrained model is made right on, by labelling them with its own answer


def bench(system: System, images: int = 256, *, patch_size: int = 8, stride: int = 4, rounds: int = 3,
          model: nn.Module | None = None, faces: tuple[np.ndarray, np.ndarray] | None = None) -> dict:
    """Seconds of both, their ratio and how far the maps lie apart; the contract's keys speak of the paper's reading.

    model: a trained network of that system, with `faces` = (images uint8 (N, 48, 48), labels); without them an
    untrained one on drawn faces, right on 60 % of them. Under "all": the three readings, for which Captum is run
    three times (once for each) and, in "captum_one", once. Times are the best of `rounds`. InputError without Captum.
    """
    try:
        from captum.attr import Occlusion
    except ImportError:
        raise InputError("bench occlusion: captum is not installed; install the project's test requirements") from None
    model = (model or _untrained(system)).eval().to(memory_format=torch.channels_last)
    pixels, labels = faces or _drawn(model, images)
    windows = {"patch_size": patch_size, "stride": stride}

    def captum(reading: str, perturbations: int, n: int | None = None) -> np.ndarray:
        return _captum(Occlusion, model, pixels[:n], labels[:n], reading, perturbations, patch_size, stride)

    first = min(len(pixels), 64)
    trial = {m: _seconds(lambda m=m: captum("turned_wrong", m, first))[0] for m in PERTURBATIONS}
    setting = min(trial, key=trial.get)
    contestants: dict[str, Callable[[], object]] = {
        "ours": lambda: network_maps(model, pixels, labels, only_wrong=True, **windows),
        "captum": lambda: captum("turned_wrong", setting),
        "ours_all": lambda: network_maps(model, pixels, labels, **windows),
        "captum_one": lambda: captum("logit_drop", setting),
        "captum_probability": lambda: captum("probability_drop", setting)}
    seconds: dict[str, float] = {}
    given: dict[str, object] = {}
    for _ in range(rounds):
        for name, run in contestants.items():
            spent, given[name] = _seconds(run)
            seconds[name] = min(spent, seconds.get(name, spent))
    three = seconds["captum"] + seconds["captum_one"] + seconds["captum_probability"]
    return {"model": system.name, "images": len(pixels), "patch_size": patch_size, "stride": stride,
            "seconds": {"ours": seconds["ours"], "captum": seconds["captum"]},
            "ratio": seconds["captum"] / seconds["ours"], "max_abs_difference": _apart(given),
            "right": float(given["ours"].correct.mean()), "perturbations_per_eval": setting, "rounds": rounds,
            "threads": torch.get_num_threads(),
            "trial_seconds": {str(m): spent for m, spent in trial.items()},
            "all": {"ours": seconds["ours_all"], "captum": three, "captum_one": seconds["captum_one"],
                    "ratio": three / seconds["ours_all"], "ratio_one": seconds["captum_one"] / seconds["ours_all"]}}


def _seconds(run: Callable[[], object]) -> tuple[float, object]:
    started = time.perf_counter()
    given = run()
    return time.perf_counter() - started, given


def _untrained(system: System) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return system.build()


def _drawn(model: nn.Module, images: int) -> tuple[np.ndarray, np.ndarray]:
    pixels = draw_set(0, 0, images).images
    with torch.inference_mode():
        scores = model(centre_crop(to_input(pixels), model.input_size)).numpy()
    wrong = np.random.default_rng(0).random(images) >= RIGHT
    return pixels, (scores.argmax(1) + wrong) % scores.shape[1]


@torch.inference_mode()
def _captum(occlusion: type, model: nn.Module, pixels: np.ndarray, labels: np.ndarray, reading: str, perturbations: int,
            patch_size: int, stride: int) -> np.ndarray:
    """Captum's pixel map of one reading, float32 (N, 48, 48)."""
    x, filled = to_input(pixels), to_input(fill(pixels, "zero"))
    batch, out = max(1, ROWS // perturbations), []
    for start in range(0, len(x), batch):
        rows = slice(start, start + batch)
        own = torch.from_numpy(labels[rows])
        found = occlusion(_forward(model, reading)).attribute(
            x[rows], (1, patch_size, patch_size), (1, stride, stride), filled[rows], additional_forward_args=(own,),
            perturbations_per_eval=perturbations)
        out.append(found[:, 0].numpy())
    return np.concatenate(out)


def _forward(model: nn.Module, reading: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The true label's logit or probability, or 1.0 where it is predicted, (N,)."""
    def forward(x: Tensor, labels: Tensor) -> Tensor:
        # cropped here, not before: Captum's windows then stand where ours do, over the whole image
        logits = model(centre_crop(x, model.input_size).contiguous(memory_format=torch.channels_last))
        if reading == "turned_wrong":
            return (logits.argmax(1) == labels).float()
        chosen = logits if reading == "logit_drop" else logits.softmax(1)
        return chosen.gather(1, labels[:, None])[:, 0]

    return forward


def _apart(given: dict) -> float:
    """The largest difference between our pixel maps and Captum's over the three readings; the paper's reading is
    compared where the image was right."""
    right, whole = given["ours"].correct, given["ours_all"]
    pairs = ((given["ours"].turned_wrong[right], given["captum"][right]), (whole.logit_drop, given["captum_one"]),
             (whole.probability_drop, given["captum_probability"]))
    return float(max(np.abs(whole.windows.to_pixels(ours) - theirs).max() for ours, theirs in pairs if len(ours)))
