"""A notebook's fingerprint sees what it must and nothing else."""

import json

import nbformat

from ferkit.pipeline import fingerprints


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
