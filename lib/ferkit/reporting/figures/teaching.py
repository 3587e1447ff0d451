"""Pictures that explain a method on synthetic faces: samplings by θ, class activation maps, regions of an SVM."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.analysis.svm_regions import Regions
from ferkit.reporting.figures import style
from ferkit.reporting.figures.maps import frame, refuse_real_faces


def samplings(image: np.ndarray, thetas: Mapping[str, np.ndarray], read: np.ndarray, *, dataset: str) -> go.Figure:
    """Above, where each θ reads the image (a frame); below, what it reads.

    image: uint8 (48, 48); thetas: by name, float (2, 3); read: uint8 (N, 48, 48). Synthetic faces only.
    """
    refuse_real_faces(dataset)
    n = len(thetas)
    fig = style.panel_figure([*thetas, *[""] * n], columns=n, min_width=110, max_width=180, gap=(12, 20),
                             margin={"l": 8, "r": 8, "t": 32, "b": 8})
    for panel, (theta, picture) in enumerate(zip(thetas.values(), read, strict=True)):
        fig.add_trace(style.grey(image, panel))
        fig.add_trace(style.grey(picture, n + panel))
        x, y = (frame(np.asarray(theta), image.shape[0]) - 0.5).T
        fig.add_trace(go.Scatter(x=x, y=y, mode="lines", line={"color": style.BAD, "width": 2}, hoverinfo="skip",
                                 showlegend=False, **style.axes(panel)))
    style.hide_axes(fig, -11, len(image) + 10)  # a frame reaches out of the image
    return fig


def class_activation(images: np.ndarray, maps: np.ndarray, titles: Sequence[str], *, dataset: str,
                     centres: np.ndarray | None = None, columns: int = 7, reading: str = "logit",
                     gap: tuple[int, int] = (12, 40)) -> go.Figure:
    """Each image with the map of one class over it: blue adds to the logit, orange takes away.

    images: uint8 (N, 48, 48); maps: float (N, h, w). centres: of the places along a side, in pixels, where the map does
    not fill the image (`analysis.class_activation.centres`). columns: at most so many side by side.
    reading: what the scale of colours says, which is left out for "". gap: between panels, as `style.panel_figure`
    takes it. Synthetic faces only.
    """
    refuse_real_faces(dataset)
    fig = style.panel_figure(titles, columns=min(len(titles), columns), min_width=110, max_width=180, gap=gap,
                             margin={"l": 8, "r": 84 if reading else 8, "t": 32, "b": 8})
    side = images.shape[-1]
    for panel, (image, values) in enumerate(zip(images, maps, strict=True)):
        fig.add_trace(style.grey(image, panel))
        x, y = ((np.arange(n) + 0.5) * side / n - 0.5 if centres is None else centres for n in values.shape[::-1])
        fig.add_trace(go.Heatmap(z=values, x=x, y=y, coloraxis="coloraxis", opacity=0.55, **style.axes(panel),
                                 hovertemplate="%{z:.2f}<extra></extra>"))
    style.hide_axes(fig, -11, side + 10)
    style.colour_axis(fig, "diverging", float(np.abs(maps).max()) or 1.0, showscale=bool(reading),
                      colorbar={"title": {"text": reading}, "thickness": 12})
    return fig


def svm_regions(points: np.ndarray, labels: np.ndarray, regions: Sequence[Regions], label_names: Sequence[str]
                ) -> go.Figure:
    """One panel a γ: which class the SVM gives each place, the training points, support vectors ringed.

    points: float (N, 2); labels: int (N,).
    """
    titles = [f"γ = {one.gamma:g}: {one.train_accuracy:.0%} of the points, {one.accuracy:.0%} of others"
              for one in regions]
    fig = style.panel_figure(titles, columns=len(regions), min_width=220, max_width=320, gap=(24, 40),
                             margin={"l": 36, "r": 16, "t": 60, "b": 80})
    fig.update_layout(legend={"y": -0.1, "yanchor": "top"})  # above, it would touch the panels' titles
    colours, _, symbols = zip(*style.styles(len(label_names)), strict=True)
    steps = [(edge, colours[k]) for k in range(len(colours)) for edge in (k / len(colours), (k + 1) / len(colours))]
    for panel, one in enumerate(regions):
        fig.add_trace(go.Heatmap(z=one.predicted, x=one.axis, y=one.axis, zmin=-0.5, zmax=len(colours) - 0.5,
                                 colorscale=steps, showscale=False, opacity=0.25, hoverinfo="skip",
                                 **style.axes(panel)))
        for k, name in enumerate(label_names):
            own = labels == k
            ring = np.where(one.support[own], 1.5, 0.0)
            fig.add_trace(go.Scatter(
                x=points[own, 0], y=points[own, 1], mode="markers", name=name, legendgroup=name,
                showlegend=panel == 0, hovertemplate=f"{name}<extra></extra>",
                marker={"color": colours[k], "size": 6, "symbol": symbols[k],
                        "line": {"width": ring, "color": style.CELL_TEXT}}, **style.axes(panel)))
        fig.update_layout({f"{axis}axis{panel + 1 if panel else ''}": {"range": [-3, 3]} for axis in "xy"})
    return fig
