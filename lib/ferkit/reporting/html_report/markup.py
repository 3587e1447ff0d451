"""HTML out of plain values: whatever is not markup already is escaped, so nothing read from a file can be
code."""

import html
from collections.abc import Iterable, Sequence


class Markup(str):
    """Text that is HTML already; `tag` leaves it alone and escapes every other string."""


def escape(value: object) -> Markup:
    """The value as HTML text; markup stays as it is, None is nothing."""
    if isinstance(value, Markup):
        return value
    return Markup("" if value is None else html.escape(str(value), quote=True))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element, e.g. ``tag("p", "a < b", class_="note")``; iterables of children are flattened.

    An attribute's underscores become hyphens and a trailing one is dropped; True gives a bare attribute,
    None and False leave it out. `br`, `meta` and `hr` have no end tag.
    """
    opened = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in ("br", "meta", "hr"):
        return Markup(f"<{name}{opened}>")
    return Markup(f"<{name}{opened}>{join(children)}</{name}>")


def join(children: Iterable[object]) -> Markup:
    """Children one after the other, escaped where they are not markup; lists and tuples flattened."""
    return Markup("".join(join(child) if isinstance(child, list | tuple) else escape(child)
                          for child in children))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str, class_: str = "",
          numbers: Sequence[int] = (), row_attributes: Sequence[dict] | None = None) -> Markup:
    """A table whose rows become cards on a phone (each cell carries its column's name).

    numbers: positions of the columns set flush right. row_attributes: of each row, in order.
    """
    head = tag("tr", [tag("th", text, scope="col", class_="n" if k in numbers else None)
                      for k, text in enumerate(heads)])
    lines = []
    for r, row in enumerate(rows):
        cells = [tag("td" if k else "th", cell, scope=None if k else "row", data_label=heads[k],
                     class_="n" if k in numbers else None) for k, cell in enumerate(row)]
        lines.append(tag("tr", cells, **(row_attributes[r] if row_attributes else {})))
    return tag("div", tag("table", tag("caption", caption), tag("thead", head), tag("tbody", lines),
                          class_=class_),
               class_="wide", tabindex="0", role="region", aria_label=caption)


def facts(pairs: Iterable[tuple[str, object]]) -> Markup:
    """A list of names and values; pairs without a value are left out."""
    shown = [(name, value) for name, value in pairs if value not in (None, "", [], {})]
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in shown], class_="facts")


def details(summary: object, *children: object) -> Markup:
    """A part that opens on demand."""
    return tag("details", tag("summary", summary), *children)


def percent(value: object, digits: int = 1) -> str:
    """A fraction as percent ("70.0 %"); "–" for what is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–"
    return f"{value * 100:.{digits}f} %"


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{html.escape(str(value), quote=True)}"'
