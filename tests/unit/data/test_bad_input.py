"""Bad input as a user meets it: exit status 2, one line on stderr that names the file and member, no cache left."""

import errno
import io
import os
import shutil
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from ferkit import __main__ as command_line
from ferkit.data import datasets

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


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


GREY = Image.fromarray((np.arange(48 * 48).reshape(48, 48) % 256).astype(np.uint8))
WIDE = GREY.resize((49, 48))
DEEP = Image.fromarray(np.arange(48 * 48, dtype=np.float32).reshape(48, 48))
HOLED = GREY.convert("RGBA")
HOLED.putpixel((1, 1), (0, 0, 0, 0))
TURNED = Image.Exif()
TURNED[0x0112] = 6  # orientation: to be turned right
CONTENTS = {
    "0 bytes": (b"", "empty (0 bytes)"),
    "text": (b"not a picture\n", "not an image of a known format"),
    "cut off": (encoded(Image.effect_noise((48, 48), 90), "PNG")[:500], "broken image"),
    "cmyk": (encoded(GREY.convert("CMYK"), "TIFF"), "colour mode CMYK"),
    "floating point": (encoded(DEEP, "TIFF"), "colour mode F"),
    "transparent": (encoded(HOLED, "PNG"), "transparent pixels"),
    "animated": (encoded(GREY, "TIFF", save_all=True, append_images=[WIDE]), "2 frames"),
    "wrong size": (encoded(WIDE, "PNG"), "image is 49×48, 48×48 is expected"),
}


@pytest.mark.parametrize("what", CONTENTS)
def test_a_picture_that_cannot_be_read_right_is_named(tree, refused, what):
    place, victim = tree
    content, says = CONTENTS[what]
    victim.write_bytes(content)
    line = refused(place)
    assert f"train/{VICTIM}/{victim.name}" in line and says in line


READ_RIGHT = {
    "16 bit": encoded(Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257), "PNG"),
    "palette": encoded(GREY.convert("P"), "PNG"),
    "alpha without holes": encoded(GREY.convert("RGBA"), "PNG"),
    "colour": encoded(GREY.convert("RGB"), "PNG"),
    "turned by EXIF": encoded(GREY.transpose(Image.Transpose.ROTATE_90), "PNG", exif=TURNED.tobytes()),
}


@pytest.mark.parametrize("what", READ_RIGHT)
def test_a_picture_in_another_form_is_the_same_picture(tree, own_cache, what):
    place, victim = tree
    victim.write_bytes(READ_RIGHT[what])
    faces = datasets.load("fer2013", place, profile="full")
    row = [name.rpartition("/")[2] for name in faces.names].index(victim.name)
    np.testing.assert_array_equal(faces.images[row], np.asarray(GREY))


def cut_zip(place, layouts):
    path = layouts.zip(place, place.with_suffix(".zip"))
    path.write_bytes(path.read_bytes()[:-200])
    return path


def climbing_zip(place, layouts):
    path = layouts.zip(place, place.with_suffix(".zip"))
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("../evil.png", b"x")
    return path


def bomb(place, layouts):
    path = layouts.zip(place, place.with_suffix(".zip"))
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.index(b"PK\x01\x02") + 24, 2**32 - 2)
    path.write_bytes(raw)
    return path


def locked_zip(place, layouts):
    path = layouts.zip(place, place.with_suffix(".zip"))
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):  # the flag that says "encrypted"
        at = raw.index(mark)
        raw[at + offset] |= 1
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(("spoil", "says"), [
    (cut_zip, "tree.zip is not a whole zip"), (climbing_zip, "../evil.png: the entry climbs out of its folder"),
    (bomb, "declares 4294967294 bytes unpacked; refused as a zip bomb"), (locked_zip, "encrypted")])
def test_a_hostile_or_broken_archive_is_refused(tree, layouts, refused, spoil, says):
    assert says in refused(spoil(tree[0], layouts))


def test_a_loop_of_links_is_refused(tree, refused):
    (tree[0] / "train" / "again").symlink_to(tree[0])
    assert "leads back to a folder above it" in refused(tree[0])


ROW = " ".join(["0"] * 2304)
TABLES = {
    "missing column": ("emotion,Usage\n0,Training\n", "no column pixels"),
    "2303 pixels": (f"emotion,pixels,Usage\n0,{ROW[2:]},Training\n", "row 0 (line 2): 2303 pixels"),
    "pixel 256": (f"emotion,pixels,Usage\n0,256{ROW[1:]},Training\n", "row 0 (line 2): pixel 256"),
    "emotion 7": (f"emotion,pixels,Usage\n7,{ROW},Training\n", "row 0 (line 2): emotion '7'"),
    "unknown usage": (f"emotion,pixels,Usage\n0,{ROW},Testing\n", "row 0 (line 2): usage 'Testing'"),
    "byte order mark and Windows line ends, then a wrong row": (
        f"\ufeffemotion,pixels,Usage\r\n0,{ROW},Training\r\n9,{ROW},Training\r\n", "row 1 (line 3): emotion '9'"),
    "no rows": ("emotion,pixels,Usage\n", "holds no rows"),
}


@pytest.mark.parametrize("what", TABLES)
def test_a_wrong_table_is_named_with_its_row(tmp_path, refused, what):
    content, says = TABLES[what]
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content.encode())
    line = refused(path)
    assert "fer2013.csv: " in line and says in line


def test_a_table_with_a_byte_order_mark_and_windows_line_ends_is_the_same_table(small, layouts, tmp_path, own_cache):
    plain = layouts.csv(tmp_path / "a.csv", small)
    marked = layouts.csv(tmp_path / "b.csv", small, newline="\r\n", bom=True)
    assert len({datasets.load("fer2013", path, profile="full").content_hash for path in (plain, marked)}) == 1


def test_a_read_error_names_the_file(tree, refused, monkeypatch):
    place, victim = tree

    def failing(path, *arguments, **options):
        if os.fspath(path).endswith(victim.name):
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, *arguments, **options)

    opened = open
    monkeypatch.setattr("builtins.open", failing)
    line = refused(place)
    assert victim.name in line and "Input/output error" in line


def test_a_full_disk_leaves_no_cache(tree, refused, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    line = refused(tree[0])
    assert "No space left on device" in line and "FERKIT_CACHE" in line


@pytest.mark.parametrize(("dataset", "name", "says"), [
    ("ckplus", "CK+48/happy/me.png", "not named <subject>_<sequence>_<frame>"),
    ("ckplus", "CK+48/bored/S010_004_00000017.png", "'bored' is no expression of CK+"),
    ("jaffe", "XX.AN1.39.tiff", "not a JAFFE file name"),
    ("ferg", "FERG_DB_256/aia/aia_bored/aia_bored_1.png", "is not <character>_<expression>"),
    ("folder", "bored/me.png", "'bored' is none of angry"),
    ("folder", "me.png", "lies in no class folder"),
])
def test_every_source_names_what_it_does_not_know(tmp_path, refused, dataset, name, says):
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True)
    GREY.save(path)
    line = refused(tmp_path / "data", dataset)
    assert says in line and (name in line or dataset == "folder")


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
