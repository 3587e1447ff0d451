"""Executed notebooks as HTML pages for ``results/notebooks``: small, for a figure keeps its data and not its drawer.

A page links plotly.js and MathJax; a figure's data are rounded, packed (gzip, base64) and unpacked by the browser. Only
runs on synthetic faces are rendered: pages of others could hold pixels of a data set.
"""

from __future__ import annotations

import base64
import gzip
import json
from html import escape
from importlib import resources
from pathlib import Path

import numpy as np

from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.results import manifest

FOLDER = "notebooks"  # below results
LARGEST = 600_000  # bytes of all pages together
LONG = 400  # letters from which on an array is shared between figures
SIDES = {"right;white-space:nowrap": " class=n", "right": " class=r", "left": ""}  # a table's styles in a page's words
STEPS = 30  # that a map keeps between zero and its largest value
FIGURE = "application/vnd.plotly.v1+json"


def write(run: Path) -> list[Path]:
    """Write the pages of a run and a list of them; their paths. run: its folder.

    InputError for a run on other than synthetic faces, one with a notebook missing, and pages that are too large.
    """
    record = manifest.read(run)
    if record.get("dataset") != "synthetic":
        raise InputError(f"{run}: only a run on synthetic faces is rendered, this is {record.get('dataset', 'no run')}")
    missing = [stem for stem in replication.stems() if not (run / "notebooks" / f"{stem}.ipynb").is_file()]
    if missing:
        raise InputError(f"{run}: {missing[0]} is not finished; ./run_all.sh finishes it")
    pages = {f"{stem}.html": page(run / "notebooks" / f"{stem}.ipynb") for stem in replication.stems()}
    if (size := sum(len(text.encode()) for text in pages.values())) > LARGEST:
        raise InputError(f"the pages take {size:,} bytes, {LARGEST:,} are allowed: render a smaller run")
    folder = paths.repository() / "results" / FOLDER
    return [files.write_text(folder / name, text) for name, text in (pages | {"README.md": _list(record)}).items()]


def page(notebook: Path) -> str:
    """One executed notebook as a whole HTML document."""
    from plotly.offline import get_plotlyjs_version

    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    cells = [cell for cell in cells if "injected-parameters" not in cell["metadata"].get("tags", [])]
    style = resources.files("ferkit.reporting").joinpath("notebook_page.css").read_text(encoding="utf-8")
    script = resources.files("ferkit.reporting").joinpath("notebook_page.js").read_text(encoding="utf-8")
    arrays: dict[str, int] = {}  # long ones, each once a page however many figures hold it
    body = "".join(_cell(cell, arrays) for cell in cells)
    shared = _pack({"template": _template(cells), "arrays": list(arrays)})
    title = "".join(cells[0]["source"]).partition("\n")[0].lstrip("# ")
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{style}</style>\n'
            f'<script src="https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js" defer></script>\n'
            "<script>MathJax = {tex: {inlineMath: [['$', '$']]}}</script>\n"
            '<script src="https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-chtml.js" defer></script>\n'
            f'</head><body><main data-shared="{shared}">\n{body}</main>\n<script>{script}</script></body></html>\n')


def _cell(cell: dict, arrays: dict[str, int]) -> str:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        from nbconvert.filters import markdown2html

        return f"<section>{markdown2html(source)}</section>\n"
    body = "".join(_output(output, arrays) for output in cell.get("outputs", []))
    return f"<details class=code><summary>code</summary><pre>{escape(source)}</pre></details>\n{body}"


def _output(output: dict, arrays: dict[str, int]) -> str:
    data = output.get("data", {})
    if FIGURE in data:
        figure = packed(data[FIGURE], arrays)
        height = data[FIGURE].get("layout", {}).get("height", 380)
        return f'<div class=figure style="min-height:{height:.0f}px" data-figure="{figure}"></div>\n'
    for kind, wrapped in (("text/html", "{}"), ("text/markdown", ""), ("image/png", '<img alt="" src="data:image/png;'
                                                                       'base64,{}">')):
        if kind in data:
            text = "".join(data[kind])
            for side, short in SIDES.items():
                text = text.replace(f' style="text-align:{side}"', short)
            if kind == "text/markdown":
                from nbconvert.filters import markdown2html

                return f"<section>{markdown2html(text)}</section>\n"
            return f"<div class=output>{wrapped.format(text.strip())}</div>\n"
    text = "".join(output.get("text", data.get("text/plain", "")))
    return f"<pre class=output>{escape(text)}</pre>\n" if text and text != "None" else ""


def packed(figure: dict, arrays: dict[str, int]) -> str:
    """A plotly figure as JSON, gzip and base64: without its template and further hover data, numbers rounded, long
    arrays replaced by their place in `arrays`, to which they are added."""
    kept = {"data": [_rounded({key: value for key, value in trace.items() if key != "customdata"}, arrays)
                     for trace in figure["data"]],
            "layout": {key: value for key, value in figure["layout"].items() if key != "template"}}
    return _pack(kept)


def _template(cells: list[dict]) -> dict:
    """The template that all figures share, once a page; {} without figures."""
    return next((output["data"][FIGURE]["layout"].get("template", {}) for cell in cells
                 for output in cell.get("outputs", []) if FIGURE in output.get("data", {})), {})


def _pack(content: dict) -> str:
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _rounded(value: object, arrays: dict[str, int]) -> object:
    """Numbers to four digits; an array of them that plotly packed (floats), to `STEPS` steps of its largest."""
    if isinstance(value, dict) and "bdata" in value:
        found = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        if found.dtype.kind == "f" and "shape" not in value:  # places along an axis, not a map
            return [float(f"{one:.4g}") if np.isfinite(one) else None for one in found]
        if found.dtype.kind == "f":
            step = (np.nanmax(np.abs(found), initial=0.0) or 1.0) / STEPS
            found = (np.round(found / step) * step).astype("<f4")
            value = value | {"dtype": "f4", "bdata": base64.b64encode(found.tobytes()).decode()}
        text = value["bdata"]
        return value | {"bdata": arrays.setdefault(text, len(arrays))} if len(text) >= LONG else value
    if isinstance(value, dict):
        return {key: _rounded(one, arrays) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one, arrays) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) and np.isfinite(value) else value


def _list(record: dict) -> str:
    rows = [f"| [{one.stem[:2]} · {one.short}]({one.stem}.html) | {one.title} |" for one in replication.notebooks()]
    return "\n".join([
        "# The notebooks, executed", "",
        f"Pages of the run `{record['run']}` (profile {record['profile']}, synthetic faces) at commit "
        f"{str(record.get('git_commit'))[:12]}, as `python -m ferkit render-notebooks` writes them. Verdicts on "
        "synthetic faces say whether the machinery works; what was found on FER2013 stands beside them. Download a "
        "page and open it: figures and formulas need plotly.js and MathJax, which the page links.", "",
        "| notebook | what it shows |", "|---|---|", *rows, ""])
