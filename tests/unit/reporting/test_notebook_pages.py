"""Executed notebooks as pages: small, with every figure and no picture of a real face."""

import base64
import gzip
import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.reporting import notebook_pages, tables

FIGURE = go.Figure(go.Heatmap(z=np.linspace(-1, 1, 48 * 48).reshape(48, 48)), layout={"height": 300})


def executed(folder, *outputs):
    cells = [{"cell_type": "markdown", "metadata": {}, "source": "# 01 · A title\n\n<details>x</details> $\\theta_1$"},
             {"cell_type": "code", "metadata": {}, "source": "a < b", "outputs": list(outputs)}]
    path = folder / "01_x.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return path


def test_a_page_holds_text_code_tables_and_figures(tmp_path):
    page = notebook_pages.page(executed(
        tmp_path, {"data": {notebook_pages.FIGURE: json.loads(FIGURE.to_json()), "text/plain": "Figure"}},
        {"data": {"text/html": ["<table>1</table>"]}}, {"name": "stdout", "text": "x < y"}))
    for part in ("<title>01 · A title", "<details>x</details>", "$\\theta_1$", "<table>1</table>",
                 "x &lt; y", 'style="min-height:300px"'):
        assert part in page
    assert "Figure(" not in page and "<pre data-code=0></pre>" in page
    content, _ = unpacked(re.search('data-figures="(.*?)"', page)[1])
    assert content["code"] == ["a < b"]


def test_what_was_printed_in_pieces_is_one_output(tmp_path):
    one, two = ({"name": "stdout", "text": [text]} for text in ("first\n", "second\n"))
    assert "<pre class=output>first\nsecond\n</pre>" in notebook_pages.page(executed(tmp_path, one, two))


def unpacked(text):
    """What notebook_page.js makes of a page's figures: the JSON text and the long arrays."""
    whole = gzip.decompress(base64.b64decode(text))
    end = 4 + int.from_bytes(whole[:4], "little")
    content, arrays = json.loads(whole[4:end]), []
    for length in content["lengths"]:
        arrays.append(whole[end:end + length])
        end += length
    assert end == len(whole)
    return content, arrays


def test_figures_are_packed_small_and_as_they_were():
    image = go.Figure(go.Heatmap(z=np.arange(2304, dtype=np.uint8).reshape(48, 48)))
    packed = notebook_pages.Packed({"layout": {}})
    numbers = [packed.add(json.loads(figure.to_json())) for figure in (FIGURE, FIGURE, image)]
    content, arrays = unpacked(packed.text())
    assert numbers == [0, 1, 2] and len(arrays) == 2  # twice the same is kept once
    z = content["figures"][1]["data"][0]["z"]
    found = np.frombuffer(arrays[z["bdata"]], z["dtype"])
    assert np.abs(found - np.linspace(-1, 1, 48 * 48)).max() < 1 / notebook_pages.STEPS
    greys = np.frombuffer(arrays[content["figures"][2]["data"][0]["z"]["bdata"]], np.uint8).astype(int)
    assert np.abs(greys - np.arange(2304) % 256).max() <= notebook_pages.GREYS // 2


def test_code_is_kept_without_its_colours(tmp_path):
    coloured = "<style>pre {}</style><div class=\"highlight\"><pre><span class=\"k\">def</span> f(x)</pre></div>"
    page = notebook_pages.page(executed(tmp_path, {"data": {"text/html": [coloured]}}))
    assert "<pre>def f(x)</pre>" in page and "span" not in page.partition("<main")[2]


def test_a_run_on_other_faces_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"dataset": "fer2013"}))
    with pytest.raises(InputError, match="only a run on synthetic faces"):
        notebook_pages.write(tmp_path)


def test_a_tables_styles_become_classes_and_tags_that_html_lets_out_go(tmp_path):
    table = tables.Table(("name", "n"), [("a", "1"), ("b" * 40, "2")], {1})._repr_html_()
    page = notebook_pages.page(executed(tmp_path, {"data": {"text/html": [table]}}))
    assert "<tbody><tr><td class=l>a<td>1<tr>" in page and "text-align" not in page.partition("<main")[2]


def test_a_page_for_each_notebook_and_a_list_of_them_are_written_into_a_folder_that_is_made(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    for stem in replication.stems():
        executed(tmp_path).rename(tmp_path / "notebooks" / f"{stem}.ipynb")
    (tmp_path / "manifest.json").write_text(json.dumps({
        "schema": 1, "dataset": "synthetic", "run": "r", "profile": "quick", "git_commit": "0123456789abcdef",
        "notebooks": []}))
    monkeypatch.setattr(notebook_pages.paths, "repository", lambda: tmp_path / "checkout")
    written = notebook_pages.write(tmp_path)
    assert [path.name for path in written] == [*(f"{stem}.html" for stem in replication.stems()), "README.md"]
    assert "at commit 0123456789ab" in written[-1].read_text() and all(path.is_file() for path in written)
