"""Plan, then publish exactly that."""

import json

import pytest

from ferkit.cli.publish import chosen
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.experiments import jobs
from ferkit.experiments.plan import PlanRow
from ferkit.papers import training
from ferkit.publishing import publish as publishing
from ferkit.results import manifest
from ferkit.results.records import Cell
from ferkit.sweep.config import SweepCell

CELLS = {"02_stn_attention": (PlanRow("deep_emotion", "ours", 1),), "03_gap_cnn_svm": (PlanRow("lenet5", "ours", 1),)}


def train(notebook, row, seed, faces, root):
    job = training.job(notebook, row.system, row.recipe, training.recipe_of(row, "smoke"), seed, "smoke", False)
    jobs.run(job, faces, root, device="cpu")


@pytest.fixture
def planned(monkeypatch, tmp_path, faces):
    """A profile of two quick cells, its plan in a repository of its own, and the run that trained them."""
    monkeypatch.setattr(training, "_rows", lambda profile, notebook: CELLS.get(notebook, ()))
    monkeypatch.setattr(paths, "published_directory", lambda dataset, protocol="": tmp_path / "results" / dataset)
    publishing.plan("synthetic", "smoke")
    run = tmp_path / "run"
    for notebook, (plan,) in CELLS.items():
        train(notebook, plan, 0, faces(), run)
    return run, tmp_path / "results" / "synthetic"


def test_what_was_planned_is_published_with_its_headline(planned):
    run, root = planned
    assert [cell.cell.system for cell in publishing.publish([run], "synthetic")] == ["deep_emotion", "lenet5"]
    assert (root / "02_stn_attention/deep_emotion/ours/seed0/weights.safetensors").is_file()
    assert json.loads((root / "03_gap_cnn_svm/headline.json").read_text()) == {
        "system": "lenet5", "recipe": "ours", "seeds": [0], "chosen_by": "val"}


def test_the_manifest_keeps_what_an_earlier_run_published_and_this_one_does_not_replace(planned):
    run, root = planned
    entries = [{"name": name, "outputs": {f"{name}/x": "1"}} for name in CELLS]
    files.write_json(run / publishing.MANIFEST, {"schema": 1, "git_commit": "a", "notebooks": entries})
    publishing.publish([run], "synthetic")
    changed = [{**entry, "outputs": {f"{entry['name']}/x": "2"}} for entry in entries]
    files.write_json(run / publishing.MANIFEST, {"schema": 1, "git_commit": "b", "notebooks": changed})
    publishing.publish([run], "synthetic", ["02_stn_attention"])
    found = json.loads((root / publishing.MANIFEST).read_text())
    assert found["git_commit"] == "b"
    assert [list(entry["outputs"].values()) for entry in found["notebooks"]] == [["2"], ["1"]]


def test_a_missing_or_changed_cell_publishes_nothing(planned):
    run, root = planned
    plan = root / "03_gap_cnn_svm" / publishing.PLAN
    entries = json.loads(plan.read_text())
    files.write_json(plan, [*entries, {**entries[0], "seed": 1}])
    with pytest.raises(InputError, match="missing"):
        publishing.publish([run], "synthetic")
    files.write_json(plan, [{**entries[0], "config": {**entries[0]["config"], "lr": 1.0}}])
    with pytest.raises(InputError, match="another recipe than the plan's"):
        publishing.publish([run], "synthetic")
    assert not (root / "02_stn_attention/deep_emotion").exists()


def test_a_next_plan_waits_beside_the_results_until_its_own_replace_them(planned, faces):
    run, root = planned
    publishing.publish([run], "synthetic")
    folder = root / "02_stn_attention"
    old = (folder / publishing.PLAN).read_text()
    (written,) = publishing.plan("synthetic", "smoke", seed=1, notebooks=["02_stn_attention"])
    assert written == folder / publishing.NEXT and (folder / publishing.PLAN).read_text() == old
    with pytest.raises(InputError, match="missing"):
        publishing.publish([run], "synthetic", ["02_stn_attention"])
    assert (folder / "deep_emotion/ours/seed0").is_dir()
    (plan,) = CELLS["02_stn_attention"]
    train("02_stn_attention", plan, 1, faces(), run)
    publishing.publish([run], "synthetic", ["02_stn_attention"])
    assert [d.name for d in (folder / "deep_emotion/ours").iterdir()] == ["seed1"]
    assert not written.exists() and json.loads((folder / publishing.PLAN).read_text())[0]["seed"] == 1
    assert (root / "03_gap_cnn_svm/lenet5/ours/seed0").is_dir()


def test_more_seeds_are_published_beside_what_stands_there(planned, faces, tmp_path):
    run, root = planned
    notebook, (plan,) = "02_stn_attention", CELLS["02_stn_attention"]
    write_manifest(run)
    publishing.publish([run], "synthetic")
    old = (root / notebook / "deep_emotion/ours/seed0/metrics.json").read_bytes()
    recipe = training.recipe_of(plan, "smoke")
    more = [SweepCell("synthetic", plan.system, plan.recipe, seed, recipe) for seed in (1, 2)]
    file = publishing.extend_plan(more, "smoke", notebook)
    assert file.name == publishing.NEXT and [e["seed"] for e in json.loads(file.read_text())] == [0, 1, 2]
    others = [tmp_path / "other", tmp_path / "another"]
    for place, seed in zip(others, (1, 2), strict=True):
        train(notebook, plan, seed, faces(), place)
        write_manifest(place, f"sweep {seed}")
    with pytest.raises(InputError, match="missing"):
        publishing.publish(others[:1], "synthetic", [notebook])
    assert [c.cell.seed for c in publishing.publish(others, "synthetic", [notebook])] == [1, 2]
    assert (root / notebook / "deep_emotion/ours/seed0/metrics.json").read_bytes() == old
    assert json.loads((root / notebook / publishing.HEADLINE).read_text())["seeds"] == [0, 1, 2]
    noted = {name for entry in json.loads((root / publishing.MANIFEST).read_text())["notebooks"]
             for name in entry["outputs"]}
    assert {f"{notebook}/deep_emotion/ours/seed{k}/metrics.json" for k in (0, 1, 2)} <= noted


def test_what_is_replaced_is_noted_once_by_the_run_that_replaced_it(planned):
    run, root = planned
    write_manifest(run, "first")
    publishing.publish([run], "synthetic")
    write_manifest(run, "second")
    publishing.publish([run], "synthetic", ["03_gap_cnn_svm"])
    first, second = json.loads((root / publishing.MANIFEST).read_text())["notebooks"]
    assert {name.partition("/")[0] for name in first["outputs"]} == {"02_stn_attention"}
    assert "03_gap_cnn_svm/lenet5/ours/seed0/metrics.json" in second["outputs"]


def write_manifest(run, name="run"):
    """A manifest with the hash of every file of a run, in one entry."""
    made = [path for path in sorted(run.glob("0*/*/*/*/*")) if path.is_file()]
    entry = {"name": name, "git_commit": "a" * 40, "outputs": manifest.hashes(run, made)}
    files.write_json(run / publishing.MANIFEST, {"schema": 1, "git_commit": "a" * 40, "notebooks": [entry]})


def test_weights_are_published_where_somebody_would_load_them():
    def limit(system, recipe, seed, dataset="fer2013"):
        return publishing._limit(Cell("02_stn_attention", system, recipe, seed), dataset, 0)

    assert limit("deep_emotion", "published_lr0.1", 0) == limit("deep_emotion_plain", "ours", 0) == 0
    assert limit("gap_cnn_svm", "ours", 0) == 0
    assert limit("deep_emotion_wide", "ours", 0) > limit("deep_emotion_wide", "ours", 1) > 0
    assert limit("gap_cnn", "ours", 0, "ckplus") == limit("gap_cnn", "ours", 1)


def test_only_names_a_notebook_that_trains():
    assert chosen("2") == chosen("02") == ("02_stn_attention",) and len(chosen(None)) == 2
    with pytest.raises(InputError, match="--only 04"):
        chosen("04")
