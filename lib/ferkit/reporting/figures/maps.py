"""Pictures of where: occlusion maps, region tables, what the spatial transformer samples, drawn faces."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ferkit.core.crop import SIZE
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.reporting.figures import style

Parts = Mapping[str, Sequence[tuple[int, int, int, int]]]  # a part's boxes: top, left, bottom, right (exclusive)


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, stop: float,
         points: int = 24) -> np.ndarray:
    t = np.radians(np.linspace(start, stop, points))
    return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], axis=1)


# A schematic face on the 48×48 grid, x to the right and y down: a guide for the eye, nobody's face.
FACE_OUTLINE = (
    _arc(24, 24, 19, 23, 0, 360, 48),
    _arc(15, 17.5, 5, 2.6, 200, 340), _arc(33, 17.5, 5, 2.6, 200, 340),
    _arc(15.5, 21, 3.4, 1.9, 0, 360), _arc(32.5, 21, 3.4, 1.9, 0, 360),
    _arc(24, 29, 3.2, 2.4, 0, 180), _arc(24, 37, 7.5, 3.0, 0, 360),
)


def _box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], float)


def refuse_real_faces(dataset: str) -> None:
    """InputError unless the data set is the drawn one: no figure of real data holds pixels of a face."""
    if dataset != "synthetic":
        raise InputError(f"figures: {dataset!r} may hold real faces, which no figure may show; draw maps")


def occlusion_maps(maps: np.ndarray, labels: Sequence[str], counts: Sequence[int], *,
                   reading: str = "turned wrong", band: tuple[np.ndarray, np.ndarray] | None = None,
                   background: np.ndarray | None = None, dataset: str = "", parts: Parts | None = None
                   ) -> go.Figure:
    """One occlusion map per expression on a common scale, over an outline or the mean drawn face.

    maps: float, (K, h, w) over the 48×48 image; higher = covering this place hurts more.
    counts: images behind each map. reading: what the colour is, beside the colour bar.
    band: lower and upper ends of each pixel's interval, (K, h, w) each: told on hovering, and a line drawn around where
    the lower end lies above the map's own mean.
    background: uint8 0…255, (K, 48, 48), mean drawn faces; InputError for any data set but "synthetic".
    parts: boxes drawn over the outline, such as ``occlusion.TEMPLATE``.
    """
    if background is not None:
        refuse_real_faces(dataset)
    maps, *ends = _on_blocks(np.asarray(maps, np.float32), *(np.asarray(end, np.float32) for end in band or ()))
    titles = [f"<b>{label}</b> (n = {int(n)})" for label, n in zip(labels, counts, strict=True)]
    fig = style.panel_figure(titles, columns=4, min_width=112, max_width=260, gap=(14, 40),
                             margin={"l": 14, "r": 84, "t": 32, "b": 14})
    for k, values in enumerate(maps):
        if background is not None:
            fig.add_trace(_grey(background[k], k))
        _add_map(fig, k, values, labels[k], [end[k] for end in ends])
        if background is None:
            _add_outline(fig, k, parts)
    style.hide_axes(fig, 0, SIZE)
    _map_scale(fig, maps, reading, background is None)
    return fig


def baseline_maps(maps: dict[str, np.ndarray], labels: Sequence[str], counts: Sequence[int], *,
                 reading: str = "probability lost", background: np.ndarray | None = None, dataset: str = "",
                 parts: Parts | None = None) -> go.Figure:
    """The maps of each expression under several baselines side by side, all on one scale.

    maps: baseline → float (K, h, w), of the same images. counts: images of each expression. background, parts:
    as for :func:`occlusion_maps`.
    """
    if background is not None:
        refuse_real_faces(dataset)
    shown = dict(zip(maps, _on_blocks(*(np.asarray(values, np.float32) for values in maps.values())), strict=True))
    titles = [f"<b>{label}</b> (n = {int(n)}) · {name}" if n else f"{label} · no image"
              for label, n in zip(labels, counts, strict=True) for name in shown]
    fig = style.panel_figure(titles, columns=2 * len(shown), min_width=124, max_width=150, gap=(10, 30),
                             margin={"l": 8, "r": 84, "t": 28, "b": 8})
    for panel, (k, name) in enumerate((k, name) for k in range(len(labels)) for name in shown):
        if background is not None:
            fig.add_trace(_grey(background[k], panel))
        _add_map(fig, panel, shown[name][k], f"{labels[k]}, {name}", [])
        if background is None and not parts:
            _add_outline(fig, panel)
        elif background is None:
            _add_parts(fig, panel, parts)
    style.hide_axes(fig, 0, SIZE)
    fig.update_annotations(font={"size": 11}, yshift=1)
    _map_scale(fig, np.concatenate(list(shown.values())), reading, background is None)
    return fig


def _on_blocks(*maps: np.ndarray) -> list[np.ndarray]:
    """The maps with one value for each block of pixels that is constant in all of them, so that nothing is lost:
    windows at stride 4 give blocks of 4×4, a figure a sixteenth as large."""
    height, width = maps[0].shape[1:]
    for size in range(min(height, width) // 2, 1, -1):
        if height % size == 0 and width % size == 0:
            reduced = [values[:, ::size, ::size] for values in maps]
            if all(np.array_equal(np.repeat(np.repeat(small, size, 1), size, 2), values, equal_nan=True)
                   for small, values in zip(reduced, maps, strict=True)):
                return reduced
    return list(maps)


def _add_map(fig: go.Figure, panel: int, values: np.ndarray, label: str, band: list[np.ndarray]) -> None:
    x, y = _centres(values.shape[1]), _centres(values.shape[0])
    looks = {"customdata": np.stack(band, axis=-1)} if band else {}
    ends = " [%{customdata[0]:.3f}, %{customdata[1]:.3f}]" if band else ""
    fig.add_trace(go.Heatmap(
        z=values, x=x, y=y, coloraxis="coloraxis", zsmooth="best", **looks, **style.axes(panel),
        hovertemplate=f"{label}<br>around (%{{x:.0f}}, %{{y:.0f}}): %{{z:.3f}}{ends}<extra></extra>"))
    if band and np.isfinite(values).any() and (band[0] > np.nanmean(values)).any():
        fig.add_trace(go.Contour(
            z=band[0], x=x, y=y, showscale=False, showlegend=False, hoverinfo="skip", autocontour=False,
            contours={"start": float(np.nanmean(values)), "end": float(np.nanmean(values)), "size": 1,
                      "coloring": "none"}, line={"color": style.BAD, "width": 1.5, "dash": "dot"}, **style.axes(panel)))


def _map_scale(fig: go.Figure, maps: np.ndarray, reading: str, alone: bool) -> None:
    highest = float(np.nanmax(maps)) if np.isfinite(maps).any() else 1.0
    bar = {"title": {"text": reading, "side": "right"}, "thickness": 12, "lenmode": "pixels", "len": 240,
           "yanchor": "top", "y": 1}
    style.colour_axis(fig, "intense" if alone else "overlay", max(highest, 1e-6), colorbar=bar, showscale=True)


def region_table(values: np.ndarray, labels: Sequence[str], regions: Sequence[str], *,
                 significant: np.ndarray) -> go.Figure:
    """Expression × region: what covering a region costs; a star marks what stays significant after correction.

    values: fractions, (K, R), recall lost against equal windows elsewhere; significant: bool, (K, R).
    """
    values = np.asarray(values, np.float32)
    fig = style.panel_figure([""], columns=1, aspect=0.8, min_width=290, max_width=640,
                             margin={"t": 16, "b": 64, "l": 84})
    fig.add_trace(go.Heatmap(
        z=values, x=list(regions), y=list(labels), text=style.points_text(values, significant), texttemplate="%{text}",
        textfont={"color": style.CELL_TEXT}, xgap=1, ygap=1, coloraxis="coloraxis",
        hovertemplate="%{y}, %{x} covered<br>recall lost, points: %{text}<extra></extra>"))
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.update_xaxes(showgrid=False)
    style.colour_axis(fig, "diverging", max(0.02, float(np.nanmax(np.abs(values), initial=0))))
    return fig


def theta_frames(theta: np.ndarray, labels: np.ndarray, *, label_names: Sequence[str] = LABELS,
                 background: np.ndarray | None = None, dataset: str = "") -> go.Figure:
    """Where the spatial transformer samples, by expression: thin frames of up to 40 images, a thick mean frame.

    theta: float, (N, 2, 3), output to input coordinates in [-1, 1] (torch's affine_grid). labels: int, (N,).
    background: uint8 0…255, (K, 48, 48), mean drawn faces; InputError for any data set but "synthetic".
    """
    theta, labels = np.asarray(theta, float), np.asarray(labels)
    if background is not None:
        refuse_real_faces(dataset)
    shown = [k for k in range(len(label_names)) if np.any(labels == k)]
    titles = [f"<b>{label_names[k]}</b> (n = {int((labels == k).sum())})" for k in shown]
    fig = style.panel_figure(titles, columns=4, min_width=112, max_width=260, gap=(18, 40),
                             margin={"l": 14, "r": 14, "t": 32, "b": 14})
    for panel, k in enumerate(shown):
        own = theta[labels == k]
        if background is not None:
            fig.add_trace(_grey(background[k], panel))
        else:
            _add_outline(fig, panel)
        rows = np.unique(np.linspace(0, len(own) - 1, min(40, len(own))).astype(int))
        _add_line(fig, panel, _joined([frame(own[i]) for i in rows]), {"color": style.GOOD, "width": 1}, opacity=0.35)
        mean = own.mean(axis=0)
        _add_line(fig, panel, frame(mean), {"color": style.BAD, "width": 3}, hoverinfo=None,
                  hovertemplate=_says(mean) + "<extra></extra>")
    style.hide_axes(fig, -8, SIZE + 8)
    return fig


def image_grid(images: np.ndarray, titles: Sequence[str], *, dataset: str, columns: int = 7) -> go.Figure:
    """Drawn faces in a grid, each under its title; InputError for any data set but "synthetic".

    images: uint8 0…255, (N, H, W).
    """
    refuse_real_faces(dataset)
    fig = style.panel_figure([str(title) for title in titles], columns=columns, min_width=84, max_width=150,
                             gap=(10, 30), margin={"l": 8, "r": 8, "t": 28, "b": 8})
    for k, image in enumerate(np.asarray(images)):
        fig.add_trace(_grey(image, k))
    style.hide_axes(fig, 0, SIZE)
    fig.update_annotations(font={"size": 11}, yshift=1)
    return fig


def _centres(n: int) -> np.ndarray:
    """Pixel coordinates of the middle of each of `n` equal steps across the image."""
    return ((np.arange(n) + 0.5) * SIZE / n).astype(np.float32)


def _grey(image: np.ndarray, panel: int) -> go.Heatmap:
    return style.grey(image, panel, x=_centres(image.shape[1]), y=_centres(image.shape[0]))


def _add_line(fig: go.Figure, panel: int, points: np.ndarray, line: dict, **looks: object) -> None:
    looks = {"hoverinfo": "skip"} | looks
    fig.add_trace(go.Scatter(x=points[:, 0].astype(np.float32), y=points[:, 1].astype(np.float32), mode="lines",
                             line=line, showlegend=False, **looks, **style.axes(panel)))


def _add_outline(fig: go.Figure, panel: int, parts: Parts | None = None) -> None:
    _add_line(fig, panel, _joined(FACE_OUTLINE), {"color": style.QUIET, "width": 1.4}, opacity=0.8)
    if parts:
        _add_parts(fig, panel, parts)


def _add_parts(fig: go.Figure, panel: int, parts: Parts) -> None:
    boxes = _joined([_box(*box) for own in parts.values() for box in own])
    _add_line(fig, panel, boxes, {"color": style.QUIET, "width": 0.8, "dash": "dot"}, opacity=0.7)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Several lines as one, with a gap after each."""
    return np.concatenate([np.vstack([part, [[np.nan, np.nan]]]) for part in parts])


def frame(theta: np.ndarray, side: int = SIZE) -> np.ndarray:
    """The corners of the sampled area in pixels, (5, 2) with the first repeated, from theta (2, 3)."""
    corners = np.array([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1], [-1, -1, 1]], float)
    return (corners @ theta.T + 1) * side / 2


def _says(theta: np.ndarray) -> str:
    """The mean frame in words: its size against the image, its shift in pixels."""
    scale = np.sqrt(abs(np.linalg.det(theta[:, :2])))
    shift = theta[:, 2] * SIZE / 2
    return f"mean frame: {scale:.2f} × the image, shifted by ({shift[0]:+.1f}, {shift[1]:+.1f}) pixels"
