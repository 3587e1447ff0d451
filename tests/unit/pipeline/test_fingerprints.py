"""What makes a finished notebook stale: its cells, what it imports, its own paper; nothing else of the library."""

import pytest

from ferkit.core import files, source_hashes
from ferkit.papers import replication
from ferkit.pipeline import fingerprints


@pytest.fixture
def edited(monkeypatch):
    """Pretend that one file of the library was edited; returns a function that names it."""
    original = files.sha256

    def edit(name):
        monkeypatch.setattr(files, "sha256", lambda path: "edited" if path.as_posix().endswith(name)
                            else original(path))

    return edit


@pytest.mark.parametrize(("name", "stale"), [
    ("training/trainer.py", {"02_stn_attention", "03_gap_cnn_svm", "04_occlusion_analysis"}),
    ("papers/minaee2021_deep_emotion/recipes.py", {"02_stn_attention", "04_occlusion_analysis",
                                                   "05_confusion_comparison"}),
    ("papers/qiao2022_gap_svm/plan.py", {"03_gap_cnn_svm", "04_occlusion_analysis", "05_confusion_comparison"}),
    ("reporting/readme/tables.py", set()), ("publishing/publish.py", set()), ("cli/run.py", set())])
def test_an_edit_makes_those_notebooks_stale_that_depend_on_it(edited, name, stale):
    before = {stem: fingerprints.library_sha256(stem) for stem in replication.stems()}
    edited(name)
    changed = {stem for stem in before if fingerprints.library_sha256(stem) != before[stem]}
    assert stale <= changed if stale else changed == set()


def test_annotations_are_no_imports():
    source = source_hashes.LIBRARY / "experiments" / "system.py"
    assert "torch" not in source_hashes.imports(source)
