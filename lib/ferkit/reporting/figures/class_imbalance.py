"""What a change is worth: differences to a baseline with their intervals."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import plotly.graph_objects as go

from ferkit.reporting.figures import style

MEASURES = (("rare", "recall of the rare classes"), ("others", "recall of the others"), ("accuracy", "accuracy"))
SHIFT = -0.2  # of the first measure from its row's middle


def class_imbalance_changes(rows: Sequence[Mapping]) -> go.Figure:
    """What each method changes against plain training, in points: recall of the rare classes, of the others, accuracy.

    Small open marks are the rare classes one by one, for they need not gain alike. rows: of
    `comparison.class_imbalance_changes`; the first (plain training) is the zero line. [] draws an empty figure.
    """
    shown = list(rows[1:])
    fig = style.empty_figure(height=150 + 72 * max(2, len(shown)), margin={"t": 60, "l": 16})
    fig.add_vline(x=0, line={"color": style.QUIET, "width": 1.5})
    for (key, says), (colour, _, symbol), shift in zip(MEASURES, style.styles(len(MEASURES)), (SHIFT, 0, -SHIFT),
                                                       strict=True):
        values = 100 * np.array([row[f"{key}_change"] for row in shown], float)
        ends = [(100 * row[f"{key}_low"], 100 * row[f"{key}_high"]) for row in shown]
        fig.add_trace(go.Scatter(
            x=values, y=[k + shift for k in range(len(shown))], name=says, mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 11}, customdata=[row["method"] for row in shown],
            error_x=style.error_bars(values, ends, thickness=2, width=4, color=colour),
            hovertemplate=f"%{{customdata}}<br>{says} %{{x:+.1f}} points<extra></extra>"))
    single = [(row["by_class"][label], k + 1.7 * SHIFT, label, side, row["method"]) for k, row in enumerate(shown)
              for label, side in zip(sorted(row["rare_labels"], key=row["by_class"].get),
                                     cycle(("middle left", "middle right")), strict=False)]
    if single:
        x, y, labels, sides, names = zip(*single, strict=True)
        fig.add_trace(go.Scatter(
            x=100 * np.array(x), y=y, text=labels, name="each rare class", mode="markers+text", textposition=sides,
            textfont={"size": 10, "color": style.QUIET}, customdata=names, cliponaxis=False,
            marker={"color": style.styles(1)[0][0], "symbol": "circle-open", "size": 7},
            hovertemplate="%{customdata}<br>recall of %{text} %{x:+.1f} points<extra></extra>"))
    fig.update_layout(
        xaxis={"title": {"text": "points against plain training", "standoff": 4}},
        yaxis={"tickvals": list(range(len(shown))), "ticktext": [row["method"] for row in shown], "showgrid": False,
               "range": [len(shown) - 0.5, -0.65], "zeroline": False})
    return fig
