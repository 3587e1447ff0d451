"""What a method gains for the rare classes and what the others pay, by hand and by training."""

import numpy as np
import pytest

from ferkit import papers
from ferkit.analysis import comparison
from ferkit.analysis.comparison.class_imbalance import rare_classes
from ferkit.core import paths
from ferkit.experiments import jobs
from ferkit.papers import training
from ferkit.papers.minaee2021_deep_emotion import recipes as deep_emotion
from ferkit.papers.minaee2021_deep_emotion.ablations import CLASS_IMBALANCE
from ferkit.reporting import figures
from ferkit.results import records
from ferkit.results.records import SystemKey
from ferkit.stats import intervals
from ferkit.sweep import config

NAMES = tuple(name.removeprefix("remedy_") for _, name in CLASS_IMBALANCE.variants)
SAYS = dict(zip(NAMES, CLASS_IMBALANCE.variants.values(), strict=True))


@pytest.fixture
def results(tmp_path, write_result):
    """Plain training and two methods with two seeds each; `change` rewrites their answers."""
    for name in ("plain", "focal", "weights"):
        for seed in (0, 1):
            write_result(tmp_path, "deep_emotion", f"remedy_{name}", share=1.0, seed=seed)
    return records.read_run(tmp_path)


def change(results, answers):
    """The trained systems with what `answers(recipe, seed, labels)` gives."""
    changed = []
    for result in results:
        given = answers(result.key.recipe, result.key.seed, result.predictions["labels"])
        changed.append(records.Result(result.key, result.directory, result.metrics,
                                          result.predictions | {"predicted": given}, []))
    return changed


def test_every_method_of_the_recipes_is_told_and_every_one_told_has_a_recipe():
    assert set(NAMES) == set(deep_emotion.IMBALANCE)
    assert all(("deep_emotion", f"remedy_{name}") in papers.recipes() for name in NAMES)


def test_the_committed_sweep_trains_each_of_them_with_three_seeds_and_tests_once():
    sweep = config.read(paths.repository() / "results/sweeps/remedies.toml")
    assert sweep.test and {(entry.recipe_name, entry.seed) for entry in sweep.entries} == {
        (f"remedy_{name}", seed) for name in NAMES for seed in range(3)}
    assert sweep.place(sweep.entries[0]).as_posix() == "02_stn_attention/deep_emotion/remedy_plain/seed0"


def test_gains_and_costs_by_hand(results):
    def answers(recipe, seed, labels):
        blind = np.where(np.isin(labels, (1, 2)), 0, labels)  # disgust and fear are never answered
        if recipe == "remedy_plain":
            return blind
        if recipe == "remedy_focal":  # all of disgust, and happy is lost in seed 1
            return np.where((labels == 3) & (seed == 1), 0, np.where(labels == 1, 1, blind))
        return labels

    rows = {row["method"]: row for row in comparison.class_imbalance_changes(change(results, answers), CLASS_IMBALANCE)}
    plain, focal, weights = (rows[SAYS[name]] for name in ("plain", "focal", "weights"))
    assert next(iter(rows)) == "plain training" and (plain["rare"], plain["others"], plain["p"]) == (0, 1, None)
    assert (focal["rare"], focal["rare_change"], focal["seeds"]) == (0.5, pytest.approx(0.5), 2)
    assert focal["others"] == pytest.approx(0.9) and focal["others_change"] == pytest.approx(-0.1)
    low, high = intervals.over_seeds([0, -0.2]).interval  # over seeds alone, which outweigh the images here
    assert (focal["others_low"], focal["others_high"]) == pytest.approx((low, high), rel=0.02)
    assert focal["others_low"] < focal["others_images_low"] < focal["others_images_high"] < focal["others_high"]
    assert focal["by_class"] == pytest.approx(dict.fromkeys(["angry", "fear", "sad", "surprise", "neutral"], 0)
                                              | {"disgust": 1, "happy": -0.5})
    assert weights["rare_change"] == 1 and weights["accuracy_change"] == pytest.approx(2 / 7)
    assert weights["mcnemar"] == pytest.approx(2 * 2 ** -59) and focal["mcnemar"] > weights["mcnemar"]
    assert weights["p_holm"] == pytest.approx(5 * 2 / 10_001)  # of the five declared methods, three of them absent


def test_one_seed_gets_an_interval_over_images(results):
    single = [result for result in results if result.key.seed == 0]
    rows = comparison.class_imbalance_changes(change(single, lambda recipe, seed, labels: np.where(
        (labels == 1) & (np.arange(210) % 2 == 0) & (recipe == "remedy_plain"), 0, labels)), CLASS_IMBALANCE)
    assert rows[1]["rare_sd"] is None and rows[1]["rare_low"] < rows[1]["rare_change"] == 0.25 < rows[1]["rare_high"]


@pytest.mark.parametrize("absent", [(1,), (1, 2)])
def test_where_a_named_class_has_no_test_image_the_smallest_stand_for_them(results, absent):
    kept = []
    for result in results:
        rows = ~np.isin(result.predictions["labels"], absent)
        few = {key: value if key == "label_names" else value[rows] for key, value in result.predictions.items()}
        kept.append(records.Result(result.key, result.directory, result.metrics, few, []))
    changes = comparison.class_imbalance_changes(kept, CLASS_IMBALANCE)
    assert len(changes[1]["rare_labels"]) == 2 and "disgust" not in changes[1]["rare_labels"]
    assert len(figures.class_imbalance_changes(changes).data) == 4


def test_a_method_tested_on_other_images_is_left_out(results):
    def elsewhere(result):
        moved = result.predictions | {"index": result.predictions["index"] + 1}
        return records.Result(result.key, result.directory, result.metrics, moved, [])

    rows = comparison.class_imbalance_changes(
        [elsewhere(result) if result.key.recipe == "remedy_focal" else result for result in results], CLASS_IMBALANCE)
    assert [row["recipe"] for row in rows] == ["remedy_plain", "remedy_weights"]
    assert rows[1]["p_holm"] == pytest.approx(min(1, 5 * rows[1]["p"]))


def test_without_plain_training_nothing_is_compared(results):
    others = [result for result in results if result.key.recipe != "remedy_plain"]
    assert comparison.class_imbalance_changes(others, CLASS_IMBALANCE) == []
    assert comparison.class_imbalance_changes([], CLASS_IMBALANCE) == []


def test_rare_are_disgust_and_fear_else_the_smallest_classes(results):
    (one, *_) = comparison.variants(results, CLASS_IMBALANCE)
    assert rare_classes(one, CLASS_IMBALANCE.labels) == [1, 2] and len(rare_classes(one, ("contempt",))) == 2


def test_the_figure_shows_three_measures_of_each_method_against_a_zero_line(results):
    rows = comparison.class_imbalance_changes(results, CLASS_IMBALANCE)
    fig = figures.class_imbalance_changes(rows)
    assert [trace.name for trace in fig.data] == ["recall of the rare classes", "recall of the others", "accuracy",
                                                  "each rare class"]
    assert sorted(fig.data[3].text) == ["disgust", "disgust", "fear", "fear"]
    assert fig.data[3].x[0] == 100 * rows[1]["by_class"][fig.data[3].text[0]]
    assert list(fig.layout.yaxis.ticktext) == ["class weights", "focal loss"] and fig.layout.shapes[0].x0 == 0


def test_each_method_trains_on_unequal_classes_and_is_compared(tmp_path, faces):
    bars = faces(n=210)
    rare = (bars.labels == 1) & (bars.split == "train") & (np.arange(len(bars)) > 20)  # disgust all but vanishes
    bars = bars.select(~rare)
    for name in ("plain", "balanced", "complementary"):
        key = SystemKey("02_stn_attention", "deep_emotion", f"remedy_{name}", 0)
        recipe = papers.recipe("deep_emotion", key.recipe, epochs=1, batch_size=32)
        job = training.job(key.notebook, key.system, key.recipe, recipe, 0, "smoke")
        jobs.run(job, bars, tmp_path, device="cpu")
    rows = comparison.class_imbalance_changes(records.read_run(tmp_path), CLASS_IMBALANCE)
    assert [row["method"] for row in rows] == [SAYS[name] for name in
                                               ("plain", "balanced", "complementary")]
    assert all(0 <= row["rare"] <= 1 for row in rows)
