"""``predict`` on the command line: one line per face, JSON as the contract has it, exit statuses."""

import io
import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from ferkit import __main__ as command_line
from ferkit.core.labels import LABELS


@pytest.fixture
def folder(tmp_path):
    """Two face crops, a picture without a face, and a file that is no picture."""
    for name, tone in (("a.png", 40), ("b.png", 200)):
        Image.new("L", (48, 48), tone).save(tmp_path / name)
    Image.fromarray(np.tile(np.arange(90, dtype=np.uint8), (60, 1))).save(tmp_path / "ramp.png")
    return tmp_path


def _predict(*words):
    return command_line.main(["predict", "--weights", "deep-emotion", *map(str, words)])


def test_a_line_for_each_face_and_status_0(folder, capsys):
    assert _predict(folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [str(folder / name) for name in ("a.png", "b.png", "ramp.png")]
    assert "(face 1 at 0,0 size 48×48)" in lines[0] and "no face found, whole image read" in lines[2]


def test_json_has_the_contracts_keys_and_an_unreadable_photo_gives_status_1(folder, capsys):
    (folder / "aa.png").write_bytes(b"nonsense")
    assert _predict(folder, "--json") == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 4
    for row in rows:
        assert {"path", "face", "box", "expression", "probability", "runner_up", "error"} <= set(row)
    assert rows[1]["error"].startswith("not an image") and rows[1]["expression"] is None
    assert rows[2]["error"] is None and 0 < rows[2]["probability"] <= 1
    assert sum(rows[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_stdin_is_an_image_and_overlays_are_saved(folder, tmp_path, capsys, monkeypatch):
    content = (folder / "b.png").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert _predict("-", folder / "a.png", "--save-overlay", tmp_path / "out" / "deep") == 0
    assert capsys.readouterr().out.startswith("-  ")
    saved = sorted((tmp_path / "out" / "deep").iterdir())
    assert [path.name for path in saved] == ["a_faces.png", "stdin_faces.png"]
    assert Image.open(saved[0]).size == (336, 336)


def test_the_list_tells_every_published_name(capsys):
    from ferkit.results import weights_catalogue

    assert command_line.main(["predict", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        entry.full_name for entry in weights_catalogue.entries()]


def test_csv_has_a_column_for_everything_also_of_a_recordings_frames(folder, capsys):
    import csv

    assert _predict(folder, "--csv") == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["path"] for row in rows] == [str(folder / name) for name in ("a.png", "b.png", "ramp.png")]
    assert (rows[0]["x"], rows[0]["width"], rows[2]["width"]) == ("0", "48", "")
    assert sum(float(rows[0][name]) for name in LABELS) == pytest.approx(1, abs=1e-5)
    (folder / "aa.png").write_bytes(b"nonsense")
    assert command_line.main(["predict", "--sequence", str(folder), "--crops", "--csv"]) == 1
    frames = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [bool(row["error"]) for row in frames] == [False, True, False, False] and frames[0]["happy"]


def test_a_file_where_pictures_shall_go_is_refused_with_the_option_that_named_it(folder, capsys):
    (folder / "there").touch()
    assert _predict(folder / "a.png", "--save-overlay", folder / "there") == 2
    assert capsys.readouterr().err.endswith("there is not a folder; name another with --save-overlay\n")


def test_an_overlay_never_takes_the_place_of_a_photograph(folder, capsys):
    (folder / "a_faces.png").write_bytes((folder / "b.png").read_bytes())
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert _predict(folder, "--save-overlay", folder) == 2
    assert "would write over the photograph" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
