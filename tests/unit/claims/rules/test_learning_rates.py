"""Claims about learning rates: divergence is evidence, and a name does not make a rate."""

import numpy as np
import pytest

DIVERGES, TRAINS = "deep_emotion.learning_rate_diverges", "deep_emotion.learning_rate_trains"
RATES = ("0.0001", "0.001", "0.02", "0.1")


def probes(run, fail=("0.02", "0.1"), **published):
    for seed in range(2):
        for rate in RATES:
            run.result("deep_emotion", f"published_lr{rate}", seed=seed, untested=rate in fail, accuracy=0.5)
        run.result("deep_emotion", "published", seed=seed, **{"accuracy": 0.5, **published})


@pytest.mark.parametrize(("fail", "verdict", "share"), [
    (("0.02", "0.1"), "reproduced", 1.0), (("0.1",), "partly", 0.5), ((), "not_reproduced", 0.0),
    (("0.001", "0.02", "0.1"), "partly", 1.0)])
def test_rates_above_the_limit_must_fail_and_those_below_must_train(run, fail, verdict, share):
    probes(run, fail)
    row = run.row(DIVERGES)
    assert (row["verdict"], row["observed"]) == (verdict, share)
    assert row["source"].count("metrics.json") == 10


def test_where_every_rate_fails_nothing_is_shown_about_the_limit(run):
    probes(run, RATES, untested=True)
    assert run.verdict(DIVERGES) == "not_reproduced"


def test_a_collapse_counts_as_failing_and_one_class_answered_counts_as_collapse(run):
    probes(run, fail=())
    for seed in range(2):
        run.result("deep_emotion", "published_lr0.02", seed=seed, accuracy=0.4, status="collapsed")
        run.result("deep_emotion", "published_lr0.1", seed=seed, predicted=np.full(350, 3))
    assert run.verdict(DIVERGES) == "reproduced"


def test_rates_on_one_side_only_are_not_judged(run):
    run.result("deep_emotion", "published", accuracy=0.5)
    assert run.verdict(DIVERGES) == "not_run"


def test_a_probe_trained_at_another_rate_than_its_name_is_refused(run):
    probes(run)
    run.result("deep_emotion", "published_lr0.1", untested=True, config={"recipe": {"lr": 5.0}})
    row = run.row(DIVERGES)
    assert row["verdict"] == "not_run" and "trained at 5.0" in row["note"]


@pytest.mark.parametrize(("options", "verdict"), [
    ({"accuracy": 0.5}, "reproduced"), ({"accuracy": 0.27}, "inconclusive"), ({"accuracy": 0.22}, "partly"),
    ({"accuracy": 0.15}, "not_reproduced"),
    ({"untested": True}, "not_reproduced"), ({"predicted": np.zeros(350, dtype=int)}, "not_reproduced"),
    ({"accuracy": 0.5, "status": "collapsed"}, "not_reproduced")])
def test_training_means_ten_points_above_the_majority_class(run, options, verdict):
    for seed in range(2):
        run.result("deep_emotion", "published", seed=seed, **options)
    assert run.verdict(TRAINS) == verdict


def test_training_in_one_of_two_seeds_is_partial(run):
    run.result("deep_emotion", "published", accuracy=0.5)
    run.result("deep_emotion", "published", seed=1, untested=True)
    row = run.row(TRAINS)
    assert row["verdict"] == "partly" and "the mean is over 1 of 2 seeds" in row["note"]


def test_rates_with_two_seeds_are_judged_beside_a_recipe_with_three_and_told_one_by_one(run):
    for rate in ("0.0001", "0.001", "0.01", "0.02", "0.05", "0.1"):
        for seed in range(2):
            run.result("deep_emotion", f"published_lr{rate}", seed=seed, untested=rate == "0.1", accuracy=0.5)
    for seed in range(3):
        run.result("deep_emotion", "published", seed=seed, accuracy=0.5)
    row = run.row(DIVERGES)
    assert (row["verdict"], row["n_seeds"]) == ("partly", 2) and row["observed"] == pytest.approx(1 / 3)
    assert row["note"].endswith("0.02 50%, 0.05 50%, 0.1 diverged") and "9 of 9 up to 0.01 trained" in row["note"]
