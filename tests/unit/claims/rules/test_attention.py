"""The rule about where attention lies, and robustness against one kind of corruption, on fabricated runs."""

import json

import pytest

from ferkit.results import planted

NOTEBOOK = "07_region_attention"


@pytest.fixture
def arm(run):
    """Writes three seeds of an arm with what was planted: the mean of each measure, and accuracies by condition."""
    def write(system="ran", recipe="ours", means=None, sd=0.001, conditions=None, seeds=3, accuracy=0.8, **options):
        for seed in range(seeds):
            result = run.result(system, recipe, seed=seed, accuracy=accuracy, order=seed, notebook=NOTEBOOK, **options)
            attention = {name: {"mean": mean + 0.0005 * (seed - 1), "sd": sd, "n": 100, "share": 0.4, "even": 0.3}
                         for name, mean in (means or {}).items()}
            (result.directory / planted.FILE).write_text(json.dumps(
                {"weights_sha256": result.metrics["weights_sha256"], "n": 700, "accuracy": 0.8,
                 "corruptions": conditions or {}, "attention": attention or None}))

    return write


@pytest.mark.parametrize(("mean", "sd", "verdict"), [
    (0.05, 0.001, "reproduced"), (-0.05, 0.001, "contradicted"), (0.0, 0.001, "not_reproduced"),
    (0.005, 0.02, "inconclusive")])
def test_attention_is_held_against_the_even_map(run, arm, mean, sd, verdict):
    arm(means={"avoids": mean}, sd=sd)
    row = run.row("ran.attention.avoids")
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(mean) and row["n_seeds"] == 3
    assert "share 0.400" in row["note"]


def test_the_bar_is_the_claims_value(run, arm):
    arm(means={"uneven": 0.049})
    assert run.verdict("ran.attention.uneven") in ("not_reproduced", "inconclusive")
    arm(means={"uneven": 0.07})
    assert run.verdict("ran.attention.uneven") == "reproduced"


def test_what_was_not_measured_or_did_not_train_is_not_judged(run, arm):
    arm(means={"avoids": 0.1})
    assert "drawn faces alone" in run.row("ran.attention.parts")["note"]
    arm(means={"avoids": 0.1}, accuracy=1 / 7)
    assert "majority" in run.row("ran.attention.avoids")["note"]


def test_one_kind_of_planted_condition_is_compared(run, arm):
    conditions = {"occluder_mouth": 0.7, "occluder_eyes": 0.75, "roll_20": 0.2}
    arm(conditions=conditions)
    arm(recipe="mean", conditions={"occluder_mouth": 0.4, "occluder_eyes": 0.45, "roll_20": 0.9})
    row = run.row("ran.occlusion.regions")
    assert row["verdict"] == "reproduced" and row["observed"] == pytest.approx(0.55 / 1.15, abs=1e-3)
    assert run.verdict("ran.pose.roll") == "contradicted"
    assert run.verdict("ran.occlusion.blocks") == "not_run"  # these were not tested on corrupted images


def test_a_kind_that_was_not_planted_is_not_run(run, arm):
    for recipe in ("ours", "mean"):
        arm(recipe=recipe, conditions={"occluder_block_12": 0.7})
    assert "drawn again" in run.row("ran.pose.roll")["note"]


@pytest.mark.parametrize("claim", ["ran.pose.roll", "ran.attention.parts", "ran.occlusion.regions"])
def test_what_drawn_faces_alone_can_show_is_about_them(run, arm, claim):
    for recipe in ("ours", "mean"):
        arm(recipe=recipe, conditions={"occluder_block_12": 0.7}, dataset="fer2013")
    assert "about synthetic" in run.row(claim)["note"]  # blocks lie on no part that has a name


@pytest.mark.parametrize(("cost", "verdict"), [(1000, "reproduced"), (1100, "not_run"), (None, "not_run")])
def test_a_control_counts_at_equal_multiply_adds_only(run, arm, cost, verdict):
    arm(multiply_adds=1000)
    arm("ran_single", accuracy=0.5, multiply_adds=cost)
    assert run.verdict("ran.better_than_one") == verdict


def test_the_cost_is_a_ratio_of_multiply_adds(run, arm):
    arm(multiply_adds=1001)
    arm(recipe="mean", multiply_adds=1000)
    row = run.row("ran.cost")
    assert (row["verdict"], row["observed"], row["group"]) == ("reproduced", 1.001, "fact")
    arm(multiply_adds=1020)
    assert run.verdict("ran.cost") == "not_reproduced"
