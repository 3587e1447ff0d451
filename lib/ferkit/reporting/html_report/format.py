"""Values as people read them: chips, numbers with their unit, links, durations."""

import os
from pathlib import Path

from ferkit.core.units import Unit
from ferkit.reporting.html_report.markup import Markup, escape, facts, join, tag

VERDICTS = {  # in the order of the page: sign and words
    "reproduced": ("✓", "reproduced"),
    "exceeded": ("▲", "exceeded"),
    "partly": ("◐", "partly"),
    "not_reproduced": ("✕", "not reproduced"),
    "not_run": ("○", "not run"),
}
STATUS_SAYS = {
    "finished": "trained to the end",
    "diverged": "the loss stopped being a number; what was tested, if anything, is its last good epoch",
    "collapsed": "it answers with one class whatever it sees",
    "failed": "it stopped with an error",
}


def verdict_chip(verdict: object) -> Markup:
    """A verdict as sign, word and colour."""
    sign, words = VERDICTS.get(verdict, ("?", str(verdict)))
    return tag("span", f"{sign} {words}", class_=f"chip {verdict if verdict in VERDICTS else 'unknown'}")


def status_chip(status: object) -> Markup:
    """A cell's status as a coloured word; what it means on hovering."""
    known = status if status in STATUS_SAYS else "unknown"
    return tag("span", status or "unknown", class_=f"chip {known}", title=STATUS_SAYS.get(status))


def quantity(value: object, unit: object = None) -> Markup:
    """A number in its unit, an unknown one as a plain number. What is no number stands as it is, None as a dash."""
    if value is None:
        return escape("–")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return escape(value)
    unit = {one.value: one for one in Unit}.get(unit or "fraction", Unit.NUMBER)
    return escape(unit.format(value, 1 if unit is Unit.FRACTION else None))


def interval(bounds: object, unit: object = None) -> Markup:
    """An interval [low, high] in the form of `quantity`; a dash where there is none."""
    if not isinstance(bounds, list | tuple) or len(bounds) != 2 or None in bounds:
        return escape("–")
    low, high = (quantity(bound, unit) for bound in bounds)
    for tail in (" %", " pts", " ×"):
        if low.endswith(tail) and high.endswith(tail):
            low = Markup(low.removesuffix(tail))
    return join([low, " … ", high])


def link(base: Path, path: Path, text: str) -> Markup:
    """A link relative to the folder `base` where the file is there, plain text where it is not."""
    if not Path(path).is_file():
        return tag("code", text)
    return tag("a", text, href=Path(os.path.relpath(path, base)).as_posix())


def nested(values: dict) -> Markup:
    """A dictionary as facts; a nested one adds its name in front, long lists are only counted."""
    flat: list[tuple[str, object]] = []

    def add(prefix: str, value: object) -> None:
        if isinstance(value, dict) and 0 < len(value) <= 40:
            for key, inner in value.items():
                add(f"{prefix} {key}".strip(), inner)
        elif isinstance(value, list) and len(value) <= 40 and not any(isinstance(v, dict | list)
                                                                      for v in value):
            flat.append((prefix, ", ".join(map(str, value)) or "none"))
        elif isinstance(value, dict | list):
            flat.append((prefix, f"{len(value)} entries" if value else "none"))
        else:
            flat.append((prefix, "none" if value is None or value == "" else str(value)))

    add("", values)
    return facts([(name.replace("_", " "), value) for name, value in flat])


def short_hash(digest: object) -> str | None:
    """The first 12 digits of a hash; None for none."""
    return str(digest)[:12] if digest else None


def duration(seconds: float) -> str:
    """ "48 s", "3 min 20 s", "2 h 05 min"."""
    seconds = round(seconds)
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 5400:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
