"""Folders, zips and tars read alike, images decoded right, and everything hostile or broken refused by name."""

import errno
import io
import struct
import tarfile
import warnings
import zipfile
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ferkit.core.errors import LONGEST, InputError, in_one_line
from ferkit.data import archive

RAMP = np.add.outer(np.arange(48) * 3, np.arange(48) * 2).astype(np.uint8)


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def listed(path):
    with archive.open_files(path) as files:
        return files.names


def packed(path, members):
    """An archive of these members, written to `path`."""
    if path.suffix == ".tar":
        with tarfile.open(path, "w") as file:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
    else:
        with zipfile.ZipFile(path, "w") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that it stores in another form
            for name, content in members.items():
                file.writestr(name, content)
    return path


def test_a_folder_a_zip_and_a_tar_list_and_read_the_same(tmp_path, layouts):
    folder = tmp_path / "data"
    for name in ("b/two.txt", "a/one.txt"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(name)
    for place in (folder, layouts.zip(folder, tmp_path / "x.zip"), layouts.tar(folder, tmp_path / "x.tar")):
        with archive.open_files(place) as files:
            assert files.names == ("a/one.txt", "b/two.txt")
            assert files.read("b/two.txt") == files.open("b/two.txt").read() == b"b/two.txt"


def test_litter_of_operating_systems_is_not_data(tmp_path, layouts):
    for name in ("__MACOSX/x.png", "a/.DS_Store", "a/._x.png", "a/Thumbs.db", ".hidden/x.png",
                 "a/.hidden/x.png", "a/x.png"):
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_bytes(b"x")
    assert listed(tmp_path / "d") == listed(layouts.zip(tmp_path / "d", tmp_path / "d.zip")) == ("a/x.png",)


# --- hostile and broken archives

def test_a_path_that_is_not_there_is_refused(tmp_path, refusal):
    assert "no such file or folder" in refusal(listed, tmp_path / "nothing.zip")
    assert "no such file or folder" in refusal(archive.stamp, tmp_path / "nothing.zip")


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/etc/passwd", "..\\evil.png", "C:\\evil.png"])
def test_an_entry_that_climbs_out_of_its_folder_is_refused(tmp_path, refusal, name):
    for kind in ("zip", "tar"):
        assert "climbs out" in refusal(listed, packed(tmp_path / f"x.{kind}", {name: b"x"}))


def test_a_refused_archive_is_closed(tmp_path, refusal, monkeypatch):
    closed = []
    monkeypatch.setattr(archive.ArchiveFiles, "close", lambda files: closed.append(files.title))
    for name in ("x.zip", "x.tar"):
        refusal(listed, packed(tmp_path / name, {"../evil.png": b"x"}))
    assert closed == ["x.zip", "x.tar"]


def test_a_link_in_a_tar_is_refused(tmp_path, refusal):
    with tarfile.open(tmp_path / "x.tar", "w") as file:
        link = tarfile.TarInfo("a.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    assert "a.png: is a link" in refusal(listed, tmp_path / "x.tar")


def test_a_zip_bomb_is_refused_by_its_declared_size(tmp_path, refusal):
    raw = bytearray(packed(tmp_path / "x.zip", {"bomb.png": b"x"}).read_bytes())
    directory = raw.rindex(b"PK\x01\x02")
    struct.pack_into("<I", raw, directory + 24, 2**32 - 2)
    (tmp_path / "x.zip").write_bytes(raw)
    assert "bomb.png: declares 4294967294 bytes unpacked; refused as a zip bomb" in refusal(listed, tmp_path / "x.zip")


def test_a_member_larger_than_any_image_is_refused(tmp_path, refusal):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x.png").write_bytes(b"12345")
    with archive.open_files(tmp_path / "d") as files:
        assert "larger than" in refusal(files.read, "x.png", 4)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_zip_is_refused(tmp_path, small, layouts, refusal, keep):
    whole = layouts.zip(layouts.tree(tmp_path / "tree", small), tmp_path / "x.zip").read_bytes()
    (tmp_path / "x.zip").write_bytes(whole[:int(keep * len(whole))])
    assert "x.zip: not a readable zip archive" in refusal(listed, tmp_path / "x.zip")


def test_a_truncated_tar_is_refused(tmp_path, small, layouts, refusal):
    whole = layouts.tar(layouts.tree(tmp_path / "tree", small), tmp_path / "x.tar").read_bytes()
    (tmp_path / "x.tar").write_bytes(whole[:30000])

    def read_all():
        with archive.open_files(tmp_path / "x.tar") as files:
            return [files.read(name) for name in files.names]

    assert "x.tar" in refusal(read_all)


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_is_named(tmp_path, refusal, packing):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", packing) as file:
        file.writestr("a.png", bytes(range(256)))
        packed_size = file.getinfo("a.png").compress_size
    raw = bytearray((tmp_path / "x.zip").read_bytes())
    middle = slice(35 + packed_size // 2, 45 + packed_size // 2)  # 35 bytes stand before the content
    raw[middle] = bytes(255 - byte for byte in raw[middle])
    (tmp_path / "x.zip").write_bytes(raw)
    with archive.open_files(tmp_path / "x.zip") as files:
        assert "x.zip: a.png: cannot be read" in refusal(files.read, "a.png")


def test_a_member_listed_twice_is_refused(tmp_path, refusal):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file, pytest.warns(UserWarning):
        file.writestr("a.png", b"1")
        file.writestr("a.png", b"2")
    assert "a.png: listed twice" in refusal(listed, tmp_path / "x.zip")


def test_a_loop_of_links_is_refused(tmp_path, refusal):
    (tmp_path / "d" / "a").mkdir(parents=True)
    (tmp_path / "d" / "a" / "back").symlink_to(tmp_path / "d")
    assert "leads back" in refusal(listed, tmp_path / "d")
    assert "leads back" in refusal(archive.stamp, tmp_path / "d")


def test_a_link_to_itself_is_refused(tmp_path, refusal):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x.png").symlink_to(tmp_path / "d" / "x.png")
    assert "x.png" in refusal(listed, tmp_path / "d")


def test_a_link_to_a_folder_beside_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x.png").write_bytes(b"x")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "happy").symlink_to(tmp_path / "real")
    assert listed(tmp_path / "d") == ("happy/x.png",)


def test_a_read_error_is_one_line_that_names_the_file(tmp_path, monkeypatch, refusal):
    (tmp_path / "x.png").write_bytes(b"x")
    with archive.open_files(tmp_path) as files:
        monkeypatch.setattr("builtins.open", broken)
        assert "x.png: cannot be read (Input/output error)" in refusal(files.read, "x.png")


def broken(*_arguments, **_options):
    raise OSError(errno.EIO, "Input/output error")


# --- images

GREY = Image.fromarray(RAMP)
UPRIGHT = Image.Exif()
UPRIGHT[0x0112] = 6  # stored turned left; this orientation turns it right again
FORMS = {"grey": encoded(GREY, "PNG"), "colour": encoded(GREY.convert("RGB"), "PNG"),
         "palette": encoded(GREY.convert("P"), "PNG"), "alpha that hides nothing": encoded(GREY.convert("RGBA"), "PNG"),
         "16 bits": encoded(Image.fromarray(RAMP.astype(np.uint16) * 257), "PNG"),
         "turned by EXIF": encoded(Image.fromarray(np.rot90(RAMP).copy()), "PNG", exif=UPRIGHT.tobytes())}


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_in_another_form_is_the_same_picture(form):
    np.testing.assert_array_equal(archive.decode_grey(FORMS[form], "x"), RAMP)


def test_one_bit_images_become_black_and_white():
    bits = GREY.point(lambda v: 255 * (v > 100)).convert("1")
    assert set(np.unique(archive.decode_grey(encoded(bits, "PNG"), "x"))) == {0, 255}


def test_an_alpha_channel_that_hides_something_is_refused_unless_told_what_lies_behind(refusal):
    image = GREY.convert("RGBA")
    image.putpixel((3, 4), (0, 0, 0, 0))
    assert "transparent" in refusal(archive.decode_grey, encoded(image, "PNG"), "x")
    assert archive.decode_grey(encoded(image, "PNG"), "x", background=255)[4, 3] == 255


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8))
HUGE = FORMS["grey"][:16] + struct.pack(">II", 60000, 60000) + FORMS["grey"][24:]  # refused before it is decoded
REFUSED = {"nothing": (b"", "empty (0 bytes)"), "text": (b"just text\n", "not an image"),
           "a signature alone": (b"\x89PNG\r\n\x1a\n", "x: "), "cut off": (encoded(NOISE, "PNG")[:900], "broken image"),
           "CMYK": (encoded(GREY.convert("CMYK"), "TIFF"), "x: colour mode CMYK"),
           "floats": (encoded(GREY.convert("F"), "TIFF"), "x: colour mode F"), "huge": (HUGE, "x: "),
           "frames": (encoded(GREY, "TIFF", save_all=True, append_images=[Image.fromarray(RAMP.T.copy())]), "2 frames")}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_one_grey_picture_is_refused_by_name(refusal, what):
    content, says = REFUSED[what]
    assert says in refusal(archive.decode_grey, content, "x")


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused_in_one_line(content):
    try:
        assert archive.decode_grey(content, "x").ndim == 2
    except InputError as error:
        assert "\n" not in str(error)


@given(st.data())
def test_any_damage_to_an_image_decodes_or_is_refused_in_one_line(data):
    content = bytearray(encoded(Image.fromarray(RAMP), "PNG"))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert archive.decode_grey(bytes(content), "x").dtype == np.uint8
    except InputError as error:
        assert "\n" not in str(error)


# --- for all archives

def test_a_member_without_a_name_is_no_data(tmp_path):
    path = packed(tmp_path / "a.zip", {"Q": b"x", "kept.png": b"y"})
    path.write_bytes(path.read_bytes().replace(b"Q", b"\0"))  # a name ends at the first zero byte
    assert read_or_refused(path) == {"kept.png": b"y"}


PLAIN = st.text("abc", min_size=1, max_size=3)
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
HOSTILE = st.text(LETTERS, min_size=1, max_size=12) | st.sampled_from(
    ["../x", "/x", "a/../x", "C:x", ".x", "a//b", "x/", "__MACOSX/x", "a\\b", "a/./b"])
ARCHIVES = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refused(path):
    """What the archive holds by name; None where it is refused, in one line."""
    try:
        with archive.open_files(path) as files:
            return {name: files.read(name) for name in files.names}
    except InputError as error:
        assert len(in_one_line(error)) <= LONGEST + 3
        return None


@given(st.dictionaries(PLAIN, st.binary(max_size=40), min_size=1), st.sampled_from(["zip", "tar"]))
@ARCHIVES
def test_any_archive_reads_back_as_it_was_packed(tmp_path, members, kind):
    assert read_or_refused(packed(tmp_path / f"a.{kind}", members)) == members


@given(st.dictionaries(HOSTILE, st.binary(max_size=40), min_size=1, max_size=5), st.sampled_from(["zip", "tar"]))
@ARCHIVES
def test_whatever_names_an_archive_has_none_leads_out_of_it(tmp_path, members, kind):
    found = read_or_refused(packed(tmp_path / f"a.{kind}", members)) or {}
    assert all(".." not in PurePosixPath(name).parts and not PurePosixPath(name).is_absolute() for name in found)
    assert set(found.values()) <= set(members.values())


@given(st.data(), st.sampled_from(["zip", "tar"]))
@ARCHIVES
def test_any_damage_to_an_archive_is_read_past_or_refused_in_one_line(tmp_path, data, kind):
    path = packed(tmp_path / f"a.{kind}", {"a/1.png": encoded(Image.fromarray(RAMP), "PNG"), "b.csv": b"1,2\n" * 40})
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[:data.draw(st.integers(0, len(content)))])
    read_or_refused(path)


def test_a_folder_with_one_downloaded_archive_is_that_archive(tmp_path):
    packed(tmp_path / "archive.zip", {"train/happy/a.png": b"a"})
    (tmp_path / ".DS_Store").write_bytes(b"x")
    with archive.open_files(tmp_path) as files:
        assert files.title == "archive.zip" and files.names == ("train/happy/a.png",)


def test_archives_in_an_archive_or_side_by_side_are_named(tmp_path, refusal):
    for name in ("train.zip", "test.zip"):
        packed(tmp_path / name, {"a.png": b"a"})
    assert "(test.zip, train.zip); unpack or name the one" in refusal(listed, tmp_path)
    outer = packed(tmp_path / "outer.zip", {"train.zip": (tmp_path / "train.zip").read_bytes()})
    assert "outer.zip: holds nothing but archives (train.zip)" in refusal(listed, outer)
