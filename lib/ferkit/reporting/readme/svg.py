"""A few strokes of SVG that read on a light and on a dark page: one card, one set of classes, escaped text.

Colours: M. Okabe & K. Ito, Color Universal Design (2008); each series has a shape of its own as well. The dark version
follows the reader's system, as a picture on a web page cannot know the page.
"""

from collections.abc import Callable, Iterable
from html import escape

import numpy as np

from ferkit.core.units import percent

STYLE = """
svg { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; font-size: 14px }
.card { fill: #ffffff; stroke: #d8dee6 } .t { fill: #1b2330 } .q { fill: #5a6575 } .s { font-size: 12px }
.xs { font-size: 10.5px }
.h { font-size: 17px; font-weight: 650 } .b { font-weight: 600 }
.line { stroke: #d8dee6 } .axis { stroke: #9aa5b4 } .band { fill: #8793a3; opacity: .16 }
.none { fill: none }
.blue { fill: #0072b2 } .orange { fill: #d55e00 } .green { fill: #009e73 } .amber { fill: #c78500 }
.grey { fill: #8793a3 }
.Blue { stroke: #0072b2 } .Orange { stroke: #d55e00 } .Green { stroke: #009e73 } .Amber { stroke: #c78500 }
.Grey { stroke: #8793a3 } .w { fill: #ffffff } .empty { fill: #f1f4f8 }
"""
DARK = """@media (prefers-color-scheme: dark) {
.card { fill: #151b23; stroke: #303a47 } .t { fill: #e7ecf3 } .q { fill: #9ba8b9 } .line { stroke: #2b3441 }
.axis { stroke: #5a6575 } .band { fill: #9ba8b9; opacity: .18 }
.blue { fill: #56a8e0 } .orange { fill: #ef8a4a } .green { fill: #3fc79c } .amber { fill: #e5ad3c }
.grey { fill: #9ba8b9 }
.Blue { stroke: #56a8e0 } .Orange { stroke: #ef8a4a } .Green { stroke: #3fc79c } .Amber { stroke: #e5ad3c }
.Grey { stroke: #9ba8b9 } .w { fill: #10141a } .empty { fill: #202833 }
}
"""


def picture(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """A whole SVG file: `parts` on a rounded card; `title` is what a screen reader says."""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img">\n<title>{escape(title)}</title>\n<style>{STYLE + DARK}</style>\n'
            f'<rect class="card" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="12"/>\n'
            + "\n".join(parts) + "\n</svg>\n")


def text(x: float, y: float, says: str, look: str = "t", anchor: str = "start") -> str:
    """Text at its baseline."""
    return f'<text class="{look}" x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{escape(says)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, look: str = "line", width: float = 1, dash: str = "") -> str:
    """A straight line; `dash` as SVG has it."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (f'<line class="{look}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" '
            f'stroke-width="{_n(width)}"{dashed}/>')


def box(x: float, y: float, width: float, height: float, look: str, round_: float = 0) -> str:
    """A rectangle."""
    return (f'<rect class="{look}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
            f'rx="{_n(round_)}"/>')


def path(points: Iterable[tuple[float, float]], look: str, width: float = 1.6) -> str:
    """A line through points."""
    through = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    return f'<polyline class="none {look}" points="{through}" stroke-width="{_n(width)}"/>'


def mark(x: float, y: float, shape: str, look: str, size: float = 6) -> str:
    """A mark of half-width `size`: a dot, of which `look` is the fill, or a ring or diamond, of which it is the
    stroke."""
    hollow = f'class="none {look}" stroke-width="2.2"'
    if shape == "diamond":
        corners = ((x, y - size), (x + size, y), (x, y + size), (x - size, y))
        return f'<polygon {hollow} points="{" ".join(f"{_n(a)},{_n(b)}" for a, b in corners)}"/>'
    drawn = f'class="{look}"' if shape == "dot" else hollow
    return f'<circle {drawn} cx="{_n(x)}" cy="{_n(y)}" r="{_n(size)}"/>'


def axes(box_: tuple[float, float, float, float], xs: tuple[float, float], ys: tuple[float, float] = (0, 1), *,
         x_step: float = 0, y_step: float = 0, below: str = "", says: Callable[[float], str] = "{:.0f}".format
         ) -> tuple[Callable[[float], float], Callable[[float], float], list[str]]:
    """What places values inside a box (left, top, right, bottom), and the drawing of its axes: ticks up the side in
    percent, those below as `says` writes them; none where a step is 0. below: the title of the axis."""
    left, top, right, bottom = box_

    def x(value: float) -> float:
        return left + (right - left) * (value - xs[0]) / (xs[1] - xs[0])

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - ys[0]) / (ys[1] - ys[0])

    parts = []
    for tick in np.arange(ys[0], ys[1] + 1e-9, y_step) if y_step else ():
        parts += [line(left, y(tick), right, y(tick)), text(left - 8, y(tick) + 4, percent(tick, 0), "q s", "end")]
    for tick in np.arange(xs[0], xs[1] + 1e-9, x_step) if x_step else ():
        parts += [line(x(tick), top, x(tick), bottom), text(x(tick), bottom + 18, says(tick), "q s", "middle")]
    return x, y, [*parts, *([text((left + right) / 2, bottom + 36, below, "q s", "middle")] if below else [])]


def _n(value: float) -> str:
    """A coordinate in as few digits as a pixel needs."""
    return f"{value:.1f}".removesuffix(".0")
