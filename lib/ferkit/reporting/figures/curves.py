"""Lines, dots and bars: learning curves, recall, accuracy beside the papers, calibration, robustness."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.core.labels import LABELS
from ferkit.reporting import names
from ferkit.reporting.figures import style

BELOW = {"y": -0.2, "yanchor": "top"}  # a legend with many entries goes under its figure
SMALL = {"size": 11}
LEAST = 1e-3  # minutes: what took no time at all stands here, for the axis is logarithmic


def learning_curves(results: Sequence) -> go.Figure:
    """Loss and accuracy by epoch: dotted on training, solid on validation, a ring at the selected epoch.

    results: `Result`-like with `history`, a list of {epoch, train_loss, val_loss, train_accuracy, val_accuracy}; a
    trained system without a history of its own (an SVM on another trained system's features) is left out.
    """
    results = [result for result in results if result.history and not result.metrics.get("features_of")]
    fig = style.panel_figure(["loss", "accuracy"], columns=2, aspect=0.72, min_width=300, max_width=520,
                             gap=(72, 92), margin={"t": 30, "b": 56})
    for look, result in zip(style.styles(len(results)), results, strict=True):
        for panel, quantity in enumerate(("loss", "accuracy")):
            for split in ("train", "val"):
                _add_curve(fig, result, split, quantity, look, panel)
    fig.update_xaxes(title={"text": "epoch", "standoff": 4}, rangemode="tozero")
    fig.update_layout(yaxis2={"tickformat": ".0%"}, legend=BELOW)
    return fig


def _add_curve(fig: go.Figure, result, split: str, quantity: str, look: tuple[str, str, str], panel: int) -> None:
    """One quantity of one trained system on one split; the ring marks the epoch that validation selected."""
    colour, _, symbol = look
    values, epochs = _column(result, f"{split}_{quantity}"), _column(result, "epoch")
    if not np.isfinite(values).any():
        return
    name, best = style.result_name(result.metrics), result.metrics.get("best_epoch")
    fig.add_trace(go.Scatter(
        x=epochs, y=values.astype(np.float32), name=name, legendgroup=name, mode="lines+markers",
        line={"color": colour, "dash": "solid" if split == "val" else "dot", "width": 2.2 if split == "val" else 1.5},
        marker={"size": [10 if split == "val" and epoch == best else 0 for epoch in epochs], "color": colour,
                "symbol": f"{symbol}-open", "line": {"width": 2}},
        showlegend=panel == 0 and split == "val", **style.axes(panel),
        hovertemplate=f"{name}<br>{split} {quantity} %{{y:.3f}}, epoch %{{x}}<extra></extra>"))


def recall_bars(names: Sequence[str], recalls: np.ndarray, intervals: np.ndarray, *,
                support: Sequence[int] | None = None, label_names: Sequence[str] = LABELS) -> go.Figure:
    """Recall of each class with its interval, systems beside each other.

    recalls: fractions, (S, K). intervals: (S, K, 2), Wilson 95 % (`intervals.wilson`).
    support: images per class, (K,), written under the class.
    """
    fig = style.empty_figure(height=400, margin={"t": 60})
    ticks = list(label_names)
    if support is not None:
        ticks = [f"{label}<br>n = {round(n)}" for label, n in zip(label_names, support, strict=True)]
    patterns = ("", "/", ".", "x", "+")  # tell apart the systems of one colour
    series = zip(names, style.colours(len(names)), np.asarray(recalls, float), np.asarray(intervals, float),
                 strict=True)
    for k, (name, colour, values, bounds) in enumerate(series):
        pattern = patterns[k // len(style.COLOURS) % len(patterns)]
        error = style.error_bars(values, bounds, thickness=1.2, width=3, color=style.TEXT)
        fig.add_trace(go.Bar(x=ticks, y=values.astype(np.float32), name=name, error_y=error,
                             marker={"color": colour, "pattern": {"shape": pattern}},
                             hovertemplate=f"{name}<br>%{{x}}: recall %{{y:.1%}}<extra></extra>"))
    fig.update_layout(barmode="group", bargap=0.28, xaxis={"fixedrange": True},
                      yaxis={"tickformat": ".0%", "range": [0, 1.02], "title": "recall"})
    return fig


def recall_against_class_size(names: Sequence[str], sizes: Sequence[int], recalls: np.ndarray, *,
                              label_names: Sequence[str] = LABELS) -> go.Figure:
    """Recall of each class against how many training images it has (log scale; those without are left out); recalls
    fractions, (S, K)."""
    fig = style.empty_figure(height=400, margin={"t": 60})
    recalls = np.asarray(recalls, float)
    for name, (colour, _, symbol), values in zip(names, style.styles(len(names)), recalls, strict=True):
        fig.add_trace(go.Scatter(
            x=[int(size) for size in sizes], y=values.astype(np.float32), name=name, mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 11}, customdata=list(label_names),
            hovertemplate=f"{name}<br>%{{customdata}}: recall %{{y:.1%}}, %{{x}} to train on<extra></extra>"))
    order = np.argsort(np.argsort(sizes))  # neighbours on the axis get labels at two heights
    for size, label, top, k in zip(sizes, label_names, recalls.max(axis=0), order, strict=True):
        if not size:  # has no place on a logarithmic axis
            continue
        fig.add_annotation(x=float(np.log10(size)), y=float(top), text=label, showarrow=False,
                           yshift=14 + 14 * (int(k) % 2), font=SMALL)
    fig.update_layout(xaxis={"title": "training images of the class", **_log_ticks([size for size in sizes if size])},
                      yaxis={"tickformat": ".0%", "range": [-0.04, 1.1], "title": "recall"})
    return fig


def accuracy_dots(rows: Sequence[Mapping], *, human: tuple[float, float] | None = None) -> go.Figure:
    """Each claim on a line: the paper's number (hollow diamond) and ours (dot with its interval).

    rows: {label, paper (fraction or None), ours (fraction or None), interval ((low, high) or None), without (ours on
    test images without a copy in training, a small ring; may be absent or None)}.
    human: (centre, half width) of human accuracy, drawn as a band; None leaves it out.
    """
    rows = [{**row, "label": names.in_words(str(row["label"]))} for row in rows]
    labels = [row["label"] for row in rows]
    fig = style.empty_figure(height=120 + 34 * max(2, len(rows)), margin={"t": 44, "l": 16, "b": 84})
    if human:
        fig.add_vrect(x0=human[0] - human[1], x1=human[0] + human[1], fillcolor=style.QUIET, opacity=0.14, line_width=0)
        fig.add_vline(x=human[0], line={"color": style.QUIET, "dash": "dot", "width": 1.5})
        fig.add_annotation(x=human[0], y=1, yref="paper", yanchor="bottom", showarrow=False, font=SMALL,
                           text=f"human {human[0] * 100:.0f} ± {human[1] * 100:.0f} %")
    ours = [row for row in rows if row.get("ours") is not None]
    values = [row["ours"] for row in ours]
    bounds = [row.get("interval") or (row["ours"], row["ours"]) for row in ours]
    fig.add_trace(go.Scatter(
        x=values, y=[row["label"] for row in ours], name="ours, 95 % interval", mode="markers",
        marker={"color": style.GOOD, "size": 10}, hovertemplate="%{y}<br>ours %{x:.1%}<extra></extra>",
        error_x=style.error_bars(values, bounds, thickness=2, width=5, color=style.GOOD)))
    unseen = [row for row in rows if row.get("without") is not None]
    if unseen:
        fig.add_trace(go.Scatter(
            x=[row["without"] for row in unseen], y=[row["label"] for row in unseen], mode="markers",
            name="ours, without copies from training", hovertemplate="%{y}<br>without copies %{x:.1%}<extra></extra>",
            marker={"color": style.GOOD, "size": 9, "symbol": "circle-open", "line": {"width": 2}}))
    quoted = [row for row in rows if row.get("paper") is not None]
    if quoted:
        fig.add_trace(go.Scatter(
            x=[row["paper"] for row in quoted], y=[row["label"] for row in quoted], name="paper", mode="markers",
            marker={"color": style.BAD, "size": 12, "symbol": "diamond-open", "line": {"width": 2.4}},
            hovertemplate="%{y}<br>paper %{x:.1%}<extra></extra>"))
    fig.update_layout(xaxis={"tickformat": ".0%", "title": {"text": "accuracy", "standoff": 4}},
                      legend={"yref": "container", "y": 0, "yanchor": "bottom"},
                      yaxis={"categoryorder": "array", "categoryarray": labels, "autorange": "reversed"})
    return fig


def calibration(curves: Sequence[Mapping]) -> go.Figure:
    """Reliability: how often a prediction of a given confidence is right; on the diagonal it is what it says.

    curves: {name, confidence (B,), accuracy (B,), count (B,), ece}, fractions; the caller leaves out empty bins.
    """
    fig = style.panel_figure([""], columns=1, min_width=290, max_width=520, margin={"t": 24, "b": 60})
    fig.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name="perfect", hoverinfo="skip",
                             line={"color": style.QUIET, "dash": "dot", "width": 1.5}))
    for curve, (colour, dash, symbol) in zip(curves, style.styles(len(curves)), strict=True):
        count, name = np.asarray(curve["count"], float), names.in_words(curve["name"])
        sizes = 5 + 13 * np.sqrt(count / max(count.max(initial=1), 1))
        says = f"{name}<br>says %{{x:.0%}}, right %{{y:.0%}} (%{{customdata}} images)<extra></extra>"
        fig.add_trace(go.Scatter(
            x=np.asarray(curve["confidence"], np.float32), y=np.asarray(curve["accuracy"], np.float32),
            name=f"{name} · ECE {curve['ece'] * 100:.1f}", mode="lines+markers", hovertemplate=says,
            line={"color": colour, "width": 1.6, "dash": dash}, customdata=count.astype(int).tolist(),
            marker={"size": sizes.astype(np.float32), "symbol": symbol, "color": colour}))
    fig.update_xaxes(title={"text": "confidence", "standoff": 4}, tickformat=".0%", range=[0, 1.03])
    fig.update_yaxes(title="share that is right", tickformat=".0%", range=[0, 1.03])
    fig.update_layout(legend=BELOW)
    return fig


def learning_rate_probe(rates: Sequence[float], accuracies: Sequence[float], statuses: Sequence[str], *,
                        chance: float | None = None, paper_rate: float | None = None,
                        paper_limit: float | None = None) -> go.Figure:
    """Validation accuracy against the learning rate (log scale); a cross marks a trained system that diverged or
    collapsed.

    chance: the share of the majority class, as a line. paper_rate, paper_limit: the rate that the paper used and the
    one above which it says that training diverges, marked where it states them.
    """
    rows = sorted(zip(map(float, rates), (float(value or 0) for value in accuracies), statuses, strict=True))
    fig = style.empty_figure(height=360, margin={"t": 44})
    marked = {}
    if paper_rate is not None:
        fig.add_vline(x=paper_rate, line={"color": style.QUIET, "dash": "dot"})
        marked[paper_rate] = f"paper: {paper_rate:g}", "right"
    if paper_limit is not None:
        fig.add_vrect(x0=paper_limit, x1=max([0.2, *(1.6 * rate for rate, _, _ in rows)]),
                      fillcolor=style.BAD, opacity=0.10, line_width=0)
        marked[paper_limit] = "diverges", "left"
    for rate, (says, anchor) in marked.items():
        fig.add_annotation(x=float(np.log10(rate)), y=1, yref="paper", yanchor="bottom", xanchor=anchor, text=says,
                           showarrow=False, font=SMALL)
    if chance is not None:
        fig.add_hline(y=chance, line={"color": style.QUIET, "dash": "dash"}, annotation_text="majority class",
                      annotation_position="bottom left", annotation_font_size=11)
    bad = [status != "finished" for _, _, status in rows]
    fig.add_trace(go.Scatter(
        x=[rate for rate, _, _ in rows], y=[accuracy for _, accuracy, _ in rows], mode="lines+markers",
        line={"color": style.GOOD, "width": 1.6}, customdata=[status for _, _, status in rows], showlegend=False,
        marker={"size": 12, "symbol": ["x" if failed else "circle" for failed in bad],
                "color": [style.BAD if failed else style.GOOD for failed in bad]},
        hovertemplate="learning rate %{x:g}<br>validation %{y:.1%}, %{customdata}<extra></extra>"))
    ticks = sorted({rate for rate, _, _ in rows} | ({paper_limit} - {None}))
    fig.update_layout(xaxis={"type": "log", "title": "learning rate", "tickvals": ticks,
                             "ticktext": [f"{rate:g}" for rate in ticks]},
                      yaxis={"tickformat": ".0%", "title": "validation accuracy", "rangemode": "tozero"})
    return fig


def accuracy_against(rows: Sequence[Mapping], what: str = "minutes", *, lines: Mapping[str, float] | None = None
                     ) -> go.Figure:
    """A point for each row of `analysis.comparison.cost.cost` over what it cost, on a logarithmic axis.

    what: "minutes" or "parameters". lines: accuracies to draw across, by name (of people, say), fractions.
    """
    fig = style.empty_figure(height=420 + 12 * len(rows))
    for row, (colour, _, symbol) in zip(rows, style.styles(len(rows)), strict=True):
        name = style.result_name(row)
        fig.add_trace(go.Scatter(
            x=[max(row[what], LEAST)], y=[row["accuracy"]], name=f"{name} {row['accuracy']:.1%}", mode="markers",
            marker={"symbol": symbol, "color": colour, "size": 10},
            hovertemplate=f"{name}<br>%{{y:.1%}} in {row['minutes']:.2f} minutes<br>{row['parameters']:,} parameters"
                          "<extra></extra>"))
    for says, accuracy in (lines or {}).items():
        fig.add_hline(y=accuracy, line={"dash": "dot", "width": 1}, annotation_text=f"{says} {accuracy:.1%}",
                      annotation_position="top left")
    axis = ({"title": "minutes of training", "type": "log", "dtick": 1} if what == "minutes" else
            {"title": what, **_log_ticks([row[what] for row in rows])})
    fig.update_layout(xaxis=axis, yaxis={"title": "test accuracy", "tickformat": ".0%"}, legend=BELOW, showlegend=True)
    return fig


def robustness(results: Sequence) -> go.Figure:
    """Accuracy as images get worse, one panel per corruption, the clean accuracy at strength 0 (brightness: 1).

    results: `Result`-like with ``metrics["robustness"]`` such as {"noise_0.1": 0.61}; others are left out.
    """
    results = [result for result in results if result.metrics.get("robustness")]
    kinds = sorted({key.rsplit("_", 1)[0] for result in results for key in result.metrics["robustness"]})
    fig = style.panel_figure([kind.replace("_", " ") for kind in kinds] or ["no robustness was measured"],
                             columns=3, aspect=0.85, min_width=240, gap=(64, 84), margin={"t": 40, "b": 60})
    for result, (colour, dash, symbol) in zip(results, style.styles(len(results)), strict=True):
        name = style.result_name(result.metrics)
        for panel, kind in enumerate(kinds):
            levels = [(key.rsplit("_", 1), value) for key, value in result.metrics["robustness"].items()]
            points = sorted((float(level), value) for (of, level), value in levels if of == kind)
            clean = (result.metrics.get("robustness_clean") or result.metrics)["accuracy"]
            untouched = 1.0 if kind == "brightness" else 0.0  # a factor; the others are amounts
            points = sorted([(untouched, clean), *points])
            fig.add_trace(go.Scatter(
                x=[level for level, _ in points], y=[value for _, value in points], name=name, legendgroup=name,
                showlegend=panel == 0, mode="lines+markers", line={"color": colour, "dash": dash},
                marker={"symbol": symbol, "size": 8}, **style.axes(panel),
                hovertemplate=f"{name}<br>{kind} %{{x}}: %{{y:.1%}}<extra></extra>"))
    fig.update_yaxes(tickformat=".0%", rangemode="tozero")
    fig.update_xaxes(title={"text": "strength", "standoff": 4})
    fig.update_layout(legend=BELOW)
    return fig


def _log_ticks(values: Sequence[float]) -> dict[str, object]:
    """A log axis with ticks at 1, 2 and 5 times the powers of ten that `values` span, written out or with k, M."""
    low, high = (int(np.floor(np.log10(max(1, bound)))) for bound in (min(values, default=1), max(values, default=10)))
    ticks = [digit * 10**power for power in range(low, high + 1) for digit in (1, 2, 5)]
    texts = [f"{tick / 1e6:g} M" if tick >= 1e6 else f"{tick / 1e3:g} k" if tick >= 1e4 else f"{tick}"
             for tick in ticks]
    return {"type": "log", "tickvals": ticks, "ticktext": texts}


def _column(result, name: str) -> np.ndarray:
    """One column of a history as float, NaN where a row lacks it."""
    values = [row.get(name) for row in result.history]
    return np.array([np.nan if value in (None, "") else float(value) for value in values])
