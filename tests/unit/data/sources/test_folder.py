"""Anyone's own images: class folders with or without splits, mapped to the seven labels one to one."""

import json

import numpy as np
import pytest

from ferkit.core.labels import LABELS
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
