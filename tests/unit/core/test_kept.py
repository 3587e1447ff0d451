"""A kept value is made once for what it follows from."""

from ferkit.core import paths
from ferkit.core.kept import kept


def test_a_value_is_made_once_and_again_where_its_file_is_damaged(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "cache_root", lambda: tmp_path)
    made = []

    def make():
        made.append(1)
        return {"n": len(made)}

    assert kept("some", ["a", 1], make) == kept("some", ["a", 1], make) == {"n": 1}
    assert kept("some", ["a", 2], make) == {"n": 2}
    for path in (tmp_path / "some").iterdir():
        path.write_text('{"n":')
    assert kept("some", ["a", 1], make) == {"n": 3}


def test_a_cache_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "some").write_text("a file where the folder would be")
    monkeypatch.setattr(paths, "cache_root", lambda: tmp_path)
    assert kept("some", ["a"], lambda: 5) == 5
