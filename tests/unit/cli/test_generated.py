"""What is written from the published results says what else changed: the list of checksums hides nothing."""

from types import SimpleNamespace

import pytest

from ferkit.cli import generated
from ferkit.core import paths
from ferkit.publishing import publish


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A checkout with nothing in it, whose list differs by a page, a result and a tree's list."""
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    monkeypatch.setattr(publish, "write_lists", lambda: ["~ claims.md", "- jaffe/x.json", "~ jaffe/SHA256SUMS"])
    (tmp_path / "results").mkdir()
    return tmp_path


def test_what_another_hand_changed_is_said_beside_what_is_written(repository, capsys):
    wanted = SimpleNamespace(wanted=lambda: {repository / "results" / "claims.md": b"new"})
    assert generated.write_or_check(SimpleNamespace(check=False), wanted, "stale") == 0
    said = capsys.readouterr().out
    assert "SHA256SUMS: - jaffe/x.json (changed since it was last listed)" in said
    assert said.count("SHA256SUMS") == 1 and said.count("claims.md") == 1


def test_a_check_writes_no_list(repository, monkeypatch):
    monkeypatch.setattr(publish, "write_lists", lambda: pytest.fail("written"))
    wanted = SimpleNamespace(wanted=lambda: {repository / "results" / "claims.md": b"new"})
    assert generated.write_or_check(SimpleNamespace(check=True), wanted, "stale") == 1
