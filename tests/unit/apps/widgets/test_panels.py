"""The panels follow every slider, show an upload, and say what cannot be read; no browser is needed for it."""

import io
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from ferkit import papers
from ferkit.apps import predictor, widgets
from ferkit.apps.widgets import views
from ferkit.data.synthetic.action_units import ACTION_UNITS, EXPRESSIONS
from ferkit.results import weights_catalogue

WEIGHTS = "deep-emotion/ours"


@pytest.fixture
def face():
    """A panel that draws."""
    return widgets.FacePanel("happy", weights=WEIGHTS)


def test_it_starts_with_the_expressions_action_units(face):
    assert {number for number, slider in face.sliders.items() if slider.value} == set(EXPRESSIONS["happy"])
    assert set(face.sliders) == set(ACTION_UNITS)


def test_a_slider_changes_face_pictures_and_answer(face):
    before, pictures, bars = face.view, [picture.value for picture in face._pictures], face._bars.value
    face.sliders[12].value = 0.0
    assert not np.array_equal(before.image, face.view.image)
    assert all(old != new.value for old, new in zip(pictures, face._pictures, strict=True))
    assert bars != face._bars.value and face.says in face._words.value


def test_an_expression_moves_all_sliders_and_is_looked_at_once(face, monkeypatch):
    looks = []
    monkeypatch.setattr(views, "view", lambda model, image, look=views.view: looks.append(1) or look(model, image))
    face.expression.value = "surprise"
    assert {number for number, slider in face.sliders.items() if slider.value} == set(EXPRESSIONS["surprise"])
    assert len(looks) == 1


def test_a_sweep_puts_the_slider_back(face):
    rows = face.sweep(12, (0.0, 0.5))
    assert [row["AU 12"] for row in rows] == [0.0, 0.5] and face.sliders[12].value == 1.0
    assert rows[0]["what the network says"] != rows[1]["what the network says"]


def test_other_weights_answer_at_once_and_without_a_transformer_none_is_shown(face):
    face.weights.value = weights_catalogue.find("lenet5").full_name
    assert face.view.theta is None and "no transformer" in face._words.value
    assert Image.open(io.BytesIO(face._pictures[1].value)).getextrema() == (128, 128)


def test_the_default_has_a_transformer_and_is_published():
    assert weights_catalogue.find(widgets.default_weights()).key.system.startswith("deep_emotion")


def test_without_a_photo_drawn_people_stand_in():
    panel = widgets.PhotoPanel(weights=WEIGHTS)
    rows = panel.rows
    assert len(rows) >= 2 and rows[0].box is not None and list(panel.number.options) == list(range(1, len(rows) + 1))
    first = panel.view.image
    panel.number.value = 2
    assert not np.array_equal(first, panel.view.image)


def test_an_upload_is_shown_and_what_is_no_image_is_told():
    panel = widgets.PhotoPanel(weights=WEIGHTS)
    stream = io.BytesIO()
    Image.new("L", (48, 48), 90).save(stream, "PNG")
    panel.number.value = 2
    panel.upload.value = ({"name": "mine.png", "type": "image/png", "size": 1, "content": memoryview(stream.getvalue()),
                           "last_modified": datetime(2026, 1, 1)},)
    assert list(panel.number.options) == [1] and panel.view.image.max() == 90
    panel.open("bad.png", b"nonsense")
    assert "not an image" in panel._error.value and panel.view.image.max() == 90


def test_a_first_photograph_that_cannot_be_read_is_told_and_drawn_people_stand_in(tmp_path):
    (tmp_path / "<b>.png").write_bytes(b"nonsense")
    panel = widgets.PhotoPanel(str(tmp_path / "<b>.png"), weights=WEIGHTS)
    assert "&lt;b&gt;.png: not an image" in panel._error.value and len(panel.rows) >= 2
    panel = widgets.PhotoPanel(str(tmp_path / "missing.png"), weights=WEIGHTS)
    assert "missing.png: No such file" in panel._error.value and len(panel.rows) >= 2


def test_the_view_is_what_its_parts_say():
    model = predictor.load(WEIGHTS)
    image = widgets.FacePanel("surprise", weights=WEIGHTS).view.image
    shown = widgets.view(model, image)
    np.testing.assert_allclose(views.chances(shown), model.predict(image[None]).probabilities[0], rtol=1e-5)
    assert shown.cost.shape == (48, 48) and np.isfinite(shown.cost).all() and shown.sampled.dtype == np.uint8
    assert f"{100 * views.chances(shown).max():.0f} %" in views.says(shown)


def test_a_network_of_smaller_input_looks_at_the_middle():
    """Theta at the identity on a 40×40 crop is a frame of 40/48 of the image."""
    from ferkit.experiments.evaluation import network_predictor

    network = papers.system("deep_emotion_wide").build().eval()
    network.input_size = 40
    model = predictor.Model("x", predictor.load(WEIGHTS).label_names, "none", "",
                                  network_predictor(network, "none"))
    np.testing.assert_allclose(views._theta(model, np.zeros((48, 48), np.uint8)),
                               [[40 / 48, 0, 0], [0, 40 / 48, 0]], atol=1e-6)


def test_theta_follows_its_sliders_and_keeps_a_picture_for_where_there_are_none():
    image = np.arange(48 * 48).reshape(48, 48).astype(np.uint8)
    panel = widgets.ThetaPanel(image)
    assert np.array_equal(panel.theta, [[1, 0, 0], [0, 1, 0]])
    before = panel._repr_mimebundle_()["image/png"]
    panel.sliders["turn, °"].value, panel.sliders["down"].value = 90, 0.5
    assert np.allclose(panel.theta, [[0, -1, 0], [1, 0, 0.5]])
    shown = panel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown and shown["image/png"] != before
