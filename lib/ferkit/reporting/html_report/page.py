"""Pages out of templates: the jinja2 environment, its filters, and the script that draws figures."""

from __future__ import annotations

import os
from functools import cache
from importlib import resources
from pathlib import Path
from urllib.parse import quote

from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup

from ferkit.core.units import NONE, Unit
from ferkit.reporting import names

# Nothing may be fetched from anywhere: no script, style, font, image or connection but what the page carries.
POLICY = ("default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
          "form-action 'none'; base-uri 'none'")


def render(template: str, **context: object) -> str:
    """A whole HTML document; every value that is not markup is escaped, a key that a file lacks is nothing."""
    return _environment().get_template(template).render(**context)


@cache
def plotly_script() -> Markup:
    """plotly.js, the copy that the installed plotly carries."""
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader(__name__.rpartition(".")[0]), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=ChainableUndefined)
    environment.filters |= {"percent": percent, "quantity": quantity, "interval": interval, "bound": bound,
                            "short": short_hash, "duration": duration, "system": names.system,
                            "recipe": names.recipe_name, "verdict": names.verdict, "flat": flat,
                            "lookup": lambda label, counts: counts.get(label, 0)}
    environment.globals |= {"asset": _asset, "policy": POLICY, "plotly_script": plotly_script, "href": href,
                            "VERDICTS": names.VERDICTS, "STATUSES": names.STATUSES}
    return environment


def _asset(name: str) -> Markup:
    return Markup(resources.files("ferkit.reporting.html_report").joinpath(name).read_text(encoding="utf-8"))


def percent(value: object, digits: int = 1) -> str:
    """A fraction as percent ("70.0 %"); "–" for what is not a number."""
    return Unit.FRACTION.format(value, digits) if _is_number(value) else NONE


def quantity(value: object, unit: object = None) -> str:
    """A number in its unit; what is no number, or in no known unit, stands as it is."""
    return _unit(unit).format(value) if _is_number(value) else NONE if value is None else str(value)


def interval(bounds: object, unit: object = None, digits: int | None = None) -> str:
    """An interval [low, high], its unit said once; "–" where there is none."""
    numbers = isinstance(bounds, list | tuple) and all(map(_is_number, bounds))
    return _unit(unit).interval(bounds, digits) if numbers else NONE


def bound(value: object, relation: object = "=", unit: object = None) -> str:
    """What a claim asks for, with its relation: "> 10.0 pts"."""
    return _unit(unit).bound(value, relation or "=") if _is_number(value) else quantity(value)


def _unit(unit: object) -> Unit:
    try:
        return Unit(unit or Unit.FRACTION)
    except ValueError:
        return Unit.NUMBER


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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


def href(base: Path, path: Path) -> str | None:
    """The link from the folder of the page to a file; None where the file is not there."""
    return quote(Path(os.path.relpath(path, base)).as_posix()) if Path(path).is_file() else None


def flat(values: dict) -> list[tuple[str, str]]:
    """A dictionary as (name, text) pairs; a nested one adds its name in front, long lists are only counted."""
    pairs: list[tuple[str, str]] = []

    def add(prefix: str, value: object) -> None:
        if isinstance(value, dict) and 0 < len(value) <= 40:
            for key, inner in value.items():
                add(f"{prefix} {key}".strip(), inner)
        elif isinstance(value, list) and len(value) <= 40 and not any(isinstance(one, dict | list) for one in value):
            pairs.append((prefix, ", ".join(map(str, value)) or "none"))
        elif isinstance(value, dict | list):
            pairs.append((prefix, f"{len(value)} entries" if value else "none"))
        else:
            pairs.append((prefix, "none" if value is None or value == "" else str(value)))

    add("", values)
    return [(name.replace("_", " "), value) for name, value in pairs]
