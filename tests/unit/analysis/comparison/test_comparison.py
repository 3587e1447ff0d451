import re
import subprocess
import sys

import numpy as np
import pytest

from ferkit import papers
from ferkit.analysis import comparison
from ferkit.analysis.comparison import System
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.results import records
from ferkit.stats import intervals as statistics


@pytest.fixture(scope="module")
def results(tmp_path_factory, write_result):
    root = tmp_path_factory.mktemp("run")
    for system, recipe, share in (("deep_emotion", "published", 0.5), ("deep_emotion", "ours", 0.7),
                                  ("gap_cnn", "ours", 0.8), ("gap_cnn_svm", "ours", 0.82), ("lenet5", "ours", 0.6),
                                  ("deep_emotion_plain", "ours", 0.9)):
        write_result(root, system, recipe, share=share)
    write_result(root, "deep_emotion", "ours", share=0.76, seed=1)
    write_result(root, "gap_cnn", "published", untested=True)
    return records.read_run(root)


@pytest.fixture
def systems(results):
    return comparison.systems(results, papers.main_systems())


@pytest.fixture
def labels(systems):
    return systems[0].labels


def answering(one, *answers):
    """The system as if its seeds had given these answers."""
    return System(tuple(
        records.Result(records.SystemKey("02", one.system, one.recipe, seed), one.results[0].directory,
                           one.results[0].metrics | {"accuracy": float(np.mean(given == one.labels))},
                           one.results[0].predictions | {"predicted": np.asarray(given)}, [])
        for seed, given in enumerate(answers)))


def test_ablations_and_untested_trained_systems_are_not_compared_and_seeds_stand_together(systems):
    assert [one.name for one in systems] == [
        "deep_emotion/published", "deep_emotion/ours", "gap_cnn/ours", "gap_cnn_svm/ours", "lenet5/ours"]
    assert [one.seeds for one in systems] == [(0,), (0, 1), (0,), (0,), (0,)]


def test_a_system_stands_for_its_seeds_by_their_means(systems):
    one = systems[1]
    assert one.matrix.sum() == pytest.approx(210) and np.trace(one.matrix) == pytest.approx((147 + 160) / 2)
    assert one.metrics["accuracy"] == pytest.approx((147 + 160) / 420) and one.metrics["seed"] == 0


def test_of_each_system_validation_chooses_the_recipe(systems):
    assert [one.recipe for one in comparison.best_of_each(systems)] == ["ours"] * 4
    worse = System(tuple(records.Result(result.key, result.directory, result.metrics | {"val_accuracy": 0.1},
                                            result.predictions, []) for result in systems[1].results))
    assert comparison.best_of_each([systems[0], worse])[0].recipe == "published"


def test_a_trained_system_tested_on_other_images_is_left_out(results):
    tested = [result for result in results if result.predictions]
    other = records.Result(tested[1].key, tested[1].directory, tested[1].metrics,
                               tested[1].predictions | {"index": np.arange(210)}, [])
    assert comparison.same_images([tested[0], other, tested[2]]) == [tested[0], tested[2]]


def test_the_table_bounds_one_seed_over_images_and_several_over_seeds(systems):
    rows = {(row["system"], row["recipe"]): row for row in comparison.accuracy_table(systems)}
    two, one = rows["deep_emotion", "ours"], rows["lenet5", "ours"]
    assert two["seeds"] == 2 and two["accuracy"] == pytest.approx((147 + 160) / 420)
    assert two["low"] < (147 + 160) / 420 - 12.706 * 13 / 210 / 2 and two["high"] == 1  # over seeds alone: narrower
    assert one["sd"] is None and (one["low"], one["high"]) == pytest.approx(statistics.wilson(126, 210), abs=3e-3)
    assert one["new_low"] < one["low"] == one["images_low"] and two["images_low"] > two["low"] > two["new_low"] - 1e-9
    assert one["macro_f1_low"] < one["macro_f1"] < one["macro_f1_high"] and one["majority"] == pytest.approx(1 / 7)


def test_recall_by_hand(systems, labels):
    values, intervals = comparison.recalls([answering(systems[0], np.where(labels == 3, 3, 0))])
    assert values[0].tolist() == [1, 0, 0, 1, 0, 0, 0]
    assert intervals[0, 3, 1] == 1 and 0.8 < intervals[0, 3, 0] < 1 and intervals[0, 1, 0] == 0


def class_scores(one, label):
    """{precision, recall, f1: [mean, low, high]} of one class as the table says it, whole percents."""
    return {row["score"]: [int(number) for number in re.findall(r"-?\d+", row[one.name])]
            for row in comparison.class_table([one]) if row["expression"] == label}


def percents(*fractions):
    return [round(100 * fraction) for fraction in fractions]


def test_each_class_has_precision_recall_and_f1_between_bounds(systems, labels):
    given = np.where((labels == 3) & (np.arange(210) % 2 == 0), 3, 0)  # half of class 3, all of class 0
    half, nothing = answering(systems[0], given), answering(systems[0], np.zeros(210, int))
    row = class_scores(half, "happy")
    assert row["precision"] == percents(1, *statistics.wilson(15, 15))
    assert row["recall"] == percents(0.5, *statistics.wilson(15, 30))
    assert row["f1"][0] == 67 and row["f1"][1] < 67 < row["f1"][2]
    assert class_scores(nothing, "happy")["precision"] == [0, 0, 100]
    assert comparison.class_table([half])[10] == {"expression": "happy", "images": 30, "score": "recall",
                                                  "deep_emotion/published": "50 (33 … 67)"}


def test_recall_over_seeds_is_their_mean_with_an_interval_over_seeds_and_images(systems, labels):
    half = np.where((labels == 3) & (np.arange(210) % 2 == 0), 0, labels)
    low, high = statistics.over_seeds([1, 0.5, 1]).interval
    of_images = 1 - statistics.wilson(30, 30)[0]
    row = class_scores(answering(systems[0], labels, half, labels), "happy")
    assert high > 1 and row["recall"] == percents(5 / 6, 5 / 6 - np.hypot(5 / 6 - low, of_images), 1)


def test_seeds_that_agree_are_no_certainty(systems, labels):
    """Three equal recalls on few images had an interval without width."""
    half = np.where((labels == 3) & (np.arange(210) % 2 == 0), 0, labels)
    row = class_scores(answering(systems[0], half, half, half), "happy")
    assert row["recall"] == percents(0.5, *statistics.wilson(15, 30))


def test_of_a_class_without_images_nothing_is_known_whatever_the_seeds_say(systems, labels):
    absent = [records.Result(result.key, result.directory, result.metrics, result.predictions | {
        "labels": np.where(labels == 6, 0, labels)}, []) for result in systems[1].results]
    _, intervals = comparison.recalls([System(tuple(absent))])
    assert len(absent) == 2 and intervals[0, 6].tolist() == [0, 1]
    row = class_scores(System(tuple(absent)), "neutral")
    assert row["f1"][1:] == row["precision"][1:] == [0, 100]


def test_equal_answers_differ_nowhere_and_a_clear_difference_is_found(systems, labels):
    perfect = answering(systems[0], labels)
    assert not comparison.significant_cells(perfect, perfect).any()
    sad_as_happy = answering(systems[0], np.where(labels == 4, 3, labels))
    found = comparison.significant_cells(perfect, sad_as_happy)
    assert sorted(zip(*np.nonzero(found), strict=True)) == [(4, 3), (4, 4)]


def test_a_difference_in_one_seed_of_three_is_not_beyond_chance(systems, labels):
    confused = np.where(labels == 4, 3, labels)
    once = answering(systems[0], labels, labels, confused)
    assert not comparison.significant_cells(answering(systems[0], labels, labels, labels), once).any()


def test_paired_tests_count_the_images_that_one_system_alone_gets_right(systems, labels):
    worse = answering(systems[0], np.where(np.arange(210) < 20, (labels + 1) % 7, labels))
    (row,) = comparison.paired_tests([answering(systems[2], labels), worse])
    assert (row["only_first"], row["only_second"], row["seeds"]) == (20, 0, 1)
    assert row["difference"] == pytest.approx(20 / 210)
    assert row["mcnemar"] == pytest.approx(2 ** -19) and row["p"] == row["p_holm"] < 0.001
    assert row["low"] < 20 / 210 < row["high"] and row["sd"] is None
    assert comparison.paired_tests(systems[:1]) == []


def test_systems_are_paired_by_the_seeds_they_share(systems, labels):
    worse = np.where(np.arange(210) < 20, (labels + 1) % 7, labels)
    three, two = answering(systems[0], labels, worse, labels), answering(systems[2], labels, worse)
    (row,) = comparison.paired_tests([three, two])
    assert row["seeds"] == 2 and row["difference"] == 0 and row["p"] == 1
    (row,) = comparison.paired_tests([three, answering(systems[2], worse, worse, worse)])
    assert row["seeds"] == 3 and row["difference"] == pytest.approx(2 / 3 * 20 / 210) and row["sd"] > 0
    assert row["mcnemar"] == pytest.approx(min(1, 2 * 2 ** -19))  # twice the median over seeds
    assert row["p"] > 0.05  # but seeds scatter as much as they differ


def test_holm_counts_every_pair(systems):
    rows = comparison.paired_tests(systems)
    assert len(rows) == 10 and all(row["p_holm"] >= row["p"] for row in rows)


def test_the_most_confused_pair_comes_first_and_names_who_confuses_it(systems, labels):
    first = answering(systems[0], np.where(labels == 2, 5, labels))
    row = comparison.confused_pairs([first, answering(systems[1], labels)], top=1)[0]
    assert row == {"true": "fear", "taken_for": "surprise", "worst": "deep_emotion/published",
                   "deep_emotion/published": 1.0, "deep_emotion/ours": 0.0}


def test_calibration_leaves_out_systems_without_probabilities(systems):
    result = systems[0].results[0]
    silent = System((records.Result(result.key, result.directory, result.metrics, {
        key: value for key, value in result.predictions.items() if key != "probabilities"}, []),))
    curve, both = comparison.reliability([silent, systems[2], systems[1]])
    assert curve["count"].tolist() == [210] and curve["accuracy"][0] == pytest.approx(0.8)
    assert curve["ece"] == pytest.approx(0.1, abs=1e-6)  # it says 0.7 and is right on 0.8
    assert both["count"].tolist() == [420]  # two seeds in one curve


def test_agreement_is_symmetric_and_its_diagonal_compares_seeds(systems, labels):
    shares = comparison.agreement(systems)
    assert np.array_equal(shares, shares.T) and np.diag(shares).tolist()[0] == 1
    assert shares[0, 2] == np.mean(systems[0].answers[0] == systems[2].answers[0])
    assert shares[1, 1] == pytest.approx(np.mean(systems[1].answers[0] == systems[1].answers[1]))


def test_a_vote_follows_the_majority_and_a_tie_the_better_system_on_validation(systems, labels):
    wrong = (labels + 1) % 7
    two_of_three = comparison.majority_vote([answering(systems[0], wrong), answering(systems[1], labels),
                                             answering(systems[2], labels)])
    assert two_of_three["accuracy"] == 1 and two_of_three["any_right"] == 1 and two_of_three["all_right"] == 0
    tie = comparison.majority_vote([answering(systems[0], labels), answering(systems[2], wrong)])
    assert tie["best"] == "gap_cnn/ours" and tie["accuracy"] == 0 and tie["gain"] == 0


def test_two_votes_beat_one_of_the_best_system_and_seeds_are_averaged(systems, labels):
    wrong = (labels + 1) % 7
    outvoted = comparison.majority_vote([answering(systems[2], labels), answering(systems[0], wrong),
                                         answering(systems[4], wrong)])
    assert outvoted["best"] == "gap_cnn/ours" and outvoted["gain"] == -1
    twice = comparison.majority_vote([answering(systems[2], labels, labels), answering(systems[0], wrong, labels),
                                      answering(systems[4], wrong, labels)])
    assert twice["seeds"] == 2 and twice["gain"] == -0.5 and twice["sd"] > 0
    assert twice["gain_low"] < -1 < outvoted["gain_high"] and twice["gain_high"] > 0  # two seeds, one gains


def test_the_hardest_images_are_named_by_their_index_in_the_source(systems, labels):
    hard = labels.copy()
    hard[[17, 40]] = (labels[[17, 40]] + 2) % 7
    rows = comparison.hardest([answering(systems[0], hard), answering(systems[1], hard, labels)], top=2)
    assert [row["index"] for row in rows] == [1017, 1040] and rows[0]["wrong"] == pytest.approx(2 / 3)
    assert rows[0]["label"] == "happy" and rows[0]["answer"] == "surprise" and rows[0]["share"] == 1


def test_a_paper_stands_only_beside_the_systems_it_speaks_of(systems):
    stated = {row["label"]: row["paper"] for row in comparison.beside_paper(systems, {"deep_emotion": 0.7002})}
    assert stated["deep_emotion/ours"] == 0.7002 and stated["lenet5/ours"] is None


def test_the_accuracy_without_copies_stands_beside_where_there_are_copies(systems):
    result = systems[0].results[0]
    for kept, without in ((200, 0.4), (210, None), (None, None)):
        changed = result.metrics | {"n_without_copies": kept, "accuracy_without_copies": 0.4 if kept else None}
        one = System((records.Result(result.key, result.directory, changed, result.predictions, []),))
        assert comparison.beside_paper([one], {})[0]["without"] == without


def test_our_rows_stand_among_the_quoted_ones_best_first(systems):
    rows = comparison.beside_others(systems, papers.accuracy_quotes("fer2013"))
    accuracies = [row["accuracy"] for row in rows]
    assert accuracies == sorted(accuracies, reverse=True) and 0.7002 in accuracies
    assert sum(row["system"].startswith("ours: ") for row in rows) == 5
    assert any(row["source"] == "these results, mean of 2 seeds" for row in rows)
    assert comparison.beside_others(systems, []) == []


def test_the_runs_own_predictions_come_before_published_ones(tmp_path, monkeypatch, write_result):
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path / "runs"))
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    with pytest.raises(InputError, match=r"run r: no predictions to compare; make them with \./run_all.sh"):
        comparison.find("r", "synthetic")
    write_result(tmp_path / "results" / "fer2013", "lenet5")
    assert "published ones of fer2013" in comparison.find("r", "synthetic").says
    write_result(tmp_path / "results" / "synthetic", "lenet5")
    assert comparison.find("r", "synthetic").root == tmp_path / "results" / "synthetic"
    write_result(tmp_path / "results" / "ckplus-by_image", "lenet5")
    assert "ones of ckplus-by_image" in comparison.find("r", "ckplus", "by_image").says
    write_result(tmp_path / "runs" / "r", "lenet5", untested=True)
    assert comparison.find("r", "synthetic").root == tmp_path / "results" / "synthetic"
    write_result(tmp_path / "runs" / "r", "gap_cnn")
    assert comparison.find("r", "synthetic").root == tmp_path / "runs" / "r"


def test_comparing_needs_no_torch():
    code = ("import sys; from ferkit import claims, papers; from ferkit.analysis import comparison; papers.claims(); "
            "from ferkit.reporting import figures; sys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
