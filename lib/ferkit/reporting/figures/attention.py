"""Figures about attention: accuracy under planted conditions, and where attention lies on drawn faces."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.reporting import names
from ferkit.reporting.figures import style
from ferkit.reporting.figures.curves import BELOW
from ferkit.reporting.figures.maps import refuse_real_faces
from ferkit.reporting.figures.teaching import class_activation
from ferkit.results import planted
from ferkit.results.records import Result

NO_CHOICE = 0.01  # of the mean density: a smaller difference from an even division is rounding


def planted_accuracy(results: Sequence[Result]) -> go.Figure:
    """Accuracy on unchanged images and under each planted condition, a dot for each system and recipe: means over the
    seeds that were measured."""
    groups: dict[str, list[dict]] = {}
    for result in results:
        found = planted.read(result)
        if found:
            groups.setdefault(style.result_name({**result.metrics, "seed": 0}), []).append(
                {"unchanged": found["accuracy"], **found["corruptions"]})
    fig = style.empty_figure(xaxis={"title": "accuracy", "tickformat": ".0%", "rangemode": "tozero"},
                             yaxis={"autorange": "reversed"}, height=480, legend=BELOW)
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
        return style.nothing()
    titles = [f"{_folded(name)}<br>up to ±{ends[name]:.2g} × mean" if k == 0 else "" for name in chosen
              for k in range(len(images))]
    scaled = [maps[name] * maps[name][0].size / ends[name] for name in chosen]
    fig = class_activation(np.concatenate([images] * len(chosen)), np.concatenate(scaled), titles, dataset=dataset,
                           columns=len(images), reading="", gap=(12, 52))
    return fig.update_annotations(font={"size": 11}).update_layout(margin_t=56)


def attentions(rows: Sequence[Mapping[str, object]]) -> go.Figure:
    """The rows of `analysis.attention.table`: on the left the share on the parts beside that by chance, on the right
    the points gained."""
    at = list(range(len(rows)))
    fig = style.empty_figure(
        height=130 + 66 * len(rows), margin={"l": 16, "r": 16, "t": 16, "b": 56},
        xaxis={"domain": [0, 0.47], "title": "on the parts, %", "rangemode": "tozero"},
        xaxis2={"domain": [0.53, 1], "title": "points gained, 95 %", "anchor": "y", "zeroline": True},
        yaxis={"range": [len(rows) - 0.6, -0.9], "tickvals": at, "showticklabels": False})
    measured = {"y": at, "mode": "markers", "marker": {"color": style.GOOD, "size": 10}}
    fig.add_trace(go.Scatter(x=[row["on the parts, %"] for row in rows], name="measured", **measured))
    gained = 100 * np.array([[row[key] for key in ("difference", "low", "high")] for row in rows], float).reshape(-1, 3)
    fig.add_trace(go.Scatter(x=gained[:, 0], showlegend=False, xaxis="x2",
                             error_x=style.error_bars(gained[:, 0], gained[:, 1:]), **measured))
    fig.add_trace(go.Scatter(x=[row["by chance, %"] for row in rows], y=at, mode="markers", name="by chance",
                             marker={"color": style.QUIET, "size": 14, "symbol": "line-ns-open"}))
    for k, row in enumerate(rows):
        fig.add_annotation(text="<br>".join(textwrap.wrap(str(row["attention"]), 46)), x=0, xref="paper", y=k,
                           align="left", xanchor="left", yanchor="bottom", yshift=8, showarrow=False, font={"size": 12})
    return fig


def _folded(name: str) -> str:
    """A "system/recipe" for people, on lines of at most 28 letters."""
    return "<br>".join(textwrap.wrap(names.result(*name.split("/", 1)), 28))
