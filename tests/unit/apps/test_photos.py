"""Photographs become rows: every face, in order; what cannot be read is one row with its reason."""

import io
import os
import threading

import numpy as np
import pytest
import torch
from PIL import Image

import ferkit
from ferkit import papers
from ferkit.apps import photos, predictor
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data import face_detection
from ferkit.data.sources.synthetic import draw_set
from ferkit.models import weights


class Steps:
    """In place of a trained system: says how bright a crop is, in seven steps."""

    label_names = LABELS

    def predict(self, images):
        """The brighter, the later the label; the runner-up is the next label."""
        assert images.dtype == np.uint8 and images.shape[1:] == (48, 48)
        labels = (images.mean((1, 2)) * 7 / 256).astype(int)
        chances = np.full((len(images), 7), 0.05, np.float32)
        chances[np.arange(len(images)), labels] = 0.6
        chances[np.arange(len(images)), (labels + 1) % 7] = 0.15
        return predictor.Prediction(LABELS, labels, np.log(chances), chances)


def _photo(name, image, form="PNG", **options):
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, form, **options)
    return photos.Photo(name, lambda: stream.getvalue())


def _rows(*given, **options):
    return list(photos.predict(Steps(), given, **options))


@pytest.fixture(scope="module")
def group():
    """A 640×300 photograph with two drawn faces that the cascade finds, the larger at the right."""
    import cv2

    drawn = draw_set(35, 7, 7, seed=1).images
    first, second = drawn[np.flatnonzero(face_detection.found_in_crops(drawn))[1:3]]
    canvas = np.full((300, 640), 90, np.uint8)
    canvas[80:200, 60:180] = cv2.resize(first, (120, 120), interpolation=cv2.INTER_CUBIC)
    canvas[30:270, 340:580] = cv2.resize(second, (240, 240), interpolation=cv2.INTER_CUBIC)
    return canvas


def test_every_face_is_a_row_the_largest_first(group):
    rows = _rows(_photo("group.png", group))
    assert [row.face for row in rows] == list(range(1, len(rows) + 1)) and len(rows) >= 2
    sizes = [row.box[2] for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    x, y, width, height = rows[0].box
    assert 340 <= x + width / 2 <= 580 and 30 <= y + height / 2 <= 270


def test_where_no_face_is_found_the_whole_image_is_read_and_the_row_says_so():
    row, = _rows(_photo("ramp.png", np.tile(np.arange(200, dtype=np.uint8), (120, 1))))
    assert (row.face, row.box, row.error) == (None, None, None)
    assert "no face found, whole image read" in row.says()


def test_a_crop_of_48_by_48_is_read_as_it_is_and_never_searched(monkeypatch):
    monkeypatch.setattr(face_detection, "detect", lambda image: pytest.fail("searched"))
    row, = _rows(_photo("crop.png", np.full((48, 48), 250, np.uint8)))
    assert (row.box, row.expression, row.runner_up) == ((0, 0, 48, 48), "neutral", "angry")
    assert row.probability == pytest.approx(0.6) and row.runner_up_probability == pytest.approx(0.15)


def test_ready_crops_of_any_size_are_not_searched_when_that_is_asked(monkeypatch):
    monkeypatch.setattr(face_detection, "detect", lambda image: pytest.fail("searched"))
    row, = _rows(_photo("crop.png", np.full((100, 140), 10, np.uint8)), ready=True)
    assert (row.box, row.expression) == ((20, 0, 100, 100), "angry")


def test_a_photo_that_cannot_be_read_is_a_row_and_stops_no_other():
    good = _photo("good.png", np.full((48, 48), 250, np.uint8))
    rows = _rows(good, photos.Photo("bad.png", lambda: b"nonsense"), photos.Photo("empty.png", bytes), good)
    assert [row.path for row in rows] == ["good.png", "bad.png", "empty.png", "good.png"]
    assert [row.expression for row in rows] == ["neutral", None, None, "neutral"]
    assert rows[1].error.startswith("not an image") and rows[2].error.startswith("the file is empty")


@pytest.mark.parametrize("count", [1, 63, 64, 65, 130])
def test_rows_come_in_the_photographs_order_however_many_go_together(count):
    given = [_photo(f"{k}.png", np.full((48, 48), (37 * k) % 256, np.uint8)) for k in range(count)]
    rows = _rows(*given)
    assert [row.path for row in rows] == [photo.path for photo in given]
    assert [row.expression for row in rows] == [LABELS[int((37 * k) % 256 * 7 / 256)] for k in range(count)]


def test_white_lies_behind_what_is_transparent():
    clear = Image.new("RGBA", (48, 48), (0, 0, 0, 0))
    assert photos.crops_of(_photo("clear.png", clear))[0].image.min() == 255


def test_a_phones_multi_picture_jpeg_is_its_first_picture():
    second = Image.new("L", (48, 48), 0)
    photo = _photo("phone.jpg", Image.new("L", (48, 48), 200), "MPO", save_all=True, append_images=[second])
    assert abs(photos.crops_of(photo)[0].image.mean() - 200) < 2


def test_folders_are_walked_in_order_without_hidden_and_other_files(tmp_path):
    for name in ("b/2.JPG", "a.png", "b/1.png", ".hidden/3.png", "notes.txt", "b/.4.png", "b/5.HEIC"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b/9.png").symlink_to("nowhere")
    found = photos.photos_of([str(tmp_path)], io.BytesIO())
    assert [photo.path for photo in found] == [str(tmp_path / name) for name in ("a.png", "b/1.png", "b/2.JPG",
                                                                                 "b/5.HEIC", "b/9.png")]
    assert "cannot be read" in _rows(found[-1])[0].error
    assert "not an image of a known format" in _rows(found[-2])[0].error  # told, not passed over


def test_stdin_is_one_image_that_can_be_read_twice():
    photo, = photos.photos_of(["-"], io.BytesIO(b"bytes"))
    assert (photo.path, photo.read(), photo.read()) == ("-", b"bytes", b"bytes")


def test_what_is_not_there_is_refused_alone_and_a_row_among_others(tmp_path):
    (tmp_path / "empty").mkdir()
    there = tmp_path / "there.png"
    there.write_bytes(b"x")
    with pytest.raises(InputError, match=r"nowhere\.png: no such file"):
        photos.photos_of(["nowhere.png"], io.BytesIO())
    with pytest.raises(InputError, match="empty: no images below"):
        photos.photos_of([str(tmp_path / "empty")], io.BytesIO())
    missing, _ = photos.photos_of(["nowhere.png", str(there)], io.BytesIO())
    assert "No such file" in _rows(missing)[0].error


def test_a_system_without_probabilities_gives_none():
    class Votes(Steps):
        def predict(self, images):
            answer = super().predict(images)
            return predictor.Prediction(LABELS, answer.labels, answer.scores, None)

    row, = photos.predict(Votes(), [_photo("crop.png", np.full((48, 48), 250, np.uint8))])
    assert (row.expression, row.probability, row.runner_up, row.probabilities) == ("neutral", None, "angry", None)
    assert row.says() == "crop.png  neutral, then angry  (face 1 at 0,0 size 48×48)"


@pytest.mark.parametrize("place", ["file", "stdin"])
def test_what_has_no_end_is_refused_and_not_read_to_it(place, tmp_path, monkeypatch):
    monkeypatch.setattr(photos.archive, "MEMBER_LIMIT", 2**20)
    endless = open("/dev/zero", "rb")  # noqa: SIM115 (closed below)
    photo, = photos.photos_of(["/dev/zero" if place == "file" else "-"], endless)
    assert _rows(photo)[0].error == "larger than 1 MiB: not a photograph; shrink it"
    endless.close()


def test_a_pipe_is_read_once_and_told_twice(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"bytes",))
    writer.start()
    photo, = photos.photos_of([str(tmp_path / "pipe")], io.BytesIO())
    assert (photo.read(), photo.read()) == (b"bytes", b"bytes")
    writer.join()


def test_read_takes_a_photograph_in_any_form_and_gives_its_faces(tmp_path):
    pixels = np.tile(np.arange(90, dtype=np.uint8), (60, 1))
    Image.fromarray(pixels).save(tmp_path / "ramp.png")
    model = ferkit.load("lenet5")
    forms = [tmp_path / "ramp.png", str(tmp_path / "ramp.png"), (tmp_path / "ramp.png").read_bytes(),
             Image.fromarray(pixels), pixels, np.dstack([pixels] * 3)]
    found = [ferkit.read(form, model) for form in forms]
    for (face,) in found:
        assert isinstance(face, ferkit.Face) and face.box is None and face.crop.shape == (48, 48)
        assert face.probabilities == found[0][0].probabilities
        assert face.probability == face.probabilities[face.expression] >= face.probabilities[face.runner_up]
    assert ferkit.read(pixels, "lenet5", crop=True)[0].box == (15, 0, 60, 60)
    assert ferkit.read(pixels)[0].probabilities == ferkit.read(pixels, ferkit.load())[0].probabilities


def test_read_asks_the_network_that_a_file_holds_now(tmp_path):
    path, found = tmp_path / "weights.safetensors", []
    for seed in (0, 1):
        torch.manual_seed(seed)
        weights.save(path, papers.system("lenet5").build(7), "lenet5", {})
        found.append(photos.read(np.zeros((48, 48), np.uint8), str(path))[0].probability)
    assert found[0] != found[1]


def test_a_photograph_that_is_named_twice_is_read_once(tmp_path):
    Image.new("L", (48, 48)).save(tmp_path / "a.png")
    name = str(tmp_path / "a.png")
    assert [photo.path for photo in photos.photos_of([name, "-", name, "-"], io.BytesIO(b"x"))] == [name, "-"]


@pytest.mark.parametrize(("photo", "says"), [("nowhere.png", "nowhere.png: cannot be read"),
                                             (b"nonsense", "photo: not an image of a known format"),
                                             (np.zeros((4, 4), np.float32), r"photo: an array float32 \(4, 4\)")])
def test_read_refuses_what_is_no_picture_in_one_line(photo, says):
    with pytest.raises(ferkit.InputError, match=f"^{says}"):
        ferkit.read(photo, "lenet5")
