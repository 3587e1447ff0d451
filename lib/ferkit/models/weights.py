"""Trained networks as files: safetensors with a header that says how to rebuild and feed them; nothing is unpickled."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from ferkit.core import checks
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.models import tensor_files
from ferkit.models.preprocessing import MEAN, SD

FORMAT = "ferkit-network-1"
TTA = ("none", "flip", "tencrop")
MOST_CLASSES = 1000


class Buildable(Protocol):
    """What builds a network: an `experiments.system.System`."""

    def build(self, num_classes: int = 7, **options: object) -> nn.Module:
        """The untrained network."""


def save(path: Path, model: nn.Module, system: str, options: dict[str, object], *,
         label_names: tuple[str, ...] = LABELS, tta: str = "none", trained_on: str = "",
         about: Mapping[str, object] | None = None) -> None:
    """The weights of `model` (fp32) and, in the header, its system, options, labels and preprocessing. about: of the
    input, in place of an image's size, mean and deviation."""
    image = {"height": getattr(model, "input_size", None), "width": getattr(model, "input_size", None), "channels": 1,
             "mean": MEAN, "sd": SD}
    header = {"format": FORMAT, "system": system, "options": options, "label_names": list(label_names), "tta": tta,
              "input": dict(about or image), "trained_on": trained_on}
    state = {name: value.float() if value.is_floating_point() else value for name, value in model.state_dict().items()}
    tensor_files.save_tensors(path, state, {"ferkit": json.dumps(header, sort_keys=True)})


def read_header(path: Path) -> dict[str, object]:
    """What the file says of itself; InputError if it is not a network of this project."""
    try:
        text = tensor_files.metadata(path).get("ferkit")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; name a weights.safetensors") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from None
    try:
        header = json.loads(text) if text else {}
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise InputError("not a network saved by ferkit; name a run's weights.safetensors")
        _check(header)
    except (ValueError, RecursionError):
        raise InputError(f"{path}: not a network saved by ferkit, its header is no JSON") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return header


def _check(header: dict[str, object]) -> None:
    """InputError for a header that no `save` writes: everything in it decides how the network is built and fed."""
    names = header.get("label_names")
    if not isinstance(names, list) or not 2 <= len(names) <= MOST_CLASSES or len(set(map(str, names))) < len(names) or (
            not all(isinstance(name, str) and 0 < len(name) <= 40 for name in names)):
        raise InputError(f"its label_names are no list of 2 to {MOST_CLASSES} different words")
    if not isinstance(header.get("system"), str):
        raise InputError(f"its system is a name, got {checks.short(header.get('system'))}")
    checks.choice("its tta", header.get("tta"), TTA)
    for key, value in checks.table("its options", header.get("options")).items():
        checks.option(f"its option {key[:40]}", value)


def load(path: Path, system: Callable[[str], Buildable]) -> tuple[nn.Module, dict[str, object]]:
    """The network in eval mode on the CPU and its header. system: from a name to what builds its network
    (`ferkit.papers.system`). InputError for a file whose header, sizes or numbers are not those of a network."""
    header = read_header(path)
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in header["options"].items()}
    try:
        model = system(header["system"]).build(len(header["label_names"]), **options)
        tensors = load_file(path)
        model.load_state_dict(tensors)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (RuntimeError, SafetensorError, ValueError) as error:
        raise InputError(f"{path}: the weights do not fit {header['system']} ({str(error).splitlines()[0]})") from None
    bad = [name for name, tensor in tensors.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if bad:
        raise InputError(f"{path}: {bad[0]} holds numbers that are NaN or infinite; the training diverged, or the file "
                         "is damaged")
    return model.to(memory_format=torch.channels_last).eval(), header
