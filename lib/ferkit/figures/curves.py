"""Lines, dots and bars: learning curves, recall, accuracy beside the papers, calibration, cost,
robustness."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.figures import style
from ferkit.labels import LABELS

HUMAN = (0.65, 0.05)  # FER2013, human accuracy 65 ± 5 % (Goodfellow et al. 2013)


def learning_curves(results: Sequence) -> go.Figure:
    """Loss and accuracy by epoch: dotted on training, drawn through on validation, a ring at the selected
    epoch.

    results: CellResult-like with `history`, a list of {epoch, train_loss, val_loss, train_accuracy,
    val_accuracy}; a cell without a history (an SVM) is left out.
    """
    results = [result for result in results if result.history]
    fig = style.panel_figure(["loss", "accuracy"], columns=2, aspect=0.72, min_width=300, max_width=520,
                             gap=(72, 60), margin={"t": 30, "b": 56})
    for (colour, _, symbol), result in zip(style.styles(len(results)), results, strict=True):
        epochs = _column(result, "epoch")
        name = style.cell_name(result.metrics)
        best = result.metrics.get("best_epoch")
        for panel, quantity in enumerate(("loss", "accuracy")):
            axes = {"xaxis": f"x{panel + 1 if panel else ''}", "yaxis": f"y{panel + 1 if panel else ''}"}
            for split, dash, width in (("train", "dot", 1.5), ("val", "solid", 2.2)):
                values = _column(result, f"{split}_{quantity}")
                if not np.isfinite(values).any():
                    continue
                chosen = [9 if split == "val" and epoch == best else 0 for epoch in epochs]
                fig.add_trace(
                    go.Scatter(
                        x=epochs,
                        y=values.astype(np.float32),
                        name=name,
                        legendgroup=name,
                        mode="lines+markers",
                        showlegend=panel == 0 and split == "val",
                        line={"color": colour, "dash": dash, "width": width},
                        marker={
                            "size": chosen,
                            "symbol": f"{symbol}-open",
                            "color": colour,
                            "line": {"width": 2},
                        },
                        hovertemplate=f"{name}<br>{split} {quantity} %{{y:.3f}}, epoch %{{x}}<extra></extra>",
                        **axes,
                    )
                )
    fig.update_xaxes(title="epoch", rangemode="tozero")
    fig.update_layout(yaxis2={"tickformat": ".0%"}, legend={"y": -0.2, "yanchor": "top"})
    fig.update_layout(height=fig.layout.height + 30 * (1 + len(results) // 3))
    return fig


def recall_bars(
    names: Sequence[str],
    recalls: np.ndarray,
    intervals: np.ndarray,
    *,
    support: Sequence[int] | None = None,
    label_names: Sequence[str] = LABELS,
) -> go.Figure:
    """Recall of each class with its interval, systems beside each other.

    recalls: fractions, (S, K). intervals: (S, K, 2), Wilson 95 % (`statistics.wilson`). support: images per
    class (K,).
    """
    recalls, intervals = np.asarray(recalls, float), np.asarray(intervals, float)
    fig = style.empty_figure(height=400, margin={"t": 60})
    ticks = [name if support is None else f"{name}<br>n = {int(n)}"
             for name, n in zip(label_names, support if support is not None else label_names, strict=True)]
    for name, (colour, _, _), values, bounds in zip(
        names, style.styles(len(names)), recalls, intervals, strict=True
    ):
        fig.add_trace(
            go.Bar(
                x=ticks,
                y=values.astype(np.float32),
                name=name,
                marker={"color": colour},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": np.maximum(bounds[:, 1] - values, 0),
                    "arrayminus": np.maximum(values - bounds[:, 0], 0),
                    "thickness": 1.2,
                    "width": 3,
                    "color": style.TEXT,
                },
                hovertemplate=f"{name}<br>%{{x}}: recall %{{y:.1%}}<extra></extra>",
            )
        )
    fig.update_layout(
        barmode="group", bargap=0.28, yaxis={"tickformat": ".0%", "range": [0, 1.02], "title": "recall"}
    )
    return fig


def recall_against_class_size(names: Sequence[str], sizes: Sequence[int], recalls: np.ndarray, *,
                              label_names: Sequence[str] = LABELS) -> go.Figure:
    """Recall of each class against how many training images it has (log scale); recalls fractions (S, K)."""
    fig = style.empty_figure(height=400, margin={"t": 60})
    for name, (colour, _, symbol), values in zip(
        names, style.styles(len(names)), np.asarray(recalls), strict=True
    ):
        fig.add_trace(go.Scatter(
            x=list(map(int, sizes)), y=np.asarray(values, np.float32), name=name, mode="markers+text",
            text=list(label_names) if name == names[0] else None, textposition="top center",
            marker={"color": colour, "symbol": symbol, "size": 11},
            customdata=list(label_names), hovertemplate=f"{name}<br>%{{customdata}}: recall %{{y:.1%}}, "
            "%{x} training images<extra></extra>"))
    fig.update_layout(xaxis={"type": "log", "title": "training images of the class", "dtick": "D2"},
                      yaxis={"tickformat": ".0%", "range": [-0.04, 1.08], "title": "recall"})
    return fig


def accuracy_dots(rows: Sequence[Mapping], *, human: tuple[float, float] | None = None) -> go.Figure:
    """Each claim on a line: the paper's number (hollow diamond) and ours (dot with its interval).

    rows: {label, paper (fraction or None), ours (fraction or None), interval ((low, high) or None)}.
    human: (centre, half width) of human accuracy, drawn as a band; None leaves it out.
    """
    labels = [str(row["label"]) for row in rows]
    fig = style.empty_figure(height=90 + 34 * max(2, len(rows)), margin={"t": 44, "l": 16, "b": 48})
    if human:
        fig.add_vrect(
            x0=human[0] - human[1], x1=human[0] + human[1], fillcolor=style.QUIET, opacity=0.14, line_width=0
        )
        fig.add_vline(
            x=human[0],
            line={"color": style.QUIET, "dash": "dot", "width": 1.5},
            annotation={
                "text": f"human {human[0] * 100:.0f} ± {human[1] * 100:.0f} %",
                "yref": "paper",
                "y": 1,
                "yanchor": "bottom",
                "xanchor": "center",
                "font": {"size": 11},
            },
        )
    ours = [(label, row["ours"], row.get("interval")) for label, row in zip(labels, rows, strict=True)
            if row.get("ours") is not None]
    low = [value - bounds[0] if bounds else 0 for _, value, bounds in ours]
    high = [bounds[1] - value if bounds else 0 for _, value, bounds in ours]
    fig.add_trace(
        go.Scatter(
            x=[value for _, value, _ in ours],
            y=[label for label, _, _ in ours],
            name="ours, 95 % interval",
            mode="markers",
            marker={"color": style.GOOD, "size": 10},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": high,
                "arrayminus": low,
                "thickness": 2,
                "width": 5,
                "color": style.GOOD,
            },
            hovertemplate="%{y}<br>ours %{x:.1%}<extra></extra>",
        )
    )
    quoted = [
        (label, row["paper"]) for label, row in zip(labels, rows, strict=True) if row.get("paper") is not None
    ]
    fig.add_trace(go.Scatter(
        x=[value for _, value in quoted], y=[label for label, _ in quoted], name="paper", mode="markers",
        marker={"color": style.BAD, "size": 12, "symbol": "diamond-open", "line": {"width": 2.4}},
        hovertemplate="%{y}<br>paper %{x:.1%}<extra></extra>"))
    fig.update_layout(xaxis={"tickformat": ".0%", "title": "accuracy"}, legend={"y": -0.16, "yanchor": "top"},
                      yaxis={"categoryorder": "array", "categoryarray": labels, "autorange": "reversed"})
    return fig


def calibration(curves: Sequence[Mapping]) -> go.Figure:
    """Reliability: how often a prediction of a given confidence is right; on the diagonal it is what it says.

    curves: {name, confidence (B,), accuracy (B,), count (B,), ece}, fractions; empty bins left out by the
    caller.
    """
    fig = style.panel_figure([""], columns=1, min_width=290, max_width=520, margin={"t": 60})
    fig.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": style.QUIET, "dash": "dot", "width": 1.5},
            name="perfect",
            hoverinfo="skip",
        )
    )
    for curve, (colour, _, symbol) in zip(curves, style.styles(len(curves)), strict=True):
        count = np.asarray(curve["count"], float)
        sizes = 5 + 13 * np.sqrt(count / max(count.max(initial=1), 1))
        name = f"{curve['name']} · ECE {curve['ece'] * 100:.1f}"
        fig.add_trace(
            go.Scatter(
                x=np.asarray(curve["confidence"], np.float32),
                y=np.asarray(curve["accuracy"], np.float32),
                name=name,
                mode="lines+markers",
                line={"color": colour, "width": 1.6},
                customdata=count.astype(int),
                marker={"size": sizes.astype(np.float32), "symbol": symbol, "color": colour},
                hovertemplate=f"{curve['name']}<br>says %{{x:.0%}}, right %{{y:.0%}} (%{{customdata}} images)<extra></extra>",
            )
        )
    fig.update_xaxes(title="confidence", tickformat=".0%", range=[0, 1.03])
    fig.update_yaxes(title="share that is right", tickformat=".0%", range=[0, 1.03])
    return fig


def learning_rate_probe(rates: Sequence[float], accuracies: Sequence[float], statuses: Sequence[str] | None = None, *,
                        chance: float | None = None, paper_rate: float = 0.005, paper_limit: float = 0.01) -> go.Figure:
    """Validation accuracy against the learning rate (log scale); a cross marks a run that diverged or collapsed.

    chance: the share of the majority class, as a line. paper_rate, paper_limit: the rate Deep-Emotion used and the one
    above which it is said to diverge.
    """
    statuses = list(statuses or ["finished"] * len(rates))
    order = np.argsort(rates)
    rates, accuracies = [float(rates[i]) for i in order], [float(accuracies[i]) for i in order]
    statuses = [statuses[i] for i in order]
    failed = [status != "finished" for status in statuses]
    fig = style.empty_figure(height=360, margin={"t": 44})
    fig.add_vrect(x0=paper_limit, x1=max(0.2, max(rates, default=0.1) * 1.6), fillcolor=style.BAD, opacity=0.10,
                  line_width=0, annotation={"text": "paper: diverges", "font": {"size": 11}},
                  annotation_position="top left")
    fig.add_vline(x=paper_rate, line={"color": style.QUIET, "dash": "dot"},
                  annotation={"text": f"paper: {paper_rate:g}", "yref": "paper", "y": 1, "yanchor": "bottom",
                              "xanchor": "center", "font": {"size": 11}})
    if chance is not None:
        fig.add_hline(y=chance, line={"color": style.QUIET, "dash": "dash"},
                      annotation={"text": "majority class", "font": {"size": 11}}, annotation_position="bottom left")
    fig.add_trace(go.Scatter(
        x=rates, y=accuracies, mode="lines+markers", showlegend=False, line={"color": style.GOOD, "width": 1.6},
        marker={"size": 12, "symbol": ["x" if bad else "circle" for bad in failed],
                "color": [style.BAD if bad else style.GOOD for bad in failed]},
        customdata=statuses, hovertemplate="learning rate %{x:g}<br>validation %{y:.1%}, %{customdata}<extra></extra>"))
    fig.update_layout(xaxis={"type": "log", "title": "learning rate", "exponentformat": "none"},
                      yaxis={"tickformat": ".0%", "title": "validation accuracy", "rangemode": "tozero"})
    return fig


def parameters_vs_accuracy(results: Sequence) -> go.Figure:
    """Test accuracy against the number of parameters (log scale), one point per cell."""
    fig = style.empty_figure(height=400, margin={"t": 24})
    for result, (colour, _, symbol) in zip(results, style.styles(len(results)), strict=True):
        metrics = result.metrics
        name = style.cell_name(metrics)
        fig.add_trace(go.Scatter(
            x=[metrics["parameters"]], y=[metrics["accuracy"]], mode="markers", name=name,
            marker={"color": colour, "symbol": symbol, "size": 13},
            hovertemplate=f"{name}<br>%{{x:,}} parameters, test %{{y:.1%}}<extra></extra>"))
    fig.update_layout(xaxis={"type": "log", "title": "parameters"}, legend={"y": -0.2, "yanchor": "top"},
                      yaxis={"tickformat": ".0%", "title": "test accuracy"})
    fig.update_layout(height=400 + 22 * (1 + len(results) // 3), margin={"b": 60})
    return fig


def robustness(results: Sequence) -> go.Figure:
    """Accuracy as images get worse, one panel per corruption, the clean accuracy at level 0.

    results: CellResult-like with ``metrics["robustness"]``, e.g. {"noise_0.1": 0.61}; cells without it are left out.
    """
    results = [result for result in results if result.metrics.get("robustness")]
    kinds = sorted({key.rsplit("_", 1)[0] for result in results for key in result.metrics["robustness"]})
    fig = style.panel_figure([kind.replace("_", " ") for kind in kinds] or ["no robustness was measured"], columns=3,
                             aspect=0.85, min_width=240, gap=(64, 84), margin={"t": 40, "b": 60})
    for result, (colour, dash, symbol) in zip(results, style.styles(len(results)), strict=True):
        name = style.cell_name(result.metrics)
        for panel, kind in enumerate(kinds):
            points = [(float(key.rsplit("_", 1)[1]), value) for key, value in result.metrics["robustness"].items()
                      if key.rsplit("_", 1)[0] == kind]
            points = sorted([(0.0, result.metrics["accuracy"]), *points])
            number = panel + 1 if panel else ""
            fig.add_trace(go.Scatter(
                x=[level for level, _ in points], y=[value for _, value in points], name=name, legendgroup=name,
                showlegend=panel == 0, mode="lines+markers", line={"color": colour, "dash": dash},
                marker={"symbol": symbol, "size": 8}, xaxis=f"x{number}", yaxis=f"y{number}",
                hovertemplate=f"{name}<br>{kind} %{{x}}: %{{y:.1%}}<extra></extra>"))
    fig.update_yaxes(tickformat=".0%", rangemode="tozero")
    fig.update_xaxes(title={"text": "strength", "standoff": 4})
    fig.update_layout(legend={"y": -0.22, "yanchor": "top"}, height=fig.layout.height + 40)
    return fig


def _column(result, name: str) -> np.ndarray:
    """One column of a history as float, NaN where a row lacks it."""
    values = [row.get(name) for row in result.history]
    return np.array([np.nan if value in (None, "") else float(value) for value in values])
