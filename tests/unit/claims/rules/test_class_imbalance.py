"""Complementary-label learning: gains in rare classes count where the network still works, over the same seeds."""

import numpy as np
import pytest

from ferkit.core.labels import LABELS

CLAIM = "notes.reverse_thinking"
BALANCED = np.arange(350) % 7  # the images of the `run` fixture
RARE = np.isin(BALANCED, [LABELS.index("disgust"), LABELS.index("fear")])


def answers(rare, others):
    """Answers that are right on a fraction of the rare classes' images and of the others'."""
    predicted = (BALANCED + 1) % 7
    for rows, share in ((np.flatnonzero(RARE), rare), (np.flatnonzero(~RARE), others)):
        kept = rows[:round(share * len(rows))]
        predicted[kept] = BALANCED[kept]
    return predicted


def methods(run, gains, plain=0.3, **changes):
    for seed, gain in enumerate(gains):
        run.result("deep_emotion", "remedy_plain", seed=seed, predicted=answers(plain, 0.8))
        run.result("deep_emotion", "remedy_complementary", seed=seed,
                 **{"predicted": answers(plain + gain, 0.7), **changes})


@pytest.mark.parametrize(("gains", "verdict"), [
    ((0.3, 0.31, 0.3), "reproduced"), ((0.3, -0.1, 0.2), "inconclusive"), ((0.01, 0.01, 0.01), "inconclusive"),
    ((-0.2, -0.2, -0.2), "contradicted")])
def test_the_gain_must_be_beyond_chance_over_seeds_and_images(run, gains, verdict):
    methods(run, gains)
    row = run.row(CLAIM)
    assert row["verdict"] == verdict and row["n_seeds"] == 3 and row["group"] == "extension"
    assert row["observed"] == pytest.approx(np.mean(gains), abs=0.01)
    assert row["note"].startswith("the other classes: -10.0 points")


def test_answering_a_rare_class_always_is_no_gain(run):
    methods(run, (0.3,), predicted=np.full(len(BALANCED), LABELS.index("fear")))
    assert run.verdict(CLAIM) == "not_reproduced"


def test_unequal_seeds_or_a_plain_network_that_learned_nothing_are_refused(run):
    methods(run, (0.3, 0.3))
    run.result("deep_emotion", "remedy_plain", seed=2)
    run.result("deep_emotion", "remedy_complementary", seed=3)
    assert run.verdict(CLAIM) == "not_run" and "different seeds" in run.row(CLAIM)["note"]


def test_without_the_method_the_command_that_runs_it_is_named(run):
    run.result("deep_emotion", "remedy_plain", dataset="fer2013")
    row = run.row(CLAIM)
    assert row["verdict"] == "not_run" and "results/sweeps/remedies.toml" in row["command"]


def test_a_test_split_of_rare_classes_alone_is_not_judged(run):
    rare = np.where(np.arange(350) % 2, LABELS.index("disgust"), LABELS.index("fear"))
    for seed in range(3):
        for recipe in ("remedy_plain", "remedy_complementary"):
            run.result("deep_emotion", recipe, seed=seed, labels=rare, predicted=rare)
    assert run.row(CLAIM)["verdict"] == "not_run"


def test_another_method_under_other_augmentation_does_not_stop_the_rule(run):
    """It can be compared by accuracies alone, which say nothing of the rare classes."""
    methods(run, (0.3, 0.31, 0.3))
    for seed in range(3):
        run.result("deep_emotion", "remedy_oversampling", seed=seed, predicted=answers(0.5, 0.8), tta="flip")
    assert run.verdict(CLAIM) == "reproduced"
