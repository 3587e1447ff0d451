"""Places by name, moved only by the environment."""

import os
from pathlib import Path

import pytest

from ferkit.core import paths
from ferkit.core.errors import InputError


def test_runs_lie_in_the_checkout_unless_the_environment_moves_them(monkeypatch, tmp_path):
    monkeypatch.delenv("FERKIT_OUTPUT", raising=False)
    assert paths.run_directory("a") == paths.repository() / "results" / "runs" / "a"
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path))
    assert paths.run_directory(paths.run_name("synthetic", "quick", 0)) == tmp_path / "synthetic-quick-seed0"


@pytest.mark.parametrize("name", ["", "..", "a/b", "/tmp", "a\\b"])
def test_a_run_is_a_name_never_a_path(name):
    with pytest.raises(InputError, match="is a path"):
        paths.run_directory(name)


def test_data_that_nobody_named_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.delenv("FERKIT_FER2013", raising=False)
    with pytest.raises(InputError, match="--data PATH or FERKIT_FER2013"):
        paths.data_parts("fer2013")
    monkeypatch.setenv("FERKIT_FER2013", str(tmp_path))
    assert paths.data_parts("fer2013") == (tmp_path,) and paths.data_parts("synthetic") == ()


def test_two_parts_are_told_apart_from_one_path_that_has_a_colon_in_it(tmp_path, monkeypatch):
    odd = tmp_path / f"a{os.pathsep}b"
    odd.mkdir()
    monkeypatch.setenv("FERKIT_FER2013", str(odd))
    assert paths.data_parts("fer2013") == (odd,)
    monkeypatch.setenv("FERKIT_FER2013", f"/x{os.pathsep}/y")
    assert paths.data_parts("fer2013") == (Path("/x"), Path("/y"))
    assert paths.data_parts("fer2013", tmp_path) == (tmp_path,)
    assert paths.data_parts("fer2013", (tmp_path, odd)) == (tmp_path, odd)


def test_the_cache_lies_outside_the_repository(monkeypatch):
    monkeypatch.delenv("FERKIT_CACHE", raising=False)
    assert paths.repository() not in paths.cache_root().parents
