"""Bad input as a user meets it: exit status 2, one line on stderr that names the file and member, no cache left.

What each reader refuses, and in what words, stands in the tests of `archive` and of the sources.
"""

import shutil
import zipfile

import numpy as np
import pytest

from ferkit import __main__ as command_line

VICTIM = "happy"


@pytest.fixture
def tree(small, layouts, tmp_path):
    """An image tree of FER2013, and one of its files by name."""
    place = layouts.tree(tmp_path / "tree", small)
    return place, sorted((place / "train" / VICTIM).iterdir())[0]


@pytest.fixture
def refused(own_cache, capsys):
    """The line that ``ferkit audit`` refuses some data with."""
    def run(path, dataset="fer2013", *words):
        assert command_line.main(["audit", "--dataset", dataset, "--data", str(path), *words]) == 2
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("\n") == 1 and printed.err.startswith("ferkit: ")
        assert [path for path in own_cache.rglob("*") if path.is_file()] == []
        return printed.err
    return run


def test_a_picture_that_cannot_be_read_right_is_named(tree, layouts, refused):
    place, victim = tree
    for content, says in ((b"not a picture\n", "not an image of a known format"),
                          (layouts.png(np.zeros((48, 49), np.uint8)), "image is 49×48, 48×48 is expected")):
        victim.write_bytes(content)
        line = refused(place)
        assert f"train/{VICTIM}/{victim.name}" in line and says in line


def cut_zip(path):
    path.write_bytes(path.read_bytes()[:-200])


def climbing_zip(path):
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("../evil.png", b"x")


def locked_zip(path):
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):  # the flag that says "encrypted"
        at = raw.index(mark)
        raw[at + offset] |= 1
    path.write_bytes(raw)


@pytest.mark.parametrize(("spoil", "says"), [
    (cut_zip, "tree.zip is not a whole zip"), (climbing_zip, "../evil.png: the entry climbs out of its folder"),
    (locked_zip, "encrypted")])
def test_a_hostile_or_broken_archive_is_refused(tree, layouts, refused, spoil, says):
    path = layouts.zip(tree[0], tree[0].with_suffix(".zip"))
    spoil(path)
    assert says in refused(path)


def test_a_wrong_table_is_named_with_its_row(tmp_path, refused):
    row, path = " ".join(["0"] * 2304), tmp_path / "fer2013.csv"
    path.write_text(f"\ufeffemotion,pixels,Usage\r\n0,{row},Training\r\n9,{row},Training\r\n")
    assert "fer2013.csv: row 1 (line 3): emotion '9'" in refused(path)
    path.write_text("emotion,pixels,Usage\n")
    assert "fer2013.csv: holds no rows" in refused(path)


@pytest.mark.parametrize("content", [b"", b"no picture"])
@pytest.mark.parametrize("dataset", ["ckplus", "jaffe", "ferg", "folder"])
def test_every_source_refuses_an_empty_place_and_a_broken_picture(tmp_path, refused, dataset, content):
    names = {"ckplus": "CK+48/happy/S010_004_00000017.png", "jaffe": "KA.AN1.39.tiff",
             "ferg": "FERG_DB_256/aia/aia_joy/aia_joy_1.png", "folder": "happy/me.png"}
    path = tmp_path / "data" / names[dataset]
    path.parent.mkdir(parents=True)
    if content:
        path.write_bytes(content)
        assert path.name in refused(tmp_path / "data", dataset, "--protocol", "by_image")
    else:
        shutil.rmtree(tmp_path / "data")
        (tmp_path / "data").mkdir()
        assert "is an empty folder" in refused(tmp_path / "data", dataset, "--protocol", "by_image")
