"""Plan, then publish exactly that."""

import json

import numpy as np
import pytest

from ferkit.cli.publish import chosen
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.experiments import jobs
from ferkit.experiments.plan import PlanRow
from ferkit.papers import training
from ferkit.publishing import checksums
from ferkit.publishing import publish as publishing
from ferkit.results import manifest, predictions, records, training_labels
from ferkit.results.records import SystemKey
from ferkit.stats import classification
from ferkit.sweep.config import SweepEntry
from ferkit.training.recipe import Recipe

PLANS = {"02_stn_attention": (PlanRow("deep_emotion", "ours", 1),), "03_gap_cnn_svm": (PlanRow("lenet5", "ours", 1),)}


def train(notebook, row, seed, faces, root):
    job = training.job(notebook, row.system, row.recipe, training.recipe_of(row, "smoke"), seed, "smoke", False)
    jobs.run(job, faces, root, device="cpu")


@pytest.fixture
def planned(monkeypatch, tmp_path, faces):
    """A profile of two quick trained systems, its plan in a repository of its own, and the run that trained them."""
    monkeypatch.setattr(training, "_rows", lambda profile, notebook: PLANS.get(notebook, ()))
    monkeypatch.setattr(paths, "published_directory", lambda dataset, protocol="": tmp_path / "results" / dataset)
    publishing.plan("synthetic", "smoke")
    run = tmp_path / "run"
    for notebook, (plan,) in PLANS.items():
        train(notebook, plan, 0, faces(), run)
    return run, tmp_path / "results" / "synthetic"


def test_what_was_planned_is_published_with_its_headline(planned):
    run, root = planned
    assert [result.key.system for result in publishing.publish([run], "synthetic")] == ["deep_emotion", "lenet5"]
    assert not (root / "02_stn_attention/deep_emotion/ours/seed0/weights.safetensors").exists()  # of drawn faces
    assert not any("status" in entry for entry in publishing.read_plan(root / "02_stn_attention"))
    assert json.loads((root / "03_gap_cnn_svm/headline.json").read_text()) == {
        "system": "lenet5", "recipe": "ours", "seeds": [0], "chosen_by": "val"}


@pytest.mark.parametrize("dataset, protocol, limit", [
    ("fer2013", "", publishing.WEIGHTS_LIMIT), ("ckplus", "by_subject", publishing.WEIGHTS_LIMIT),
    ("fer2013", "official+train7000", publishing.SMALL_LIMIT), ("synthetic", "", publishing.SMALL_LIMIT),
    ("gfe", "", publishing.SMALL_LIMIT), ("ckplus", "by_image", 0), ("ferg", "by_image", publishing.WEIGHTS_LIMIT)])
def test_weights_are_published_where_somebody_loads_them(dataset, protocol, limit):
    assert publishing.weights_limit(dataset, protocol) == limit


def test_the_manifest_keeps_what_an_earlier_run_published_and_this_one_does_not_replace(planned):
    run, root = planned
    write_manifest(run, "both")
    publishing.publish([run], "synthetic")
    write_manifest(run, "later", commit="b" * 40)
    publishing.publish([run], "synthetic", ["02_stn_attention"])
    found = json.loads((root / manifest.NAME).read_text())
    assert found["git_commit"] == "b" * 40
    assert {entry["name"]: {name.partition("/")[0] for name in entry["outputs"]} for entry in found["notebooks"]} == {
        "both": {"03_gap_cnn_svm"}, "later": {"02_stn_attention"}}


def test_the_lists_name_every_published_file_and_what_changed_since(planned, monkeypatch):
    run, root = planned
    write_manifest(run)
    publishing.publish([run], "synthetic")
    monkeypatch.setattr(paths, "repository", lambda: root.parents[1])
    hashed = []
    monkeypatch.setattr(files, "sha256", lambda path, real=files.sha256: hashed.append(path) or real(path))
    checksums.write(root)
    assert len(hashed) == len(set(hashed)) > 0
    (root / checksums.NAME).unlink()
    added = publishing.write_lists()
    assert "+ synthetic/02_stn_attention/plan.json" in added and "+ synthetic/SHA256SUMS" in added
    assert publishing.write_lists() == []
    (root / "02_stn_attention/headline.json").unlink()
    assert publishing.write_lists() == ["- synthetic/02_stn_attention/headline.json", "~ synthetic/SHA256SUMS"]


def test_a_result_of_another_recipe_publishes_nothing_and_one_that_is_missing_stays_planned(planned):
    run, root = planned
    plan = root / "03_gap_cnn_svm" / publishing.PLAN
    entries = json.loads(plan.read_text())
    files.write_json(plan, [{**entries[0], "config": {**entries[0]["config"], "lr": 1.0}}])
    with pytest.raises(InputError, match="another recipe than the plan's"):
        publishing.publish([run], "synthetic")
    assert not (root / "02_stn_attention/deep_emotion").exists()
    files.write_json(plan, [*entries, {**entries[0], "seed": 1, "recipe": "other"}])
    publishing.publish([run], "synthetic")
    assert publishing.status(root, "03_gap_cnn_svm") == {"lenet5/ours/seed0": "finished",
                                                          "lenet5/other/seed1": "planned"}


def test_runs_that_hold_nothing_planned_are_refused(planned, tmp_path):
    with pytest.raises(InputError, match="nothing in it is planned"):
        publishing.publish([tmp_path / "empty"], "synthetic")


def test_a_plan_grows_and_keeps_the_recipe_of_what_is_published(planned):
    run, root = planned
    publishing.publish([run], "synthetic")
    (written,) = publishing.plan("synthetic", "smoke", seed=1, notebooks=["02_stn_attention"])
    assert [entry["seed"] for entry in json.loads(written.read_text())] == [0, 1]
    (entry,) = publishing.read_plan(root / "03_gap_cnn_svm")
    other = SweepEntry("synthetic", "lenet5", "ours", 0, Recipe.from_dict(entry["config"] | {"lr": 0.5}))
    with pytest.raises(InputError, match="published under another recipe"):
        publishing.extend_plan([other], "smoke", "03_gap_cnn_svm")
    assert publishing.read_plan(root / "03_gap_cnn_svm") == [entry]
    files.write_json(root / "02_stn_attention" / publishing.PLAN, [  # as plans were written before entries had a status
        {key: value for key, value in row.items() if key != "status"} for row in json.loads(written.read_text())])
    publishing.plan("synthetic", "smoke", seed=1, notebooks=["02_stn_attention"])
    assert [row.get("status") for row in json.loads(written.read_text())] == [None, "planned"]


def test_more_seeds_are_published_beside_what_stands_there(planned, faces, tmp_path):
    run, root = planned
    notebook, (plan,) = "02_stn_attention", PLANS["02_stn_attention"]
    write_manifest(run)
    publishing.publish([run], "synthetic")
    old = (root / notebook / "deep_emotion/ours/seed0/metrics.json").read_bytes()
    recipe = training.recipe_of(plan, "smoke")
    more = [SweepEntry("synthetic", plan.system, plan.recipe, seed, recipe) for seed in (1, 2)]
    file = publishing.extend_plan(more, "smoke", notebook)
    assert [e["seed"] for e in json.loads(file.read_text())] == [0, 1, 2]
    others = [tmp_path / "other", tmp_path / "another"]
    for place, seed in zip(others, (1, 2), strict=True):
        train(notebook, plan, seed, faces(), place)
        write_manifest(place, f"sweep {seed}")
    with pytest.raises(InputError, match="seed2: planned, and missing in these runs"):
        publishing.publish(others[:1], "synthetic", [notebook])
    assert [c.key.seed for c in publishing.publish(others, "synthetic", [notebook])] == [1, 2]
    assert (root / notebook / "deep_emotion/ours/seed0/metrics.json").read_bytes() == old
    assert json.loads((root / notebook / publishing.HEADLINE).read_text())["seeds"] == [0, 1, 2]
    noted = {name for entry in json.loads((root / manifest.NAME).read_text())["notebooks"]
             for name in entry["outputs"]}
    assert {f"{notebook}/deep_emotion/ours/seed{k}/metrics.json" for k in (0, 1, 2)} <= noted


def test_each_of_several_runs_of_one_name_and_commit_stays_noted(planned, faces, tmp_path):
    run, root = planned
    write_manifest(run, "sweep x")
    notebook, (plan,) = "02_stn_attention", PLANS["02_stn_attention"]
    entries = [SweepEntry("synthetic", plan.system, plan.recipe, seed, training.recipe_of(plan, "smoke"))
               for seed in (1, 2, 3)]
    publishing.extend_plan(entries, "smoke", notebook)
    runs = [run]
    for seed in (1, 2, 3):
        runs.append(tmp_path / f"part{seed}")
        train(notebook, plan, seed, faces(), runs[-1])
        write_manifest(runs[-1], "sweep x")
    publishing.publish(runs, "synthetic")
    noted = [name for entry in manifest.read(root)["notebooks"].values() for name in entry["outputs"]]
    assert {f"{notebook}/deep_emotion/ours/seed{k}/metrics.json" for k in range(4)} <= set(noted)
    assert len(noted) == len(set(noted))


def test_a_result_of_another_profile_or_of_other_images_is_refused(planned, faces, tmp_path):
    run, root = planned
    write_manifest(run)
    files.write_json(run / manifest.NAME, manifest.read(run) | {"profile": "full", "notebooks": []})
    with pytest.raises(InputError, match="images of profile full, planned for smoke"):
        publishing.publish([run], "synthetic")
    write_manifest(run)
    publishing.publish([run], "synthetic", ["02_stn_attention"])
    other = tmp_path / "other"
    train("03_gap_cnn_svm", PLANS["03_gap_cnn_svm"][0], 0, faces(seed=1), other)
    with pytest.raises(InputError, match=r"lenet5/ours/seed0: measured on other images.*there: smoke"):
        publishing.publish([other], "synthetic", ["03_gap_cnn_svm"])
    assert not (root / "03_gap_cnn_svm/lenet5").exists()


def test_a_file_that_no_result_has_is_not_published_and_an_analysis_only_with_its_network(planned):
    run, root = planned
    for system in ("lenet5", "gap_cnn"):  # no result of the second
        place = run / "04_occlusion_analysis" / system / "ours/seed0"
        place.mkdir(parents=True)
        (place / "occlusion.json").write_text("{}")
    face = run / "03_gap_cnn_svm/lenet5/ours/seed0/face.png"
    face.write_bytes(b"x")
    with pytest.raises(InputError, match="a file that no result has"):
        publishing.publish([run], "synthetic")
    assert not (root / "02_stn_attention/deep_emotion").exists()
    face.rename(face.with_name(".hidden.png"))
    publishing.publish([run], "synthetic")
    assert not list(root.rglob("*.png"))
    assert [path.parts[-4] for path in root.rglob("occlusion.json")] == ["lenet5"]


def test_a_kill_while_publishing_again_leaves_the_old_result(planned):
    run, root = planned
    publishing.publish([run], "synthetic")
    place = root / "03_gap_cnn_svm/lenet5/ours/seed0"
    place.rename(place.with_name(".seed0.old"))  # as between the two renames
    (place.parent / ".seed0.part").mkdir()
    publishing._copy(run / place.relative_to(root), place, 0)
    assert [path.name for path in place.parent.iterdir()] == ["seed0"]
    assert records.read_result(place).metrics["status"] == "finished"


def write_manifest(run, name="run", commit="a" * 40):
    """A manifest with the hash of every file of a run, in one entry."""
    made = [path for path in sorted(run.glob("0*/*/*/*/*")) if path.is_file()]
    entry = {"name": name, "git_commit": commit, "outputs": manifest.hashes(run, made)}
    files.write_json(run / manifest.NAME, {"schema": 1, "git_commit": commit, "notebooks": [entry]})


def test_weights_are_published_where_somebody_would_load_them(tmp_path):
    def loaded(system, recipe, seed):
        files.write_json(tmp_path / "plan.json", [{"system": system, "recipe": recipe, "seed": k} for k in (3, 4)])
        return publishing._is_loaded(SystemKey(tmp_path.name, system, recipe, seed), tmp_path.parent,
                                     {("lenet5", "ours_epochs90"), ("gap_cnn_svm", "ours_epochs90")})

    assert loaded("lenet5", "ours", 3) and loaded("lenet5", "published", 3)
    assert not loaded("lenet5", "ours", 4) and not loaded("lenet5", "remedy_focal", 3)
    assert loaded("lenet5", "ours_epochs90", 3) and not loaded("lenet5", "ours_epochs90", 4)
    assert not loaded("gap_cnn_svm", "ours", 3) and not loaded("gap_cnn_svm", "ours_epochs90", 3)


def test_of_each_system_the_recipe_of_the_highest_mean_validation_leads(tmp_path, write_result):
    every = [write_result(tmp_path, system, recipe, seed=seed, val_accuracy=share) for system, recipe, seed, share in (
        ("lenet5", "ours", 0, 0.5), ("lenet5", "ours", 1, 0.9), ("lenet5", "long", 0, 0.8), ("gap_cnn", "ours", 0, 0.1),
        ("gap_cnn", "untested", 0, None))]
    assert publishing._leading(every) == {("lenet5", "long"), ("gap_cnn", "ours")}


def test_only_names_a_notebook_that_trains():
    assert chosen("2") == chosen("02") == ("02_stn_attention",)
    assert chosen(None) == publishing.trained_notebooks() and len(chosen(None)) > 1
    with pytest.raises(InputError, match="--only 04"):
        chosen("04")


def test_a_published_trained_system_leaves_out_what_follows_from_its_scores_and_says_its_own_hash(planned):
    run, root = planned
    write_manifest(run)
    publishing.publish([run], "synthetic")
    before, after = (records.read_result(place / "03_gap_cnn_svm/lenet5/ours/seed0") for place in (run, root))
    assert "probabilities" in before.predictions and after.predictions.compact
    assert np.array_equal(before.predictions["probabilities"], after.predictions["probabilities"])
    assert after.metrics == before.metrics | {"predictions_sha256": after.metrics["predictions_sha256"]}
    assert manifest.read(root)["notebooks"]["run"]["outputs"][
        "03_gap_cnn_svm/lenet5/ours/seed0/predictions.npz"] == after.metrics["predictions_sha256"]


def test_scores_keep_the_digits_that_answers_and_calibration_need_and_all_beside_weights(planned):
    run, root = planned
    publishing.publish([run], "synthetic")
    place = root / "03_gap_cnn_svm/lenet5/ours/seed0"
    kept = records.read_result(place)
    scores = kept.predictions["scores"] + np.random.default_rng(0).normal(0, 1e-4, kept.predictions["scores"].shape)
    arrays = {**kept.predictions, "scores": scores.astype(np.float32)}
    arrays["probabilities"] = predictions.probabilities_of(arrays["scores"])
    predictions.write_arrays(place / records.PREDICTIONS, predictions.compact(arrays))
    metrics = kept.metrics | {"predictions_sha256": files.sha256(place / records.PREDICTIONS), "ece":
                              classification.expected_calibration_error(arrays["labels"], arrays["probabilities"],
                                                                        predicted=arrays["predicted"])}
    files.write_json(place / records.METRICS, metrics)
    (place / records.WEIGHTS).write_bytes(b"some")
    assert not publishing.compact(place)
    (place / records.WEIGHTS).unlink()
    before = (place / records.PREDICTIONS).stat().st_size
    assert publishing.compact(place) and (place / records.PREDICTIONS).stat().st_size < before
    after = predictions.read_arrays(place / records.PREDICTIONS)
    assert np.array_equal(after["scores"].argmax(1), arrays["scores"].argmax(1))
    assert np.abs(after["probabilities"] - arrays["probabilities"]).max() <= 1 / predictions.PROBABILITY_PARTS
    told = json.loads((place / records.METRICS).read_text())
    assert told == metrics | {"predictions_sha256": files.sha256(place / records.PREDICTIONS)}
    assert not publishing.compact(place)


def test_arrays_are_packed_more_tightly_where_they_can_be_and_stay_the_same(tmp_path):
    labels = np.random.default_rng(0).integers(0, 7, 3000)
    arrays = {"index": np.arange(3000), "labels": labels, "given": labels,
              "probability_given": np.linspace(0, 1, 3000, dtype=np.float32)}
    path, told = tmp_path / training_labels.FILE, tmp_path / records.METRICS
    predictions.write_arrays(path, arrays)
    files.write_json(told, {"seed": 0, "training_labels_sha256": files.sha256(path)})
    before = path.stat().st_size
    assert publishing.repack(tmp_path) and path.stat().st_size < before
    after = training_labels.read(path, json.loads(told.read_text())["training_labels_sha256"])
    assert all(np.array_equal(after[name], arrays[name]) and after[name].dtype == arrays[name].dtype for name in arrays)
    assert json.loads(told.read_text())["seed"] == 0 and not publishing.repack(tmp_path)
    path.unlink()
    arrays = {"index": np.arange(9000), "labels": np.arange(9000) % 7, "predicted": np.arange(9000) % 7,
              "label_names": np.array(list("abcdefg")), "scores": np.zeros((9000, 7), np.float32)}
    predictions.write_arrays(tmp_path / records.PREDICTIONS, arrays | {"scores_are": np.array("logits")})
    assert publishing.repack(tmp_path) and not publishing.repack(tmp_path)
    kept = predictions.Predictions(tmp_path / records.PREDICTIONS)
    assert kept.compact and np.array_equal(kept["index"], arrays["index"])
    assert json.loads(told.read_text())["predictions_sha256"] == files.sha256(tmp_path / records.PREDICTIONS)
