"""Figures about attention: accuracy under planted conditions, and where attention lies on drawn faces."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.reporting.figures import style
from ferkit.reporting.figures.maps import refuse_real_faces
from ferkit.reporting.figures.teaching import class_activation
from ferkit.results import planted
from ferkit.results.records import CellResult


def planted_accuracy(cells: Sequence[CellResult]) -> go.Figure:
    """Accuracy on unchanged images and under each planted condition, a dot for each system and recipe: means over the
    seeds that were measured."""
    groups: dict[str, list[dict]] = {}
    for cell in cells:
        found = planted.read(cell)
        if found:
            groups.setdefault(style.cell_name({**cell.metrics, "seed": 0}), []).append(
                {"clean": found["accuracy"], **found["corruptions"]})
    fig = style.empty_figure(xaxis={"title": "accuracy", "tickformat": ".0%", "rangemode": "tozero"},
                             yaxis={"autorange": "reversed"}, height=460)
    for (name, rows), (colour, _, symbol) in zip(groups.items(), style.styles(len(groups)), strict=True):
        conditions = list(rows[0])
        fig.add_trace(go.Scatter(
            x=[float(np.mean([row[one] for row in rows])) for one in conditions],
            y=[one.replace("_", " ") for one in conditions], name=name, mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 10}, hovertemplate="%{x:.1%}<extra>%{y}</extra>"))
    return fig


def attention_maps(images: np.ndarray, maps: Mapping[str, np.ndarray], *, dataset: str) -> go.Figure:
    """Each image under the attention of each network beyond an even division, a row a network, each network's largest
    value being 1. Synthetic faces only.

    images: uint8 (N, H, W). maps: by network, float (N, H, W)."""
    refuse_real_faces(dataset)
    titles = [name.replace("_", " ") if k == 0 else "" for name in maps for k in range(len(images))]
    scaled = [values / (np.abs(values).max() or 1.0) for values in maps.values()]
    if not len(images) or not maps:
        return style.empty_figure(height=120)
    fig = class_activation(np.concatenate([images] * len(maps)), np.concatenate(scaled), titles, dataset=dataset,
                           columns=len(images))
    return fig.update_layout(coloraxis_colorbar_title_text="beyond even")
