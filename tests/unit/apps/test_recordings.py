"""A folder of frames: in order, the past alone is seen, what cannot be read is told and left out."""

import json

import numpy as np
import pytest
from PIL import Image

from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.apps import recordings
from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS
from ferkit.data.synthetic.action_units import units_of
from ferkit.data.synthetic.render import Face, draw_face
from ferkit.models import weights

SYSTEM = papers.system(papers.default_for("predict sequence")[0])


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Untrained weights: what is asked here does not depend on what was learned."""
    import torch

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    weights.save(path, SYSTEM.build(7).eval(), SYSTEM.name, {}, about=SYSTEM.kind.header)
    return path


@pytest.fixture
def folder(tmp_path):
    """Twelve drawn frames of a smile, named without leading zeros."""
    for k in range(12):
        Image.fromarray(draw_face(Face(units=units_of("happy", k / 11)))).save(tmp_path / f"frame{k}.png")
    return tmp_path


def test_frames_are_taken_in_order_and_each_has_a_row(file, folder):
    rows = recordings.predict(recordings.load(str(file)), folder)
    assert [row.path.rsplit("/", 1)[1] for row in rows] == [f"frame{k}.png" for k in range(12)]
    for row in rows:
        assert sum(row.probabilities.values()) == pytest.approx(1, abs=1e-5) and row.expression in LABELS
        assert row.probability == max(row.probabilities.values()) > row.runner_up_probability


def test_a_moment_knows_its_past_and_nothing_of_what_follows(file):
    model = recordings.load(str(file))
    crops = np.random.default_rng(0).integers(0, 256, (24, 48, 48), dtype=np.uint8)
    whole, early = model.probabilities(crops), model.probabilities(crops[:20])
    np.testing.assert_allclose(whole[:20], early, atol=1e-6)
    np.testing.assert_allclose(model.probabilities(crops[3:])[-1], whole[-1], atol=1e-6)  # 18 frames back, no more


def test_an_unreadable_frame_is_told_and_the_others_are_answered_as_without_it(file, folder, capsys):
    before = recordings.predict(recordings.load(str(file)), folder)
    (folder / "frame3b.png").write_bytes(b"nonsense")
    assert command_line.main(["predict", "--sequence", str(folder), "--weights", str(file), "--json"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 13 and rows[4]["error"].startswith("not an image")
    answered = [row["probability"] for row in rows if not row["error"]]
    assert answered == pytest.approx([row.probability for row in before])


def test_the_plot_is_a_page_of_its_own(file, folder, capsys):
    page = folder.parent / "page.html"
    assert command_line.main(["predict", "--sequence", str(folder), "--weights", str(file), "--plot", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "surprise" in text and "<script src=" not in text
    assert len(capsys.readouterr().out.splitlines()) == 12


@pytest.mark.parametrize("words, says", [
    (["--plot", "x.html"], "belongs to --sequence"), (["photo.png", "--sequence", "."], "exclude each other"),
    (["--sequence", "nowhere"], "not a folder")])
def test_what_does_not_go_together_is_refused(words, says, file, capsys):
    assert command_line.main(["predict", "--weights", str(file), *words]) == 2
    assert says in capsys.readouterr().err


def test_a_network_that_learned_on_points_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    weights.save(path, papers.system("gru").build(8), "gru", {}, label_names=tuple("abcdefgh"), trained_on="gfe")
    with pytest.raises(InputError, match="learned on points"):
        recordings.load(str(path))


def test_a_network_of_single_images_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    weights.save(path, papers.system("lenet5").build(7), "lenet5", {})
    with pytest.raises(InputError, match="leave out --sequence"):
        recordings.load(str(path))


