"""Figures about a data set: how many, how sharp, how leaky, and what Haar features see. Used by notebook 01."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.data.face_detection import WINDOW, HaarFeature
from ferkit.reporting.figures import style
from ferkit.reporting.figures.maps import refuse_real_faces

REGION_COLOURS = dict(zip(("mouth", "brows", "eyes", "nose"), style.COLOURS, strict=False))


def class_counts(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """Images per expression, one bar for each split; `counts` is ``FaceSet.counts()``."""
    fig = style.empty_figure(barmode="group", yaxis_title="images")
    for split, colour in zip(counts, style.colours(len(counts)), strict=True):
        fig.add_trace(go.Bar(x=list(counts[split]), y=list(counts[split].values()), name=split, marker_color=colour,
                             hovertemplate="%{x}, " + split + ": %{y} images<extra></extra>"))
    return fig


def distributions(values: np.ndarray, split: np.ndarray, says: str, bins: int = 40) -> go.Figure:
    """One outline histogram per split of a quality of each image, as shares, so that splits of any size compare.

    values: float, (N,), NaN where an image has none. says: the axis title.
    """
    fig = style.empty_figure(xaxis_title=says, yaxis_title="share of the split's images")
    edges = np.histogram_bin_edges(values[np.isfinite(values)], bins)
    for name, (colour, dash, _) in zip(("train", "val", "test"), style.styles(3), strict=True):
        here = values[(split == name) & np.isfinite(values)]
        share = np.histogram(here, edges)[0] / max(len(here), 1)
        fig.add_trace(go.Scatter(x=(edges[:-1] + edges[1:]) / 2, y=share, name=name, mode="lines",
                                 line={"color": colour, "dash": dash, "shape": "hvh"}))
    return fig


def shares(names: Sequence[str], groups: Mapping[str, Sequence[float]], says: str,
           line: tuple[float, str] | None = None) -> go.Figure:
    """Horizontal bars of fractions in [0, 1], in percent, one colour per group; `line` marks one value by name."""
    fig = style.empty_figure(height=120 + 34 * len(names) * max(1, len(groups)), barmode="group", xaxis_title=says,
                             xaxis_range=[0, 104], xaxis_ticksuffix=" %", yaxis_autorange="reversed")
    for (group, values), colour in zip(groups.items(), style.colours(len(groups)), strict=True):
        percent = 100 * np.asarray(values, float)
        fig.add_trace(go.Bar(y=list(names), x=percent, name=group, orientation="h", marker_color=colour,
                             text=[f"{value:.1f}" for value in percent], textposition="outside", cliponaxis=False,
                             hovertemplate="%{y}: %{x:.1f} %<extra></extra>", showlegend=len(groups) > 1))
    if line is not None:
        fig.add_vline(x=100 * line[0], line={"color": style.BAD, "dash": "dash"},
                      annotation={"text": line[1], "yref": "paper", "y": 1, "yanchor": "bottom"})
    return fig


def faces_with_masks(images: np.ndarray, masks: np.ndarray, regions: Sequence[str], titles: Sequence[str], *,
                     dataset: str) -> go.Figure:
    """Drawn faces with the outline of each region that the drawing knows; InputError for any other data set.

    images: uint8, (N, H, W). masks: bool, (N, R, H, W), R as in `regions`.
    """
    refuse_real_faces(dataset)
    fig = style.panel_figure(list(titles), columns=7, min_width=84, max_width=150, gap=(10, 30),
                             margin={"l": 8, "r": 8, "t": 60, "b": 8})
    for k, image in enumerate(images):
        fig.add_trace(style.grey(image, k))
        for region, mask in zip(regions, masks[k], strict=True):
            fig.add_trace(go.Contour(z=mask.astype(np.uint8), showscale=False, hoverinfo="skip", name=region,
                                     contours={"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
                                     line={"color": REGION_COLOURS.get(region, style.QUIET), "width": 2},
                                     showlegend=k == 0, **style.axes(k)))
    fig.update_layout(legend_y=1.2)
    style.hide_axes(fig, -0.5, images.shape[-1] - 0.5)
    return fig


def haar_features(features: Sequence[HaarFeature], image: np.ndarray | None = None, *, dataset: str = ""
                  ) -> go.Figure:
    """The rectangles of each feature in their 24×24 window: blue counts for, orange against.

    image: uint8, (24, 24), a drawn face behind them; None for any other data set (InputError otherwise).
    """
    if image is not None:
        refuse_real_faces(dataset)
    fig = style.panel_figure([f"feature {k + 1}" for k in range(len(features))], columns=5, min_width=100,
                             max_width=180, gap=(12, 34), margin={"l": 8, "r": 8, "t": 32, "b": 8})
    for k, feature in enumerate(features):
        fig.add_trace(style.grey(np.full((WINDOW, WINDOW), 235, np.uint8) if image is None else image, k))
        for x, y, width, height, weight in feature.rectangles:
            colour = style.GOOD if weight > 0 else style.BAD
            axes = style.axes(k)
            fig.add_shape(type="rect", x0=x - 0.5, x1=x + width - 0.5, y0=y - 0.5, y1=y + height - 0.5,
                          xref=axes["xaxis"], yref=axes["yaxis"], fillcolor=colour, opacity=0.45,
                          line={"color": colour, "width": 2})
    style.hide_axes(fig, -0.5, WINDOW - 0.5)
    return fig


def place_map(values: np.ndarray, says: str) -> go.Figure:
    """A value for each place of a window relative to the face in the middle; values: fractions, (H, W)."""
    reach_y, reach_x = (size // 2 for size in values.shape)
    fig = style.empty_figure(height=420, xaxis_title="window right of the face, pixels",
                             yaxis_title="window below the face, pixels", yaxis_autorange="reversed")
    fig.add_trace(go.Heatmap(z=values.astype(np.float32), x=np.arange(values.shape[1]) - reach_x,
                             y=np.arange(values.shape[0]) - reach_y, coloraxis="coloraxis",
                             hovertemplate="%{x}, %{y}: %{z:.2f}<extra></extra>"))
    style.colour_axis(fig, "sequential", float(values.max()), showscale=True, colorbar={"title": {"text": says}})
    fig.update_yaxes(scaleanchor="x", constrain="domain")
    fig.update_xaxes(constrain="domain")
    return fig
