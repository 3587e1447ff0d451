"""Copies of a published tree, each spoilt in one way: every one is caught, by the name of its file."""

import json

import numpy as np
import pytest

from ferkit.core import files
from ferkit.core.labels import LABELS
from ferkit.publishing import checksums, verify
from ferkit.publishing.verify import run_checks
from ferkit.results import predictions, records
from ferkit.stats import intervals

CELL = "02_stn_attention/deep_emotion/ours/seed0"


def mismatches(tree):
    (found,) = verify.verify(tree.root)
    assert found.verified == (not found.mismatches)
    return found.mismatches


def told(tree, file, *words):
    """Whether a mismatch names this file and says these words, and nothing else is held against other files."""
    rows = mismatches(tree)
    text = " | ".join(f"{row['file']}: {row['says']}" for row in rows)
    assert any(file in row["file"] and all(word in row["says"] for word in words) for row in rows), text
    return text


def test_an_honest_tree_is_verified_and_every_kind_of_check_was_made(published):
    (found,) = verify.verify(published.root)
    assert found.verified, found.mismatches
    assert set(found.checked) >= {"files", "contents", "metrics from predictions", "listed", "planned"}
    assert found.checked["planned"] == 3 and found.checked["metrics from predictions"] == 2
    assert any("no data at hand" in note and "FERKIT_FER2013" in note for note in found.notes)


@pytest.mark.parametrize(("changes", "says"), [
    ({"accuracy": 0.9}, "accuracy"), ({"macro_f1": 0.9}, "macro_f1"), ({"uar": 0.9}, "uar"), ({"n": 3589}, "n"),
    ({"ece": 0.5}, "ece"), ({"confusion_matrix": np.eye(7, dtype=int).tolist()}, "confusion_matrix"),
    ({"label_names": ["a"] * 7}, "label_names"), ({"test_reads": 2}, "read 2 times"),
    ({"accuracy_without_copies": 0.99, "n_without_copies": 200}, "which cannot be"),
    ({"system": "lenet5"}, "wrong folder")])
def test_metrics_that_do_not_follow_from_the_predictions_or_cannot_be(published, changes, says):
    published.change(**changes)
    told(published, f"{CELL}/metrics.json", says)


def test_an_accuracy_of_single_views_that_does_not_follow(published):
    result = records.read_result(published.key, checked=False)
    single = result.predictions | {"predicted_no_tta": result.predictions["labels"]}
    for stated, said in ((1.0, 0), (0.3, 1)):
        claimed = records.Result(result.key, result.directory, result.metrics | {"accuracy_no_tta": stated}, single, [])
        assert sum("accuracy_no_tta" in line for line in run_checks._derived(claimed)) == said


def test_a_recall_that_does_not_follow_from_the_predictions(published):
    forged = published.read(f"{CELL}/metrics.json")["per_class"]
    forged["fear"]["recall"] = 0.99
    published.change(per_class=forged)
    told(published, f"{CELL}/metrics.json", "per_class")


def test_a_result_that_no_run_noted(published):
    manifest = published.read("manifest.json")
    outputs = manifest["notebooks"][0]["outputs"]
    del outputs[f"{CELL}/metrics.json"]
    published.put("manifest.json", manifest)
    checksums.write(published.root)
    told(published, f"{CELL}/metrics.json", "manifest.json does not say")


def test_a_manifest_whose_outputs_are_a_list(published):
    manifest = published.read("manifest.json")
    manifest["notebooks"][0]["outputs"] = ["x"]
    published.put("manifest.json", manifest)
    told(published, "manifest.json", "outputs")


@pytest.mark.parametrize(("change", "says"), [
    (lambda found: found["runs"][0].update(accuracy=0.99), "does not follow"),
    (lambda found: found["runs"][0].update(val_accuracy=7.5), "no fraction"),
    (lambda found: found["images"]["by_subject_2fold"].update(pixels=[[1, 2]]), "pixels: no key"),
    (lambda found: found["images"]["by_subject_2fold"].update(index=[1]), "one whole number an image"),
    (lambda found: (found.clear(), found.update(pixels=[[1, 2]])), "damaged")])
def test_a_file_of_several_protocols_that_is_not_what_it_says(published, change, says):
    name = "02_stn_attention/protocols_x.json"
    content = {"schema": 1, "dataset": "fer2013", "sweep": "x", "git_commit": "a" * 40, "profile": "full",
               "label_names": ["a", "b"], "images": {"by_subject_2fold": {
                   "data_sha256": "ab" * 32, "index": [4, 7], "labels": "01", "groups": None}},
               "runs": [{"protocol": "by_subject_2fold", "system": "lenet5", "recipe": "ours", "seed": 0,
                         "status": "finished", "accuracy": 0.5, "val_accuracy": 0.5, "epochs": 1, "best_epoch": 1,
                         "parameters": 5, "minutes": 0.1, "tta": "none", "predicted": "00"}]}
    published.put(name, content)
    published.note()
    assert mismatches(published) == []
    change(content)
    published.put(name, content)
    published.note()
    told(published, name, says)


def test_sequences_are_a_data_set_of_their_own_and_images_are_still_one(published, write_result):
    write_result(published.root, "gru", dataset="fer2013", data_sha256="cd" * 32)
    published.note()
    assert not [row for row in mismatches(published) if "different sets" in row["says"] or "data_sha256" in row["says"]]
    write_result(published.root, "lenet5", dataset="fer2013", data_sha256="ef" * 32)
    published.note()
    assert "2 different sets of images" in told(published, "fer2013", "different sets")


def test_an_epoch_that_validation_did_not_choose(published):
    history = [{"epoch": 1, "val_accuracy": 0.5}, {"epoch": 2, "val_accuracy": 0.4}, {"epoch": 3, "val_accuracy": 0.6}]
    records.write_history(published.key / "history.csv", history)
    published.note()
    told(published, f"{CELL}/metrics.json", "best_epoch is 2", "0.6")


def test_metrics_that_are_no_json(published):
    (published.key / "metrics.json").write_text("{")
    told(published, f"{CELL}/metrics.json", "damaged")


def test_changed_predictions(published):
    stored = predictions.read_arrays(published.key / "predictions.npz")
    records.write_predictions(published.key / "predictions.npz", stored | {"predicted": stored["labels"]})
    text = told(published, f"{CELL}/predictions.npz", "sha256")
    assert "predictions.npz has another sha256" in text and "accuracy is 0.7" in text
    assert "an answer is not the class with the highest score" in text


def test_predictions_forged_with_their_hash(published):
    stored = predictions.read_arrays(published.key / "predictions.npz")
    records.write_predictions(published.key / "predictions.npz", stored | {"predicted": stored["labels"]})
    published.change(predictions_sha256=files.sha256(published.key / "predictions.npz"),
                     **records.summarise(stored["labels"], stored["labels"], LABELS,
                                         probabilities=stored["probabilities"]))
    told(published, f"{CELL}/metrics.json", "highest score")


@pytest.mark.parametrize("name", ["history.csv", "metrics.json"])
def test_a_file_whose_noted_hash_it_has_no_longer(published, name):
    with open(published.key / name, "a", encoding="utf-8") as file:
        file.write("\n")
    told(published, f"{CELL}/{name}", "manifest.json")


ANALYSIS = "04_occlusion_analysis/deep_emotion/ours/seed0/occlusion.json"


@pytest.mark.parametrize(("change", "says"), [
    ({"settings": {"weights_sha256": "0" * 64, "data_sha256": "ab" * 32}}, "other weights"), ({"seed": 3}, "seed3"),
    ({"settings": {"weights_sha256": None, "data_sha256": "0" * 64}}, "or images"),
    ({"maps_sha256": "0" * 64}, "maps")])
def test_an_occlusion_analysis_of_something_else(published, change, says):
    published.put(ANALYSIS, published.read(ANALYSIS) | change)
    published.note()
    told(published, ANALYSIS, says)


def test_an_analysis_made_again_of_the_same_network_is_said_and_is_no_mismatch(published):
    published.put(ANALYSIS, published.read(ANALYSIS) | {"n_images": 3589})
    checksums.write(published.root)
    (found,) = verify.verify(published.root)
    assert found.verified and any("occlusion.json was made again" in note for note in found.notes)


EVERY_FILE = [f"{CELL}/{name}" for name in ("metrics.json", "predictions.npz", "history.csv")] + [
    ANALYSIS, ANALYSIS.replace("occlusion.json", "maps.npz"), "02_stn_attention/plan.json",
    "02_stn_attention/headline.json", "manifest.json", "SHA256SUMS", "zero_shot.json"]


@pytest.mark.parametrize("name", EVERY_FILE)
def test_a_deleted_file_is_named(published, name):
    published.put("zero_shot.json", [])
    published.note()
    (published.root / name).unlink()
    told(published, name, "missing")


@pytest.mark.parametrize("name", [name for name in EVERY_FILE if name != "SHA256SUMS"])
def test_a_changed_file_is_named_whatever_it_is(published, name):
    published.put("zero_shot.json", [])
    published.note()
    with open(published.root / name, "ab") as file:
        file.write(b" ")
    told(published, name, "SHA256SUMS")


def test_a_file_that_publishing_did_not_put_there_is_named(published):
    published.put("04_occlusion_analysis/agreement.json", {})
    told(published, "agreement.json", "publishing did not put it here")


def test_a_line_that_is_no_checksum(published):
    with open(published.root / "SHA256SUMS", "a", encoding="utf-8") as file:
        file.write("nonsense\n")
    told(published, "SHA256SUMS", "line", "none of a list")


def test_weights_that_the_manifest_notes_are_not_excused_by_their_size(published):
    (published.key / "weights.safetensors").write_bytes(b"weights")
    published.note()
    (published.key / "weights.safetensors").unlink()
    told(published, f"{CELL}/weights.safetensors", "missing, though manifest.json notes it")


ZERO_SHOT = {"name": "deep-emotion/ours/seed0", "system": "deep_emotion", "recipe": "ours", "seed": 0,
             "weights_sha256": None, "confusion_matrix": [[8, 2], [1, 9]], "label_names": ["a", "b"], "n": 20,
             "accuracy": 0.85, "interval": list(intervals.wilson(17, 20))}


@pytest.mark.parametrize(("change", "says"), [({"accuracy": 0.9}, "accuracy"), ({"interval": [0.8, 0.9]}, "interval"),
                                              ({"weights_sha256": "0" * 64}, "other weights"), ({"n": 21}, "n does")])
def test_a_cross_dataset_table_that_does_not_follow_from_its_confusion_matrices(published, change, says):
    whole = records.summarise(np.repeat([0, 0, 1, 1], [8, 2, 1, 9]), np.repeat([0, 1, 0, 1], [8, 2, 1, 9]), ["a", "b"])
    published.put("zero_shot.json", [whole | ZERO_SHOT])
    published.change(weights_sha256="1" * 64)  # known, but not published
    published.put("zero_shot.json", [whole | ZERO_SHOT | {"weights_sha256": "1" * 64}])
    published.put(ANALYSIS, published.read(ANALYSIS) | {"settings": {}})
    published.note()
    assert not mismatches(published)
    published.put("zero_shot.json", [whole | ZERO_SHOT | {"weights_sha256": "1" * 64} | change])
    published.note()
    told(published, "zero_shot.json", says)


def test_a_selection_bias_that_does_not_follow_from_its_curve(published):
    curve = [{"epoch": 1, "val_accuracy": 0.5, "test_accuracy": 0.4}, {"epoch": 2, "val_accuracy": 0.4,
                                                                       "test_accuracy": 0.6}]
    honest = {"honest": {"epoch": 1}, "peeked": {"epoch": 2}, "curve": curve}
    published.put("02_stn_attention/optimism.json", honest | {"optimism": 0.2})
    published.note()
    assert not mismatches(published)
    published.put("02_stn_attention/optimism.json", honest | {"optimism": 0.1})
    published.note()
    told(published, "optimism.json", "curve")


@pytest.mark.parametrize("added", ["notebooks/01_x.ipynb", "sweep.json"])
def test_no_added_file_makes_a_published_tree_a_working_folder(published, added):
    published.put(added, [])
    told(published, added, "not in SHA256SUMS")


def test_a_sweep_has_a_row_for_every_planned_job_with_the_accuracy_of_its_result(tmp_path, write_result, seal):
    write_result(tmp_path, "deep_emotion", "remedy_focal", share=0.5)
    (tmp_path / ".lock").touch()
    rows = [{"dataset": "synthetic", "system": "deep_emotion", "recipe": "remedy_focal", "seed": k} for k in (0, 1)]
    seal(tmp_path)
    (tmp_path / "SHA256SUMS").unlink()
    (tmp_path / "plan.json").write_text(json.dumps(rows))
    (tmp_path / "sweep.json").write_text(json.dumps([rows[0] | {"accuracy": 0.5}, rows[1] | {"accuracy": None}]))
    (found,) = verify.verify(tmp_path)
    assert found.verified and found.checked["planned"] == 2, found.mismatches
    (tmp_path / "sweep.json").write_text(json.dumps([rows[0] | {"accuracy": 0.9}]))
    (found,) = verify.verify(tmp_path)
    assert [row["says"][:20] for row in found.mismatches] == ["sweep.json says 0.9,", "planned, but sweep.j"]


def test_other_weights_than_those_that_were_tested(published):
    (published.key / "weights.safetensors").write_bytes(b"other")
    published.change(weights_sha256="0" * 64)
    told(published, f"{CELL}/metrics.json", "weights.safetensors")


def test_absent_weights_are_said_and_are_no_mismatch(published):
    published.put(ANALYSIS, published.read(ANALYSIS) | {"settings": {}})
    published.change(weights_sha256="0" * 64)
    (found,) = verify.verify(published.root)
    assert found.verified and any("deep_emotion/ours/seed0" in note and "weights" in note for note in found.notes)


def test_what_is_planned_and_has_no_result_yet_is_named_and_no_mismatch(published):
    plan = published.read("02_stn_attention/plan.json")
    more = {"system": "deep_emotion", "recipe": "ours", "seed": 1}
    published.put("02_stn_attention/plan.json", [*plan, more])
    published.note()
    told(published, "plan.json: deep_emotion/ours/seed1", "no result")
    published.put("02_stn_attention/plan.json", [*plan, more | {"status": "planned"}])
    published.note()
    (found,) = verify.verify(published.root)
    assert found.verified
    assert any("1 of 3 are planned" in note and note.endswith("deep_emotion/ours/seed1") for note in found.notes)


def test_a_result_whose_entry_still_waits_is_named(published):
    plan = published.read("02_stn_attention/plan.json")
    published.put("02_stn_attention/plan.json", [plan[0] | {"status": "planned"}, plan[1]])
    published.note()
    told(published, "plan.json: deep_emotion/ours/seed0", "marked planned, but it has a result")


def test_a_trained_system_that_was_never_planned(published):
    published.put("02_stn_attention/plan.json", published.read("02_stn_attention/plan.json")[:1])
    published.note()
    told(published, "plan.json: deep_emotion_wide/ours/seed0", "without having been planned")


def test_a_trained_system_trained_with_another_recipe_than_planned(published):
    plan = published.read("02_stn_attention/plan.json")
    plan[0]["config"] = {"lr": 0.1}
    published.put("02_stn_attention/plan.json", plan)
    published.note()
    told(published, "plan.json: deep_emotion/ours/seed0", "another recipe")


def test_a_headline_that_validation_did_not_choose(published):
    published.put("02_stn_attention/headline.json", {"system": "deep_emotion", "recipe": "ours", "seeds": [0],
                                                     "chosen_by": "val"})
    published.note()
    told(published, "headline.json", "validation puts deep_emotion_wide/ours")


def test_results_without_a_plan(published):
    (published.root / "02_stn_attention/plan.json").unlink()
    published.note()
    told(published, "02_stn_attention/plan.json", "without a plan.json")


def test_trained_systems_of_two_different_data_sets(published):
    published.change(data_sha256="0" * 64)
    told(published, "manifest.json", "data_sha256")


def test_a_verdict_that_nobody_would_give(published):
    from ferkit import claims, papers

    rows = claims.write(published.root, papers.claims())
    published.note()
    assert not mismatches(published)
    published.put("claims.json", [row | {"verdict": "reproduced"} if row["id"].startswith("deep_emotion.acc") else row
                                  for row in rows])
    published.note()
    told(published, "claims.json", "deep_emotion.accuracy.fer2013 is reproduced", "judged anew")


def test_the_command_names_the_mismatch_and_ends_with_1(published, capsys):
    from ferkit.__main__ import main

    assert main(["verify", str(published.root)]) == 0
    published.change(accuracy=0.9)
    capsys.readouterr()
    assert main(["verify", str(published.root)]) == 1
    assert f"MISMATCH  {CELL}/metrics.json: accuracy is 0.9" in capsys.readouterr().out
    assert main(["verify", str(published.root), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["mismatches"][0]["file"] == f"{CELL}/metrics.json"
