"""Is my number normal: a run against the prediction intervals of published results."""

import pytest

from ferkit.__main__ import main
from ferkit.core.errors import InputError
from ferkit.publishing.verify import against
from ferkit.stats import estimates


@pytest.fixture
def published(tmp_path, write_result):
    """Three published seeds of one system, alike in accuracy."""
    for seed, share in enumerate((0.70, 0.72, 0.71)):
        write_result(tmp_path / "results" / "synthetic", "lenet5", seed=seed, share=share)
    return tmp_path / "results"


def row(published, run, number="accuracy"):
    return next(row for row in against.against(run, published) if row["number"] == number)


@pytest.mark.parametrize(("share", "within"), [(0.71, True), (0.66, True), (0.40, False), (0.99, False)])
def test_a_new_seed_is_normal_within_the_prediction_interval(published, tmp_path, write_result, share, within):
    write_result(tmp_path / "run", "lenet5", seed=7, share=share)
    found = row(published, tmp_path / "run")
    assert found["within"] is within and found["n_seeds"] == 3 and found["yours"] == pytest.approx(share, abs=5e-3)
    assert {one["number"] for one in against.against(tmp_path / "run", published)} == {
        "accuracy", "macro_f1", "uar", "val_accuracy"}  # accuracy_no_tta was not measured


def test_another_recipe_is_named_and_not_compared(published, tmp_path, write_result):
    write_result(tmp_path / "run", "lenet5", share=0.2, config={"recipe": {"lr": 0.1}})
    found = row(published, tmp_path / "run")
    assert found["within"] is None and "another recipe" in found["note"]


@pytest.mark.parametrize("changes", [{"data_sha256": "cd" * 32}, {"protocol": "by_image"}])
def test_other_images_or_protocols_are_not_compared(published, tmp_path, write_result, changes):
    write_result(tmp_path / "run", "lenet5", **changes)
    with pytest.raises(InputError, match="same images and protocol"):
        against.against(tmp_path / "run", published)


def test_the_command_prints_a_line_a_number_and_fails_for_one_outside(published, tmp_path, write_result, capsys):
    write_result(tmp_path / "run", "lenet5", share=0.71)
    assert main(["verify", str(tmp_path / "run"), "--against", str(published)]) == 0
    assert "4 of 4 numbers lie within" in capsys.readouterr().out
    write_result(tmp_path / "run", "lenet5", share=0.3)
    assert main(["verify", str(tmp_path / "run"), "--against", str(published), "--json"]) == 1


def test_neighbouring_frames_are_drawn_together(tmp_path, write_result):
    """Frames of GFE counted each alone, so that a normal run lay outside."""
    result = write_result(tmp_path, "lenet5", dataset="gfe", share=0.7)
    found = estimates.share(result.right[None], result.predictions["labels"], result.predictions["index"] // 50)
    assert against.prediction([result], "accuracy")[1] == pytest.approx(found.prediction)
