"""FER2013: every circulating layout gives the same set; every broken one is refused by name."""

import csv
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ferkit.core.errors import LONGEST, InputError, in_one_line
from ferkit.core.labels import ALIASES, LABELS
from ferkit.data import archive
from ferkit.data.sources import fer2013
from ferkit.data.sources.synthetic import draw_set


@pytest.fixture
def copies(small, layouts, tmp_path):
    """The same images as csv, zip, tar, folder and mosaics."""
    tree = layouts.tree(tmp_path / "tree", small)
    mosaics = layouts.mosaics(tmp_path / "mosaics", small)
    return {
        "csv": layouts.csv(tmp_path / "fer2013.csv", small),
        "icml": layouts.csv(tmp_path / "icml_face_data.csv", small, header="emotion, Usage, pixels"),
        "quoted": layouts.csv(tmp_path / "quoted.csv", small, quoting=csv.QUOTE_ALL),
        "windows": layouts.csv(tmp_path / "windows.csv", small, newline="\r\n", bom=True),
        "tree": tree, "zip": layouts.zip(tree, tmp_path / "tree.zip"), "tar": layouts.tar(tree, tmp_path / "tree.tar"),
        "mosaics": mosaics, "mosaics tar": layouts.tar(mosaics / "a", tmp_path / "fer2013_mosaics_a.tar"),
    }


def test_the_same_images_give_the_same_content_hash_from_every_layout(copies, small):
    hashes = {name: fer2013.read(place).content_hash for name, place in copies.items()}
    assert set(hashes.values()) == {small.content_hash}


def test_every_layout_comes_in_the_order_of_the_csv(copies, small):
    for place in copies.values():
        faces = fer2013.read(place)
        np.testing.assert_array_equal(faces.images, small.images)
        np.testing.assert_array_equal(faces.labels, small.labels)
        np.testing.assert_array_equal(faces.split, small.split)
        np.testing.assert_array_equal(faces.index, np.arange(len(small)))
        assert len(set(faces.names.tolist())) == len(faces)


def test_a_csv_inside_a_zip_is_found(copies, layouts, tmp_path):
    folder = tmp_path / "packed"
    folder.mkdir()
    (folder / "fer2013.csv").write_bytes(copies["csv"].read_bytes())
    assert fer2013.read(layouts.zip(folder, tmp_path / "challenge.zip")).source["layout"] == "csv"


def test_public_test_is_val_and_private_test_is_test():
    assert fer2013.USAGES == {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}


def test_the_code_of_an_expression_is_its_place_in_the_labels():
    assert [fer2013.parse_emotion(str(k), "") for k in range(7)] == list(range(len(LABELS)))


def test_counts_that_are_not_the_published_ones_are_told(copies):
    notes = fer2013.read(copies["csv"]).source["notes"]
    assert "counts are not the published ones" in notes[0]
    assert sum(map(sum, fer2013.PUBLISHED.values())) == 35887


def test_a_tree_without_usage_gets_a_stated_validation_part_of_its_training_images(small, layouts, tmp_path):
    faces = fer2013.read(layouts.plain_tree(tmp_path / "plain", draw_set(112, 0, 14, seed=1)))
    assert faces.counts()["val"] == dict.fromkeys(LABELS, 2)
    assert faces.counts()["test"] == dict.fromkeys(LABELS, 2)
    assert any("one eighth" in note for note in faces.source["notes"])
    again = fer2013.read(tmp_path / "plain")
    np.testing.assert_array_equal(again.split, faces.split)


def test_class_folders_may_carry_the_codes_instead_of_names(small, layouts, tmp_path):
    tree = layouts.tree(tmp_path / "tree", small)
    for part in ("train", "test"):
        for number, label in enumerate(LABELS):
            (tree / part / label).rename(tree / part / str(number))
    assert fer2013.read(tree).content_hash == small.content_hash


def test_both_mosaic_halves_may_come_from_places_of_their_own(layouts, tmp_path, large):
    place = layouts.mosaics(tmp_path / "halves", large)
    together = fer2013.read(layouts.tar(place / "a", tmp_path / "fer2013_mosaics_a.tar"), place / "b")
    assert together.content_hash == large.content_hash
    assert fer2013.read(place).content_hash == large.content_hash


def test_a_folder_with_both_mosaic_archives_is_complete(layouts, tmp_path, large):
    place = layouts.mosaics(tmp_path / "halves", large)
    folder = tmp_path / "folder"
    folder.mkdir()
    for half in "ab":
        layouts.tar(place / half, folder / f"fer2013_mosaics_{half}.tar")
    (folder / "README.md").write_text("two halves")
    assert fer2013.read(folder).content_hash == large.content_hash


@pytest.mark.parametrize(("half", "missing"), [("a", "second half (fer2013_mosaics_b.tar)"),
                                               ("b", "first half (fer2013_mosaics_a.tar)")])
def test_half_of_the_mosaics_alone_is_refused_naming_the_other(layouts, tmp_path, large, refusal, half, missing):
    place = layouts.mosaics(tmp_path / "halves", large)
    line = refusal(fer2013.read, place / half)
    assert missing in line and "missing" in line


@pytest.fixture(scope="module")
def large():
    """1,100 images, enough for two mosaics: patterned noise with labels and splits."""
    faces = draw_set(28, 14, 14, seed=2)
    rows = np.arange(1100) % len(faces)
    images = faces.images[rows] ^ (np.arange(1100) // len(faces)).astype(np.uint8)[:, None, None]
    chosen = faces.select(rows)
    return type(faces)(images, chosen.labels, chosen.subjects, chosen.sequences, chosen.split,
                       np.arange(1100).astype(str), np.arange(1100))


# --- refused

def test_kaggles_unlabelled_test_table_is_refused_with_the_reason(small, layouts, tmp_path, refusal):
    pixels = " ".join(["0"] * 2304)
    (tmp_path / "test.csv").write_text(f"pixels\n{pixels}\n")
    assert "no labels" in refusal(fer2013.read, tmp_path / "test.csv")
    (tmp_path / "train.csv").write_text(f"emotion,pixels\n0,{pixels}\n")
    assert "does not say which images are PublicTest" in refusal(fer2013.read, tmp_path / "train.csv")


@pytest.mark.parametrize(("row", "says"), [
    ("0,{2303},Training", "row 1 (line 3): 2303 pixels, 2304 are expected"),
    ("0,{256},Training", "row 1 (line 3): pixel 256 is outside"),
    ("0,{-1},Training", "row 1 (line 3): pixel -1 is outside"),
    ("0,{x},Training", "row 1 (line 3): pixels are not all whole numbers"),
    ("7,{ok},Training", "row 1 (line 3): emotion '7' is not one of 0…6"),
    (",{ok},Training", "row 1 (line 3): emotion '' is not one of 0…6"),
    ("0,{ok},Practice", "row 1 (line 3): usage 'Practice' is none of Training, PublicTest, PrivateTest"),
    ("0,{ok}", "row 1 (line 3): has 2 columns, 3 are expected"),
])
def test_a_wrong_row_is_named(tmp_path, refusal, row, says):
    numbers = ["0"] * 2304
    fill = {"{2303}": numbers[1:], "{256}": [*numbers[1:], "256"], "{-1}": [*numbers[1:], "-1"],
            "{x}": [*numbers[1:], "x"], "{ok}": numbers}
    text = re.sub(r"\{.*?\}", lambda match: " ".join(fill[match[0]]), row)
    good = f"0,{' '.join(numbers)},Training"
    (tmp_path / "fer2013.csv").write_text(f"emotion,pixels,Usage\n{good}\n{text}\n")
    assert refusal(fer2013.read, tmp_path / "fer2013.csv").startswith(f"fer2013.csv: {says}")


@pytest.mark.parametrize("content", [b"", b"emotion,pixels,Usage\n", b"\xff\xfe\x00emotion", b"a,b,c\n1,2,3\n"])
def test_a_table_with_nothing_to_read_is_refused(tmp_path, refusal, content):
    (tmp_path / "fer2013.csv").write_bytes(content)
    assert refusal(fer2013.read, tmp_path / "fer2013.csv").startswith("fer2013.csv: ")


def test_a_missing_column_is_named(tmp_path, refusal):
    (tmp_path / "fer2013.csv").write_text("emotion,Usage\n0,Training\n")
    assert "no column pixels (found emotion,usage)" in refusal(fer2013.read, tmp_path / "fer2013.csv")


def test_a_class_that_is_missing_from_a_split_is_refused(small, layouts, tmp_path, refusal):
    without = small.select(~((small.labels == 1) & (small.split == "train")))
    assert "no disgust images in train" in refusal(fer2013.read, layouts.csv(tmp_path / "fer2013.csv", without))
    assert "no test images" in refusal(fer2013.read,
                                       layouts.csv(tmp_path / "fer2013.csv", small.select(small.split != "test")))


def test_a_file_that_breaks_the_naming_is_named(small, layouts, tmp_path, refusal):
    tree = layouts.tree(tmp_path / "tree", small)
    (tree / "train" / "happy" / "extra.png").write_bytes(layouts.png(small.images[0]))
    assert "train/happy/extra.png" in refusal(fer2013.read, tree)


def test_a_number_that_occurs_twice_is_no_row_and_both_images_are_kept(small, layouts, tmp_path):
    tree = layouts.tree(tmp_path / "tree", small)
    twin = next((tree / "train" / "happy").iterdir())
    (tree / "train" / "sad" / twin.name).write_bytes(twin.read_bytes())
    faces = fer2013.read(tree)
    assert len(faces) == len(small) + 1 == len(set(faces.names.tolist()))
    np.testing.assert_array_equal(faces.index, np.arange(len(faces)))


def test_an_unknown_class_folder_is_named(small, layouts, tmp_path, refusal):
    tree = layouts.tree(tmp_path / "tree", small)
    (tree / "train" / "happy").rename(tree / "train" / "bored")
    assert "'bored' is none of angry" in refusal(fer2013.read, tree)


def test_an_image_of_another_size_is_named(small, layouts, tmp_path, refusal):
    tree = layouts.tree(tmp_path / "tree", small)
    victim = next((tree / "test" / "fear").iterdir())
    victim.write_bytes(layouts.png(np.zeros((50, 48), np.uint8)))
    line = refusal(fer2013.read, tree)
    assert victim.name in line and "48×50, 48×48 is expected" in line


def test_something_else_altogether_is_refused_with_what_was_found(tmp_path, refusal):
    (tmp_path / "notes.txt").write_text("hello")
    assert "found notes.txt" in refusal(fer2013.read, tmp_path)


def test_mosaics_with_differing_tables_are_refused(layouts, tmp_path, large, refusal):
    place = layouts.mosaics(tmp_path / "halves", large)
    table = (place / "b" / "index.csv").read_text().splitlines()
    table[1] = "0,6,PrivateTest" if table[1] != "0,6,PrivateTest" else "0,5,PrivateTest"
    (place / "b" / "index.csv").write_text("\n".join(table))
    assert "different index.csv" in refusal(fer2013.read, place)


# --- for all inputs

@given(st.integers(0, 2**32), st.sampled_from([" ", "  ", "\t", "\n"]))
def test_any_2304_bytes_come_back_as_they_were_written(seed, gap):
    values = np.random.default_rng(seed).integers(0, 256, 2304).tolist()
    image = fer2013.parse_pixels(gap.join(map(str, values)), "row")
    assert image.dtype == np.uint8 and image.ravel().tolist() == values


@given(st.text(max_size=60))
def test_any_short_text_is_refused(text):
    with pytest.raises(InputError):
        fer2013.parse_pixels(text, "row")


@given(st.text(max_size=12))
def test_an_emotion_is_one_digit_or_refused(text):
    try:
        assert str(fer2013.parse_emotion(text, "row")) == text.strip()
    except InputError as error:
        assert text.strip() not in set("0123456") and "\n" not in str(error)


@given(st.sampled_from(sorted({alias for label in LABELS for alias in ALIASES[label]})), st.booleans())
def test_every_spelling_of_a_class_folder_names_one_label(alias, upper):
    files = type("Files", (), {"title": "copy"})()
    number = fer2013._folder_label(files, f"train/{alias.upper() if upper else alias}/x.png")
    assert alias in ALIASES[LABELS[number]]


ROW = st.tuples(st.sampled_from("0167 x"), st.sampled_from([" ".join(["7"] * 2304), "7 7", "256 " * 2304, "", "x"]),
                st.sampled_from(["Training", "PublicTest", "private", ""])) | st.lists(st.text(max_size=9), max_size=4)


HEAD = st.sampled_from(["emotion,pixels,Usage", "emotion, pixels, Usage", "\ufeffemotion,pixels,Usage",
                        '"emotion","pixels","Usage"', "emotion,pixels", "Usage,pixels,emotion,x", ""])


@given(HEAD, st.lists(ROW, max_size=4), st.sampled_from(["\n", "\r\n", "\r"]),
       st.sampled_from(["utf-8", "latin-1", "utf-16"]), st.integers(0, 20_000))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_is_one_image_a_row_or_refused_in_one_line(tmp_path, head, rows, end, encoding, keep):
    text = end.join([head, *(",".join(row) for row in rows)])
    (tmp_path / "x.csv").write_bytes(text.encode(encoding, "replace")[:keep])
    try:
        with archive.open_files(tmp_path / "x.csv") as files:
            faces = fer2013._read_parts([files])
    except InputError as error:
        assert str(error).startswith("x.csv") and len(in_one_line(error)) <= LONGEST + 3
        return
    assert 0 < len(faces) <= len(rows) and faces.images.shape[1:] == (48, 48)
    assert set(faces.labels) <= set(range(7)) and set(faces.split) <= {"train", "val", "test"}


# --- the real archive

@pytest.fixture(scope="module")
def real(fer2013_path):
    """The real archive, read once."""
    return fer2013.read(fer2013_path)


@pytest.mark.fer2013
def test_the_real_archive_has_the_published_counts(real):
    assert fer2013.deviations(real) == []
    assert {split: sum(numbers.values()) for split, numbers in real.counts().items()} == {
        "train": 28709, "val": 3589, "test": 3589}


@pytest.mark.fer2013
def test_the_real_mosaics_hold_the_pixels_of_the_real_archive(real, fer2013_mosaics_path):
    halves = [fer2013_mosaics_path / f"fer2013_mosaics_{half}.tar" for half in "ab"]
    assert fer2013.read(*halves).content_hash == real.content_hash
