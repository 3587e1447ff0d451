"""Files are whole or not there, and their hashes are sha256."""

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from ferkit.core import files


def test_a_write_that_breaks_off_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    target = files.write_text(tmp_path / "a.json", "old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("killed here")))
    with pytest.raises(OSError, match="killed here"):
        files.write_text(target, "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_json_refuses_what_json_does_not_know(tmp_path):
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "a.json", {"accuracy": float("nan")})
    assert not (tmp_path / "a.json").exists()


def test_json_is_readable_and_a_list_of_numbers_takes_one_line(tmp_path):
    content = {"matrix": [[1, -2.5], [3e-7, 4]], "names": ["[\n1,\n2\n]", "a"], "none": [], "mixed": [1, None]}
    text = files.write_json(tmp_path / "a.json", content).read_text()
    assert json.loads(text) == content
    assert ' "matrix": [\n  [1, -2.5],\n  [3e-07, 4]\n ]' in text and ' "mixed": [\n  1,\n  null\n ]' in text


def test_hashes_are_sha256_and_a_trees_hash_sees_names_and_contents(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    assert files.sha256(first) == hashlib.sha256(b"1").hexdigest()
    whole = files.sha256_tree(tmp_path, [first, second])
    assert files.sha256_tree(tmp_path, [second, first]) == whole
    second.write_bytes(b"3")
    assert files.sha256_tree(tmp_path, [first, second]) != whole
    assert files.sha256_of({"a": 1, "b": 2}) == files.sha256_of({"b": 2, "a": 1})


def test_what_is_kept_aside_is_no_output(tmp_path):
    for name in ("a/metrics.json", "a/.metrics.json.17.tmp", ".old/b", "c.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert files.finished_files(tmp_path) == [tmp_path / "a/metrics.json"]


def test_what_a_killed_writer_left_goes_with_the_next_writing_and_a_living_ones_stays(tmp_path):
    (tmp_path / ".a[1].json.999999999-1.tmp").write_text("left")
    alive = tmp_path / f".a[1].json.{os.getpid()}-77.tmp"
    alive.write_text("at work")
    files.write_text(tmp_path / "a[1].json", "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([alive.name, "a[1].json"])


def test_a_writer_with_a_mode_of_its_own_leaves_a_file_like_any_other(tmp_path):
    (tmp_path / "plain").touch()
    with files.replacing(tmp_path / "made") as aside:
        aside.unlink()
        os.close(os.open(aside, os.O_CREAT | os.O_WRONLY, 0o600))
    assert (tmp_path / "made").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_what_json_cannot_say_becomes_null():
    assert files.finite({"a": [float("nan"), 1.5], "b": (float("-inf"), "x")}) == {"a": [None, 1.5], "b": [None, "x"]}


def test_a_full_disk_and_a_read_only_place_are_told_by_the_name_that_was_given(tmp_path, monkeypatch):
    with pytest.raises(OSError, match="No space left") as full, files.replacing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left")  # as a write raises it: without a name
    assert full.value.filename == str(tmp_path / "a")

    def refuses(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    for name in ("touch", "unlink"):  # both fail there, also for a file that is not there
        monkeypatch.setattr(Path, name, refuses)
    with pytest.raises(OSError, match="Read-only") as refused:
        files.write_text(tmp_path / "b", "")
    assert refused.value.filename == str(tmp_path / "b")


def test_rows_are_json_with_one_entry_a_line(tmp_path):
    rows = [{"a": 1, "b": {"c": [1, 2]}}, {"a": "é"}]
    path = files.write_rows(tmp_path / "rows.json", iter(rows))
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == rows and len(text.splitlines()) == 4
    assert json.loads(files.write_rows(tmp_path / "none.json", []).read_text()) == []


def test_json_that_is_missing_broken_or_of_another_kind_gives_way_to_what_was_named(tmp_path):
    path = tmp_path / "some.json"
    assert files.read_json(path, []) == []
    for text, otherwise, found in (("[1]", [], [1]), ("[1]", {}, {}), ("{", {}, {}), ('{"a": 1}', {}, {"a": 1})):
        path.write_text(text)
        assert files.read_json(path, otherwise) == found
