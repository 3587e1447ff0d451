"""What a leak is worth: the same systems under two protocols, leakier minus stricter."""

from dataclasses import replace

import numpy as np
import pytest

from ferkit.analysis import leakage
from ferkit.reporting import html_report
from ferkit.results import records


@pytest.fixture
def ckplus(tmp_path, write_result):
    """Runs by protocol: a trained system is right on 90 % by image and on 70 % by subject; one system is in one run
    only."""
    def run(protocol, share, seeds=(0,), **changes):
        root = tmp_path / f"ckplus-smoke-seed0-{protocol}"
        for seed in seeds:
            facts = {"dataset": "ckplus", "protocol": protocol, **changes}
            write_result(root, "gap_cnn", share=share, seed=seed, **facts)
        return root
    return run


def test_the_leakier_protocol_comes_first_whatever_the_order(ckplus, write_result):
    strict, leaky = ckplus("by_subject", 0.7), ckplus("by_image", 0.9)
    write_result(leaky, "lenet5", dataset="ckplus", protocol="by_image")
    (row,) = leakage.worth([records.read_run(strict), records.read_run(leaky)])
    assert (row["system"], row["leaky"], row["strict"]) == ("gap_cnn", "by_image", "by_subject")
    assert row["worth"] == pytest.approx(row["leaky_accuracy"] - row["strict_accuracy"]) == pytest.approx(0.2)
    assert row["interval"] == pytest.approx([0.12, 0.28], abs=0.01)
    assert "+20.0 points" in leakage.sentence(row)


def test_people_are_resampled_whole_in_leaks_and_folds(ckplus):
    def rows(*people):
        runs = [[replace(result, predictions=result.predictions | {"groups": np.argsort(np.argsort(
            result.predictions["predicted"] != result.predictions["labels"], kind="stable")) // 30} if people else
            result.predictions) for result in records.read_run(ckplus(*one))]
            for one in (("by_image", 0.9), ("by_subject_10fold", 0.7), ("by_subject_10fold:1", 0.7))]
        return leakage.worth(runs)[0]["interval"], leakage.folds_together(runs)[0]["interval"]

    for alone, together in zip(rows(), rows("people"), strict=True):
        assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_folds_without_a_common_seed_are_left_out(ckplus):
    folds = [ckplus("by_subject_10fold", 0.7), ckplus("by_subject_10fold:1", 0.7, (1,))]
    assert leakage.folds_together([records.read_run(root) for root in folds]) == []


def test_seeds_are_averaged(ckplus):
    strict, leaky = ckplus("by_subject", 0.7, (0, 1, 2)), ckplus("by_image", 0.9, (0, 1))
    (row,) = leakage.worth([records.read_run(strict), records.read_run(leaky)])
    assert row["seeds"] == 2 and row["strict_accuracy"] == pytest.approx(0.7)


def test_folds_count_as_one_test_on_all_their_images(ckplus, tmp_path):
    folds = [ckplus("by_subject_10fold", 0.6), ckplus("by_subject_10fold:1", 0.8)]
    runs = [records.read_run(root) for root in folds]
    (row,) = leakage.folds_together(runs)
    assert (row["folds"], row["n"], row["seeds"], row["protocol"]) == (2, 420, 1, "by_subject_10fold")
    assert row["accuracy"] == pytest.approx(0.7)
    assert leakage.sentence(row).startswith("gap_cnn/ours: 70.0 % (65.5 … 74.3) of 420 images in 2 folds")
    leaky = ckplus("by_image", 0.9)
    assert [one["worth"] for one in leakage.worth([*runs, records.read_run(leaky)])] == pytest.approx([0.2])
    assert leakage.worth(runs) == [] == leakage.folds_together([records.read_run(leaky)])
    page = html_report.compare(folds, tmp_path / "folds.html").read_text()
    assert "All folds together" in page and "Leakage inflation" not in page


def test_people_are_resampled_where_the_folds_test_every_image_of_the_leakier_protocol(ckplus):
    def with_people(result, rows):
        arrays = {key: result.predictions[key] for key in ("index", "labels", "predicted", "label_names")}
        arrays = {key: value if key == "label_names" else value[rows] for key, value in arrays.items()}
        arrays["groups"] = (arrays["index"] - 1000) // 7
        return replace(result, predictions=arrays)

    folds = [with_people(records.read_run(ckplus(name, 0.7))[0], rows) for name, rows in (
        ("by_subject_10fold", np.arange(105)), ("by_subject_10fold:1", np.arange(105, 210)))]
    leaky = with_people(records.read_run(ckplus("by_image", 0.9))[0], np.arange(0, 210, 3))
    (row,) = leakage.worth([folds, [leaky]])
    assert row["people"] == 30
    assert row["interval"][0] < row["worth"] < row["interval"][1]
    assert leakage.worth([folds[:1], [leaky]])[0]["people"] == 0


def test_seeds_widen_the_interval_over_people(ckplus):
    people = np.arange(210) // 21

    def interval(shares):
        def of(protocol, share, seed):
            read = records.read_run(ckplus(protocol, share, (seed,)))[-1]
            return replace(read, predictions=read.predictions | {"groups": people})

        strict = [of("by_subject_10fold", 0.7, seed) for seed in range(3)]
        leaky = [of("by_image", share, seed) for seed, share in enumerate(shares)]
        (row,) = leakage.worth([strict, leaky])
        assert row["people"] == 10 and row["worth"] == pytest.approx(0.2, abs=0.01)
        return row["interval"][1] - row["interval"][0]

    assert interval((0.8, 0.9, 1.0)) > 1.5 * interval((0.9, 0.9, 0.9))


def test_other_data_and_the_same_protocol_are_not_compared(ckplus, tmp_path, write_result):
    strict = records.read_run(ckplus("by_subject", 0.7))
    write_result(tmp_path / "other", "gap_cnn", dataset="jaffe", protocol="by_image")
    untested = ckplus("by_sequence", 0.7, untested=True)
    assert leakage.worth([strict, strict]) == []
    assert leakage.worth([strict, records.read_run(tmp_path / "other"), [], records.read_run(untested)]) == []


@pytest.mark.parametrize("names", [
    ("by_image+train50", "by_image", "by_subject+train50"), ("official", "official+ferplus", "official+ferplus-soft"),
    ("by_subject", "by_subject+contempt"), ("by_image", "by_subject+contempt"), ("by_subject", "by_subject_10fold"),
    ("a_to_b", "b_to_a")])
def test_fewer_images_other_labels_another_class_and_other_strangers_are_not_a_leak(ckplus, names):
    assert leakage.worth([records.read_run(ckplus(name, 0.7)) for name in names]) == []


def test_the_page_that_compares_runs_says_what_the_leak_is_worth(ckplus, tmp_path, write_result):
    strict, leaky = ckplus("by_subject", 0.7), ckplus("by_image", 0.9)
    page = html_report.compare([strict, leaky], tmp_path / "both.html").read_text()
    assert "Leakage inflation" in page and "+20.0" in page
    write_result(tmp_path / "other", "gap_cnn", dataset="jaffe", protocol="by_image")
    compared = html_report.compare([strict, tmp_path / "other"], tmp_path / "c.html")
    assert "Leakage inflation" not in compared.read_text()
