"""Claims about two systems on the same images: direction, size, chance, and controls that prove nothing."""

import numpy as np
import pytest

IDENTITY, SGD = "deep_emotion.attention.identity", "deep_emotion.adam_over_sgd"
RATIO, GAIN = "gap_svm.ratio_to_lenet5", "gap_svm.gain_over_lenet5"
GAP_ACCURACY, ROBUSTNESS = "gap_svm.gap_accuracy", "gap_svm.robustness"


def attention(run, ours, control, **options):
    run.cell("deep_emotion", "ours", accuracy=ours, **options)
    run.cell("deep_emotion_identity", "ours", accuracy=control)


@pytest.mark.parametrize(("ours", "control", "verdict"), [
    (0.80, 0.60, "reproduced"), (0.80, 0.797, "partly"), (0.70, 0.70, "not_reproduced"),
    (0.60, 0.80, "not_reproduced")])
def test_better_means_beyond_chance_on_the_same_images(run, ours, control, verdict):
    attention(run, ours, control)
    row = run.row(IDENTITY)
    assert row["verdict"] == verdict
    assert row["observed"] == pytest.approx(ours - control, abs=3e-3)
    assert row["source"] == ("02_stn_attention/deep_emotion/ours/seed0/metrics.json; "
                             "02_stn_attention/deep_emotion_identity/ours/seed0/metrics.json")


def test_a_control_that_did_not_train_proves_nothing(run):
    run.cell("deep_emotion", accuracy=0.8)
    run.cell("deep_emotion_identity", predicted=np.zeros(350, dtype=int))
    row = run.row(IDENTITY)
    assert row["verdict"] == "not_run" and "proves nothing" in row["note"]


def test_a_system_that_did_not_train_is_never_better_nor_no_worse(run):
    run.cell("gap_cnn_small", "control", predicted=np.zeros(350, dtype=int))
    run.cell("gap_cnn_fc", "control", accuracy=0.5)
    assert run.verdict(GAP_ACCURACY) == "not_reproduced"


def test_two_systems_that_both_answer_one_class_are_refused_not_found_equal(run):
    for system in ("gap_cnn_small", "gap_cnn_fc"):
        run.cell(system, "control", predicted=np.zeros(350, dtype=int))
    assert run.verdict(GAP_ACCURACY) == "not_run"


def test_other_images_other_seeds_and_a_missing_half_are_refused(run):
    run.cell("deep_emotion", accuracy=0.8)
    assert run.verdict(IDENTITY) == "not_run"
    run.cell("deep_emotion_identity", accuracy=0.5, labels=np.arange(343) % 7)
    assert "same images" in run.row(IDENTITY)["note"]
    run.cell("deep_emotion_identity", accuracy=0.5)
    run.cell("deep_emotion", seed=1, accuracy=0.8)
    run.cell("deep_emotion_identity", seed=2, accuracy=0.5)
    assert "different seeds" in run.row(IDENTITY)["note"]


def test_one_with_further_seeds_is_compared_over_the_first_ones_of_both(run):
    run.cell("deep_emotion", accuracy=0.8)
    for seed, accuracy in enumerate((0.5, 0.9, 0.9)):
        run.cell("deep_emotion_identity", seed=seed, accuracy=accuracy)
    row = run.row(IDENTITY)
    assert (row["verdict"], row["n_seeds"]) == ("reproduced", 1) and row["observed"] == pytest.approx(0.3)
    assert row["note"].endswith("compared over seed 0 of deep_emotion_identity/ours's 3")
    assert row["source"].count("metrics.json") == 2


def test_seeds_that_disagree_about_the_direction_are_partial_at_most(run):
    for seed, (ours, control) in enumerate(((0.9, 0.5), (0.6, 0.75), (0.9, 0.5))):
        run.cell("deep_emotion", seed=seed, accuracy=ours)
        run.cell("deep_emotion_identity", seed=seed, accuracy=control)
    row = run.row(IDENTITY)
    assert row["verdict"] == "partly" and row["n_seeds"] == 3
    assert row["interval"][0] < 0 < row["observed"]


def test_p_values_are_adjusted_for_all_comparisons_of_the_run(run):
    attention(run, 0.80, 0.78)  # nested answers: 7 of 350 differ, p = 2/128
    assert run.verdict(IDENTITY) == "reproduced"
    run.cell("deep_emotion_plain", accuracy=0.797)
    run.cell("gap_cnn", accuracy=0.8)
    run.cell("gap_cnn_svm", accuracy=0.8)
    run.cell("lenet5", accuracy=0.797)
    row = run.row(IDENTITY)
    assert row["verdict"] == "partly" and "McNemar p 0.016, adjusted 0.078" in row["note"]


def test_one_diverged_seed_makes_better_partial(run):
    for seed in (0, 1):
        run.cell("deep_emotion", seed=seed, accuracy=0.9, status="diverged" if seed else "finished")
        run.cell("deep_emotion_identity", seed=seed, accuracy=0.5)
    assert run.verdict(IDENTITY) == "partly"


@pytest.mark.parametrize(("adam", "sgd", "verdict"), [
    ({"accuracy": 0.60}, {"accuracy": 0.56}, "reproduced"), ({"accuracy": 0.60}, {"accuracy": 0.40}, "partly"),
    ({"accuracy": 0.60}, {"untested": True}, "partly"), ({"accuracy": 0.50}, {"accuracy": 0.56}, "not_reproduced"),
    ({"untested": True}, {"accuracy": 0.56}, "not_reproduced")])
def test_a_little_better_is_at_most_five_points(run, adam, sgd, verdict):
    run.cell("deep_emotion", "published", **adam)
    run.cell("deep_emotion", "published_sgd", **sgd)
    assert run.verdict(SGD) == verdict


@pytest.mark.parametrize(("ours", "lenet", "verdict"), [
    (0.84, 0.70, "reproduced"), (0.95, 0.60, "exceeded"), (0.80, 0.77, "partly"), (0.70, 0.75, "not_reproduced")])
def test_a_claimed_ratio_is_held_against_its_interval(run, ours, lenet, verdict):
    run.cell("gap_cnn_svm", accuracy=ours)
    run.cell("lenet5", accuracy=lenet)
    row = run.row(RATIO)
    assert row["verdict"] == verdict and row["expected"] == 1.2
    assert row["observed"] == pytest.approx(ours / lenet, abs=0.01)


def test_a_ratio_to_a_lenet_that_did_not_train_is_refused(run):
    run.cell("gap_cnn_svm", accuracy=0.9)
    run.cell("lenet5", accuracy=1 / 7)
    assert run.verdict(RATIO) == "not_run"


def test_the_gain_in_points_counts_on_the_whole_fer2013_only(fer2013):
    fer2013.cell("gap_cnn_svm", accuracy=0.734)
    fer2013.cell("lenet5", accuracy=0.712)
    row = fer2013.row(GAIN)
    assert row["verdict"] == "reproduced" and row["observed"] == pytest.approx(0.022, abs=1e-3)
    for system in ("gap_cnn_svm", "lenet5"):
        fer2013.cell(system, accuracy=0.7, labels=np.arange(700) % 7)
    assert fer2013.verdict(GAIN) == "not_run"


@pytest.mark.parametrize(("gap", "fc", "verdict"), [
    (0.80, 0.60, "exceeded"), (0.60, 0.60, "reproduced"), (0.60, 0.614, "partly"), (0.60, 0.80, "not_reproduced")])
def test_no_worse_means_an_interval_above_minus_two_points(run, gap, fc, verdict):
    run.cell("gap_cnn_small", "control", accuracy=gap)
    run.cell("gap_cnn_fc", "control", accuracy=fc)
    assert run.verdict(GAP_ACCURACY) == verdict


@pytest.mark.parametrize(("ours", "lenets", "verdict"), [
    ((0.85, 0.80), (0.50, 0.40), "reproduced"), ((0.85, 0.60), (0.50, 0.55), "partly"),
    ((0.50, 0.50), (0.65, 0.65), "not_reproduced")])
def test_robustness_is_the_relative_loss_under_the_same_disturbances(run, ours, lenets, verdict):
    conditions = ("noise_0.1", "blur_1")
    run.cell("gap_cnn", accuracy=0.9, robustness=dict(zip(conditions, ours, strict=True)))
    run.cell("lenet5", accuracy=0.7, robustness=dict(zip(conditions, lenets, strict=True)))
    row = run.row(ROBUSTNESS)
    expected = np.mean([1 - value / 0.7 for value in lenets]) - np.mean([1 - value / 0.9 for value in ours])
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(expected, abs=1e-3)


def test_robustness_under_other_disturbances_or_none_is_refused(run):
    run.cell("gap_cnn", accuracy=0.9, robustness={"noise_0.1": 0.8})
    run.cell("lenet5", accuracy=0.7)
    assert run.verdict(ROBUSTNESS) == "not_run"
    run.cell("lenet5", accuracy=0.7, robustness={"blur_1": 0.5})
    assert "same disturbances" in run.row(ROBUSTNESS)["note"]


def test_the_svm_is_compared_with_softmax_under_both_recipes(run):
    for recipe, accuracy in (("published", 0.5), ("ours", 0.9)):
        run.cell("gap_cnn", recipe, accuracy=0.7)
        run.cell("gap_cnn_svm", recipe, accuracy=accuracy)
    assert run.verdict("gap_svm.svm_over_softmax.published") == "not_reproduced"
    assert run.verdict("gap_svm.svm_over_softmax.ours") == "reproduced"


@pytest.mark.parametrize(("gaps", "verdict"), [
    ((0.05, 0.15), "reproduced"), ((0.05, 0.06), "partly"), ((0.15, 0.05), "not_reproduced")])
def test_pooling_over_fits_less_by_more_than_two_points(run, gaps, verdict):
    for system, gap in zip(("gap_cnn_small", "gap_cnn_fc"), gaps, strict=True):
        run.cell(system, "control", accuracy=0.6, train_accuracy=0.6 + gap)
    row = run.row("gap_svm.gap_overfits_less")
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(gaps[1] - gaps[0])


def test_a_gap_smaller_in_one_seed_of_two_is_partial(run):
    for seed, gap in ((0, 0.0), (1, 0.2)):
        run.cell("gap_cnn_small", "control", accuracy=0.6, train_accuracy=0.6 + gap, seed=seed)
        run.cell("gap_cnn_fc", "control", accuracy=0.6, train_accuracy=0.75, seed=seed)
    assert run.verdict("gap_svm.gap_overfits_less") == "partly"


@pytest.mark.parametrize(("parameters", "verdict"), [(1010, "reproduced"), (1100, "not_run"), (900, "not_run")])
def test_a_network_without_attention_counts_as_control_only_at_equal_size(run, parameters, verdict):
    run.cell("deep_emotion", accuracy=0.8, parameters=1000)
    run.cell("deep_emotion_plain", accuracy=0.5, parameters=parameters)
    row = run.row("deep_emotion.attention.plain")
    assert row["verdict"] == verdict and ("are not equal" in row["note"]) == (verdict == "not_run")


def test_three_kernels_of_three_are_held_against_one_of_seven(run):
    run.cell("gap_cnn_three_small", "control", accuracy=0.7, parameters=900, receptive_field=50, weight_layers=10)
    run.cell("gap_cnn_seven", "control", accuracy=0.7, parameters=1000, receptive_field=50, weight_layers=4)
    row = run.row("gap_svm.small_kernels_parameters.seven")
    assert (row["verdict"], row["observed"]) == ("reproduced", 0.9) and "10 and 4 layers" in row["note"]
    assert run.verdict("gap_svm.small_kernels_accuracy.seven") == "reproduced"


def test_three_seeds_a_cell_give_t_intervals_and_one_combined_p(run):
    for seed in range(3):
        run.cell("deep_emotion", accuracy=0.78 + 0.01 * seed, seed=seed, parameters=1000)
        run.cell("deep_emotion_identity", accuracy=0.6 + 0.01 * seed, seed=seed, order=seed)
    row = run.row("deep_emotion.attention.identity")
    assert row["verdict"] == "reproduced" and row["n_seeds"] == 3 and row["sd"] is not None
    assert row["interval"] != row["interval_images"] and row["source"].count("metrics.json") == 6
