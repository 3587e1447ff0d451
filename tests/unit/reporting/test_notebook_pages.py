"""Executed notebooks as pages: small, with every figure and no picture of a real face."""

import base64
import gzip
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from ferkit.core.errors import InputError
from ferkit.reporting import notebook_pages

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
    for part in ("<title>01 · A title", "<details>x</details>", "$\\theta_1$", "a &lt; b", "<table>1</table>",
                 "x &lt; y", 'style="min-height:300px"'):
        assert part in page
    assert "Figure(" not in page


def test_a_figure_is_packed_small_and_as_it_was():
    whole = json.loads(FIGURE.to_json())
    arrays = {}
    text = notebook_pages.packed(whole, arrays)
    z = json.loads(gzip.decompress(base64.b64decode(text)))["data"][0]["z"]
    found = np.frombuffer(base64.b64decode(list(arrays)[z["bdata"]]), z["dtype"])
    assert np.abs(found - np.linspace(-1, 1, 48 * 48)).max() < 1 / notebook_pages.STEPS
    assert notebook_pages.packed(whole, arrays) == text and len(arrays) == 1  # twice the same is kept once


def test_a_run_on_other_faces_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"dataset": "fer2013"}))
    with pytest.raises(InputError, match="only a run on synthetic faces"):
        notebook_pages.write(tmp_path)
