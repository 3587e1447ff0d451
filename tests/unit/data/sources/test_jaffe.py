"""JAFFE: who and what are read from every spelling of the file names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ferkit.core.labels import LABELS
from ferkit.data.sources import jaffe

CODES = dict(zip(("AN", "DI", "FE", "HA", "SA", "SU", "NE"), LABELS, strict=True))


@pytest.mark.parametrize("name", ["KA.AN1.39.tiff", "KA-AN1.jpeg", "jaffe/KA_AN1_39.png", "ka.an1.39.TIFF",
                                  "KA.AN1.39..tiff", "KAAN1.jpg", "angry/KA-AN1.39.jpg"])
def test_circulating_spellings_name_the_same_subject_and_label(name):
    assert jaffe.parse_name(name, "x") == ("KA", "angry")


@given(st.sampled_from(jaffe.SUBJECTS), st.sampled_from(sorted(CODES)), st.integers(1, 4), st.integers(1, 213))
def test_every_name_of_the_release_round_trips(subject, code, take, number):
    assert jaffe.parse_name(f"{subject}.{code}{take}.{number}.tiff", "x") == (subject, CODES[code])


@pytest.mark.parametrize("name", ["README.png", "XX.AN1.1.tiff", "KA.ZZ1.1.tiff", "KA.AN.tiff"])
def test_other_names_are_refused_by_name(refusal, name):
    assert name in refusal(jaffe.parse_name, name, name)


def test_a_folder_and_a_zip_give_the_same_set(small, layouts, tmp_path):
    folder = tmp_path / "jaffe"
    folder.mkdir()
    for number, (subject, code) in enumerate([("KA", "AN"), ("KA", "HA"), ("YM", "NE")]):
        Image.fromarray(small.images[number]).save(folder / f"{subject}.{code}1.{number}.tiff")
    faces = jaffe.read(folder)
    assert faces.subjects.tolist() == ["KA", "KA", "YM"] and faces.labels.tolist() == [0, 3, 6]
    assert any("3 images, 213 are published" in note for note in faces.source["notes"])
    assert jaffe.read(layouts.zip(folder, tmp_path / "jaffe.zip")).content_hash == faces.content_hash


def test_an_empty_folder_is_refused(tmp_path, refusal):
    assert "no JAFFE in it" in refusal(jaffe.read, tmp_path)
