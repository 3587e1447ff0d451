"""The tour runs from top to bottom without a browser, by itself and without a warning."""

import json

import pytest

from ferkit.core import paths
from ferkit.papers import replication
from ferkit.pipeline import notebook_execution, parameters

NOTEBOOKS = paths.repository() / "notebooks"


def _run(source, tmp_path, monkeypatch, **chosen):
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path / "runs"))
    done = notebook_execution.execute(source, tmp_path / source.name, chosen)
    assert done.failure is None
    return json.loads((tmp_path / source.name).read_text(encoding="utf-8"))["cells"]


def _texts(cells, tag="nbval-check-output"):
    outputs = [out for cell in cells if tag in cell["metadata"].get("tags", []) for out in cell["outputs"]]
    return "".join("".join(out["text"]) for out in outputs)


def _of_kind(cells, mime):
    return [out for cell in cells for out in cell.get("outputs", []) if mime in out.get("data", {})]


def test_the_tour_runs_headless_with_its_widgets(tmp_path, monkeypatch):
    cells = _run(NOTEBOOKS / f"{replication.TOUR.stem}.ipynb", tmp_path, monkeypatch)
    assert len(_of_kind(cells, "application/vnd.jupyter.widget-view+json")) == 2
    assert "False" not in _texts(cells) and "chosen weights are published: True" in _texts(cells)
    assert [out for cell in cells for out in cell.get("outputs", []) if out.get("name") == "stderr"] == []
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("stem", replication.stems())
def test_the_tour_leads_to_every_notebook(stem):
    tour = parameters.cells(NOTEBOOKS / f"{replication.TOUR.stem}.ipynb")
    text = "\n".join(parameters.source_of(cell) for cell in tour)
    assert f"({stem}.ipynb)" in text
