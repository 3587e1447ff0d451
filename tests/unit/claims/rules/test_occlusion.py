"""Claims about what an expression is read from, on occlusion.json."""

import numpy as np
import pytest

MOUTH, BROWS = "deep_emotion.mouth_happy", "deep_emotion.brows_angry"
PARTS, INSENSITIVE = "deep_emotion.different_parts", "deep_emotion.insensitive"


def analyses(run, *differences, **options):
    for seed, difference in enumerate(differences):
        run.result("deep_emotion", seed=seed)
        run.occlusion(seed=seed, difference=difference, **options)


@pytest.mark.parametrize(("differences", "p", "verdict"), [
    ((0.3, 0.31, 0.3), 0.001, "reproduced"), ((0.3, 0.31, 0.3), 0.2, "partly"),
    ((-0.2, -0.21, -0.2), 0.001, "not_reproduced"), ((0.05, 0.06, 0.05), 1.0, "inconclusive"),
    ((0.3, 0.01, 0.6), 0.001, "inconclusive")])
def test_covering_must_hurt_more_than_the_same_shape_elsewhere(run, differences, p, verdict):
    analyses(run, *differences, p=p)
    for claim in (MOUTH, BROWS):
        row = run.row(claim)
        assert row["verdict"] == verdict and row["observed"] == pytest.approx(np.mean(differences))
    assert row["source"].startswith("04_occlusion_analysis/deep_emotion/ours/seed0/occlusion.json; ")
    assert row["interval_images"] == pytest.approx([np.mean(differences) - 0.1, np.mean(differences) + 0.1], abs=2e-3)


def test_where_another_baseline_says_the_opposite_beyond_chance_more_seeds_would_not_decide(run):
    def under_mean(difference, p):
        other = {"difference": difference, "p_holm": p}
        return {"stated": {"other_choices": {"recall_lost": {"mean": {
            label: {"mouth": other, "brows": other} for label in ("happy", "angry")}}}}}

    analyses(run, 0.3, 0.31, 0.3, **under_mean(-0.2, 0.001))
    row = run.row(MOUTH)
    assert row["verdict"] == "inconclusive" and "-20.0 points under mean" in row["note"]
    assert "the baseline decides" in row["note"] and "would decide it" not in row["note"]


def test_another_baseline_within_chance_or_of_the_same_sign_decides_nothing(run):
    other = {"difference": -0.2, "p_holm": 0.5}
    tables = {"mean": {"happy": {"mouth": other}, "angry": {"brows": other}},
              "blur": {"happy": {"mouth": other | {"difference": 0.2, "p_holm": 0.001}}, "angry": {"brows": other}}}
    analyses(run, 0.3, 0.31, 0.3, stated={"other_choices": {"recall_lost": tables}})
    assert run.verdict(MOUTH) == run.verdict(BROWS) == "reproduced"


def test_one_analysis_is_about_one_network(run):
    analyses(run, 0.3, p=0.001)
    row = run.row(MOUTH)
    assert row["verdict"] == "partly" and "one seed" in row["note"]
    assert row["interval"] == pytest.approx([0.2, 0.4], abs=2e-3)


def test_seeds_are_averaged_and_their_p_combined(run):
    analyses(run, 0.29, 0.30, p=0.03)
    row = run.row(MOUTH)
    assert row["observed"] == pytest.approx(0.295) and row["n_seeds"] == 2
    assert row["verdict"] == "partly" and "adjusted p 0.06" in row["note"]  # twice the median of 0.03 and 0.03


def test_a_p_at_the_floor_of_its_draws_is_a_bound(run):
    floor = 14 / 2001  # 14 comparisons, 2,000 draws
    analyses(run, 0.3, 0.3, 0.31, p=floor)
    assert "adjusted p ≤ 0.014" in run.row(MOUTH)["note"]
    assert run.verdict(MOUTH) == "reproduced"


def test_a_network_that_answers_one_class_shows_nothing(run):
    run.result("deep_emotion", predicted=np.zeros(350, dtype=int))
    run.occlusion()
    assert {run.verdict(claim) for claim in (MOUTH, BROWS, PARTS, INSENSITIVE)} == {"not_run"}


def test_an_analysis_of_a_network_without_result_is_refused(run):
    run.result("lenet5")
    run.occlusion()
    assert "deep_emotion/ours" in run.row(MOUTH)["note"] and run.verdict(MOUTH) == "not_run"


def test_deep_emotion_is_judged_where_it_was_analysed_and_else_the_best_system(run):
    run.result("gap_cnn", accuracy=0.9)
    run.occlusion("gap_cnn", difference=-0.2)
    assert run.verdict(MOUTH) == "not_reproduced"
    run.result("deep_emotion", accuracy=0.5)
    run.occlusion("deep_emotion", difference=0.2)
    assert run.row(MOUTH)["observed"] == 0.2


@pytest.mark.parametrize("change", [{"recall_lost": {}}, {"recall_lost": None}, {"seed": 1}, {"system": "lenet5"}])
def test_a_damaged_or_foreign_analysis_is_refused(run, change):
    run.result("deep_emotion")
    run.occlusion(stated=change)
    row = run.row(MOUTH)
    assert row["verdict"] == "not_run" and "occlusion.json" in row["note"]


def test_a_cut_off_analysis_is_refused(run):
    run.result("deep_emotion")
    path = run.occlusion()
    path.write_text(path.read_text()[:100])
    assert "damaged" in run.row(MOUTH)["note"]


@pytest.mark.parametrize(("p", "verdict"), [(0.001, "reproduced"), (0.4, "not_reproduced")])
def test_different_parts_is_the_interaction_of_expression_and_part(run, p, verdict):
    analyses(run, 0.3, 0.3, interaction=p)
    row = run.row(PARTS)
    assert (row["verdict"], row["observed"]) == (verdict, 2 * p)


@pytest.mark.parametrize(("p", "least"), [(1 / 2001, True), (2 / 2001, False)])
def test_only_the_smallest_p_of_its_draws_is_called_that(run, p, least):
    analyses(run, 0.3, 0.3, 0.3, 0.3, interaction=p)
    assert ("the smallest" in run.row(PARTS)["note"]) == least


@pytest.mark.parametrize(("overall", "verdict"), [
    ((0.8, 0.9, 0.3), "reproduced"), ((0.8, 0.79, 0.3), "inconclusive"), ((0.8, 0.7, 0.3), "partly"),
    ((0.8, 0.4, 0.3), "not_reproduced"), ((0.8, 0.3, 0.6), "not_reproduced")])
def test_insensitive_means_losing_little_outside_the_important_parts(run, overall, verdict):
    analyses(run, 0.3, 0.3, 0.3, overall=overall)
    row = run.row(INSENSITIVE)
    assert row["verdict"] == verdict and row["observed"] == pytest.approx(overall[0] - overall[1])
    assert row["interval"][0] < row["observed"] < row["interval"][1]
