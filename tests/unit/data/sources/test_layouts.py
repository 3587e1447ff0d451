"""The layouts in which the sets circulate, each made small of drawn faces and read as it was downloaded."""

import json

import numpy as np
import pytest
from PIL import Image

from ferkit.core.labels import LABELS
from ferkit.data.sources import ckplus, ferg, folder, jaffe

JAFFE = {"angry": "AN", "disgust": "DI", "fear": "FE", "happy": "HA", "sad": "SA", "surprise": "SU", "neutral": "NE"}


def write(faces, place, name, count=28):
    """The first images below `place`, each called ``name(row, label)``; the place."""
    for row in range(count):
        path = place / name(row, LABELS[faces.labels[row]])
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(faces.images[row]).save(path)
    return place


@pytest.mark.parametrize("name", [
    lambda row, label: f"{jaffe.SUBJECTS[row % 10]}.{JAFFE[label]}{row % 3 + 1}.{row + 1}.tiff",
    lambda row, label: f"jaffedbase/{jaffe.SUBJECTS[row % 10]}.{JAFFE[label]}{row % 3 + 1}.{row + 1}.tiff",
    lambda row, label: f"jaffe/{label}/{jaffe.SUBJECTS[row % 10]}.{JAFFE[label]}{row % 3 + 1}.{row + 1}.tiff",
    lambda row, label: f"jaffe/{jaffe.SUBJECTS[row % 10]}-{JAFFE[label]}{row % 3 + 1}{'' if row < 14 else '-2'}.png",
    lambda row, label: f"{jaffe.SUBJECTS[row % 10]}.{JAFFE[label]}{row % 3 + 1}.{row + 1}.tiff.png",
], ids=["one folder", "jaffedbase", "class folders", "hyphens", "converted"])
@pytest.mark.parametrize("zipped", [False, True])
def test_jaffe(small, layouts, tmp_path, name, zipped):
    place = write(small, tmp_path / "copy", name)
    faces = jaffe.read(layouts.zip(place, tmp_path / "archive.zip") if zipped else place)
    assert len(faces) == 28 and set(faces.subjects.tolist()) == set(jaffe.SUBJECTS)
    by_pixels = dict(zip((image.tobytes() for image in small.images), small.labels, strict=True))
    assert [by_pixels[image.tobytes()] for image in faces.images] == faces.labels.tolist()


@pytest.mark.parametrize("name", [
    lambda row, label: f"CK+48/{label}/S{row:03d}_001_{row:08d}.png",
    lambda row, label: f"ck/CK+48/{label}/S{row:03d}_001_{row:08d}.png",
    lambda row, label: f"{'train' if row % 4 else 'test'}/{label}/S{row:03d}_001_{row:08d}.png",
], ids=["CK+48", "deeper", "divided"])
def test_ckplus(small, layouts, tmp_path, name):
    place = write(small, tmp_path / "copy", name)
    faces = ckplus.read(layouts.zip(place, tmp_path / "archive.zip"))
    assert len(faces) == 28 and len(set(faces.subjects.tolist())) == 28
    assert set(faces.split.tolist()) == {""}  # a division that came with the copy is nobody's protocol


def test_a_table_of_ckplus_is_refused_because_it_names_no_subject(tmp_path, refusal):
    (tmp_path / "ckextended.csv").write_text("emotion,pixels,Usage\n6,0 0 0,Training\n")
    assert "neither subjects nor sequences" in refusal(ckplus.read, tmp_path / "ckextended.csv")


@pytest.mark.parametrize("name", [
    lambda row, label: f"FERG_DB_256/{c(row)}/{c(row)}_{joy(label)}/{c(row)}_{joy(label)}_{row}.png",
    lambda row, label: f"{c(row)}/{c(row)}_{joy(label)}/{row}.png",
    lambda row, label: f"{label}/{c(row)}_{joy(label)}_{row}.png",
], ids=["release", "without the top folder", "class folders"])
def test_ferg(small, tmp_path, name):
    faces = ferg.read(write(small, tmp_path / "copy", name))
    assert len(faces) == 28 and set(faces.subjects.tolist()) == set(ferg.CHARACTERS)
    by_pixels = dict(zip((image.tobytes() for image in small.images), small.labels, strict=True))
    assert [by_pixels[image.tobytes()] for image in faces.images] == faces.labels.tolist()


def c(row):
    return ferg.CHARACTERS[row % 6]


def joy(label):
    return {"happy": "joy", "angry": "anger", "sad": "sadness"}.get(label, label)


def test_a_tree_with_codes_for_classes_is_read_by_its_label_map(small, tmp_path):
    """RAF-DB as it circulates: DATASET/train/1/train_00001_aligned.jpg, coded 1…7."""
    codes = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")
    place = write(small, tmp_path / "DATASET", lambda row, label:
                  f"{'test' if row % 4 == 0 else 'train'}/{codes.index(label) + 1}/{row:05d}_aligned.png", 56)
    (place / "labels.json").write_text(json.dumps({str(code + 1): label for code, label in enumerate(codes)}))
    faces = folder.read(place)
    assert len(faces) == 56 and faces.counts()["test"] and faces.label_names == LABELS


def test_a_tree_with_contempt_keeps_or_drops_it_on_purpose(small, tmp_path, refusal):
    """AffectNet as it circulates: Train|Test/<Class>/imageNNNN.jpg with an eighth class."""
    def name(row, label):
        return f"{'Test' if row % 4 == 0 else 'Train'}/{'Contempt' if label == 'sad' else label.title()}/{row}.png"

    place = write(small, tmp_path / "copy", name, 56)
    assert "'Contempt' is none of" in refusal(folder.read, place)
    (place / "labels.json").write_text('{"Contempt": "contempt"}')
    assert len(folder.read(place).label_names) == 8
    (place / "labels.json").write_text('{"Contempt": null}')
    dropped = folder.read(place)
    assert dropped.label_names == LABELS and len(dropped) == 56 - int(np.sum(small.labels == LABELS.index("sad")))
