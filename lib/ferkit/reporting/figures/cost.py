"""Accuracy against what it costs to train."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ferkit.reporting.figures import style
from ferkit.reporting.figures.curves import BELOW

LEAST = 1e-3  # minutes: what took no time at all stands here, for the axis is logarithmic


def accuracy_against_minutes(rows: Sequence[Mapping], *, lines: Mapping[str, float] | None = None) -> go.Figure:
    """A point for each row of `analysis.comparison.cost.cost`, minutes on a logarithmic axis.

    lines: accuracies to draw across, by name (of people, say), fractions.
    """
    fig = style.empty_figure(height=420 + 12 * len(rows))
    for row, (colour, _, symbol) in zip(rows, style.styles(len(rows)), strict=True):
        name = style.result_name(row)
        fig.add_trace(go.Scatter(
            x=[max(row["minutes"], LEAST)], y=[row["accuracy"]], name=f"{name} {row['accuracy']:.1%}", mode="markers",
            marker={"symbol": symbol, "color": colour, "size": 10},
            hovertemplate=f"{name}<br>%{{y:.1%}} in %{{x:.2f}} minutes<br>{row['parameters']:,} parameters"
                          "<extra></extra>"))
    for says, accuracy in (lines or {}).items():
        fig.add_hline(y=accuracy, line={"dash": "dot", "width": 1}, annotation_text=f"{says} {accuracy:.1%}",
                      annotation_position="top left")
    fig.update_layout(xaxis={"title": "minutes of training", "type": "log", "dtick": 1}, legend=BELOW, showlegend=True,
                      yaxis={"title": "test accuracy", "tickformat": ".0%"})
    return fig
