"""jsonschema without its slow dependency, wherever a notebook is read, shown or run."""

import subprocess
import sys

import pytest

from ferkit.core import quick_import

CHECKS = ("from ferkit.results import schema; schema.problems('headline', {'system': 'a', 'recipe': 'b', "
          "'seeds': 'all', 'chosen_by': 'val'})")
SHOWS = ("import plotly.graph_objects as go; from ferkit.reporting.figures import store; "
         "store.show(go.Figure(), 'run', '00_none', 'name', title='', caption='')._ipython_display_(); import nbformat")
PAPERMILL = ("from pathlib import Path; from ferkit.pipeline import notebook_execution\n"
             "try: notebook_execution.execute(Path('no.ipynb'), Path('none.ipynb'), {})\n"
             "except FileNotFoundError: pass\nimport papermill, nbformat")


@pytest.mark.parametrize("code", [CHECKS, SHOWS, PAPERMILL], ids=["checking", "a figure", "papermill"])
def test_nothing_waits_for_what_checks_formats(tmp_path, code):
    asks = "\nimport sys; assert 'jsonschema' in sys.modules; sys.exit('rfc3987_syntax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code + asks], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_whoever_wants_the_formats_gets_them_afterwards():
    before = sys.modules.get("rfc3987_syntax", "not imported")
    assert quick_import.jsonschema().Draft202012Validator
    assert sys.modules.get("rfc3987_syntax", "not imported") is before


def test_without_jsonschema_there_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    assert quick_import.jsonschema() is None
