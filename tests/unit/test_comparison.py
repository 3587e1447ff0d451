import subprocess
import sys

import numpy as np
import pytest

from ferkit import comparison, paths, results
from ferkit.errors import InputError


@pytest.fixture(scope="module")
def cells(tmp_path_factory, write_cell):
    root = tmp_path_factory.mktemp("run")
    for system, recipe, share in (("deep_emotion", "published", 0.5), ("deep_emotion", "ours", 0.7),
                                  ("gap_cnn", "ours", 0.8), ("gap_cnn_svm", "ours", 0.82), ("lenet5", "ours", 0.6),
                                  ("deep_emotion_plain", "ours", 0.9)):
        write_cell(root, system, recipe, share=share)
    write_cell(root, "deep_emotion", "ours", share=0.76, seed=1)
    write_cell(root, "gap_cnn", "published", untested=True)
    return results.read_run(root)


@pytest.fixture
def systems(cells):
    return comparison.systems(cells)


def answering(cell, predicted):
    """The cell as if it had given these answers."""
    return results.CellResult(cell.cell, cell.directory, cell.metrics,
                              cell.predictions | {"predicted": np.asarray(predicted)}, cell.history)


def test_ablations_untested_cells_and_further_seeds_are_not_compared(systems):
    assert [comparison.name(cell) for cell in systems] == [
        "deep_emotion/published", "deep_emotion/ours", "gap_cnn/ours", "gap_cnn_svm/ours", "lenet5/ours"]


def test_of_each_system_validation_chooses_the_recipe(systems):
    assert [cell.cell.recipe for cell in comparison.best_of_each(systems)] == ["ours"] * 4
    systems[0].metrics["val_accuracy"], kept = 0.99, systems[0].metrics["val_accuracy"]
    assert comparison.best_of_each(systems)[0].cell.recipe == "published"
    systems[0].metrics["val_accuracy"] = kept


def test_a_cell_tested_on_other_images_is_left_out(systems):
    other = results.CellResult(systems[1].cell, systems[1].directory, systems[1].metrics,
                               systems[1].predictions | {"index": np.arange(210)}, [])
    assert comparison.same_images([systems[0], other, systems[2]]) == [systems[0], systems[2]]


def test_the_table_bounds_each_accuracy_and_averages_over_seeds(cells, systems):
    rows = {(row["system"], row["recipe"]): row for row in comparison.accuracy_table(systems, cells)}
    row = rows["deep_emotion", "ours"]
    assert row["accuracy"] == pytest.approx(0.7) and row["low"] < 0.7 < row["high"]
    assert row["seeds"] == 2 and row["mean"] == pytest.approx((147 + 160) / 420) and row["sd"] > 0
    assert row["macro_f1_low"] < row["macro_f1"] < row["macro_f1_high"]
    assert rows["lenet5", "ours"]["sd"] is None and row["majority"] == pytest.approx(1 / 7)


def test_recall_by_hand(systems):
    labels = systems[0].predictions["labels"]
    values, intervals = comparison.recalls([answering(systems[0], np.where(labels == 3, 3, 0))])
    assert values[0].tolist() == [1, 0, 0, 1, 0, 0, 0]
    assert intervals[0, 3, 1] == 1 and 0.8 < intervals[0, 3, 0] < 1 and intervals[0, 1, 0] == 0


def test_equal_answers_differ_nowhere_and_a_clear_difference_is_found(systems):
    labels = systems[0].predictions["labels"]
    perfect = answering(systems[0], labels)
    assert not comparison.significant_cells(perfect, perfect).any()
    sad_as_happy = answering(systems[0], np.where(labels == 4, 3, labels))
    found = comparison.significant_cells(perfect, sad_as_happy)
    assert sorted(zip(*np.nonzero(found), strict=True)) == [(4, 3), (4, 4)]


def test_paired_tests_count_the_images_that_one_system_alone_gets_right(systems):
    labels = systems[0].predictions["labels"]
    worse = answering(systems[0], np.where(np.arange(210) < 20, (labels + 1) % 7, labels))
    (row,) = comparison.paired_tests([answering(systems[1], labels), worse])
    assert (row["only_first"], row["only_second"]) == (20, 0)
    assert row["difference"] == pytest.approx(20 / 210) and row["p"] == row["p_holm"] == pytest.approx(2 ** -19)
    assert comparison.paired_tests(systems[:1]) == []


def test_holm_counts_every_pair(systems):
    rows = comparison.paired_tests(systems)
    assert len(rows) == 10 and all(row["p_holm"] >= row["p"] for row in rows)


def test_the_most_confused_pair_comes_first_and_names_who_confuses_it(systems):
    labels = systems[0].predictions["labels"]
    first = answering(systems[0], np.where(labels == 2, 5, labels))
    row = comparison.confused_pairs([first, answering(systems[1], labels)], top=1)[0]
    assert row == {"true": "fear", "taken_for": "surprise", "deep_emotion/published": 1.0, "deep_emotion/ours": 0.0}


def test_calibration_leaves_out_systems_without_probabilities(systems):
    silent = results.CellResult(systems[0].cell, systems[0].directory, systems[0].metrics,
                                {key: value for key, value in systems[0].predictions.items() if key != "probabilities"},
                                [])
    (curve,) = comparison.reliability([silent, systems[1]])
    assert curve["count"].tolist() == [210] and curve["accuracy"][0] == pytest.approx(0.7)
    assert curve["ece"] == pytest.approx(0, abs=1e-6)  # it says 0.7 and is right on 0.7


def test_agreement_is_symmetric_with_ones_on_the_diagonal(systems):
    shares = comparison.agreement(systems)
    assert np.array_equal(shares, shares.T) and (np.diag(shares) == 1).all()
    assert shares[0, 1] == np.mean(systems[0].predictions["predicted"] == systems[1].predictions["predicted"])


def test_a_vote_follows_the_majority_and_a_tie_the_better_system_on_validation(systems):
    labels, wrong = systems[0].predictions["labels"], (systems[0].predictions["labels"] + 1) % 7
    two_of_three = comparison.majority_vote([answering(systems[0], wrong), answering(systems[1], labels),
                                             answering(systems[2], labels)])
    assert two_of_three["accuracy"] == 1 and two_of_three["any_right"] == 1 and two_of_three["all_right"] == 0
    tie = comparison.majority_vote([answering(systems[0], labels), answering(systems[2], wrong)])
    assert tie["best"] == "gap_cnn/ours" and tie["accuracy"] == 0 and tie["gain"] == 0


def test_two_votes_beat_one_of_the_best_system(systems):
    labels, wrong = systems[0].predictions["labels"], (systems[0].predictions["labels"] + 1) % 7
    outvoted = comparison.majority_vote([answering(systems[2], labels), answering(systems[0], wrong),
                                         answering(systems[4], wrong)])
    assert outvoted["best"] == "gap_cnn/ours" and outvoted["gain"] == -1


def test_the_hardest_images_are_named_by_their_index_in_the_source(systems):
    labels = systems[0].predictions["labels"]
    hard = labels.copy()
    hard[[17, 40]] = (labels[[17, 40]] + 2) % 7
    rows = comparison.hardest([answering(systems[0], hard), answering(systems[1], hard)], top=2)
    assert [row["index"] for row in rows] == [1017, 1040] and rows[0]["wrong"] == 2 and rows[0]["share"] == 1
    assert rows[0]["label"] == "happy" and rows[0]["answer"] == "surprise"


def test_a_paper_stands_only_beside_the_data_set_it_speaks_of(systems):
    assert {row["paper"] for row in comparison.beside_paper(systems, "synthetic")} == {None}
    papers = {row["label"]: row["paper"] for row in comparison.beside_paper(systems, "fer2013")}
    assert papers["deep_emotion/ours"] == 0.7002 and papers["gap_cnn_svm/ours"] == 0.734
    assert papers["lenet5/ours"] is None


def test_our_rows_stand_among_the_quoted_ones_best_first(systems):
    rows = comparison.beside_others(systems, "fer2013")
    accuracies = [row["accuracy"] for row in rows]
    assert accuracies == sorted(accuracies, reverse=True) and 0.7002 in accuracies
    assert sum(row["system"].startswith("ours: ") for row in rows) == 5
    assert comparison.beside_others(systems, "synthetic") == []
    assert comparison.human_accuracy("fer2013") == (0.65, 0.05) and comparison.human_accuracy("jaffe") is None


def test_the_runs_own_predictions_come_before_published_ones(tmp_path, monkeypatch, write_cell):
    monkeypatch.setenv("FERKIT_OUTPUT", str(tmp_path / "runs"))
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    with pytest.raises(InputError, match=r"run r: no predictions to compare; make them with \./run_all.sh"):
        comparison.find("r", "synthetic")
    write_cell(tmp_path / "results" / "fer2013", "lenet5")
    assert "published ones of fer2013" in comparison.find("r", "synthetic").says
    write_cell(tmp_path / "results" / "synthetic", "lenet5")
    assert comparison.find("r", "synthetic").root == tmp_path / "results" / "synthetic"
    write_cell(tmp_path / "runs" / "r", "lenet5", untested=True)
    assert comparison.find("r", "synthetic").root == tmp_path / "results" / "synthetic"
    write_cell(tmp_path / "runs" / "r", "gap_cnn")
    assert comparison.find("r", "synthetic").root == tmp_path / "runs" / "r"


def test_comparing_needs_no_torch():
    code = "import sys; from ferkit import claims, comparison, figures, results; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
