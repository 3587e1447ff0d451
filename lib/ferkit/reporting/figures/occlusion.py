"""The figures of one occlusion analysis, for notebook and report alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ferkit.reporting.figures.maps import baseline_maps, occlusion_maps, region_table

LINE = "Inside the dotted line even the lower end of the pixel's 95 % band lies above the map's mean."


def occlusion_pictures(summary: Mapping, maps: Mapping[str, np.ndarray], title: str, *, dataset: str = "",
                       background: np.ndarray | None = None) -> dict[str, dict[str, object]]:
    """One analysis in four figures: turned_wrong (the paper's reading), probability (lost), baselines (side by side),
    parts (the tests), each as {fig, name, title, caption}, the words of `figures.show`.

    summary: the object of occlusion.json; maps: the arrays of maps.npz; baselines are left out where an older one has
    none. title: what the figures call the system. background: mean drawn faces uint8 (K, 48, 48), for drawn sets only;
    without it the parts are drawn as boxes over an outline.
    """
    from ferkit.analysis import occlusion  # it brings torch, which a report without an analysis does without

    labels = summary["labels"]
    looks = {"dataset": dataset, "background": background, "parts": occlusion.TEMPLATE}
    made: dict[str, tuple[go.Figure, str, str]] = {
        "turned_wrong": (
            occlusion_maps(maps["turned_wrong"], labels, summary["correct_counts"], band=_band(maps, "turned_wrong"),
                           **looks),
            f"Where covering turns {title} wrong",
            f"The paper's reading: share of right images that a window there turns wrong. {LINE}"),
        "probability": (
            occlusion_maps(maps["probability_drop"], labels, summary["counts"], reading="probability lost",
                           band=_band(maps, "probability_drop"), **looks),
            f"What the true expression loses in {title}",
            f"Mean drop of the true expression's probability, over all images. {LINE}")}
    if "other_choices" in summary:
        baselines, other = {name: maps[f"beside_{name}"] for name in occlusion.BASELINES}, summary["other_choices"]
        made["baselines"] = (
            baseline_maps(baselines, labels, other["counts"], **looks),
            f"Black, the image's mean, or its blur: {title}",
            f"The same {other['images']} images under three baselines, on one scale. What shows under black alone is "
            "the patch, not the face.")
    made["parts"] = (
        region_table(occlusion.table(summary), labels, summary["regions"], significant=occlusion.significant(summary)),
        f"Which part matters for which expression: {title}",
        "Recall lost with the part covered, beyond the same shape elsewhere; a star is significant.")
    return {name: {"fig": fig, "name": f"{summary['system']}_{name}", "title": heading, "caption": caption}
            for name, (fig, heading, caption) in made.items()}


def _band(maps: Mapping[str, np.ndarray], reading: str) -> tuple[np.ndarray, np.ndarray]:
    return maps[f"{reading}_low"], maps[f"{reading}_high"]
