"""What may be evidence, and what a folder is refused for."""

import numpy as np
import pytest

from ferkit import claims, papers
from ferkit.claims.evidence import Evidence, NotRun, beats_majority, failed_to_train
from ferkit.core import files, paths
from ferkit.core.errors import InputError


def test_a_folder_that_is_missing_empty_or_mixed_is_refused_in_one_line(run, tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        claims.judge(tmp_path / "nowhere", papers.claims())
    (tmp_path / "notebooks").rmdir()
    with pytest.raises(InputError, match="no results"):
        claims.judge(tmp_path, papers.claims())
    run.result("lenet5")
    run.result("gap_cnn", dataset="fer2013")
    with pytest.raises(InputError, match="fer2013 and synthetic"):
        claims.judge(tmp_path, papers.claims())


def test_the_folder_of_all_published_trees_is_no_run():
    with pytest.raises(InputError, match="no results in it"):
        claims.judge(paths.published_root(), papers.claims())


def test_a_published_result_that_was_edited_is_refused(run):
    result = run.result("deep_emotion", parameters=47657)
    (run.root / "notebooks").rmdir()
    name = result.file.relative_to(run.root).as_posix()
    files.write_json(run.root / "manifest.json", {"schema": 1, "notebooks": [
        {"name": "x", "outputs": {name: files.sha256(result.file)}}]})
    assert run.verdict("deep_emotion.parameters") == "reproduced"
    files.write_json(result.file, result.metrics | {"parameters": 47658})
    row = run.row("deep_emotion.parameters")
    assert row["verdict"] == "not_run" and "changed after it was published" in row["note"]


def test_an_accuracy_of_single_views_that_does_not_follow_is_refused(run):
    result = run.result("deep_emotion", accuracy=0.8, tta="flip", accuracy_no_tta=1.0,
                        more={"predicted_no_tta": np.arange(350) % 7})
    files.write_json(result.file, result.metrics | {"accuracy_no_tta": 0.3})
    assert "accuracy_no_tta is 0.3000" in run.row("deep_emotion.attention.identity")["note"]


def test_a_failed_trained_system_is_no_evidence(run):
    run.result("deep_emotion", "ours", parameters=47657, status="failed")
    row = run.row("deep_emotion.parameters")
    assert row["verdict"] == "not_run" and "failed" in row["note"]


def test_a_damaged_plan_is_named(run):
    run.result("lenet5")
    (run.root / "02_stn_attention").mkdir(parents=True, exist_ok=True)
    (run.root / "02_stn_attention/plan.json").write_text("[{]")
    with pytest.raises(InputError, match=r"plan\.json: damaged"):
        claims.judge(run.root, papers.claims())


def test_beating_the_majority_class_means_beyond_chance(run):
    labels = np.repeat(np.arange(7), [150, 50, 50, 50, 25, 15, 10])  # always 0 scores 150/350
    assert not beats_majority([run.result("lenet5", labels=labels, accuracy=0.45)])
    assert beats_majority([run.result("lenet5", labels=labels, accuracy=0.55)])
    assert not beats_majority([run.result("lenet5", labels=labels, untested=True)])


def test_failing_to_train_is_told_by_status_or_by_one_answer_for_all(run):
    assert not failed_to_train(run.result("lenet5"))
    assert failed_to_train(run.result("lenet5", status="collapsed"))
    assert failed_to_train(run.result("lenet5", untested=True))
    assert failed_to_train(run.result("lenet5", predicted=np.full(350, 2)))
    assert not failed_to_train(run.result("lenet5", predicted=np.full(350, 2), labels=np.full(350, 2)))


def test_the_best_recipe_is_chosen_on_validation(run):
    run.result("lenet5", "a", val_accuracy=0.5, accuracy=0.9)
    run.result("lenet5", "b", val_accuracy=0.6, accuracy=0.3)
    evidence = Evidence(run.root)
    assert evidence.best(evidence.names("lenet5"))[0].key.recipe == "b"
    with pytest.raises(NotRun):
        evidence.best([])


def test_seeds_on_different_data_are_refused(run):
    run.result("lenet5")
    run.result("lenet5", seed=1, data_sha256="e" * 64)
    with pytest.raises(NotRun, match="same data"):
        Evidence(run.root).results(("lenet5", "ours"))
