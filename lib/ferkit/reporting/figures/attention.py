"""Figures about attention: accuracy under planted conditions, and where attention lies on drawn faces."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.reporting import names
from ferkit.reporting.figures import style
from ferkit.reporting.figures.maps import refuse_real_faces
from ferkit.reporting.figures.teaching import class_activation
from ferkit.results import planted
from ferkit.results.records import CellResult

NO_CHOICE = 0.01  # of the mean density: a smaller difference from an even division is rounding


def planted_accuracy(cells: Sequence[CellResult]) -> go.Figure:
    """Accuracy on unchanged images and under each planted condition, a dot for each system and recipe: means over the
    seeds that were measured."""
    groups: dict[str, list[dict]] = {}
    for cell in cells:
        found = planted.read(cell)
        if found:
            groups.setdefault(style.cell_name({**cell.metrics, "seed": 0}), []).append(
                {"unchanged": found["accuracy"], **found["corruptions"]})
    fig = style.empty_figure(xaxis={"title": "accuracy", "tickformat": ".0%", "rangemode": "tozero"},
                             yaxis={"autorange": "reversed"}, height=460)
    for (name, rows), (colour, _, symbol) in zip(groups.items(), style.styles(len(groups)), strict=True):
        conditions = list(rows[0])
        fig.add_trace(go.Scatter(
            x=[float(np.mean([row[one] for row in rows])) for one in conditions],
            y=[planted.in_words(one) for one in conditions], name=name, mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 10}, hovertemplate="%{x:.1%}<extra>%{y}</extra>"))
    return fig


def attention_maps(images: np.ndarray, maps: Mapping[str, np.ndarray], *, dataset: str) -> go.Figure:
    """Each image under the attention of each network beyond an even division: a row a network, on a scale of its own,
    whose end stands under its name in multiples of the mean. Networks that make no choice are left out. Synthetic faces
    only.

    images: uint8 (N, H, W). maps: by "system/recipe", float (N, H, W) that sum to 0."""
    refuse_real_faces(dataset)
    ends = {name: float(np.abs(values).max() * values[0].size) for name, values in maps.items() if len(images)}
    chosen = [name for name, end in ends.items() if end > NO_CHOICE]
    if not chosen:
        return style.empty_figure(height=120)
    titles = [f"{_folded(name)}<br>at most ±{ends[name]:.2g}" if k == 0 else "" for name in chosen
              for k in range(len(images))]
    scaled = [maps[name] * maps[name][0].size / ends[name] for name in chosen]
    fig = class_activation(np.concatenate([images] * len(chosen)), np.concatenate(scaled), titles, dataset=dataset,
                           columns=len(images), reading="", gap=(12, 62))
    return fig.update_annotations(font={"size": 11}).update_layout(margin_t=60)


def attentions(rows: Sequence[Mapping[str, object]]) -> go.Figure:
    """The rows of `analysis.attention.table`: the share on the parts beside that by chance, and points gained."""
    says = [_folded(str(row["attention"])) for row in rows]
    fig = style.panel_figure(["attention on the parts, %", "points gained, 95 %"], columns=2, min_width=150,
                             aspect=max(0.5, 0.13 * len(rows)), gap=(24, 76), margin={"l": 190})
    for panel, (x, more) in enumerate((
            ([row["on the parts, %"] for row in rows], {"name": "measured"}),
            ([row["points gained"] for row in rows], {"showlegend": False, "error_x": _bounds(rows)}))):
        fig.add_trace(go.Scatter(x=x, y=says, mode="markers", marker={"color": style.GOOD, "size": 10}, **more,
                                 **style.axes(panel)))
    fig.add_trace(go.Scatter(x=[row["by chance, %"] for row in rows], y=says, mode="markers", name="by chance",
                             marker={"color": style.QUIET, "size": 14, "symbol": "line-ns-open"}, **style.axes(0)))
    fig.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=says)
    fig.update_layout(yaxis2_showticklabels=False, xaxis_rangemode="tozero", xaxis2_zeroline=True)
    return fig


def _bounds(rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Plotly's error bars from the text of each row's interval."""
    ends = [[float(end) for end in str(row["95 %"]).split(" … ")] if row["95 %"] else None for row in rows]
    means = [row["points gained"] for row in rows]
    return {"type": "data", "array": [end and end[1] - mean for end, mean in zip(ends, means, strict=True)],
            "arrayminus": [end and mean - end[0] for end, mean in zip(ends, means, strict=True)]}


def _folded(name: str) -> str:
    """A row's name, or that of "system/recipe" for people, in lines of at most 24 letters."""
    system, _, recipe = name.partition("/")
    says = f"{names.system(system)} · {recipe.replace('_', ' ')}" if recipe else name
    return "<br>".join(textwrap.wrap(says, 24))
