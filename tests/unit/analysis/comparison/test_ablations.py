"""Variants of the GAP CNN against the control that each changes one thing of."""

import numpy as np
import pytest

from ferkit import papers
from ferkit.analysis import comparison
from ferkit.analysis.comparison.ablations import SHIFT
from ferkit.core import paths
from ferkit.experiments import corruptions
from ferkit.papers.qiao2022_gap_svm.ablations import ARCHITECTURE, CONTROL
from ferkit.results import records
from ferkit.sweep import config

SWEEPS = ("gap_variants", "gap_one_change", "gap_regularisation")


@pytest.fixture
def tree(tmp_path, write_result):
    """The control and two variants, two seeds each, one of them better; robustness for the control alone."""
    for system, recipe, share in ((*CONTROL, 0.6), ("gap_cnn_fc", "control", 0.6), ("gap_cnn_small", "control_no_decay",
                                                                                  0.9)):
        for seed in (0, 1):
            facts = {"train_accuracy": share + 0.05 * (seed + 1), "receptive_field": 36, "robustness": None}
            if (system, recipe) == CONTROL:
                facts |= {"robustness": {SHIFT: share - 0.2}, "robustness_clean": {"n": 210, "accuracy": share}}
            write_result(tmp_path, system, recipe, share=share, seed=seed, **facts)
    write_result(tmp_path, "lenet5")
    return records.read_run(tmp_path)


def test_each_is_held_against_the_control_at_equal_seeds(tree):
    control, fc, no_decay = comparison.variant_changes(tree, ARCHITECTURE)
    assert (control["system"], control["recipe"]) == CONTROL and control["difference"] is control["p_holm"] is None
    assert fc["difference"] == pytest.approx(0, abs=1e-9) and fc["p_holm"] > 0.5
    assert no_decay["difference"] == pytest.approx(0.3) and no_decay["seeds"] == 2
    assert no_decay["p_holm"] == pytest.approx(12 * 2 / 10_001)  # of 12 declared variants
    assert no_decay["gap"] == pytest.approx(0.075)
    assert control["shift_loss"] == pytest.approx(0.2) and fc["shift_loss"] is None


def test_what_a_result_of_all_folds_does_not_tell_is_left_open(tmp_path, write_result):
    write_result(tmp_path, *CONTROL)
    row, = comparison.variant_changes(records.read_run(tmp_path), ARCHITECTURE)
    assert row["gap"] is row["receptive_field"] is row["shift_loss"] is None and row["accuracy"] is not None


def test_a_variant_on_other_data_has_no_p(tmp_path, write_result):
    write_result(tmp_path, *CONTROL)
    write_result(tmp_path, "gap_cnn_fc", "control", data_sha256="cd" * 32)
    _, other = comparison.variant_changes(records.read_run(tmp_path), ARCHITECTURE)
    assert other["difference"] is other["p_holm"] is None


def test_without_the_control_nothing_is_compared(tree):
    rest = [result for result in tree if (result.key.system, result.key.recipe) != CONTROL]
    assert comparison.variants(rest, ARCHITECTURE) == [] == comparison.variant_changes([], ARCHITECTURE)


def test_every_variant_told_has_a_recipe_and_the_committed_sweeps_train_each_of_them_on_the_same_images():
    assert set(ARCHITECTURE.variants) <= set(papers.recipes())
    sweeps = [config.read(paths.repository() / "results" / "sweeps" / f"{name}.toml") for name in SWEEPS]
    trained = {(entry.system, entry.recipe_name) for sweep in sweeps for entry in sweep.entries}
    assert trained == set(ARCHITECTURE.variants)
    assert {(one.protocol, one.test, one.profile) for one in sweeps} == {("official+train7000", True, "standard")}
    assert {entry.recipe.epochs for sweep in sweeps for entry in sweep.entries} == {30}


def test_a_variant_changes_one_thing(tree):
    control = papers.recipe(*CONTROL).to_dict()
    for system, recipe in ARCHITECTURE.variants:
        changed = [key for key, value in papers.recipe(system, recipe).to_dict().items() if value != control[key]]
        assert len(changed) <= (recipe != "control") and papers.system(system).build().num_classes == 7
    assert SHIFT in corruptions.CONDITIONS
    assert np.isfinite([row["accuracy"] for row in comparison.variant_changes(tree, ARCHITECTURE)]).all()
