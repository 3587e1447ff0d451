"""Sequences through the same jobs as images: trained, tested, written, resumed, read back, and broken off early."""

from dataclasses import replace

import numpy as np
import pytest

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.data.sequences.sequence_set import SequenceSet
from ferkit.experiments import jobs
from ferkit.experiments.plan import Job
from ferkit.papers import training
from ferkit.papers.notes_time_series import early, random_split, rockets
from ferkit.papers.notes_time_series.early import EARLY, SHARES
from ferkit.training.recipe import Augmentation

RECIPE = replace(papers.recipe("gru", "ours"), epochs=4, batch_size=8)


def rising(n=96, **changes):
    """Three labels by slope; a third of the rows may be one of two labels only."""
    rng = np.random.default_rng(0)
    lengths, labels = rng.integers(5, 11, n), np.arange(n) % 3
    inputs = np.zeros((n, 10, 4), np.float32)
    for row, length in enumerate(lengths):
        inputs[row, :length] = (labels[row] - 1) * np.linspace(0, 2, length)[:, None] + rng.normal(0, .1, (length, 4))
    candidates = np.ones((n, 3), bool)
    candidates[::3, 1] = False
    names = np.array([f"q{k}" for k in range(n)])
    columns = {"inputs": inputs, "lengths": lengths, "key_frames": lengths // 2, "labels": labels, "subjects": names,
               "sequences": names, "names": names, "index": np.arange(n), "label_names": ("down", "flat", "up"),
               "split": np.repeat(["train", "val", "test"], [n // 2, n // 4, n // 4]), "candidates": candidates,
               "source": {"dataset": "synthetic", "protocol": "official"}}
    return SequenceSet(**{**columns, **changes})


def job(system="gru", recipe=RECIPE, **options):
    return Job(notebook="08_time_series", system=papers.system(system), base=None, recipe_name="ours", recipe=recipe,
               seed=0, **options)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    root = tmp_path_factory.mktemp("run")
    return jobs.run(job(), rising(), root, device="cpu"), root


def test_a_job_leaves_the_four_files_and_a_second_run_trains_nothing(finished, monkeypatch):
    result, root = finished
    assert {path.name for path in result.directory.iterdir()} >= {
        "metrics.json", "predictions.npz", "history.csv", "weights.safetensors"}
    assert result.metrics["accuracy"] > 0.9 and result.metrics["test_reads"] == 1
    monkeypatch.setattr("ferkit.training.trainer.Trainer.step", lambda *_: pytest.fail("trained again"))
    assert jobs.run(job(), rising(), root, device="cpu").metrics == result.metrics


def test_what_was_paused_ends_with_the_bits_of_what_was_not(finished, tmp_path):
    with pytest.raises(jobs.Paused):
        jobs.run(job(), rising(), tmp_path, device="cpu", max_minutes=1e-9)
    resumed = jobs.run(job(), rising(), tmp_path, device="cpu")
    assert resumed.metrics["weights_sha256"] == finished[0].metrics["weights_sha256"]
    assert resumed.metrics["predictions_sha256"] == finished[0].metrics["predictions_sha256"]


def test_no_answer_is_outside_its_row_s_candidates(finished):
    predictions, test = finished[0].predictions, rising().part("test")
    assert test.candidates[np.arange(len(test)), predictions["predicted"]].all()
    assert not predictions["probabilities"][~test.candidates].any()


def test_early_recognition_ends_at_the_accuracy_and_is_measured_once(finished, monkeypatch):
    result, _ = finished
    rows = early.recognise_early([result], rising())
    assert [row["share"] for row in rows] == list(SHARES)
    assert rows[-1]["accuracy"] == pytest.approx(result.metrics["accuracy"])
    assert rows[0]["accuracy"] < rows[-1]["accuracy"] and (result.directory / EARLY).is_file()
    monkeypatch.setattr(training, "load_predictor", lambda _: pytest.fail("measured again"))
    assert early.recognise_early([result], rising()) == rows


def test_a_random_split_is_compared_without_writing_anything(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shared = rising(subjects=np.tile([f"s{k}" for k in range(8)], 12))
    own, leaky = random_split.inflation(papers.system("frames_mean"), RECIPE, rising(), shared, device="cpu")
    assert own["subject in training"] == 0
    assert leaky["subject in training"] == leaky["test"] == 24
    assert leaky["inflation"] == leaky["accuracy"] - own["accuracy"]
    assert not list(tmp_path.iterdir())


def test_random_convolutions_run_as_a_job_and_are_read_back(tmp_path, monkeypatch):
    # In place of aeon's transforms, which are an extra and compile for minutes: what a sequence ends with.
    monkeypatch.setattr(rockets, "_fitted", lambda *_: {})
    monkeypatch.setattr(rockets, "_transformed", lambda _, __, x: x[:, :4, -1])
    result = jobs.run(job("minirocket", papers.recipe("minirocket", "ours")), rising(), tmp_path, device="cpu")
    assert result.metrics["accuracy"] > 0.9 and result.metrics["test_reads"] == 1
    again = training.load_predictor(result)
    np.testing.assert_array_equal(again.votes(rising().part("test").images), result.predictions["predicted"])
    assert early.recognise_early([result], rising())[-1]["accuracy"] == pytest.approx(result.metrics["accuracy"])


@pytest.mark.parametrize("system", ["gru", "minirocket"])
@pytest.mark.parametrize("change", [{"tta": "flip"}, {"augmentation": Augmentation(flip=0.5)},
                                    {"augmentation": Augmentation(mixup=0.2)}])
def test_what_is_not_done_to_sequences_is_refused(tmp_path, system, change):
    with pytest.raises(InputError, match="input of the kind sequence"):
        jobs.run(job(system, replace(RECIPE, **change)), rising(), tmp_path, device="cpu")
