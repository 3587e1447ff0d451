"""Fingerprints see what they must and nothing else."""

import json

import nbformat

from ferkit.pipeline import fingerprints


def test_a_modules_sources_are_itself_and_what_it_reaches():
    found = {path.relative_to(fingerprints.LIBRARY).as_posix() for path in fingerprints.reachable("ferkit.core.paths")}
    assert found == {"__init__.py", "paths.py", "errors.py", "protocols.py"}
    assert fingerprints.sources_sha256("ferkit.core.paths") != fingerprints.sources_sha256("ferkit.core.labels")


def test_late_and_relative_imports_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprints, "LIBRARY", tmp_path)
    for name, text in {"__init__": "", "a": "def f():\n    from ferkit import b", "b": "from . import c",
                       "c": "import json, ferkit.d as d", "d": "", "e": ""}.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert {path.stem for path in fingerprints.reachable("ferkit.a")} == {"__init__", "a", "b", "c", "d"}


def test_the_librarys_hash_changes_with_any_source(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprints, "LIBRARY", tmp_path)
    (tmp_path / "a.py").write_text("1")
    before = fingerprints.library_sha256()
    (tmp_path / "notes.txt").write_text("not a source")
    assert fingerprints.library_sha256() == before
    (tmp_path / "a.py").write_text("2")
    assert fingerprints.library_sha256() != before


def test_a_notebooks_hash_sees_sources_and_not_outputs_or_metadata(tmp_path):
    path = tmp_path / "a.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(notebook, path)
    before = fingerprints.cells_sha256(path)
    content = json.loads(path.read_text())
    content["cells"][0].update(outputs=[{"output_type": "stream", "name": "stdout", "text": "2"}],
                               execution_count=3, source=["1 ", "+ 1"])
    path.write_text(json.dumps(content))
    assert fingerprints.cells_sha256(path) == before
    content["cells"][0]["source"] = "1 + 2"
    path.write_text(json.dumps(content))
    assert fingerprints.cells_sha256(path) != before
