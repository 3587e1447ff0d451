"""The look of every figure: a slim template, colours safe for the colour-blind, names, and a grid of panels.

Backgrounds are transparent and text is a middle grey, so that a figure reads on a light and on a dark page;
the report swaps in the exact colours of its page. A panel grid notes how it was laid out in ``layout.meta``,
so that the report can lay it out again for the width of a phone.

Colours: M. Okabe & K. Ito, Color Universal Design (2008), https://jfly.uni-koeln.de/color/, without the
yellow that vanishes on white; every series also differs by dash or by marker.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import plotly.graph_objects as go

from ferkit.reporting import names

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B35A92", "#56B4E9", "#C78500", "#7F7F7F")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
TEXT, GRID = "#757575", "rgba(128,128,128,0.28)"
GOOD, BAD, QUIET = "#0072B2", "#D55E00", "#7F7F7F"
# "sequential" and "diverging" stay light enough for dark text in every cell; "intense" is for maps without
# text, "overlay" for maps over a picture, which shows through where the map is low.
SCALES = {
    "sequential": ((0.0, "#f7f9fc"), (0.5, "#a9cdea"), (1.0, "#4f9bd6")),
    "diverging": ((0.0, "#ee8f55"), (0.5, "#f6f6f4"), (1.0, "#4f9bd6")),
    "intense": ((0.0, "#f7f9fc"), (0.25, "#c6dcef"), (0.5, "#7db4dc"), (0.75, "#2f7fbc"), (1.0, "#08396b")),
    "overlay": ((0.0, "rgba(240,110,20,0)"), (0.4, "rgba(240,110,20,0.5)"), (1.0, "rgba(200,60,0,0.92)")),
}
CELL_TEXT = "#17202b"

_AXIS = {"gridcolor": GRID, "linecolor": GRID, "zerolinecolor": GRID, "tickcolor": GRID, "automargin": True}
TEMPLATE = go.layout.Template(layout={
    "font": {"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": TEXT},
    "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "colorway": list(COLOURS),
    "xaxis": _AXIS, "yaxis": _AXIS, "hovermode": "closest", "margin": {"l": 64, "r": 24, "t": 40, "b": 56},
    "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.04, "x": 0},
})
WIDTH = 960  # nominal width in pixels for which Python lays panels out


def result_name(metrics: dict) -> str:
    """What a figure calls a trained system: system · recipe, the seed where it is not 0, the status where it failed."""
    name = names.result(metrics["system"], metrics["recipe"], metrics.get("seed") or 0)
    status = metrics.get("status", "finished")
    return name if status == "finished" else f"{name} ({status})"


def colours(n: int) -> list[str]:
    """`n` colours in the fixed order, repeated when it runs out (dash and marker then tell series apart)."""
    return [COLOURS[i % len(COLOURS)] for i in range(n)]


def styles(n: int) -> list[tuple[str, str, str]]:
    """`n` (colour, dash, symbol) triples, distinct as pairs of colour and symbol up to 49."""
    rounds = len(COLOURS)
    return [(COLOURS[i % rounds], DASHES[i // rounds % len(DASHES)], SYMBOLS[(i + i // rounds) % len(SYMBOLS)])
            for i in range(n)]


def empty_figure(height: int = 380, **layout: object) -> go.Figure:
    """A figure with the template and nothing in it; `height` in pixels."""
    fig = go.Figure()
    fig.update_layout(template=TEMPLATE, height=height, **layout)
    return fig


def nothing() -> go.Figure:
    """A line in place of a figure that has nothing to draw."""
    fig = empty_figure(60, margin={"l": 8, "r": 8, "t": 8, "b": 8}, xaxis={"visible": False}, yaxis={"visible": False})
    return fig.add_annotation(text="nothing to show here", showarrow=False, font={"size": 13})


def axes(panel: int) -> dict[str, str]:
    """The names of a panel's axes, for a trace ("x", "y"; "x2", "y2"; …)."""
    number = panel + 1 if panel else ""
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def grey(image: np.ndarray, panel: int, **looks: object) -> go.Heatmap:
    """A grey picture, uint8 (H, W), for a panel; looks: what is else than usual."""
    usual = {"colorscale": [[0, "#000000"], [1, "#ffffff"]], "showscale": False, "hoverinfo": "skip"}
    return go.Heatmap(z=np.asarray(image, np.uint8), zmin=0, zmax=255, **usual | looks, **axes(panel))


def hide_axes(fig: go.Figure, low: float, high: float) -> None:
    """Axes of square pictures in every panel: from low to high pixels, row 0 on top, nothing written."""
    fig.update_xaxes(visible=False, range=[low, high], fixedrange=True)
    fig.update_yaxes(visible=False, range=[high, low], fixedrange=True)


def error_bars(values: Sequence[float | None], bounds: Sequence[Sequence[float | None]], **looks: object
               ) -> dict[str, object]:
    """plotly's asymmetric error bars from n values and n pairs of ends; none where a value is None or NaN."""
    centres, ends = np.array(values, float), np.array(bounds, float).reshape(-1, 2)
    return {"type": "data", "symmetric": False, "array": np.maximum(ends[:, 1] - centres, 0),
            "arrayminus": np.maximum(centres - ends[:, 0], 0), **looks}


def colour_axis(fig: go.Figure, scale: str, highest: float, *, showscale: bool = False, **looks: object) -> None:
    """Give the figure's heat maps one of `SCALES` in common, from 0 (diverging: from the negative) to `highest`.

    The name of the scale goes into ``layout.meta``, by which the report takes the scale's version for dark pages.
    """
    fig.update_layout(coloraxis={"colorscale": SCALES[scale], "cmin": -highest if scale == "diverging" else 0,
                                 "cmax": highest, "showscale": showscale, **looks},
                      meta=(fig.layout.meta or {}) | {"scale": scale})


def points_text(differences: np.ndarray, stars: np.ndarray) -> list[list[str]]:
    """Fractions as signed percentage points ("+7", "-12★"); "" for what rounds to zero or is NaN."""
    return [[f"{value * 100:+.0f}{'★' if star else ''}" if abs(value) >= 0.005 or star else ""
             for value, star in zip(row, row_stars, strict=True)]
            for row, row_stars in zip(np.asarray(differences), np.asarray(stars), strict=True)]


def panel_figure(titles: Sequence[str], *, columns: int, aspect: float = 1.0, min_width: int = 250,
                 max_width: int = 420, gap: tuple[int, int] = (76, 64), margin: dict[str, int] | None = None,
                 ) -> go.Figure:
    """A figure of len(titles) titled panels, panel k on axes x(k+1), y(k+1); without any, a line that says so.

    columns: at most so many side by side. aspect: height over width of a panel. min_width, max_width: of a panel,
    pixels; the report uses as many columns as min_width allows. gap: pixels between panels, across and down.
    """
    if not titles:
        return nothing()
    margin = {"l": 72, "r": 24, "t": 44, "b": 48} | (margin or {})
    panels = {"n": len(titles), "columns": columns, "aspect": aspect, "min_width": min_width,
              "max_width": max_width, "gap": list(gap)}
    fig = empty_figure(margin=margin, meta={"panels": panels})
    domains, height = _domains(panels, WIDTH - margin["l"] - margin["r"])
    fig.update_layout(height=height + margin["t"] + margin["b"])
    for k, (title, (x, y)) in enumerate(zip(titles, domains, strict=True)):
        number = str(k + 1) if k else ""
        fig.update_layout({f"xaxis{number}": {"domain": x, "anchor": f"y{number}"},
                           f"yaxis{number}": {"domain": y, "anchor": f"x{number}"}})
        fig.add_annotation(text=title, xref=f"x{number} domain", yref=f"y{number} domain", x=0.5, y=1,
                           yanchor="bottom", yshift=4, showarrow=False, font={"size": 13})
    return fig


def _domains(panels: dict, width: float) -> tuple[list[tuple[list[float], list[float]]], float]:
    """Where each panel lies as fractions of the plotting area, and its height in pixels.

    The report's script holds the same few lines for other widths.
    """
    gap_x, gap_y = panels["gap"]
    columns = int(max(1, min(panels["columns"], panels["n"], (width + gap_x) // (panels["min_width"] + gap_x))))
    rows = -(-panels["n"] // columns)
    panel = min(panels["max_width"], (width - (columns - 1) * gap_x) / columns)
    tall = panel * panels["aspect"]
    height = rows * tall + (rows - 1) * gap_y
    left = (width - columns * panel - (columns - 1) * gap_x) / 2
    domains = []
    for row, column in list(product(range(rows), range(columns)))[: panels["n"]]:
        x0, y1 = left + column * (panel + gap_x), height - row * (tall + gap_y)
        domains.append(([_fraction(x0 / width), _fraction((x0 + panel) / width)],
                        [_fraction((y1 - tall) / height), _fraction(y1 / height)]))
    return domains, height


def _fraction(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 5)
