"""Overlays: the frame is where the box is, small pictures are enlarged, nothing is half-written."""

import io

import numpy as np
import pytest
from PIL import Image

from ferkit.apps import overlay
from ferkit.apps.photos import Row
from ferkit.core.labels import LABELS


def _bytes(image, form="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def test_the_frame_lies_on_the_box_and_the_rest_stays():
    row = Row("a", 1, (100, 120, 80, 80), "happy", 0.9)
    drawn = np.asarray(overlay.draw(_bytes(Image.new("RGB", (400, 300), "black")), [row]))
    yellow = (drawn == (0xF0, 0xE4, 0x42)).all(2)
    assert yellow[120:200, 100].all() and yellow[199, 100:180].all() and not yellow[125:195, 105:175].any()
    assert not drawn[:90].any()


def test_a_small_picture_is_enlarged_by_a_whole_factor():
    assert overlay.draw(_bytes(Image.new("L", (48, 48))), [Row("a", 1, (0, 0, 48, 48), "sad", 0.5)]).size == (336, 336)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "I;16", "1"])
def test_every_kind_of_picture_becomes_rgb(mode):
    image = Image.fromarray(np.full((60, 400), 65535, np.uint16)) if mode == "I;16" else Image.new(mode, (400, 60))
    drawn = overlay.draw(_bytes(image), [Row("a", None, None, "neutral", None)])
    assert (drawn.mode, drawn.size) == ("RGB", (400, 60))
    if mode == "I;16":
        assert drawn.getpixel((200, 50)) == (255, 255, 255)


def test_the_picture_is_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert overlay.draw(_bytes(Image.new("L", (400, 330)), "JPEG", exif=exif), []).size == (330, 400)


def test_every_expression_has_its_colour():
    assert set(overlay.COLOURS) == set(LABELS) and len(set(overlay.COLOURS.values())) == len(LABELS)


def test_names_are_never_taken_twice():
    assert overlay.names_for(["a/x.png", "b/X.jpg", "-", "y.png"]) == [
        "x_faces.png", "X_faces_2.png", "stdin_faces.png", "y_faces.png"]


def test_long_names_are_cut_to_what_a_file_system_takes():
    names = overlay.names_for([f"{'ä' * 120}.png", f"{'ä' * 121}.png"])
    assert len(set(names)) == 2 and all(len(name.encode()) < 220 for name in names)


def test_a_folder_that_takes_no_files_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere/a\.png'$"):
        overlay.save(Image.new("L", (4, 4)), tmp_path / "nowhere" / "a.png")
    assert list(tmp_path.iterdir()) == []
