"""Tensors on disk as safetensors, whole or absent, with a text header; nothing is unpickled."""

from __future__ import annotations

import os
import re
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ferkit.core import files


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Tensors as safetensors, written aside and renamed, so that `path` is whole or absent; OSError for a full disk."""
    with files.replacing(path) as aside:
        try:
            save_file({name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}, aside, metadata)
        except SafetensorError as error:
            number = re.search(r"os error (\d+)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error


def metadata(path: Path) -> dict[str, str]:
    """The text header of a safetensors file."""
    with safe_open(path, framework="pt") as file:
        return file.metadata() or {}
