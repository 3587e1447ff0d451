"""Figures on disk: one small JSON file each, in the order in which their notebook showed them."""

import copy
import json
import textwrap
from pathlib import Path

import plotly.graph_objects as go

from ferkit.core import files, paths, quick_import
from ferkit.core.errors import InputError
from ferkit.reporting.figures import style

SCHEMA = 1
LEGEND = 24  # pixels of one row of it
CAPTION_WIDTH, CAPTION_LINE = 130, 16  # characters in a line of a caption, pixels of its height
_shown: dict[tuple[str, str], list[str]] = {}  # (run, notebook) → names in the order of this process


def save(fig: go.Figure, directory: Path, name: str, *, title: str, caption: str, order: int = 1) -> Path:
    """The file ``<directory>/<order>_<name>.json`` with the figure, its title and what to see in it.

    A file of the same name with another order is replaced: the report shows each figure once. Written atomically.
    """
    if not name.replace("_", "").isalnum():
        raise InputError(f"figure name {name!r}: use letters, digits and underscores only")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{order:02d}_{name}.json"
    content = {"schema": SCHEMA, "order": order, "name": name, "title": title, "caption": caption,
               "figure": json.loads(fig.to_json())}
    files.write_text(path, json.dumps(content, separators=(",", ":")))
    for other in directory.glob(f"[0-9][0-9]_{name}.json"):
        if other != path:
            other.unlink()
    return path


def show(fig: go.Figure, run: str, notebook: str, name: str, *, title: str, caption: str) -> go.Figure:
    """The figure with title and caption set, for display, after it was saved under the run's ``<notebook>/figures``.

    The order is the order of first showing in this process; showing a name again keeps its place.
    """
    quick_import.jsonschema()  # displaying the figure imports it
    names = _shown.setdefault((run, notebook), [])
    if name not in names:
        names.append(name)
    directory = paths.run_directory(run) / notebook / "figures"
    save(fig, directory, name, title=title, caption=caption, order=names.index(name) + 1)
    titled = copy.deepcopy(fig)
    if "panels" in (titled.layout.meta or {}):  # laid out for this width: stretched, a face is not square any more
        titled.update_layout(width=style.WIDTH)
    lines = textwrap.wrap(caption, CAPTION_WIDTH)
    margin = (titled.layout.margin.t or 40) + _legend_height(titled)
    head = 34 + CAPTION_LINE * len(lines)
    height = (titled.layout.height or 380) + head + margin - (titled.layout.margin.t or 40)
    titled.update_layout(
        title={"text": title, "x": 0, "xref": "paper", "yref": "container", "y": 1 - 8 / height, "yanchor": "top",
               "font": {"size": 16}, "subtitle": {"text": "<br>".join(lines), "font": {"size": 12}}},
        margin={"t": margin + head}, height=height)
    return titled


def _legend_height(fig: go.Figure) -> int:
    """By how many pixels a legend above the plot reaches out of the margin: it stands at a share of the plot's height,
    which in a tall figure is far up, in the title."""
    if not any(trace.showlegend or (trace.showlegend is None and trace.name) for trace in fig.data):
        return 0
    top, bottom = fig.layout.margin.t or 40, fig.layout.margin.b or 56
    above = ((fig.layout.legend.y or style.TEMPLATE.layout.legend.y) - 1) * ((fig.layout.height or 380) - top - bottom)
    return max(0, round(above) + LEGEND - top) if above > 0 else 0


def load_all(run_directory: Path) -> dict[str, list[dict]]:
    """Every saved figure of a run: ``{notebook: [{name, order, title, caption, figure}, …]}``, both in order.

    A file that cannot be read is left out with its reason in place of the figure (`figure` None, `error`).
    """
    found = {}
    for directory in sorted(Path(run_directory).glob("*/figures")):
        entries = []
        for path in sorted(directory.glob("[0-9][0-9]_*.json")):
            try:
                entry = json.loads(path.read_text(encoding="utf-8"))
                entries.append({"order": entry["order"], "name": entry["name"], **entry})
            except (OSError, ValueError, KeyError, TypeError) as error:
                entries.append({"order": 99, "name": path.stem[3:], "title": path.stem[3:], "caption": "",
                                "figure": None, "error": f"{path.name} cannot be read: {error}"})
        if entries:
            found[directory.parent.name] = sorted(entries, key=lambda entry: (entry["order"], entry["name"]))
    return found
