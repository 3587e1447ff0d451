"""A tree is read once, its table is tidy, and means over seeds are made in one place."""

import json
import subprocess
import sys

import numpy as np
import pytest

from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.results import predictions, records, tree
from ferkit.stats import estimates


@pytest.fixture
def run(tmp_path, write_result):
    for seed in (10, 2):
        write_result(tmp_path, "net", seed=seed, share=0.7 + 0.01 * seed)
    write_result(tmp_path, "other", share=0.5)
    return tmp_path


def test_an_unchanged_tree_is_read_once(run, monkeypatch):
    read = []
    original = records.read_result
    monkeypatch.setattr(records, "read_result", lambda path: read.append(path) or original(path))
    first = tree.load_tree(run)
    assert tree.load_tree(run) is first and len(read) == 3
    assert [one.key.name for one in first.results] == ["net/ours/seed2", "net/ours/seed10", "other/ours/seed0"]


def test_a_changed_file_is_read_again_and_refused(run):
    first = tree.load_tree(run)
    changed = first.results[0].directory / "metrics.json"
    changed.write_text(json.dumps({**first.results[0].metrics, "accuracy": 0.99999}))
    again = tree.load_tree(run)
    assert len(again.results) == 2 and "accuracy is 1.0000" in again.refused[changed.parent]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        tree.load_tree(tmp_path / "nowhere")


def test_outside_a_checkout_the_package_s_own_results_are_published(tmp_path, write_result, monkeypatch):
    """An installed package had looked for them in the working directory, and ended with a traceback."""
    monkeypatch.setattr(paths, "published_root", lambda: tmp_path / "published")
    monkeypatch.chdir(tmp_path)
    assert tree.published() == []
    write_result(tmp_path / "published" / "fer2013", "net")
    assert [one.name for one in tree.published()] == ["fer2013"]


def test_the_table_has_one_row_a_result(run):
    frame = tree.load_tree(run).frame
    assert len(frame) == 3 and set(tree.COLUMNS) <= set(frame)
    row = frame[(frame.system == "net") & (frame.seed == 10)].iloc[0]
    assert row.accuracy == 0.8 and row.file == "03_gap_cnn_svm/net/ours/seed10/metrics.json"


def test_seeds_are_summarised_as_the_statistics_say(run):
    group = tree.by_system(tree.load_tree(run).results)["net", "ours"]
    row = tree.over_seeds(group)
    expected = estimates.share(np.array([one.predictions["predicted"] == one.predictions["labels"] for one in group]),
                               group[0].predictions["labels"])
    assert row["accuracy"] == pytest.approx((151 / 210 + 0.8) / 2) and row["sd"] == expected.sd
    assert (row["low"], row["high"], row["new_low"], row["new_high"]) == (*expected.interval, *expected.prediction)
    assert row["seeds"] == row["tested"] == 2
    assert row["val_accuracy"] == pytest.approx(0.76) and row["status"] == "finished"
    assert tree.summary(tree.load_tree(run)).set_index("system").loc["net", "accuracy"] == expected.mean


def test_a_mean_lacking_a_seed_is_none():
    assert tree.mean([{"ece": 0.1}, {"ece": None}], "ece") is None and tree.mean([], "ece") is None
    assert tree.mean([{"ece": 0.1}, {"ece": 0.3}], "ece") == pytest.approx(0.2)


def test_a_run_that_diverged_untested_has_no_accuracy(tmp_path, write_result):
    write_result(tmp_path, "net", untested=True)
    row = tree.over_seeds(tree.load_tree(tmp_path).results)
    assert row["status"] == "diverged" and row["accuracy"] is row["low"] is row["macro_f1"] is None


def test_two_data_sets_in_one_folder_are_refused(run, write_result):
    write_result(run, "net", seed=3, dataset="fer2013")
    with pytest.raises(InputError, match="fer2013 and synthetic in one folder"):
        _ = tree.load_tree(run).dataset


def test_published_trees_come_in_order_and_fit_their_hashes():
    names = [one.name for one in tree.published()]
    assert names.index("fer2013") < names.index("fer2013-train7000") < names.index("ckplus")
    assert all(not one.refused for one in tree.published())


def test_reading_results_needs_neither_torch_nor_pandas():
    code = ("import sys; from ferkit.results import tree; assert tree.published()[0].results; "
            "sys.exit(' '.join({'torch', 'pandas'} & set(sys.modules)) or 0)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_scores_are_not_read_for_tables(run, monkeypatch):
    asked = []
    original = predictions._load
    monkeypatch.setattr(predictions, "_load", lambda path, names: asked.append(names) or original(path, names))
    _ = tree.summary(tree.load_tree(run))
    assert set(asked) == {predictions.SMALL}
