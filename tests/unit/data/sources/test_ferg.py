"""FERG-DB: character and expression from the folders, renderings shrunk whole."""

import numpy as np
import pytest
from PIL import Image

from ferkit.core.labels import LABELS
from ferkit.data.sources import ferg

EXPRESSIONS = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")


def test_every_folder_of_the_release_names_one_character_and_label():
    pairs = {ferg.parse_folder(f"FERG_DB_256/{who}/{who}_{what}/x.png", "x") for who in ferg.CHARACTERS
             for what in EXPRESSIONS}
    assert pairs == {(who, label) for who in ferg.CHARACTERS for label in LABELS}


@pytest.mark.parametrize("name", ["x.png", "aia/x.png", "aia/aia_bored/x.png", "bob/bob_joy/x.png"])
def test_other_folders_are_refused(refusal, name):
    assert "is not <character>_<expression>" in refusal(ferg.parse_folder, name, name)


def test_renderings_are_shrunk_whole_by_averaging_and_white_lies_behind_them(layouts, tmp_path):
    place = tmp_path / "FERG_DB_256" / "aia" / "aia_joy"
    place.mkdir(parents=True)
    picture = np.kron(np.arange(48 * 48).reshape(48, 48) % 251, np.ones((4, 4))).astype(np.uint8)
    Image.fromarray(picture).convert("RGB").save(place / "aia_joy_1.png")
    Image.new("RGBA", (256, 256), (0, 0, 0, 0)).save(place / "aia_joy_2.png")
    faces = ferg.read(tmp_path)
    np.testing.assert_array_equal(faces.images[0], picture[::4, ::4])
    assert np.all(faces.images[1] == 255)
    assert faces.subjects.tolist() == ["aia", "aia"] and faces.labels.tolist() == [3, 3]
    assert ferg.read(layouts.zip(tmp_path / "FERG_DB_256", tmp_path / "ferg.zip")).content_hash == faces.content_hash


def test_an_empty_folder_is_refused(tmp_path, refusal):
    assert "no FERG in it" in refusal(ferg.read, tmp_path)
