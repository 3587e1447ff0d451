"""Figures about wrong labels: the ranking of one batch, scores of wrong and right labels, accuracy against noise."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.reporting.figures import style

KINDS = (("right label", False, style.GOOD), ("wrong label", True, style.BAD))


def ranked_batch(scores: np.ndarray, wrong: np.ndarray, high: int) -> go.Figure:
    """The scores of one batch from the largest to the smallest, coloured by whether the label is wrong, with a line
    behind the `high` largest and the means of both groups.

    scores: (B,) in [0, 1]. wrong: bool (B,)."""
    order = np.argsort(-scores, kind="stable")
    fig = style.empty_figure(xaxis_title="images of one batch, ranked", yaxis_title="α", bargap=0.1)
    for name, kind, colour in KINDS:
        places = np.flatnonzero(wrong[order] == kind)
        fig.add_trace(go.Bar(x=places + 1, y=scores[order][places], name=name, marker_color=colour,
                             marker_pattern_shape="/" if kind else "", hovertemplate="α %{y:.3f}<extra></extra>"))
    fig.add_vline(x=high + 0.5, line={"color": style.QUIET, "dash": "dash"})
    for group, ends in (("high", (0, high)), ("low", (high, len(scores)))):
        mean = float(scores[order][slice(*ends)].mean())
        fig.add_trace(go.Scatter(x=[ends[0] + 0.5, ends[1] + 0.5], y=[mean, mean], mode="lines",
                                 name=f"mean of the {group} group",
                                 line={"color": style.QUIET, "dash": "dot" if group == "low" else "solid"}))
    return fig


def score_distributions(scores: Mapping[str, np.ndarray], wrong: np.ndarray) -> go.Figure:
    """One panel a score: how it is distributed over right and over wrong labels, as shares of either.

    scores: by name, (N,) in [0, 1]. wrong: bool (N,)."""
    fig = style.panel_figure(list(scores), columns=2, aspect=0.7, margin={"t": 72})
    edges = np.linspace(0, 1, 31)
    for panel, values in enumerate(scores.values()):
        for name, kind, colour in KINDS:
            here = values[wrong == kind]
            fig.add_trace(go.Scatter(
                x=(edges[:-1] + edges[1:]) / 2, y=np.histogram(here, edges)[0] / max(len(here), 1), name=name,
                mode="lines", line={"color": colour, "dash": "dash" if kind else "solid", "shape": "hvh"},
                showlegend=panel == 0, legendgroup=name, **style.axes(panel)))
    fig.update_yaxes(tickformat=".0%", rangemode="tozero")
    return fig


def accuracy_against_noise(rows: Sequence[tuple[str, float, float | None]]) -> go.Figure:
    """Test accuracy over the share of wrong training labels: a line an arm through its means, a mark a run.

    rows: (arm, share of wrong labels, accuracy) of each run, fractions; those that could not be tested (None) are left
    out."""
    rows = [row for row in rows if row[2] is not None]
    arms = list(dict.fromkeys(arm for arm, _, _ in rows))
    fig = style.empty_figure(xaxis={"title": "wrong training labels", "tickformat": ".0%"},
                             yaxis={"title": "test accuracy", "tickformat": ".0%"})
    for arm, (colour, dash, symbol) in zip(arms, style.styles(len(arms)), strict=True):
        points = np.array([(share, accuracy) for name, share, accuracy in rows if name == arm])
        shares = np.unique(points[:, 0])
        fig.add_trace(go.Scatter(x=shares, y=[points[points[:, 0] == share, 1].mean() for share in shares], name=arm,
                                 mode="lines+markers", line={"color": colour, "dash": dash}, legendgroup=arm,
                                 marker={"symbol": symbol, "size": 9}))
        fig.add_trace(go.Scatter(x=points[:, 0], y=points[:, 1], mode="markers", showlegend=False, legendgroup=arm,
                                 marker={"symbol": f"{symbol}-open", "size": 6, "color": colour},
                                 hovertemplate=f"{arm}, %{{x:.0%}} wrong: %{{y:.1%}}<extra></extra>"))
    return fig
