"""A training run on disk: atomic, hashed, and read back without unpickling anything.

A checkpoint is one safetensors file; `checkpoints.json` names the newest and the last whole one before it with
their sha256. A damaged newest file is noticed by its hash and the one before it is used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from ferkit.core import files
from ferkit.models.tensor_files import metadata, save_tensors

INDEX = "checkpoints.json"


def save(directory: Path, tensors: dict[str, Tensor], state: dict[str, object]) -> None:
    """Write the next checkpoint and forget all but the newest whole one before it.

    An error while writing (a full disk) leaves the last good checkpoint as it was and is raised on.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"step{state['step']:08d}.safetensors"
    before = next((entry for entry in _whole(directory) if entry["file"] != path.name), None)
    save_tensors(path, tensors, {"state": json.dumps(state)})
    entry = {"file": path.name, "sha256": files.sha256(path)}
    kept = [entry, before] if before else [entry]
    files.write_text(directory / INDEX, json.dumps(kept))
    for old in directory.glob("step*.safetensors"):
        if old.name not in {e["file"] for e in kept}:
            old.unlink(missing_ok=True)


def load(directory: Path) -> tuple[dict[str, Tensor], dict[str, object]] | None:
    """The newest checkpoint whose hash holds, as (tensors, state); None, and a warning, if none of them is whole; None
    if there are none."""
    for entry in _whole(directory):
        path = directory / entry["file"]
        return load_file(path), json.loads(metadata(path)["state"])
    if any(directory.glob("step*.safetensors")):
        print(f"{directory}: the checkpoints are damaged; training starts anew", file=sys.stderr)
    return None


def _whole(directory: Path) -> Iterator[dict[str, str]]:
    """The entries, the newest first, whose file has its hash."""
    for entry in _index(directory):
        path = directory / entry["file"]
        if path.is_file() and files.sha256(path) == entry["sha256"]:
            yield entry


def _index(directory: Path) -> list[dict[str, str]]:
    return files.read_json(directory / INDEX, [])


def flatten(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under `prefix.`, for one file that holds several groups."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def group(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of :func:`flatten`: the tensors of one group by their own names."""
    start = prefix + "."
    return {name[len(start):]: tensor for name, tensor in tensors.items() if name.startswith(start)}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state as tensors named `<parameter number>.<key>`; Python numbers become 0-d float64."""
    state = optimizer.state_dict()["state"]
    return {f"{number}.{key}": value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)
            for number, values in state.items() for key, value in values.items() if value is not None}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what :func:`optimizer_tensors` took, onto the parameters' own devices and in their memory layout: a
    fused optimiser walks through parameter and state in step, whatever their strides say."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, key = name.split(".", 1)
        like = parameters[int(number)]
        laid_out = torch.empty_like(like, dtype=tensor.dtype).copy_(tensor) if tensor.shape == like.shape else tensor
        state.setdefault(int(number), {})[key] = laid_out.detach()
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
