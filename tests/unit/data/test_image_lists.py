"""Lists of test images: by the copy's names or FER+'s; what names nothing is counted, a list of nothing refused."""

from dataclasses import replace

import numpy as np
import pytest

from ferkit.data import ferplus, fingerprint
from ferkit.data.image_lists import only_listed
from ferkit.data.sources.synthetic import draw_set


@pytest.fixture
def faces():
    """Three drawn test images in FER2013's place, the last three of its rows."""
    drawn = draw_set(7, 7, 3, seed=1)
    names = np.array([f"{split}/PrivateTest_{k}.png" for k, split in enumerate(drawn.split)])
    return replace(drawn, names=names, index=np.where(drawn.split == "test", np.arange(len(drawn)) + 35790, 0),
                   source={"dataset": "fer2013", "fingerprint": {"restored": True}})


def test_ferplus_numbers_are_those_of_its_folders():
    numbers, split = ferplus.numbers(), fingerprint.load().split
    named = numbers[numbers >= 0]
    assert len(set(named.tolist())) == len(named) == 35708
    for part, first, last in (("train", 0, 28637), ("val", 28638, 32219), ("test", 32220, 35801)):
        own = numbers[(split == part) & (numbers >= 0)]
        assert (own.min(), own.max()) == (first, last)


@pytest.mark.parametrize("line", ["test/PrivateTest_15.png", "PrivateTest_15 8 0", "fer{:07d}.png",
                                  "3/fer{:07d}.jpg", "3_fer{:07d}.png 8 2"])
def test_a_line_names_an_image_in_the_copy_or_in_ferplus(faces, tmp_path, line):
    row = np.flatnonzero(faces.split == "test")[1]
    assert faces.names[row] == "test/PrivateTest_15.png"
    place = tmp_path / "list.txt"
    place.write_text(f"{line.format(ferplus.numbers()[faces.index[row]])}\n\nfer0000000.png\n")
    found, says = only_listed(faces, place)
    assert says == {"list": "list.txt", "lines": 2, "listed": 1}
    assert found.part("test").names.tolist() == ["test/PrivateTest_15.png"]
    assert len(found.part("train")) == 7 and len(found.part("val")) == 7


@pytest.mark.parametrize("line", ["KM.AN1.39", "KM.AN1.39.tiff", "KM.AN1.39.jpeg"])
def test_a_name_with_dots_is_found_with_and_without_its_ending(faces, tmp_path, line):
    names = np.array([f"{'KM' if row == np.flatnonzero(faces.split == 'test')[0] else row}.AN1.39.tiff"
                      for row in range(len(faces))])
    (tmp_path / "list.txt").write_text(line)
    assert only_listed(replace(faces, names=names), tmp_path / "list.txt")[1]["listed"] == 1


def test_a_name_of_several_images_needs_its_folders(faces, tmp_path, refusal):
    test = np.flatnonzero(faces.split == "test")
    faces = replace(faces, names=np.array([f"test/{'angry' if row == test[0] else 'happy' if row in test else 'sad'}/"
                                           f"im{0 if row in test[:2] else row}.png" for row in range(len(faces))]))
    place = tmp_path / "list.txt"
    for line in ("test/angry/im0.png", "angry/im0"):
        place.write_text(line)
        assert only_listed(faces, place)[0].part("test").names.tolist() == ["test/angry/im0.png"]
    place.write_text("im0.png")
    assert "im0.png: several test images are called so" in refusal(only_listed, faces, place)


def test_a_list_of_nothing_and_no_list_are_refused(faces, tmp_path, refusal):
    (tmp_path / "list.txt").write_text("fer0000000.png\n")
    assert "none of its 1 lines" in refusal(only_listed, faces, tmp_path / "list.txt")
    assert "cannot be read" in refusal(only_listed, faces, tmp_path / "absent.txt")
