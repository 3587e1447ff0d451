"""A face left in a tree of real faces, in every wrapping we could think of: each is named."""

import base64

import numpy as np
import pytest

from ferkit.publishing import verify
from ferkit.publishing.verify import image_leak_scan
from ferkit.results import predictions

FACE = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + FACE.tobytes()).decode()
CELL = "02_stn_attention/deep_emotion/ours/seed0"


def named(tree):
    (found,) = verify.verify(tree.root)
    return " | ".join(f"{row['file']}: {row['says']}" for row in found.mismatches)


@pytest.mark.parametrize("name", ["face.png", f"{CELL}/face.jpg", "notes.bin", f"{CELL}/predictions.npy", "x.npz",
                                  ".face.json", "02_stn_attention/figures/01_faces.json", "notebooks.ipynb"])
def test_a_file_of_a_type_or_place_that_no_result_has(published, name):
    path = published.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FACE.tobytes())
    published.note()
    assert name in named(published)


def test_a_link_out_of_the_tree(published, tmp_path):
    (published.root / "README.md").symlink_to(tmp_path)
    assert "README.md: a link" in named(published)


@pytest.mark.parametrize("extra", [{"images": FACE[None]}, {"pixels": FACE}, {"scores2": FACE.astype(np.float32)}])
def test_an_unknown_array_beside_the_predictions(published, extra):
    path = published.cell / "predictions.npz"
    predictions.write_arrays(path, predictions.read_arrays(path) | extra)
    assert f"{CELL}/predictions.npz" in named(published) and next(iter(extra)) in named(published)


def test_bytes_hidden_behind_an_array_file(published):
    path = published.root / "04_occlusion_analysis/deep_emotion/ours/seed0/maps.npz"
    import zipfile

    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = FACE.tobytes()
    assert "maps.npz: it holds bytes besides its arrays" in named(published)


@pytest.mark.parametrize(("arrays", "says"), [
    ({"faces": FACE[None].astype(np.float32)}, "faces"), ({"turned_wrong": FACE[None]}, "which no occlusion analysis"),
    ({"turned_wrong": FACE[None].astype(np.float32) / 255}, "finer than the windows"),
    ({"region_masks": FACE[None].astype(np.float32) / 255}, "more than masks"),
    ({"label_names": np.array([PNG])}, "a class name of")])
def test_a_face_among_the_occlusion_maps(published, arrays, says):
    published.maps(**arrays)
    assert "maps.npz" in named(published) and says in named(published)


@pytest.mark.parametrize("extra", [
    {"picture": FACE.tolist()}, {"picture": (FACE / 255).tolist()}, {"pixels": FACE.ravel().tolist()},
    {"picture": f"data:image/png;base64,{PNG}"}, {"picture": PNG}, {"deep": [{"er": [PNG]}]},
    {"pixels": {str(k): int(v) for k, v in enumerate(FACE.ravel())}},
    {"parts": [PNG[k:k + 90] for k in range(0, 900, 90)]},
    {"z": {"dtype": "u1", "bdata": base64.b64encode(FACE.tobytes()).decode(), "shape": "48, 48"}},
    {"z": {"dtype": "u1", "bdata": base64.b64encode(FACE.tobytes()).decode()}}])
def test_a_face_in_the_metrics(published, extra):
    published.change(**extra)
    assert f"{CELL}/metrics.json" in named(published)


def test_a_face_in_an_output_of_an_executed_notebook(published):
    cell = {"cell_type": "code", "source": "", "outputs": [{"data": {"image/png": PNG}, "output_type": "display_data"}]}
    published.put("notebooks/02_stn_attention.ipynb", {"cells": [cell]})
    assert "notebooks/02_stn_attention.ipynb: cells.outputs.data holds an output of type image/png" in named(published)


def test_a_face_in_a_figure_of_a_run(published):
    z = {"dtype": "u1", "bdata": base64.b64encode(FACE.tobytes()).decode(), "shape": "48, 48"}
    published.put("notebooks/02_stn_attention.ipynb", {"cells": []})
    published.put("02_stn_attention/figures/01_faces.json", {"figure": {"data": [{"type": "heatmap", "z": z}]}})
    assert "02_stn_attention/figures/01_faces.json" in named(published)


def test_a_face_in_a_history(published):
    text = "epoch,pixels\n1," + " ".join(map(str, FACE.ravel())) + "\n"
    (published.cell / "history.csv").write_text(text)
    assert f"{CELL}/history.csv: a field that is longer" in named(published)
    wide = "epoch," + ",".join(f"p{k}" for k in range(48)) + "\n" + "\n".join(
        f"{row}," + ",".join(map(str, line)) for row, line in enumerate(FACE))
    (published.cell / "history.csv").write_text(wide)
    assert "columns: no history" in named(published)


def test_a_face_in_a_text(published):
    (published.root / "README.md").write_text(f"![face](data:image/png;base64,{PNG})")
    assert "README.md: it holds a picture's address" in named(published)


def test_what_results_do_hold_is_no_picture():
    assert image_leak_scan.in_json({"sha256": ["ab" * 32] * 60, "matrix": np.eye(20).tolist()}) == []
    assert image_leak_scan.in_json(list(range(300, 2000))) == []
    coarse = np.arange(144.0).reshape(12, 12).repeat(4, 0).repeat(4, 1)
    assert image_leak_scan.in_json(coarse.tolist()) == [] and image_leak_scan.patterns(coarse) == 12


def test_drawn_faces_may_be_shown(tmp_path, write_cell):
    write_cell(tmp_path / "synthetic", "lenet5")
    (tmp_path / "synthetic" / "contact_sheet.png").write_bytes(b"png")
    (tmp_path / "synthetic/notebooks").mkdir()
    (found,) = verify.verify(tmp_path / "synthetic")
    assert found.verified, found.mismatches
    (tmp_path / "loose.png").write_bytes(b"png")
    *_, beside = verify.verify(tmp_path)
    assert [row["file"] for row in beside.mismatches] == ["loose.png"]
