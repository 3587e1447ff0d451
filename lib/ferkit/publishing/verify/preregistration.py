"""Whether each published system was planned before it was published, by the repository's own history.

A result that enters in the same commit as its plan, or before it, was not planned. What git cannot tell (no repository,
a shallow clone, files not committed yet) is said and held against nobody.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ferkit.publishing.verify.findings import Found
from ferkit.results import manifest
from ferkit.results.records import METRICS, Result

CHECK = "planned before published"
PLANS = ("plan.json", "plan.next.json")  # the second held plans for what comes next, in the history alone


def check(root: Path, results: Sequence[Result], found: Found) -> None:
    """Looks at every commit that changed a result's metrics: a plan in its parent must name the result."""
    if not results:
        return
    if git(root, "rev-parse", "--is-shallow-repository") != "false":
        found.note("no git history at hand (or a shallow clone): whether plans came first was not checked")
        return
    commits, uncommitted = _commits(root), []
    changed = set((git(root, "diff", "--name-only", "--relative", "HEAD", "--", ".") or "").splitlines())
    for result in results:
        name = (result.directory / METRICS).relative_to(root).as_posix()
        if name not in commits or name in changed:
            uncommitted.append(result.key.name)
            continue
        key = result.key.system, result.key.recipe, result.key.seed
        for commit, first in commits[name]:
            if first:
                found.note("the history begins with these results: whether plans came first cannot be told")
            else:
                found.look(CHECK, name, None if key in _planned(root, commit, result.key.notebook) else
                           f"before commit {commit[:12]}, which published it, no plan of {result.key.notebook} named "
                           "it")
    if uncommitted:
        found.note(f"not committed yet, so whether plans came first was not checked: {', '.join(uncommitted)}")


def _commits(root: Path) -> dict[str, list[tuple[str, bool]]]:
    """The commits that changed each file below `root`, newest first, and whether each is the first of all: asked of git
    once, for a question about each of some hundred files takes as many seconds."""
    told: dict[str, list[tuple[str, bool]]] = {}
    log = git(root, "log", "--format=%x00%H %P", "--name-only", "--no-renames", "--relative", "--", ".") or ""
    for entry in filter(None, log.split("\0")):
        head, *names = entry.splitlines()
        commit, *parents = head.split()
        for name in filter(None, names):
            told.setdefault(name, []).append((commit, not parents))
    return told


@cache
def _planned(root: Path, commit: str, folder: str) -> frozenset[tuple[str, str, int]]:
    """The trained systems that the plans of a notebook's folder named just before a commit."""
    rows: set[tuple[str, str, int]] = set()
    for plan in PLANS:
        text = git(root, "show", f"{commit}^:./{folder}/{plan}")
        try:
            rows |= {(row["system"], row["recipe"], row["seed"]) for row in json.loads(text or "[]")}
        except (ValueError, TypeError, KeyError):
            continue
    return frozenset(rows)


def git(root: Path, *words: str) -> str | None:
    """What git says in a folder, stripped; None where it fails or is not installed."""
    return manifest.output("git", "-C", str(root), *words)
