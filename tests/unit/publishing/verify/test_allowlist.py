"""What has no place in a tree of results is named: by its name, its size, or what it holds."""

import re

import numpy as np
import pytest

from ferkit.publishing import verify
from ferkit.publishing.verify import allowlist
from ferkit.results import predictions, records

CELL = "02_stn_attention/deep_emotion/ours/seed0"


def told(tree, *words):
    tree.note()
    (found,) = verify.verify(tree.root)
    says = " | ".join(f"{row['file']}: {row['says']}" for row in found.mismatches)
    assert all(word in says for word in words), says


@pytest.mark.parametrize("name", ["face.png", f"{CELL}/face.jpg", "notes.bin", f"{CELL}/predictions.npy", "x.npz",
                                  "02_stn_attention/figures/01_faces.json", "notebooks.ipynb", "a.zip",
                                  f"{CELL}/weights.pt", f"{CELL}/extra.json"])
def test_a_name_that_no_result_has(published, name):
    (published.root / name).parent.mkdir(parents=True, exist_ok=True)
    (published.root / name).write_bytes(b"{}")
    told(published, f"{name}: a file that no result has")


@pytest.mark.parametrize(("name", "size"), [(f"{CELL}/history.csv", 300_000), ("MODEL_CARD.md", 2_000_000),
                                            (f"{CELL}/weights.safetensors", 6_000_000)])
def test_a_file_that_is_larger_than_its_kind(published, name, size):
    (published.root / name).write_bytes(bytes(size))
    told(published, f"{name}: {size:,} bytes, more than")


def test_an_array_that_no_analysis_writes(published):
    published.maps(faces=np.zeros((4, 48, 48), np.uint8))
    told(published, "maps.npz: array faces (uint8, (4, 48, 48)) is not one of")


def test_a_class_name_that_is_a_text(published):
    stored = predictions.read_arrays(published.key / "predictions.npz")
    records.write_predictions(published.key / "predictions.npz",
                              stored | {"label_names": np.array(["x" * 900, *stored["label_names"][1:]])})
    told(published, "predictions.npz: a class name of 900 characters")


def test_a_field_of_a_history_that_is_a_text(published):
    with open(published.key / "history.csv", "a", encoding="utf-8") as file:
        file.write(f"{'x' * 300},1,1,1,1,1\n")
    told(published, "history.csv: a field that is longer")


@pytest.mark.parametrize("inside", ['<image href="data:image/png;base64,x"/>', "<script>1</script>", "<g>",
                                    '<rect onclick="1"/>', '<style>@import "x.css"</style>',
                                    '<rect style="fill: url(http://x/y)"/>'])
def test_a_drawing_with_more_than_lines_and_text(published, inside):
    (published.root / "figure.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>')
    told(published, "figure.svg: ")


@pytest.mark.parametrize("name", ["manifest.json", "02_stn_attention/plan.json", "claims.json"])
def test_a_file_of_another_schema(published, name):
    (published.root / name).write_text("3")
    (found,) = verify.verify(published.root)
    assert any(row["check"] == "contents" and row["file"] == name for row in found.mismatches), found.mismatches


def test_every_pattern_is_a_whole_name_without_places_above():
    for table in (allowlist.PUBLISHED, allowlist.WORKING, allowlist.BESIDE):
        assert all(allowlist.problem_of(name, 1, table) for name in ("../x.md", "/etc/x.md", "a/../../x.json", ""))


def test_a_model_card_may_lie_under_a_recipe_that_a_sweep_named():
    card = "02_a/net/ours_lr0.1_optimizer-sgd/seed0/MODEL_CARD.md"
    assert any(re.fullmatch(one, card) for one in allowlist.PUBLISHED)
