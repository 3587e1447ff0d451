"""A comparison of networks that were trained too briefly is not judged; facts and accuracies are."""

import pytest

from ferkit.results import records

ID = "deep_emotion.attention.identity"


def rise(run, system, values, **changes):
    """A trained system with a curve of validation accuracies."""
    best = max(range(len(values)), key=values.__getitem__) + 1
    result = run.result(system, notebook="02_stn_attention", best_epoch=best, epochs=len(values), **changes)
    records.write_result(result.directory, metrics=result.metrics, predictions=dict(result.predictions),
                       history=[{"epoch": k, "val_accuracy": value} for k, value in enumerate(values, 1)], weights=None)


LEVEL, RISING = [0.2, 0.4, 0.6, 0.7, 0.75, 0.78, 0.8, 0.8, 0.8, 0.81], [0.1 * k for k in range(10)]


@pytest.mark.parametrize("curve, batch, says", [
    (LEVEL, 64, ""),
    (RISING, 64, "still rising: its last epoch is its best, by 10.0 points"),
    ([*RISING, 0.5], 64, ""),  # it rose, but had its best behind it
    (LEVEL, 2800, "trained for 10 steps")])
def test_a_comparison_needs_both_trained(run, curve, batch, says):
    about = {"n_train": 2800, "config": {"recipe": {"batch_size": batch}}}
    rise(run, "deep_emotion", LEVEL, accuracy=0.9, **about | {"config": {"recipe": {"batch_size": 64}}})
    rise(run, "deep_emotion_identity", curve, accuracy=0.5, **about)
    row = run.row(ID)
    assert (row["verdict"] == "too_short") == bool(says)
    assert says in row["note"]


def test_facts_and_what_is_not_run_stay(run):
    about = {"n_train": 100, "config": {"recipe": {"batch_size": 100}}, "epochs": 2}
    run.result("deep_emotion", "ours", notebook="02_stn_attention", parameters=47657, **about)
    assert run.verdict("deep_emotion.parameters") == "reproduced"
    assert run.verdict(ID) == "not_run"
