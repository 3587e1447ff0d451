"""What is written from the published results says what else changed: the list of checksums hides nothing."""

import sys
from types import SimpleNamespace

import pytest

from ferkit.cli import generated
from ferkit.core import paths
from ferkit.publishing import publish


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A checkout with nothing in it, whose list differs by a page, a result and a tree's list; a module wants a page.
    """
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    monkeypatch.setattr(publish, "write_lists", lambda: ["~ claims.md", "- jaffe/x.json", "~ jaffe/SHA256SUMS"])
    pages = SimpleNamespace(wanted=lambda: {tmp_path / "results" / "claims.md": b"new"})
    monkeypatch.setitem(sys.modules, "pages", pages)
    (tmp_path / "results").mkdir()
    return tmp_path


def test_what_another_hand_changed_is_said_beside_what_is_written(repository, capsys):
    assert generated.write_or_check("pages", SimpleNamespace(check=False, command="readme")) == 0
    said = capsys.readouterr().out
    assert "SHA256SUMS: - jaffe/x.json (changed since it was last listed)" in said
    assert said.count("SHA256SUMS") == 1 and said.count("claims.md") == 1


def test_a_check_writes_no_list(repository, monkeypatch, capsys):
    monkeypatch.setattr(publish, "write_lists", lambda: pytest.fail("written"))
    assert generated.write_or_check("pages", SimpleNamespace(check=True, command="readme")) == 1
    assert capsys.readouterr().out == "results/claims.md: stale, run python -m ferkit readme\n"
