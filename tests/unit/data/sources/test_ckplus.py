"""CK+ in both layouts: subject and sequence from the names, contempt dropped or kept, neutral and apex frames."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ferkit.core.errors import InputError
from ferkit.core.labels import CONTEMPT, LABELS
from ferkit.data.sources import ckplus


def test_subject_and_sequence_come_from_the_file_name(small, layouts, tmp_path):
    faces = ckplus.read(layouts.ckplus48(tmp_path / "ck", small.select(np.arange(6))))
    assert {(s, q) for s, q in zip(faces.subjects, faces.sequences, strict=True)} == {
        (f"S{100 + row}", f"S{100 + row}_{1 + row % 3:03d}") for row in range(6) if small.labels[row] != 6}


def test_contempt_is_dropped_by_default_and_kept_as_an_eighth_label_on_request(small, layouts, tmp_path):
    place = layouts.zip(layouts.ckplus48(tmp_path / "ck", small), tmp_path / "ckplus48.zip")
    seven, eight = ckplus.read(place), ckplus.read(place, contempt=True)
    assert seven.label_names == LABELS and eight.label_names == (*LABELS, CONTEMPT)
    assert len(eight) == 2 * len(small) and len(eight) - len(seven) == np.sum(eight.labels == 7) == 16
    assert any("16 contempt images are left out" in note for note in seven.source["notes"])
    assert any("no neutral images" in note for note in seven.source["notes"])


def test_the_release_gives_one_neutral_and_three_apex_frames_for_each_sequence(small, layouts, tmp_path):
    faces = ckplus.read(layouts.ckplus_release(tmp_path / "ck", small, codes=[1, 3, 4, 5, 6, 7, 2]))
    assert faces.counts()[""] == dict.fromkeys(LABELS, 3) | {"neutral": 7}
    happy = faces.names[(faces.labels == 3)]
    assert [name[-8:] for name in happy] == ["0004.png", "0005.png", "0006.png"]
    assert all(name.endswith("0001.png") for name in faces.names[faces.labels == 6])


def test_images_and_codes_of_the_release_may_be_two_archives_in_a_folder(small, layouts, tmp_path):
    place = layouts.ckplus_release(tmp_path / "ck", small, codes=[1, 3])
    folder = tmp_path / "downloads"
    folder.mkdir()
    layouts.zip(place / "cohn-kanade-images", folder / "extended-cohn-kanade-images.zip")
    layouts.zip(place / "Emotion", folder / "Emotion_labels.zip")
    assert ckplus.read(folder).content_hash == ckplus.read(place).content_hash


def test_codes_without_their_images_are_refused(small, layouts, tmp_path, refusal):
    place = layouts.ckplus_release(tmp_path / "ck", small, codes=[1])
    assert "S100/001 is labelled but has 0 images" in refusal(ckplus.read, place / "Emotion")


def test_photographs_are_cropped_and_what_was_not_found_is_counted(small, layouts, tmp_path):
    place = layouts.ckplus48(tmp_path / "ck", small.select(np.arange(3)))
    for path in place.rglob("*.png"):
        path.write_bytes(layouts.png(np.full((90, 120), 128, np.uint8)))
    faces = ckplus.read(place)
    assert faces.images.shape[1:] == (48, 48)
    assert any(f"In {len(faces)} of them no face was found" in note for note in faces.source["notes"])


def test_the_codes_are_one_to_one():
    assert len(set(ckplus.CODES.values())) == len(ckplus.CODES) == len(LABELS) + 1
    for code, label in ckplus.CODES.items():
        assert ckplus.parse_code(f"  {code:.7e}", "x") == label


@given(st.text(max_size=20) | st.floats().map(str))
def test_any_other_code_is_refused_in_one_line(text):
    try:
        label = ckplus.parse_code(text, "x")
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert ckplus.CODES[float(text)] == label


def test_wrong_names_and_folders_are_named(small, layouts, tmp_path, refusal):
    place = layouts.ckplus48(tmp_path / "ck", small.select(np.arange(3)))
    first = next(place.rglob("*.png"))
    renamed = first.rename(first.with_name("photo1.png"))
    assert "photo1.png: not named" in refusal(ckplus.read, place)
    renamed.rename(first)
    first.parent.rename(first.parent.with_name("bored"))
    assert "'bored' is no expression" in refusal(ckplus.read, place)
    (tmp_path / "empty").mkdir()
    assert "no CK+ in it" in refusal(ckplus.read, tmp_path / "empty")


def test_the_circulating_copy_has_its_counts(ckplus_path):
    faces = ckplus.read(ckplus_path, contempt=True)
    assert (len(set(faces.subjects)), len(set(faces.sequences)), len(faces)) == (118, 327, 981)
    assert faces.counts()[""] == ckplus.PUBLISHED_48 | {"neutral": 0}
    assert not any("instead of" in note for note in faces.source["notes"])
