"""Fingerprints see what they must and nothing else."""

from ferkit.core import source_hashes


def test_a_modules_sources_are_itself_and_what_it_reaches():
    found = {path.relative_to(source_hashes.LIBRARY).as_posix()
             for path in source_hashes.reachable("ferkit.core.paths")}
    assert found == {"__init__.py", "core/__init__.py", "core/paths.py", "core/errors.py", "core/protocols.py"}
    assert source_hashes.sources_sha256("ferkit.core.paths") != source_hashes.sources_sha256("ferkit.core.labels")


def test_late_imports_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(source_hashes, "LIBRARY", tmp_path)
    for name, text in {"__init__": "", "a": "def f():\n    from ferkit import b", "b": "from ferkit import c",
                       "c": "import json, ferkit.d as d", "d": "", "e": ""}.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert {path.stem for path in source_hashes.reachable("ferkit.a")} == {"__init__", "a", "b", "c", "d"}


def test_the_librarys_hash_changes_with_any_source(tmp_path, monkeypatch):
    monkeypatch.setattr(source_hashes, "LIBRARY", tmp_path)
    (tmp_path / "a.py").write_text("1")
    before = source_hashes.library_sha256()
    (tmp_path / "notes.txt").write_text("not a source")
    assert source_hashes.library_sha256() == before
    (tmp_path / "a.py").write_text("2")
    assert source_hashes.library_sha256() != before
