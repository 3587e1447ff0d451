"""Sequences: frames as a strip, action units over time, accuracy against the share seen."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.reporting.figures import style
from ferkit.reporting.figures.curves import BELOW
from ferkit.reporting.figures.maps import image_grid


def strip(frames: np.ndarray, *, dataset: str, key_frame: int) -> go.Figure:
    """The frames of one drawn sequence side by side, the key frame named; InputError for real faces.

    frames: uint8 0…255, (T, H, W).
    """
    titles = [f"{k}: key" if k == key_frame else str(k) for k in range(len(frames))]
    return image_grid(frames, titles, dataset=dataset, columns=len(frames))


def action_units(units: np.ndarray, names: Sequence[str], *, key_frame: int) -> go.Figure:
    """Action units of one sequence by frame, those that ever exceed 0.05. units: 0…1, (T, U)."""
    shown = [k for k in range(units.shape[1]) if units[:, k].max() > 0.05]
    fig = style.empty_figure(height=340, legend=BELOW)
    for k, (colour, dash, symbol) in zip(shown, style.styles(len(shown)), strict=True):
        fig.add_trace(go.Scatter(
            x=np.arange(len(units)), y=units[:, k].astype(np.float32), name=names[k], mode="lines+markers",
            line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 6},
            hovertemplate=f"{names[k]} %{{y:.2f}} in frame %{{x}}<extra></extra>"))
    fig.add_vline(x=key_frame, line={"dash": "dot", "width": 1}, annotation_text="key frame")
    fig.update_layout(xaxis={"title": "frame", "dtick": 1}, yaxis={"title": "amount", "range": [0, 1.05]})
    return fig


def early_recognition(rows: Sequence[Mapping], *, chance: float) -> go.Figure:
    """Accuracy against the share of the frames seen, with its 95 % interval; means over seeds of all three.

    rows: {system, recipe, seed, share, accuracy, from, to}. chance: the accuracy of always answering the commonest
    label.
    """
    groups: dict[tuple[str, str], dict[float, list[Mapping]]] = {}
    for row in rows:
        groups.setdefault((row["system"], row["recipe"]), {}).setdefault(row["share"], []).append(row)
    fig = style.empty_figure(height=420, legend=BELOW)
    for (system, recipe), (colour, dash, symbol) in zip(groups, style.styles(len(groups)), strict=True):
        shares = sorted(groups[system, recipe])
        means, *ends = ([float(np.mean([row[key] for row in groups[system, recipe][share]])) for share in shares]
                        for key in ("accuracy", "from", "to"))
        name = style.result_name({"system": system, "recipe": recipe})
        fig.add_trace(go.Scatter(
            x=shares, y=means, name=name, mode="lines+markers", line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 7},
            error_y=style.error_bars(means, np.transpose(ends), width=2, thickness=1),
            hovertemplate=f"{name}<br>%{{x:.0%}} seen: %{{y:.1%}}<extra></extra>"))
    fig.add_hline(y=chance, line={"dash": "dot", "width": 1}, annotation_text="majority class")
    fig.update_layout(xaxis={"title": "share of the frames seen", "tickformat": ".0%"},
                      yaxis={"title": "test accuracy", "tickformat": ".0%", "rangemode": "tozero"})
    return fig


def over_time(frames: Sequence[Mapping[str, float] | None], *, title: str) -> go.Figure:
    """The probability of every expression by frame; a gap where a frame has none. frames: {label: probability}."""
    names = list(next((frame for frame in frames if frame), {}))
    fig = style.empty_figure(height=420, legend=BELOW, title=title)
    for name, (colour, dash, symbol) in zip(names, style.styles(len(names)), strict=True):
        fig.add_trace(go.Scatter(
            y=[frame[name] if frame else None for frame in frames], name=name, mode="lines+markers",
            line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 5},
            hovertemplate=f"{name} %{{y:.0%}} in frame %{{x}}<extra></extra>"))
    fig.update_layout(xaxis={"title": "frame"}, yaxis={"title": "probability", "range": [0, 1], "tickformat": ".0%"})
    return fig
