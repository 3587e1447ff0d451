"""The path's table: one row a step with what it changes, measured rows of that very sweep or none."""

import json
from dataclasses import replace

import pytest

from ferkit import papers
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.reporting.readme import ablation_path, tables
from ferkit.sweep import config

(DEEP_EMOTION, READINGS, _), (GAP,) = papers.get("deep_emotion").paths, papers.get("gap_svm").paths
SWEEP = """models = ["deep_emotion"]
recipes = ["published"]
seeds = [0, 1]
epochs = 3
[[grid]]
batch_size = [128]
[[grid]]
init = ["torch"]
model.drop_rate = [0.1]
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch, write_result):
    """A checkout with a sweep, its rows and the published end of the path."""
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    folder = tmp_path / "results" / "sweeps"
    folder.mkdir(parents=True)
    (folder / "deep_emotion_path.toml").write_text(SWEEP)
    entries = config.read(folder / "deep_emotion_path.toml").entries
    rows = [{"recipe": entry.recipe_name, "seed": entry.seed, "state": "finished", "minutes": 2.0,
             "val_accuracy": 0.4 + 0.1 * entry.seed + 0.05 * ("init" in entry.recipe_name)} for entry in entries]
    (folder / "deep_emotion_path.json").write_text(json.dumps({"cells": rows}))
    write_result(tmp_path / "results" / "fer2013", "deep_emotion", "ours", dataset="fer2013", share=0.6, epochs=9)
    return folder


def test_each_step_says_what_it_changes_and_what_it_reaches(checkout):
    first, second = ablation_path.steps(DEEP_EMOTION)
    assert first["step"].startswith("as published, 3 epochs") and first["validation"] == [0.4, 0.5]
    assert second["step"] == "+ init normal → torch, drop_rate 0.5 → 0.1"
    assert second["parameters"] == 47_657 and second["minutes"] == 2


def test_the_published_end_follows_the_steps_and_is_the_only_one_tested(checkout):
    lines = tables.path_block(DEEP_EMOTION).splitlines()
    assert len(lines) == 5 and "| 50.00 % ± 7.07 | not evaluated | 47,657 | 2.0 |" in lines[3]
    assert lines[4].startswith("| all of the above, 9 epochs, averaged over the mirror image | 1 | ")


def test_rows_of_another_sweep_or_unfinished_ones_are_refused(checkout):
    found = json.loads((checkout / "deep_emotion_path.json").read_text())
    found["cells"][0]["state"] = "paused"
    (checkout / "deep_emotion_path.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match="not the finished rows of the sweep"):
        ablation_path.steps(DEEP_EMOTION)


def test_readings_change_the_recipe_one_by_one_and_stand_beside_its_first_epochs(checkout, write_result):
    text = SWEEP.replace("epochs = 3", "epochs = 2").replace("init = [", "penalty_power = [2]\n[[grid]]\ninit = [")
    (checkout / "deep_emotion_readings_60.toml").write_text('datasets = ["fer2013"]\n' + text)
    entries = config.read(checkout / "deep_emotion_readings_60.toml").entries
    rows = [{"recipe": entry.recipe_name, "seed": entry.seed, "state": "finished", "minutes": 2.0, "val_accuracy": 0.5}
            for entry in entries]
    (checkout / "deep_emotion_readings_60.json").write_text(json.dumps({"cells": rows}))
    assert [row["step"] for row in ablation_path.steps(READINGS)[1:]] == [
        "penalty_power 1 → 2", "init normal → torch, drop_rate 0.5 → 0.1"]
    assert tables.path_block(READINGS).count("first 2 epochs") == 0  # nothing longer is there
    for folder, share in (("sweeps/paused/deep_emotion_500", 0.4), ("fer2013", 0.6)):
        write_result(checkout.parent / folder, "deep_emotion", "published_epochs500", dataset="fer2013", share=share,
                     seed=int(10 * share), parameters=47_657)
    line = tables.path_block(READINGS).splitlines()[2]
    assert line == ("| published, the first 2 epochs of 3 | 2 | 50.00 % ± 14.14 | not evaluated | 47,657 | 2.0 |")
    paused = [row | ({"state": "paused"} if "init" in row["recipe"] else {}) for row in rows]
    (checkout / "deep_emotion_readings_60.json").write_text(json.dumps({"cells": paused}))
    *_, cut, longer = tables.path_block(READINGS).splitlines()
    assert longer == "| as published, 3 epochs | 1 | 60.00 % | 60.00 % | 47,657 | 0 |"
    assert cut == (
        "| init normal → torch, drop_rate 0.5 → 0.1 | 0 | not trained to its end | – | 47,657 | – |")


def test_committed_readings_change_one_thing_each():
    results = ablation_path.entries(replace(READINGS, sweeps=READINGS.sweeps[:-1]))  # the last combines them
    published = replace(papers.recipe("deep_emotion", "published"), epochs=results[0].recipe.epochs)
    values = published.to_dict()
    for entry in results:
        (changed,) = [key for key, value in entry.recipe.to_dict().items() if value != values[key]]
        if changed == "model":
            before, now = published.model, entry.recipe.model
            assert sum(now.get(key) != before.get(key) for key in before.keys() | now) == 1
    longer = papers.recipe("deep_emotion", papers.lengthened("deep_emotion", READINGS.around))
    assert longer.schedule == "constant" and replace(longer, epochs=published.epochs) == published


def test_a_change_is_said_in_the_recipes_words_and_what_stays_is_not():
    before = {"epochs": 3, "lr": 0.1, "model": {"input_size": 48}}
    assert ablation_path._changes(before, {"epochs": 3, "lr": 0.2, "model": {"input_size": 40, "norm": True}}) == (
        "+ lr 0.1 → 0.2, input_size 48 → 40, norm True")


@pytest.mark.parametrize(("path", "ours"), [(DEEP_EMOTION, papers.recipe("deep_emotion", "ours")),
                                            (GAP, papers.recipe("gap_cnn", "ours"))])
def test_a_committed_path_starts_as_published_and_ends_at_our_recipe(path, ours):
    results = ablation_path.entries(path)
    first, last = results[0].recipe.to_dict(), results[-1].recipe.to_dict()
    assert {key for key in last if last[key] != ours.to_dict()[key]} <= {"epochs", "tta"}  # not of a step on validation
    published = papers.recipe(results[0].system, "published").to_dict()
    assert {key for key in first if first[key] != published[key]} <= {"epochs"}
