"""Every seed of a tree is analysed; a machine that was too large to publish is fitted again and held to its answers."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.analysis import occlusion
from ferkit.analysis.occlusion import analysis, run
from ferkit.core.errors import InputError
from ferkit.data import datasets
from ferkit.experiments import jobs
from ferkit.papers import training
from ferkit.reporting import figures
from ferkit.training.recipe import Recipe

TINY = Recipe(epochs=1, batch_size=16, lr=3e-3)


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(analysis, "DRAWS", 20)
    monkeypatch.setattr(analysis, "PLACEMENTS", 1)


@pytest.fixture
def tree(tmp_path, faces):
    """A tree with two seeds of LeNet-5."""
    for seed in (0, 1):
        jobs.run(training.job("03_gap_cnn_svm", "lenet5", "ours", TINY, seed, "smoke"), faces(), tmp_path,
                 device="cpu")
    return tmp_path


def test_all_seeds_of_the_asked_systems_are_found_in_order(tree, faces):
    results = run.results_of(tree, ["lenet5"], "ours", faces())
    assert [result.key.seed for result in results] == [0, 1]
    with pytest.raises(InputError, match="no finished system of deep_emotion/ours"):
        run.results_of(tree, ["lenet5", "deep_emotion"], "ours", faces())
    with pytest.raises(InputError, match="no finished system of lenet5/ours that was tested on these data"):
        run.results_of(tree, ["lenet5"], "ours", faces(seed=1))


def test_the_command_writes_an_analysis_for_each_seed_and_says_what_it_finds(tree, faces, monkeypatch, capsys):
    monkeypatch.setattr(datasets, "load", lambda *_a, **_k: faces())
    words = ["occlusion", str(tree), "--model", "lenet5", "--patch-size", "16", "--stride", "16", "--json"]
    assert command_line.main(words) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows[:2]] == ["lenet5/ours/seed0", "lenet5/ours/seed1"]
    assert rows[0]["images"] == 21 and len(rows[0]["says"]) == 5 and "by baseline (21 images)" in rows[0]["says"][4]
    assert rows[-1]["compared"] == "2 seeds"
    for seed in (0, 1):
        assert (tree / f"04_occlusion_analysis/lenet5/ours/seed{seed}/occlusion.json").is_file()
    monkeypatch.setattr(analysis, "_measure", lambda *_, **__: pytest.fail("done again"))
    assert command_line.main(words[:-1]) == 0
    assert "2 seeds" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "says"), [
    ([], "name a folder"), (["x", "--mouth-only"], "name a folder"), (["nowhere"], "no such folder"),
    (["x", "--patch-size", "0"], "whole number"), (["x", "--images", "-1"], "whole number"),
    (["x", "--baseline", "white"], "white"), (["--mouth-only", "--stride", "8", "--images", "9"], "--images, --stride"),
    *((["--mouth-only", *words], f"leave out {words[0]}") for words in (
        ["--images", "9"], ["--beside", "9"], ["--patch-size", "9"], ["--stride", "9"], ["--recipe", "paper"],
        ["--model", "lenet5"], ["--dataset", "jaffe"], ["--data", "x"], ["--protocol", "official"],
        ["--profile", "smoke"], ["--labels", "ferplus"], ["--contempt"], ["--subject-from", "x"]))])
def test_bad_words_are_told_in_one_line(words, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command_line.main(["occlusion", *words]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_machine_that_is_not_there_is_fitted_again_and_must_answer_as_published(tmp_path, faces):
    for system in ("gap_cnn", "gap_cnn_svm"):
        recipe = replace(TINY, model={"widths": (8, 8)})
        result = jobs.run(training.job("03_gap_cnn_svm", system, "ours", recipe, 0, "smoke"), faces(), tmp_path,
                        device="cpu")
    there = run.head_of(result, faces(), papers.system)[1]
    (result.directory / "weights.safetensors").unlink()
    _, again = run.head_of(result, faces(), papers.system)
    features = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    assert np.array_equal(there.predict([features])[1], again.predict([features])[1])
    other = {**result.predictions, "predicted": (result.predictions["predicted"] + 1) % 7}
    result = replace(result, predictions=other)
    with pytest.raises(InputError, match=r"fitted again, its SVM predicts 100\.0%"):
        run.head_of(result, faces(), papers.system)


def test_an_analysis_is_four_figures_and_an_older_one_three(tree, faces):
    results = run.results_of(tree, ["lenet5"], "ours", faces())[:1]
    found, = run.analyse_all(tree, results, faces(), papers.system, patch_size=16, stride=16, beside=7)
    drawn = figures.occlusion_pictures(found.summary, found.maps, "LeNet-5", dataset="synthetic",
                                       background=occlusion.mean_faces(faces().part("test")))
    assert list(drawn) == ["turned_wrong", "probability", "baselines", "parts"]
    assert drawn["baselines"]["name"] == "lenet5_baselines" and "7 images" in drawn["baselines"]["caption"]
    older = {key: value for key, value in found.summary.items() if key != "other_choices"}
    assert list(figures.occlusion_pictures(older, found.maps, "LeNet-5")) == ["turned_wrong", "probability", "parts"]


def test_a_seed_whose_weights_are_not_here_is_left_out_and_named(tree, faces, monkeypatch):
    results, said = run.results_of(tree, ["lenet5"], "ours", faces()), []
    monkeypatch.setattr(run.progress, "note", said.append)
    (results[1].directory / "weights.safetensors").unlink()
    options = {"patch_size": 16, "stride": 16, "beside": 7}
    found = run.analyse_all(tree, results, faces(), papers.system, **options)
    assert [one.name for one in found] == ["lenet5/ours/seed0"]
    assert any("lenet5/ours/seed1: its weights are not here" in line for line in said)
    (results[0].directory / "weights.safetensors").unlink()
    with pytest.raises(InputError, match="none of lenet5/ours/seed0, lenet5/ours/seed1 are here"):
        run.analyse_all(tree, results, faces(), papers.system, **options)
