"""Where a number comes from: the file it stands in, the commit that made it, the command that makes it again.

Read from a tree's manifest.json; what no manifest tells is said to be unknown, never guessed.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from ferkit.core import files, paths
from ferkit.results import manifest
from ferkit.results.records import METRICS, PREDICTIONS, WEIGHTS, Result

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Provenance:
    """What a tree's manifest tells. root: the tree. made: the manifest, {} where there is none."""

    root: Path
    made: dict

    def entry(self, file: str) -> dict:
        """The entry of the notebook in the manifest that noted `file` (relative to the tree), else {}."""
        entries = self.made.get("notebooks", {}).values()
        return next((entry for entry in entries if file in entry.get("outputs", {})), {})

    def commit(self, file: str) -> str:
        """The first 12 digits of the commit that the file was made at; "+" for uncommitted changes beside it."""
        commit = self.entry(file).get("git_commit")
        return f"{commit[:12]}{'+' if self.made.get('git_dirty') else ''}" if commit else UNKNOWN

    def command(self, file: str) -> str:
        """What makes the file again, from the checkout's root; real data are named PATH."""
        entry = self.entry(file)
        if not entry or "command" in entry:
            return entry.get("command", UNKNOWN)
        given = {key.upper(): value for key, value in self.made.items()} | (entry.get("parameters") or {})
        words = ["./run_all.sh", "--dataset", str(given.get("DATASET"))]
        if given.get("DATASET") != "synthetic":
            words += ["--data", "PATH", "--protocol", str(given.get("PROTOCOL"))]
        words += ["--profile", str(given.get("PROFILE")), "--seed", str(given.get("SEED"))]
        words += [word for name, value in entry.get("set", {}).items() for word in ("--set", f"{name}={value}")]
        return " ".join([*map(shlex.quote, words), "--only", entry_number(entry)])

    def intact(self, file: str) -> bool | None:
        """Whether the file still has the noted hash; None where none was noted."""
        noted = self.entry(file).get("outputs", {}).get(file)
        path = self.root / file
        return None if noted is None or not path.is_file() else files.sha256(path) == noted

    def sentences(self) -> list[str]:
        """The commands that made the tree and how to check it, one sentence each, in Markdown."""
        commands = dict.fromkeys(self.command(name) for entry in self.made.get("notebooks", {}).values()
                                 for name in entry.get("outputs", {}) if name.endswith(f"/{METRICS}"))
        where = paths.shown(self.root, by_name=True)
        machine = self.made.get("gpu") or self.made.get("cpu")
        said = [f"Made by {', '.join(f'`{command}`' for command in commands)} on {machine}."] if commands else []
        if any("+" in self.commit(name) for entry in self.made.get("notebooks", {}).values()
               for name in entry.get("outputs", {})):
            said.append("A + after a commit: files that are not part of it lay in the checkout.")
        return [*said, f"Checked by `python -m ferkit verify {where}`."]


def of(root: Path) -> Provenance:
    """What is known of a tree's making."""
    return Provenance(Path(root), manifest.read(Path(root)))


def name_of(root: Path, result: Result) -> str:
    """The file of a trained system's numbers, relative to its tree."""
    return result.file.relative_to(root).as_posix()


def evaluate_command(root: Path, result: Result) -> str | None:
    """What reproduces a trained system's figure from its weights; None where they are not in the tree."""
    path = result.directory.absolute() / WEIGHTS
    if not path.is_file():
        return None
    where = paths.shown(path, by_name=True)
    data = "" if result.metrics["dataset"] == "synthetic" else " --data PATH"
    return (f"python -m ferkit evaluate --weights {where} --dataset {result.metrics['dataset']}{data} --device cpu "
            f"--output {PREDICTIONS}")


def entry_number(entry: dict) -> str:
    """The number of an entry's notebook, for --only."""
    return str(entry["name"])[:2]
