"""Heat maps of who is taken for whom: confusion matrices, their difference, agreement between systems."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.figures import style
from ferkit.labels import LABELS


def confusion_matrices(
    results: Sequence, *, label_names: Sequence[str] = LABELS, columns: int = 2
) -> go.Figure:
    """Confusion matrices side by side: colour and percent are shares of the true class, the count stands
    below.

    results: CellResult-like, each with ``metrics["confusion_matrix"]`` [true, predicted] as counts (K, K).
    """
    names = [style.cell_name(result.metrics) for result in results]
    titles = [f"<b>{name}</b><br>{result.metrics['accuracy']:.1%} of {int(np.sum(_matrix(result)))}"
              for name, result in zip(names, results, strict=True)]
    fig = style.panel_figure(titles, columns=columns, min_width=290, max_width=440, gap=(92, 108),
                             margin={"t": 60, "b": 76, "l": 84})
    for k, result in enumerate(results):
        counts = _matrix(result)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        text = [
            [
                f"{share:.0%}<br>{int(count)}" if count else ""
                for share, count in zip(row, row_counts, strict=True)
            ]
            for row, row_counts in zip(shares, counts, strict=True)
        ]
        fig.add_trace(_heat(shares, text, counts, label_names, k, hover="%{y} taken for %{x}<br>"
                            "%{z:.1%} of the class, %{customdata} images<extra></extra>"))
    _label_axes(fig, "predicted", "true")
    fig.update_layout(coloraxis={"colorscale": style.SEQUENTIAL, "cmin": 0, "cmax": 1, "showscale": False})
    fig.update_layout(meta=fig.layout.meta | {"scale": "sequential"})
    return fig


def confusion_difference(a, b, significant: np.ndarray | None = None, *, label_names: Sequence[str] = LABELS,
                         ) -> go.Figure:
    """Row-normalised confusion of `a` minus that of `b`, in points; a star marks cells that differ
    significantly.

    significant: bool, (K, K), after correction for the number of cells; None marks nothing.
    """
    shares = [_matrix(r) / np.maximum(_matrix(r).sum(axis=1, keepdims=True), 1) for r in (a, b)]
    difference = shares[0] - shares[1]
    stars = np.zeros(difference.shape, bool) if significant is None else np.asarray(significant, bool)
    text = [[f"{value * 100:+.0f}{'★' if star else ''}" if abs(value) >= 0.005 or star else ""
             for value, star in zip(row, row_stars, strict=True)]
            for row, row_stars in zip(difference, stars, strict=True)]
    names = [style.cell_name(r.metrics) for r in (a, b)]
    fig = style.panel_figure(
        [f"<b>{names[0]}</b><br>minus {names[1]}"],
        columns=1,
        min_width=290,
        max_width=520,
        margin={"t": 60, "b": 76, "l": 84},
    )
    counts = _matrix(a) - _matrix(b)
    fig.add_trace(_heat(difference, text, counts, label_names, 0, hover="%{y} taken for %{x}<br>"
                        "%{z:+.1%} of the class, %{customdata} images<extra></extra>"))
    limit = max(0.05, float(np.abs(difference).max()))
    _label_axes(fig, "predicted", "true")
    fig.update_layout(
        coloraxis={"colorscale": style.DIVERGING, "cmin": -limit, "cmax": limit, "showscale": False}
    )
    fig.update_layout(meta=fig.layout.meta | {"scale": "diverging"})
    return fig


def agreement(names: Sequence[str], shares: np.ndarray) -> go.Figure:
    """How often two systems give the same answer; `shares` fractions, (S, S), symmetric with 1 on the
    diagonal."""
    fig = style.panel_figure(
        [""], columns=1, min_width=290, max_width=520, margin={"t": 16, "b": 110, "l": 170}
    )
    text = [[f"{value:.0%}" for value in row] for row in shares]
    fig.add_trace(
        _heat(
            np.asarray(shares),
            text,
            None,
            names,
            0,
            hover="%{y} and %{x}<br>same answer on %{z:.1%}<extra></extra>",
        )
    )
    fig.update_xaxes(tickangle=-35)
    fig.update_yaxes(autorange="reversed")
    fig.update_layout(coloraxis={"colorscale": style.SEQUENTIAL, "cmin": 0, "cmax": 1, "showscale": False})
    fig.update_layout(meta=fig.layout.meta | {"scale": "sequential"})
    return fig


def _matrix(result) -> np.ndarray:
    return np.asarray(result.metrics["confusion_matrix"], dtype=np.float64)


def _heat(
    z: np.ndarray, text: list, custom: np.ndarray | None, names: Sequence[str], panel: int, hover: str
) -> go.Heatmap:
    number = str(panel + 1) if panel else ""
    return go.Heatmap(
        z=z.astype(np.float32),
        x=list(names),
        y=list(names),
        text=text,
        texttemplate="%{text}",
        textfont={"size": 10},
        customdata=None if custom is None else custom.astype(int).tolist(),
        hovertemplate=hover,
        coloraxis="coloraxis",
        xgap=1,
        ygap=1,
        xaxis=f"x{number}",
        yaxis=f"y{number}",
    )


def _label_axes(fig: go.Figure, x: str, y: str) -> None:
    """Class names below and at the left, the true class from the top down."""
    fig.update_xaxes(title={"text": x, "standoff": 4}, tickangle=-45, showgrid=False)
    fig.update_yaxes(title={"text": y, "standoff": 2}, autorange="reversed", showgrid=False)
