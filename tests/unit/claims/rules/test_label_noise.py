"""Rules about wrong labels: what noise costs, whether scores find wrong labels, whether new labels are right."""

import numpy as np
import pytest

from ferkit.claims.rules.label_noise import _auroc_sd

NOTEBOOK = "06_noisy_labels"
N = 700


def labels(*, wrong=140, alpha=0.9, changed=100, right=80, seed=0):
    """A training of N images with so many wrong labels; α tells them from right ones with about this AUROC; so many
    labels are changed, so many of these to the true ones."""
    rng = np.random.default_rng(seed)
    truth = np.arange(N) % 7
    given = truth.copy()
    given[:wrong] = (truth[:wrong] + 1) % 7
    final = given.copy()
    final[:right] = truth[:right]
    final[N - (changed - right):] = (truth[N - (changed - right):] + 2) % 7  # right labels made wrong
    # of two normal scores of equal spread, the AUROC is Φ(distance / √2)
    distance = {0.9: 1.81, 0.6: 0.36, 0.5: 0.0, 0.3: -0.74}[alpha]
    score = rng.normal(0, 1, N) - distance * (given != truth)
    return {"index": np.arange(N), "labels": truth, "given": given, "final": final, "log": np.zeros((0, 5), np.int64),
            "alpha": (1 / (1 + np.exp(-score))).astype(np.float32),
            "probability_given": np.where(given == truth, 0.9, 0.1).astype(np.float32)}


@pytest.fixture
def arm(run):
    """Writes three seeds of an arm, with what training did to their labels if that is asked for."""
    def write(recipe, accuracy=0.7, seeds=3, kept=None, **options):
        for seed in range(seeds):
            run.result("scn", recipe, seed=seed, accuracy=accuracy + 0.003 * (seed - 1), order=seed, notebook=NOTEBOOK,
                     training=labels(seed=seed, **kept) if kept is not None else None, **options)

    return write


@pytest.mark.parametrize(("ours", "verdict"), [((0.80, 0.79), "reproduced"), ((0.80, 0.55), "contradicted"),
                                               ((0.80, 0.65), "not_reproduced")])
def test_losing_less_is_the_difference_of_two_losses(run, arm, ours, verdict):
    for recipe, accuracy in zip(("cross_entropy", "cross_entropy_noise20", "ours", "ours_noise20"),
                                (0.80, 0.65, *ours), strict=True):
        arm(recipe, accuracy)
    row = run.row("scn.noise.loses_less")
    assert row["verdict"] == verdict and row["n_seeds"] == 3
    assert row["observed"] == pytest.approx(0.15 - (ours[0] - ours[1]), abs=0.01)
    assert row["interval"][0] < row["observed"] < row["interval"][1]


def test_people_are_resampled_whole(run, arm):
    """Ten people of whom each is right or wrong in all of 35 images: fewer witnesses than 350 images."""
    people = np.arange(350) // 35
    widths = []
    for more in ({}, {"groups": people}):
        for recipe, right in (("cross_entropy", 9), ("cross_entropy_noise20", 5), ("ours", 9), ("ours_noise20", 8)):
            truth = np.arange(350) % 7
            arm(recipe, predicted=np.where(people < right, truth, (truth + 1) % 7), more=more)
        low, high = run.row("scn.noise.loses_less")["interval_images"]
        widths.append(high - low)
    assert widths[1] > 3 * widths[0]


@pytest.mark.parametrize(("recipe", "verdict"), [
    ("ours", "not_reproduced"), ("ours_noise20", "not_reproduced"), ("cross_entropy", "not_run")])
def test_a_network_that_never_trained_does_not_lose_less(run, arm, recipe, verdict):
    for name, accuracy in (("cross_entropy", 0.80), ("cross_entropy_noise20", 0.65), ("ours", 0.8),
                           ("ours_noise20", 0.8)):
        arm(name, 1 / 7 if name == recipe else accuracy, **({"status": "collapsed"} if name == recipe else {}))
    row = run.row("scn.noise.loses_less")
    assert row["verdict"] == verdict and f"scn/{recipe} is no better" in row["note"]


def test_a_growing_gain_needs_networks_that_trained(run, arm):
    for level, gain in zip(("", "_noise10", "_noise20", "_noise30"), (1 / 7 - 0.6, 0.05, 0.1, 0.15), strict=True):
        arm(f"cross_entropy{level}", 0.6)
        arm(f"ours{level}", 0.6 + gain)
    assert run.verdict("scn.noise.gain_grows") == "not_reproduced"


def test_a_missing_level_of_noise_is_not_run(run, arm):
    arm("cross_entropy"), arm("ours")
    assert run.verdict("scn.noise.loses_less") == "not_run"


def test_other_seeds_are_refused(run, arm):
    for recipe in ("cross_entropy", "cross_entropy_noise20", "ours"):
        arm(recipe)
    arm("ours_noise20", seeds=2)
    assert "same seeds" in run.row("scn.noise.loses_less")["note"]


@pytest.mark.parametrize(("gains", "verdict"), [
    ((0.0, 0.05, 0.1, 0.15), "reproduced"), ((0.0, 0.0, 0.0, 0.0), None), ((0.1, 0.05, 0.0, -0.05), "contradicted")])
def test_a_growing_gain_is_a_slope_over_the_levels(run, arm, gains, verdict):
    for level, gain in zip(("", "_noise10", "_noise20", "_noise30"), gains, strict=True):
        arm(f"cross_entropy{level}", 0.6)
        arm(f"ours{level}", 0.6 + gain)
    row = run.row("scn.noise.gain_grows")
    assert row["observed"] == pytest.approx(np.polyfit((0, 1, 2, 3), gains, 1)[0], abs=0.004)
    assert row["verdict"] in ((verdict,) if verdict else ("not_reproduced", "inconclusive"))


@pytest.mark.parametrize(("noisy", "verdict"), [(0.5, "contradicted"), (0.79, "contradicted"), (0.72, "reproduced"),
                                               (0.70, "inconclusive")])
def test_a_cost_is_held_against_the_stated_one(run, arm, noisy, verdict):
    arm("cross_entropy", 0.8), arm("cross_entropy_noise10", noisy)
    row = run.row("scn.baseline")
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(0.8 - noisy, abs=0.01)


@pytest.mark.parametrize(("alpha", "verdict"), [(0.9, "reproduced"), (0.6, "partly"), (0.3, "contradicted")])
def test_alpha_is_judged_by_its_auroc(run, arm, alpha, verdict):
    arm("ours_noise20", kept={"alpha": alpha})
    row = run.row("scn.alpha.planted")
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(alpha, abs=0.03)
    low, high = row["interval_images"]  # seeds share their images: no narrower than that of one seed
    assert high - low == pytest.approx(2 * 1.96 * _auroc_sd(row["observed"], 140, N - 140), rel=0.1)
    assert "P(label) of the same networks 1.000" in row["note"]


def test_without_wrong_labels_nothing_is_found(run, arm):
    arm("ours_noise20", kept={"wrong": 0, "alpha": 0.9, "right": 0})
    assert run.verdict("scn.alpha.planted") == "not_run"
    assert "no noise was planted" in run.row("scn.relabelling.right")["note"]


@pytest.mark.parametrize(("right", "verdict"), [(80, "reproduced"), (20, "contradicted"), (50, "inconclusive")])
def test_new_labels_are_judged_by_their_precision(run, arm, right, verdict):
    arm("ours_noise20", kept={"right": right})
    row = run.row("scn.relabelling.right")
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(right / 100)
    assert f"{right / 140:.1%} of the planted ones set right" in row["note"]


def test_what_changes_no_label_or_keeps_none_is_not_run(run, arm):
    arm("ours_noise20", kept={"changed": 0, "right": 0})
    assert "changed no label" in run.row("scn.relabelling.right")["note"]
    arm("relabel_all_noise20")
    assert "missing" in run.row("scn.relabelling.right.all")["note"]


def test_the_low_group_is_compared_with_every_image(run, arm):
    arm("ours_noise20", kept={"right": 80}), arm("relabel_all_noise20", kept={"right": 40})
    row = run.row("scn.relabelling.low_group")
    assert row["verdict"] == "reproduced" and row["observed"] == pytest.approx(0.4)


def test_the_taggers_contradict_where_their_plurality_is_another_class():
    from ferkit.data import ferplus
    from ferkit.papers.wang2020_scn.claims import contradicted_by_ferplus

    rows = np.arange(500)
    seen = ferplus.plurality(ferplus.votes()[rows])[0]
    given = np.where(rows % 2, np.maximum(seen, 0), (np.maximum(seen, 0) + 1) % 7)
    wrong, judged = contradicted_by_ferplus({"index": rows, "given": given})
    assert np.array_equal(judged, seen >= 0) and np.array_equal(wrong, (seen >= 0) & (rows % 2 == 0))


def test_alpha_is_held_against_the_taggers_on_fer2013(run, arm):
    arm("ours", kept={"wrong": 0, "right": 0, "alpha": 0.5}, dataset="fer2013")
    row = run.row("scn.alpha.ferplus")
    assert row["observed"] == pytest.approx(0.5, abs=0.05) and row["verdict"] != "reproduced"
