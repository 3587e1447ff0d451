"""Accuracy on corrupted images from a single view, beside that with test-time augmentation."""

from dataclasses import replace

import pytest

from ferkit import papers
from ferkit.experiments import jobs, robustness
from ferkit.papers import training
from ferkit.results import robustness as stored
from ferkit.training.recipe import Recipe

TINY = Recipe(epochs=1, batch_size=16, lr=3e-3)


@pytest.mark.parametrize("tta", ["none", "flip"])
def test_a_trained_system_is_scored_from_a_single_view_too(tmp_path, faces, tta):
    drawn = faces()
    job = replace(training.job("03_gap_cnn_svm", "lenet5", "ours", replace(TINY, tta=tta), 0, "smoke"),
                  corruption_images=14)
    result = jobs.run(job, drawn, tmp_path, device="cpu")
    found = stored.single_view(result)
    assert found.n == 14 and found.corruptions.keys() == result.metrics["robustness"].keys()
    assert (result.directory / stored.FILE).is_file() == (tta == "flip")
    assert not robustness.results_without(tmp_path, drawn)
    if tta == "flip":  # and the command makes the same file of weights alone
        before = (result.directory / stored.FILE).read_bytes()
        (result.directory / stored.FILE).unlink()
        (again,) = robustness.results_without(tmp_path, drawn)
        robustness.write_single_view(again, jobs.load_predictor(again, papers.system), drawn.part("test"))
        assert (result.directory / stored.FILE).read_bytes() == before
