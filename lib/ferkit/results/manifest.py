"""``manifest.json`` of a run: what it was made from, on what, and the hash of everything it made.

Paths inside are relative to the run's folder. A notebook's entry is written when the notebook ends, so that a
run killed at any moment still tells truly which of its notebooks are finished.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

from ferkit import __version__
from ferkit.core import files, paths, source_hashes

NAME = "manifest.json"
SCHEMA = 1


def read(directory: Path) -> dict:
    """The run's manifest, its notebooks' entries by name; {} where there is no manifest of this schema."""
    try:
        found = json.loads((directory / NAME).read_text(encoding="utf-8"))
        if found["schema"] != SCHEMA:
            return {}
        return {**found, "notebooks": {entry["name"]: entry for entry in found["notebooks"]}}
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return {}


def write(directory: Path, content: dict) -> None:
    """Replace the run's manifest, atomically; in the file the notebooks' entries are a list in order."""
    entries = [{**entry, "name": name} for name, entry in sorted(content["notebooks"].items())]
    files.write_json(directory / NAME, {**content, "notebooks": entries})


def hashes(directory: Path, paths_: list[Path]) -> dict[str, str]:
    """The sha256 of each file by its path relative to the run's folder, in order."""
    return {path.relative_to(directory).as_posix(): files.sha256(path) for path in paths_}


def changed(directory: Path, outputs: dict[str, str]) -> list[str]:
    """What is missing or no longer the file that was recorded, in order: "a.json is missing", "b.npz was changed"."""
    found = []
    for name, recorded in outputs.items():
        path = directory / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif files.sha256(path) != recorded:
            found.append(f"{name} was changed")
    return found


def surroundings() -> dict:
    """What a result may depend on beside its inputs: code, packages, machine, threads.

    git_commit and git_dirty are null without a repository, gpu is null without one.
    """
    commit, dirty = _git()
    return {
        "ferkit": __version__,
        "git_commit": commit,
        "git_dirty": dirty,
        "library_sha256": source_hashes.library_sha256(),
        "lock_sha256": source_hashes.lock_sha256(),
        "python": platform.python_version(),
        "packages": _packages(),
        "platform": platform.platform(),
        "cpu": cpu(),
        "cores": cores(),
        "threads": {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")},
        "gpu": _gpu(),
    }


def _git() -> tuple[str | None, bool | None]:
    """The commit and whether the tree differs from it; (None, None) where the checkout is no repository."""
    root = paths.repository()
    if output("git", "-C", str(root), "rev-parse", "--show-toplevel") != str(root):
        return None, None
    commit = output("git", "-C", str(root), "rev-parse", "HEAD")
    changes = output("git", "-C", str(root), "status", "--porcelain")
    return commit or None, None if changes is None else bool(changes)


def _packages() -> dict[str, str]:
    """The installed versions of the project's direct dependencies and of those of its notebooks, by name."""
    project = paths.repository() / "pyproject.toml"
    if not project.is_file():
        return {}
    versions, told = {}, tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    for requirement in (*told["dependencies"], *told["optional-dependencies"]["notebooks"]):
        name = re.match(r"[\w.-]+", requirement)[0]
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def cpu() -> str:
    """The processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _gpu() -> str | None:
    """The first GPU's name by its driver's own tool, so that no torch is imported for it."""
    named = output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return named.splitlines()[0] if named else None


def output(*command: str) -> str | None:
    """What a command prints, stripped; None where it is not installed or fails."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
