"""Heat maps of who is taken for whom: confusion matrices, their difference, agreement between systems."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.core.labels import LABELS
from ferkit.reporting.figures import style

MARGIN = {"t": 60, "b": 76, "l": 84}


def confusion_matrices(results: Sequence, *, label_names: Sequence[str] = LABELS) -> go.Figure:
    """Confusion matrices side by side: colour and percent are shares of the true class, the count stands below.

    results: `Result`-like, each with ``metrics["confusion_matrix"]`` [true, predicted] as counts (K, K), or their
    mean over seeds; a trained system that was never tested (diverged) is left out.
    """
    results = [result for result in results if result.metrics.get("confusion_matrix")]
    titles = [f"<b>{style.result_name(result.metrics)}</b><br>{result.metrics['accuracy']:.1%} "
              f"of {round(np.sum(_matrix(result)))} images" for result in results]
    fig = style.panel_figure(titles, columns=2, min_width=270, max_width=440, gap=(92, 136), margin=MARGIN)
    for k, result in enumerate(results):
        counts, shares = _matrix(result), _shares(result)
        text = [[f"{share * 100:.0f}<br>({count:.0f})" if count else "" for share, count in zip(*rows, strict=True)]
                for rows in zip(shares, counts, strict=True)]
        fig.add_trace(_heat(shares, text, label_names, k, custom=counts, hover="%{y} taken for %{x}<br>"
                            "%{z:.1%} of the class, %{customdata} images<extra></extra>"))
    _label_axes(fig)
    style.colour_axis(fig, "sequential", 1.0)
    return fig


def confusion_difference(a, b, significant: np.ndarray, *, label_names: Sequence[str] = LABELS) -> go.Figure:
    """Row-normalised confusion of `a` minus `b`, in points; a star marks cells that differ significantly.

    significant: bool, (K, K), after correction for the number of cells.
    """
    difference = _shares(a) - _shares(b)
    title = f"<b>{style.result_name(a.metrics)}</b><br>minus {style.result_name(b.metrics)}"
    fig = style.panel_figure([title], columns=1, min_width=270, max_width=520, margin=MARGIN)
    fig.add_trace(_heat(difference, style.points_text(difference, significant), label_names, 0,
                        custom=_matrix(a) - _matrix(b),
                        hover="%{y} taken for %{x}<br>%{z:+.1%} of the class, %{customdata} images"
                        "<extra></extra>"))
    _label_axes(fig)
    style.colour_axis(fig, "diverging", max(0.05, float(np.abs(difference).max())))
    return fig


def agreement(names: Sequence[str], shares: np.ndarray) -> go.Figure:
    """How often two systems give the same answer; `shares` fractions, (S, S), symmetric, 1 on the diagonal."""
    fig = style.panel_figure([""], columns=1, min_width=200, max_width=520, margin={"t": 16, "b": 110, "l": 170})
    text = [["" if np.isnan(value) else f"{value * 100:.0f}" for value in row] for row in shares]
    fig.add_trace(_heat(np.asarray(shares), text, names, 0,
                        hover="%{y} and %{x}<br>same answer on %{z:.1%}<extra></extra>"))
    fig.update_xaxes(tickangle=-35, showgrid=False)
    fig.update_yaxes(autorange="reversed", showgrid=False)
    style.colour_axis(fig, "sequential", 1.0)
    return fig


def _matrix(result) -> np.ndarray:
    return np.asarray(result.metrics["confusion_matrix"], dtype=np.float64)


def _shares(result) -> np.ndarray:
    counts = _matrix(result)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _heat(z: np.ndarray, text: list, names: Sequence[str], panel: int, *, hover: str,
          custom: np.ndarray | None = None) -> go.Heatmap:
    return go.Heatmap(z=z.astype(np.float32), x=list(names), y=list(names), text=text, texttemplate="%{text}",
                      textfont={"size": 10, "color": style.CELL_TEXT}, customdata=None if custom is None
                      else np.rint(custom).astype(int).tolist(),
                      hovertemplate=hover, coloraxis="coloraxis", xgap=1, ygap=1, **style.axes(panel))


def _label_axes(fig: go.Figure) -> None:
    """Class names below and at the left, the true class from the top down."""
    fig.update_xaxes(title={"text": "predicted", "standoff": 4}, tickangle=-45, showgrid=False)
    fig.update_yaxes(title={"text": "true", "standoff": 2}, autorange="reversed", showgrid=False)
