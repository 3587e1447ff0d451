"""Executed notebooks as HTML pages for ``results/notebooks``: small, for a figure keeps its data and not its drawer.

A page links plotly.js and MathJax; its code and the rounded data of its figures are packed together (gzip, base64) and
unpacked by the browser. Only runs on synthetic faces are rendered: pages of others could hold pixels of a data set.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
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
LONG = 300  # bytes from which on an array is shared between figures
SIDES = {"right;white-space:nowrap": "", "right": " class=r", "left;white-space:nowrap": " class=w",
         "left": " class=l"}  # a table's styles in a page's words, none for the most frequent
ENDS = re.compile(r"</t[rdh]>|</tbody>|</thead>")  # tags that HTML lets out
STEPS = 20  # that a map keeps between zero and its largest value
GREYS = 16  # of 256 grey values that an image no longer tells apart
# Code that IPython coloured, with its style sheet: many times as long as the code.
HIGHLIGHT = re.compile(r'<style>.*?</style>\s*<div class="highlight"><pre>(.*?)</pre></div>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
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
    folder = paths.make_folder(paths.repository() / "results" / FOLDER)
    return [files.write_text(folder / name, text) for name, text in (pages | {"README.md": _list(record)}).items()]


def page(notebook: Path) -> str:
    """One executed notebook as a whole HTML document."""
    from plotly.offline import get_plotlyjs_version

    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    cells = [cell for cell in cells if "injected-parameters" not in cell["metadata"].get("tags", [])]
    style = resources.files("ferkit.reporting").joinpath("notebook_page.css").read_text(encoding="utf-8")
    script = resources.files("ferkit.reporting").joinpath("notebook_page.js").read_text(encoding="utf-8")
    packed = Packed(_template(cells))
    body = "".join(_cell(cell, packed) for cell in cells)
    title = "".join(cells[0]["source"]).partition("\n")[0].lstrip("# ")
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{style}</style>\n'
            f'<script src="https://cdn.plot.ly/plotly-{get_plotlyjs_version()}.min.js" defer></script>\n'
            "<script>MathJax = {tex: {inlineMath: [['$', '$']]}}</script>\n"
            '<script src="https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-chtml.js" defer></script>\n'
            f'</head><body><main data-figures="{packed.text()}">\n{body}</main>\n'
            f"<script>{script}</script></body></html>\n")


def _cell(cell: dict, packed: Packed) -> str:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return _section(source)
    packed.code.append(source)
    body = "".join(_output(output, packed) for output in cell.get("outputs", []))
    body = body.replace("</pre>\n<pre class=output>", "")  # what is printed comes in pieces, cut by chance
    return f"<details class=code><summary>code</summary><pre data-code={len(packed.code) - 1}></pre></details>\n{body}"


def _output(output: dict, packed: Packed) -> str:
    data = output.get("data", {})
    if FIGURE in data:
        height = data[FIGURE].get("layout", {}).get("height", 380)
        number = packed.add(data[FIGURE])
        return f'<div class=figure style="min-height:{height:.0f}px" data-figure={number}></div>\n'
    if "text/html" in data:
        return f"<div class=output>{_smaller(''.join(data['text/html'])).strip()}</div>\n"
    if "text/markdown" in data:
        return _section("".join(data["text/markdown"]))
    if "image/png" in data:
        image = "".join(data["image/png"]).strip()
        return f'<div class=output><img alt="" src="data:image/png;base64,{image}"></div>\n'
    text = "".join(output.get("text", data.get("text/plain", "")))
    return f"<pre class=output>{escape(text, quote=False)}</pre>\n" if text and text != "None" else ""


def _section(markdown: str) -> str:
    from nbconvert.filters import markdown2html

    return f"<section>{markdown2html(markdown)}</section>\n"


def _smaller(html: str) -> str:
    """The same with a page's own words for a table's styles, and code without its colours."""
    for side, short in SIDES.items():
        html = html.replace(f' style="text-align:{side}"', short)
    html = ENDS.sub("", html)
    return HIGHLIGHT.sub(lambda match: f"<pre>{TAG.sub('', match[1])}</pre>", html)


class Packed:
    """Code and figures of a page, for notebook_page.js to unpack: gzip over the length of a JSON text (uint32, little
    endian), that text and the bytes of all long arrays, each once however many figures hold it; then base64."""

    def __init__(self, template: dict) -> None:
        self.template, self.code, self.figures, self.arrays = template, [], [], {}

    def add(self, figure: dict) -> int:
        """The figure's number; it is kept without its template and further hover data, its numbers rounded."""
        self.figures.append({
            "data": [self._rounded({key: value for key, value in trace.items() if key != "customdata"})
                     for trace in figure["data"]],
            "layout": {key: value for key, value in figure["layout"].items() if key != "template"}})
        return len(self.figures) - 1

    def text(self) -> str:
        """Everything that was added."""
        content = {"template": self.template, "code": self.code, "figures": self.figures,
                   "lengths": list(map(len, self.arrays))}
        head = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
        whole = len(head).to_bytes(4, "little") + head + b"".join(self.arrays)
        return base64.b64encode(gzip.compress(whole, 9, mtime=0)).decode()

    def _rounded(self, value: object) -> object:
        """Numbers to three digits; of what plotly packed maps to `STEPS` steps of their largest, images to steps of
        `GREYS`; long arrays replaced by their number."""
        if isinstance(value, dict) and "bdata" in value:
            found = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
            if found.dtype.kind == "f" and "shape" not in value:  # places along an axis, not a map
                return [float(f"{one:.3g}") if np.isfinite(one) else None for one in found]
            if found.dtype.kind == "f":
                step = (np.nanmax(np.abs(found), initial=0.0) or 1.0) / STEPS
                found = (np.round(found / step) * step).astype("<f4")
            elif found.dtype == np.uint8 and len(np.unique(found)) > 256 // GREYS:
                found = found // GREYS * GREYS + GREYS // 2
            kept = value | {"dtype": found.dtype.str[1:]}
            if found.nbytes < LONG:
                return kept | {"bdata": base64.b64encode(found.tobytes()).decode()}
            return kept | {"bdata": self.arrays.setdefault(found.tobytes(), len(self.arrays))}
        if isinstance(value, dict):
            return {key: self._rounded(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._rounded(one) for one in value]
        return float(f"{value:.3g}") if isinstance(value, float) and np.isfinite(value) else value


def _template(cells: list[dict]) -> dict:
    """The template that all figures share, once a page; {} without figures."""
    return next((output["data"][FIGURE]["layout"].get("template", {}) for cell in cells
                 for output in cell.get("outputs", []) if FIGURE in output.get("data", {})), {})


def _list(record: dict) -> str:
    rows = [f"| [{one.stem[:2]} · {one.short}]({one.stem}.html) | {one.title} |" for one in replication.notebooks()]
    return "\n".join([
        "# The notebooks, executed", "",
        f"Pages of the run `{record['run']}` (profile {record['profile']}, synthetic faces) at commit "
        f"{str(record.get('git_commit'))[:12]}, as `python -m ferkit render-notebooks` writes them. Verdicts on "
        "synthetic faces say whether the machinery works; what was found on FER2013 stands beside them. Download a "
        "page and open it: figures and formulas need plotly.js and MathJax, which the page links.", "",
        "| notebook | what it shows |", "|---|---|", *rows, ""])
