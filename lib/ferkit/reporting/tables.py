"""Tables for readers: each value in the form of its column, in notebooks, Markdown and a terminal.

`show` takes rows as dictionaries as the library returns them and gives what JupyterLab displays:
fractions in percent, differences in signed points, counts with separators, p values to three digits, low and high as
one interval, no index, no column of nothing; no rows are a sentence. `claims` does the same for verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from textwrap import shorten

from ferkit.core.units import NONE, Unit, aligned
from ferkit.reporting import names

SHORT = 32  # characters of a name that keeps on one line
EMPTY = "Nothing to show: no result of this kind is here."

_F, _P, _N, _C = Unit.FRACTION, Unit.POINTS, Unit.P_VALUE, Unit.COUNT
COLUMNS = {  # by key: the head of its column, the unit of its values
    "accuracy": ("test", _F), "val_accuracy": ("validation", _F), "validation": ("validation", _F),
    "train_accuracy": ("training sample", _F), "accuracy_no_tta": ("without TTA", _F),
    "accuracy_without_copies": ("deduplicated", _F), "without_copies": ("deduplicated", _F),
    "macro_f1": ("macro-F1", _F), "uar": ("UAR", _F), "ece": ("calibration error", _F), "sd": ("sd over seeds", _F),
    "majority": ("majority class", _F), "share": ("share", _F), "recall": ("recall", _F),
    "precision": ("precision", _F), "f1": ("F1", _F), "difference": ("difference", _P),
    "worth": ("leakage inflation", _P), "gap": ("train − test", _P), "gain": ("gain", _P),
    "gain_low": ("gain, low", _P), "gain_high": ("gain, high", _P), "shift_loss": ("lost to a shift of 4 px", _P),
    "p": ("p", _N), "p_holm": ("p, adjusted", _N), "n": ("images", _C), "parameters": ("parameters", _C),
    "support": ("images", _C), "receptive_field": ("receptive field, px", _C), "minutes": ("minutes", Unit.NUMBER),
    "best_epoch": ("epoch selected", _C), "tta": ("TTA", Unit.TEXT), "seeds": ("seeds", _C),
    "only_first": ("only first right", _C), "only_second": ("only second right", _C),
}
INTERVALS = {("low", "high"): "95 %", ("macro_f1_low", "macro_f1_high"): "macro-F1, 95 %"}


class Table:
    """Heads and rows of text: HTML in a notebook, aligned text in a terminal."""

    def __init__(self, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Iterable[int] = (),
                 empty: str = EMPTY) -> None:
        self.heads, self.rows = tuple(heads), [tuple(row) for row in rows]
        self.numbers, self.empty = set(numbers), empty

    def _repr_html_(self) -> str:
        if not self.rows:
            return f"<p>{escape(self.empty)}</p>"
        sides = ["right" if k in self.numbers else "left" for k in range(len(self.heads))]
        whole = [side == "right" or max(len(row[k]) for row in self.rows) <= SHORT for k, side in enumerate(sides)]

        def line(values: Sequence[str], tag: str) -> str:  # a number or a name keeps on one line, its head need not
            return "".join(f'<{tag} style="text-align:{side}{";white-space:nowrap" * (one and tag == "td")}">'
                           f'{escape(value)}</{tag}>' for value, side, one in zip(values, sides, whole, strict=True))

        body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in self.rows)
        return f"<table><thead><tr>{line(self.heads, 'th')}</tr></thead><tbody>{body}</tbody></table>"

    def __str__(self) -> str:
        return "\n".join(aligned([self.heads, *self.rows], self.numbers)) if self.rows else self.empty

    __repr__ = __str__


def show(rows: Iterable[Mapping], columns: Sequence[str] | None = None, *,
         heads: Mapping[str, str] | None = None, units: Mapping[str, Unit] | None = None, default: Unit = Unit.TEXT,
         plain: Sequence[str] = (), empty: str = EMPTY) -> Table:
    """Rows as a table. columns: which keys, in order (all but those that are nowhere given). heads, units: of keys that
    `COLUMNS` does not know, or in place of what it says; default: the unit of all other numbers that are not whole.
    plain: keys that are names of classes, whatever `COLUMNS` takes such words for."""
    rows = [{key: _plain(value) for key, value in row.items()} for row in rows]
    units = dict(units or {})
    keys = list(columns) if columns else list(dict.fromkeys(key for row in rows for key in row))
    keys = [key for key in keys if any(row.get(key) is not None for row in rows)]
    difference = "difference" in keys
    shown: list[tuple[str, list[str], bool]] = []
    for key in keys:
        pair = next((pair for pair in INTERVALS if key in pair and set(pair) <= set(keys) - set(plain)), None)
        if pair and key == pair[1]:
            continue
        in_words = names.in_words(str(key)).replace("_", " ")
        head, unit = (str(key), Unit.TEXT) if key in plain else COLUMNS.get(key, (in_words, Unit.TEXT))
        if pair:
            unit = units.get(key, _P if difference and pair[0] == "low" else _F)
            values = [unit.interval([row.get(end) for end in pair]) for row in rows]
            shown.append((INTERVALS[pair], values, True))
            continue
        unit = units.get(key, unit)
        other = default if unit is Unit.TEXT else unit
        values = [cell(row.get(key), unit if isinstance(row.get(key), int) else other, key) for row in rows]
        number = any(isinstance(row.get(key), int | float) for row in rows)
        shown.append(((heads or {}).get(key, head), values, number))
    return Table([head for head, _, _ in shown],
                 list(zip(*(values for _, values, _ in shown), strict=True)),
                 [k for k, (_, _, number) in enumerate(shown) if number], empty)


def claims(rows: Iterable[Mapping], data: str | None = None, *, elsewhere: Mapping[str, Mapping] | None = None,
           width: int = 0) -> Table:
    """The rows of ``claims.judge`` that were judged: statement, verdict, the paper's number, ours with its interval,
    seeds. data: the data set, whose words the verdicts take. elsewhere: by id, the rows of the published FER2013
    results, whose verdict then stands beside. width: most characters of a statement; 0 = all."""
    judged = [row for row in rows if row["verdict"] != "not_run"]
    lines = []
    for row in judged:
        unit = Unit(row["unit"])
        said = row["statement"] if not width else shorten(row["statement"], width, placeholder=" …")
        published = (elsewhere or {}).get(row["id"], {}).get("verdict")
        beside = [names.verdict(published, "fer2013") if published else NONE] if elsewhere is not None else []
        lines.append((said, names.verdict(row["verdict"], data), *beside,
                      unit.bound(row["expected"], row["relation"]),
                      unit.format(row["observed"]) + unit.deviation(row.get("sd")), unit.interval(row["interval"]),
                      str(row["n_seeds"])))
    heads = ("claim", "verdict" if elsewhere is None else "here",
             *(["on FER2013"] if elsewhere is not None else []), "paper", "ours", "95 %", "seeds")
    return Table(heads, lines, range(len(heads) - 4, len(heads)), "No claim was judged here.")


def markdown(heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> str:
    """A table in Markdown. numbers: columns set flush right."""
    flush = set(numbers)
    lines = [heads, ["--:" if k in flush else "---" for k in range(len(heads))], *rows]
    return "\n".join(f"| {' | '.join('' if value is None else str(value) for value in line)} |" for line in lines)


def folded(summary: str, content: str) -> str:
    """Markdown that a page shows when its summary is pressed."""
    return f"<details>\n<summary>{escape(summary)}</summary>\n\n{content}\n\n</details>"


def cell(value: object, unit: Unit = Unit.TEXT, key: str = "") -> str:
    """One value as text: in its unit, or by what it is where that is text alone; "–" for nothing."""
    if value is None:
        return NONE
    if key == "system" and "/" not in str(value):
        return names.system(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if unit is Unit.TEXT:
            return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
        return f"{value:.1f}" if key == "minutes" else unit.format(value)
    if isinstance(value, list | tuple):
        if key == "interval" and len(value) == 2:
            return unit.interval(value)
        return ", ".join(cell(one, unit) for one in value) or NONE
    return names.in_words(str(value))


def _plain(value: object) -> object:
    """A value without numpy, whose booleans and whole numbers are no bool and no int; None for NaN."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value
