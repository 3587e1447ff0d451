"""Anyone's own images: class folders with or without splits, mapped to the seven labels one to one."""

import json

import numpy as np
import pytest

from ferkit.core import paths
from ferkit.core.labels import LABELS
from ferkit.data import datasets, splits
from ferkit.data.sources import folder


@pytest.fixture
def classes(small, layouts, tmp_path):
    """<class>/<image> of the drawn set."""
    for row, (image, label) in enumerate(zip(small.images, small.labels, strict=True)):
        place = tmp_path / "own" / LABELS[label] / f"{row}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(layouts.png(image))
    return tmp_path / "own"


def test_classes_alone_declare_no_split(classes, small):
    faces = folder.read(classes)
    assert set(faces.split.tolist()) == {""}
    np.testing.assert_array_equal(np.bincount(faces.labels), np.bincount(small.labels))


def test_split_folders_are_kept_and_validation_is_carved_out_of_train(small, layouts, tmp_path):
    faces = folder.read(layouts.plain_tree(tmp_path / "own", small))
    assert faces.counts()["test"] == small.counts()["test"]
    assert sum(faces.counts()["val"].values()) > 0 and any("no val folder" in note for note in faces.source["notes"])


def test_pictures_of_other_formats_are_told_to_be_left_out(classes, small):
    for name in ("a.gif", "b.HEIC", "c.heic", "notes.txt"):
        (classes / "happy" / name).write_bytes(b"x")
    faces = folder.read(classes)
    assert len(faces) == len(small)
    assert any(note.startswith("3 pictures (.gif, .heic) are left out") for note in faces.source["notes"])


def test_a_label_map_names_folders_in_another_language(classes):
    plain = folder.read(classes)
    (classes / "happy").rename(classes / "freude")
    (classes / "labels.json").write_text(json.dumps({"freude": "happy"}))
    mapped = folder.read(classes)
    assert mapped.source["label_map"]["freude"] == "happy" and mapped.content_hash == plain.content_hash


def test_a_folder_that_is_no_class_is_refused_with_the_way_out(classes, refusal):
    (classes / "happy").rename(classes / "freude")
    line = refusal(folder.read, classes)
    assert "'freude' is none of" in line and "labels.json" in line


def test_two_folders_for_one_label_are_refused(classes, refusal):
    (classes / "labels.json").write_text(json.dumps({"sad": "happy"}))
    assert "both mean happy" in refusal(folder.read, classes)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not JSON"),
        ("[]", "expected one object"),
        ('{"happy": "bored"}', "'bored' is none of"),
        ('{"a": 3}', "one object"),
    ],
)
def test_a_wrong_label_map_is_refused(classes, refusal, content, says):
    (classes / "labels.json").write_text(content)
    assert says in refusal(folder.read, classes)


def test_images_outside_the_layout_are_named(classes, small, layouts, tmp_path, refusal):
    (classes / "loose.png").write_bytes(layouts.png(small.images[0]))
    assert "loose.png: lies in no class folder" in refusal(folder.read, classes)
    tree = layouts.plain_tree(tmp_path / "tree", small)
    (tree / "test").rename(tree / "rest")
    assert "lies in no split folder while others do" in refusal(folder.read, tree)
    (tmp_path / "empty").mkdir()
    assert "no images in it" in refusal(folder.read, tmp_path / "empty")


def test_train_without_test_is_refused(small, layouts, tmp_path, refusal):
    tree = layouts.plain_tree(tmp_path / "tree", small.part("train"))
    assert "no test folder" in refusal(folder.read, tree)


def test_a_tiny_picture_is_named(classes, layouts, refusal):
    (classes / "happy" / "tiny.png").write_bytes(layouts.png(np.zeros((3, 3), np.uint8)))
    assert "tiny.png: image is 3×3" in refusal(folder.read, classes)


# --- index.csv, subjects, a map that drops and adds classes

@pytest.fixture
def indexed(small, layouts, tmp_path):
    """Loose images with an index.csv that says everything of them."""
    place = tmp_path / "indexed"
    place.mkdir()
    lines = ["file,label,subject,sequence,split"]
    for row in range(len(small)):
        (place / f"{row}.png").write_bytes(layouts.png(small.images[row]))
        lines.append(f"{row}.png,{LABELS[small.labels[row]]},S{row % 9},S{row % 9}_{row % 2},{small.split[row]}")
    (place / "index.csv").write_text("\n".join(lines))
    return place


def test_a_table_says_label_subject_sequence_and_split(indexed, small):
    faces = folder.read(indexed)
    assert faces.content_hash == small.content_hash
    assert set(faces.subjects.tolist()) == {f"S{k}" for k in range(9)}
    assert all(sequence.startswith(subject) for subject, sequence in zip(faces.subjects, faces.sequences, strict=True))


def test_validation_is_carved_out_by_subject_where_they_are_known(indexed):
    table = indexed / "index.csv"
    table.write_text(table.read_text().replace(",val", ",train"))
    faces = folder.read(indexed)
    people = [set(faces.subjects[faces.split == part]) for part in ("train", "val")]
    assert all(people) and people[0].isdisjoint(people[1])
    assert any("people with about one eighth" in note for note in faces.source["notes"])


@pytest.mark.parametrize(("change", "says"), [
    (lambda text: text.replace("file,label", "path,label"), "no column file"),
    (lambda text: text.replace("3.png,", "300.png,", 1), "'300.png' is no image"),
    (lambda text: text.replace("\n4.png,", "\n3.png,", 1), "'3.png' is listed twice"),
    (lambda text: text.replace(",test", ",exam", 1), "split 'exam' is none of"),
    (lambda text: text.replace(",test", ",", 1), "lies in no split folder while others do"),
    (lambda text: "", "no column file (found nothing)"),
    (lambda text: text.replace(",angry,", ",bored,"), "'bored' is none of"),
])
def test_a_wrong_table_is_refused_by_line(indexed, refusal, change, says):
    table = indexed / "index.csv"
    table.write_text(change(table.read_text()))
    line = refusal(folder.read, indexed)
    assert says in line, line


def test_subjects_come_from_the_paths(classes, small, refusal):
    faces = folder.read(classes, subject_from=r"/(\d)\d*\.png")
    assert set(faces.subjects.tolist()) == {str(row)[0] for row in range(len(small))}
    assert "finds no subject" in refusal(folder.read, classes, subject_from=r"(S\d+)_")
    assert "not a regular expression" in refusal(folder.read, classes, subject_from="(")


def test_a_table_in_the_folder_that_was_zipped_is_read(indexed, small, tmp_path):
    """Class folders beside it were read in its place, without a word."""
    (tmp_path / "zipped").mkdir()
    (indexed).rename(tmp_path / "zipped/data")
    faces = folder.read(tmp_path / "zipped")
    assert faces.content_hash == small.content_hash and len(set(faces.subjects)) == 9


def test_other_subjects_are_other_data(classes, own_cache, monkeypatch):
    found = []
    for pattern in ("", r"/(\d)\d*\.png", r"/\d*(\d)\.png"):
        monkeypatch.setenv(paths.SUBJECT_VARIABLE, pattern)
        found.append(datasets.fingerprint("folder", classes, "full", "by_image"))
    assert len(set(found)) == 3


def test_subjects_from_paths_divide_by_subject(classes, own_cache, monkeypatch):
    monkeypatch.setenv(paths.SUBJECT_VARIABLE, r"/\d*(\d)\.png")
    faces = datasets.load("folder", classes, profile="full", protocol="by_subject")
    assert splits.shared_groups(faces.subjects, faces.split) == {"train/val": 0, "train/test": 0, "val/test": 0}
    monkeypatch.setenv(paths.SUBJECT_VARIABLE, "")
    assert set(datasets._whole("folder", classes, False).subjects.tolist()) == {""}


def test_no_message_recommends_a_division_by_image(classes, own_cache, refusal):
    for protocol in ("official", "by_subject", "leave_one_subject_out"):
        line = refusal(datasets.load, "folder", classes, profile="full", protocol=protocol)
        assert "by_image" not in line and "--subject-from" in line
    line = refusal(datasets.load, "folder", classes, profile="full", protocol="random")
    assert "by_image_10fold only to measure what they leak" in line


def test_a_label_map_drops_and_adds_classes(classes, small):
    (classes / "labels.json").write_text(json.dumps({"disgust": None, "fear": "contempt", "sad": "+bored"}))
    faces = folder.read(classes)
    assert faces.label_names == (*LABELS, "contempt", "bored")
    dropped = int(np.sum(small.labels == LABELS.index("disgust")))
    assert len(faces) == len(small) - dropped
    assert any(f"{dropped} images of classes" in note for note in faces.source["notes"])
    assert np.sum(faces.labels == 8) == np.sum(small.labels == LABELS.index("sad"))


@pytest.mark.parametrize("value", ["+", "+happy", "+" + "x" * 40, "+a b", "bored"])
def test_a_new_class_is_written_on_purpose(classes, refusal, value):
    (classes / "labels.json").write_text(json.dumps({"sad": value}))
    assert "with a plus sign" in refusal(folder.read, classes)


def test_no_file_name_of_a_photograph_is_kept_in_the_notes(classes, layouts):
    photo = np.zeros((120, 90), np.uint8)
    (classes / "happy" / "anna_mueller.png").write_bytes(layouts.png(photo))
    faces = folder.read(classes)
    assert any("no face was found" in note for note in faces.source["notes"])
    assert "anna_mueller" not in json.dumps(dict(faces.source))
