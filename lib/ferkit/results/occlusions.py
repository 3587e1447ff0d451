"""Where the occlusion analyses of a run or a published tree lie: ``04_occlusion_analysis/<system>/<recipe>/seed<k>/``
with occlusion.json (what was found) and maps.npz (the maps)."""

from __future__ import annotations

from pathlib import Path

from ferkit.results.records import SystemKey

NOTEBOOK = "04_occlusion_analysis"
SUMMARY, MAPS = "occlusion.json", "maps.npz"
IMPORTANT = ("mouth", "brows", "eyes", "nose")  # the parts that Deep-Emotion's paper names; all else is "other regions"


def summaries(root: Path, system: str = "*", recipe: str = "*") -> list[Path]:
    """The occlusion.json of every analysis below `root`, or of those of one system and recipe, in order of name."""
    return sorted(root.glob(f"{NOTEBOOK}/{system}/{recipe}/seed*/{SUMMARY}"))


def directory(root: Path, key: SystemKey) -> Path:
    """The folder of the analysis of one result."""
    return root / NOTEBOOK / key.system / key.recipe / f"seed{key.seed}"
