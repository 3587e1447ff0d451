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

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.models import tensor_files
from ferkit.models.preprocessing import MEAN, SD

FORMAT = "ferkit-network-1"


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
    header = json.loads(text) if text else {}
    if header.get("format") != FORMAT:
        raise InputError(f"{path}: not a network saved by ferkit; name a cell's weights.safetensors")
    return header


def load(path: Path, system: Callable[[str], Buildable]) -> tuple[nn.Module, dict[str, object]]:
    """The network in eval mode on the CPU and its header. system: from a name to what builds its network
    (`ferkit.papers.system`)."""
    header = read_header(path)
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in header["options"].items()}
    model = system(header["system"]).build(len(header["label_names"]), **options)
    try:
        model.load_state_dict(load_file(path))
    except (RuntimeError, SafetensorError) as error:
        raise InputError(f"{path}: the weights do not fit {header['system']} ({str(error).splitlines()[0]})") from None
    return model.to(memory_format=torch.channels_last).eval(), header
