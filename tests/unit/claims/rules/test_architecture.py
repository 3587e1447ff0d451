"""Claims about the networks: exact counts, and comparisons of counts."""

import numpy as np
import pytest

from ferkit.core.labels import LABELS


@pytest.mark.parametrize(("parameters", "verdict"), [
    (47657, "reproduced"), (76777, "partly"), (47658, "not_reproduced"), (0, "not_reproduced")])
def test_the_parameters_as_drawn_must_be_met_exactly(run, parameters, verdict):
    run.result("deep_emotion", "ours", parameters=parameters)
    row = run.row("deep_emotion.parameters")
    assert (row["verdict"], row["observed"], row["expected"]) == (verdict, parameters, 47657)


def test_the_parameters_are_counted_for_the_papers_classes_alone(run):
    names = np.array([*LABELS, "contempt"])
    run.result("deep_emotion", "ours", parameters=47706, label_names=names.tolist(), more={"label_names": names},
               per_class={}, confusion_matrix=None, untested=True)
    row = run.row("deep_emotion.parameters")
    assert row["verdict"] == "not_run" and "7 classes apart, these tell 8" in row["note"]


def test_a_diverged_network_still_has_its_parameters(run):
    run.result("deep_emotion", "ours", parameters=47657, untested=True)
    assert run.verdict("deep_emotion.parameters") == "reproduced"


def test_seeds_with_different_parameter_counts_are_refused(run):
    for seed, parameters in enumerate((47657, 76777)):
        run.result("deep_emotion", "ours", seed=seed, parameters=parameters)
    assert run.verdict("deep_emotion.parameters") == "not_run"


@pytest.mark.parametrize(("layers", "verdict"), [
    (5, "reproduced"), (6, "partly"), (10, "not_reproduced"), (0, "not_reproduced"), (None, "not_run")])
def test_fewer_than_ten_layers_with_weights(run, layers, verdict):
    run.result("deep_emotion", "ours", weight_layers=layers)
    row = run.row("deep_emotion.weight_layers")
    assert row["verdict"] == verdict
    assert layers is None or f"{layers} on the main path, {layers + 4} with the localisation path" in row["note"]


def test_a_count_that_the_pooling_was_chosen_to_meet_says_so_and_is_a_fact(run):
    run.result("deep_emotion", "ours", parameters=47657)
    row = run.row("deep_emotion.parameters")
    assert row["group"] == "fact" and "was chosen to give this sum" in row["note"]


@pytest.mark.parametrize(("parts", "verdict"), [
    ({"blocks": 286880, "blocks_convolutions": 286432}, "reproduced"), ({"blocks_convolutions": 5}, "not_reproduced"),
    ({"blocks": 286432}, "not_run"), (None, "not_run")])
def test_the_first_three_blocks_are_counted_without_batch_norm(run, parts, verdict):
    run.result("gap_cnn", "published", parts=parts)
    assert run.verdict("gap_svm.blocks_parameters") == verdict


@pytest.mark.parametrize(("small", "large", "fields", "verdict"), [
    (100, 200, (36, 36), "reproduced"), (100, 200, (36, 40), "partly"), (200, 100, (36, 36), "not_reproduced"),
    (100, 100, (36, 36), "not_reproduced"), (100, 200, (36, None), "not_run")])
def test_small_kernels_need_fewer_parameters_at_equal_receptive_field(run, small, large, fields, verdict):
    run.result("gap_cnn_small", "control", parameters=small, receptive_field=fields[0])
    run.result("gap_cnn_large_kernels", "control", parameters=large, receptive_field=fields[1])
    assert run.verdict("gap_svm.small_kernels_parameters") == verdict


def test_pooling_needs_fewer_parameters_than_fully_connected_layers(run):
    run.result("gap_cnn_small", "control", parameters=100)
    run.result("gap_cnn_fc", "control", parameters=400)
    row = run.row("gap_svm.gap_parameters")
    assert (row["verdict"], row["observed"]) == ("reproduced", 0.25)
    run.result("gap_cnn_fc", "control", parameters=50)
    assert run.verdict("gap_svm.gap_parameters") == "not_reproduced"
