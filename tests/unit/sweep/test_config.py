"""What a sweep's file means, and everything in it that is refused by name."""

import json
import tomllib

import pytest

from ferkit import papers
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.sweep import config

SWEEPS = sorted((paths.repository() / "results/sweeps").glob("*.toml"))


def labels(**values):
    sweep = config.of({"models": ["deep_emotion"], "recipes": ["published"]} | values)
    return [entry.recipe_name for entry in sweep.entries]


def test_a_model_alone_is_one_trained_system_on_drawn_faces():
    (entry,) = config.of({"models": ["lenet5"]}).entries
    assert (entry.dataset, entry.system, entry.recipe_name, entry.seed) == ("synthetic", "lenet5", "ours", 0)


def test_everything_is_crossed_and_seeds_come_round_by_round():
    sweep = config.of({"models": ["lenet5", "gap_cnn"], "seeds": [3, 4], "grid": {"lr": [0.1, 0.2]}, "epochs": 2})
    assert [(c.seed, c.system, c.recipe_name) for c in sweep.entries][:5] == [
        (3, "lenet5", "ours_lr0.1"), (3, "lenet5", "ours_lr0.2"), (3, "gap_cnn", "ours_lr0.1"),
        (3, "gap_cnn", "ours_lr0.2"), (4, "lenet5", "ours_lr0.1")]
    assert {c.recipe.epochs for c in sweep.entries} == {2} and {c.recipe.lr for c in sweep.entries} == {0.1, 0.2}


def test_dotted_names_reach_into_the_recipe_and_leave_the_rest():
    sweep = config.of({"models": ["deep_emotion"], "recipes": ["published"], "set": {"augmentation": {"flip": 0.0}},
                       "grid": {"model": {"sampler": ["input"]}}})
    (entry,) = sweep.entries
    assert entry.recipe.model == {"drop_rate": 0.5, "sampler": "input"}
    assert entry.recipe.augmentation.flip == 0 and entry.recipe.augmentation.rotation == 10
    assert entry.recipe_name == "published_sampler-input"


def test_grids_in_a_list_follow_one_another():
    assert labels(grid=[{"lr": [0.1], "penalty": [0.0, 1e-5]}, {"batch_size": [32]}]) == [
        "published_lr0.1_penalty0", "published_lr0.1_penalty1e-05", "published_batch_size32"]


def test_an_equal_point_of_two_grids_is_one_trained_system_and_a_name_for_two_points_is_refused():
    assert labels(grid=[{"lr": [0.1]}, {"lr": [0.1, 0.2]}]) == ["published_lr0.1", "published_lr0.2"]
    with pytest.raises(InputError, match="both called published_initial-a-b"):
        labels(grid=[{"initial": ["a/b"]}, {"initial": ["a b"]}])
    assert labels(grid=[{"lr": [0.1, 0.10000001]}]) == ["published_lr0.1", "published_lr0.10000001"]


def test_several_protocols_are_a_sweep_each():
    values = {"models": ["hog_svm"], "datasets": ["ckplus"], "protocols": ["by_subject_10fold:all"], "test": True}
    each = config.under_each_protocol(values)
    assert list(each)[:2] == ["by_subject_10fold", "by_subject_10fold:1"] and len(each) == 10
    assert config.of(each["by_subject_10fold:1"]).protocol == "by_subject_10fold:1"
    assert config.under_each_protocol({"models": ["hog_svm"], "protocol": "by_image"}) == {}
    for changes in ({"datasets": ["ckplus", "jaffe"]}, {"protocol": "by_image"}, {"test": False}):
        with pytest.raises(InputError, match="protocols are of one data set"):
            config.under_each_protocol(values | changes)


def test_where_a_trained_system_lies_says_what_it_is():
    values = {"models": ["lenet5"], "datasets": ["synthetic", "jaffe"]}
    assert [str(config.of(values).place(entry)) for entry in config.of(values).entries] == [
        "synthetic/sweep/lenet5/ours/seed0", "jaffe/sweep/lenet5/ours/seed0"]
    tested = config.of({"models": ["lenet5", "deep_emotion_wide"], "test": True})
    assert [str(tested.place(entry)) for entry in tested.entries] == [
        "03_gap_cnn_svm/lenet5/ours/seed0", "02_stn_attention/deep_emotion_wide/ours/seed0"]


def test_a_label_set_becomes_part_of_the_protocol():
    sweep = config.of({"models": ["lenet5"], "datasets": ["fer2013"], "labels": "ferplus-soft"})
    assert sweep.protocol == "official+ferplus-soft"


@pytest.mark.parametrize(("values", "says"), [
    ({}, "models are missing"), ({"model": ["lenet5"]}, "unknown key 'model'; did you mean models?"),
    ({"models": "lenet5"}, "models is a list of names"), ({"models": ["dance"]}, "dance"),
    ({"models": ["lenet5"], "seeds": [0.5]}, "seeds is a list of whole numbers"),
    ({"models": ["lenet5"], "seeds": [-1]}, "from 0 to"), ({"models": ["lenet5"], "seeds": []}, "seeds is a list"),
    ({"models": ["lenet5"], "recipes": ["published"]}, "unknown recipe 'published'"),
    ({"models": ["lenet5"], "datasets": ["imagenet"]}, "unknown data set 'imagenet'"),
    ({"models": ["lenet5"], "profile": "huge"}, "unknown profile 'huge'"),
    ({"models": ["lenet5"], "epochs": 1.5}, "epochs is a int"), ({"models": ["lenet5"], "epochs": 0}, "epochs"),
    ({"models": ["lenet5"], "test": 1}, "test is a bool"),
    ({"models": ["lenet5"], "labels": "votes"}, "labels 'votes' are unknown"),
    ({"models": ["gap_cnn_svm"], "test": True}, "name gap_cnn too"),
    ({"models": ["gap_cnn", "gap_cnn_svm"]}, "and test = true"),
    ({"models": ["lenet5"], "set": {"lr_rate": 1}}, "unknown key 'lr_rate'"),
    ({"models": ["lenet5"], "grid": {"lr": 0.1}}, "lr is a list of values"),
    ({"models": ["lenet5"], "grid": {"lr": []}}, "lr is a list of values"),
    ({"models": ["lenet5"], "grid": ["lr"]}, "grid is a table"),
    ({"models": ["lenet5"], "grid": {"model": {"depth": [3]}}}, "depth"),
    ({"models": ["lenet5"], "grid": {"augmentation": {"colour": [3]}}}, "unknown key 'colour'"),
    ({"models": ["lenet5"], "grid": {"lr": {"peak": [3]}}}, "no table 'lr'"),
])
def test_what_cannot_be_meant_is_refused_by_name(values, says):
    with pytest.raises(InputError, match=says):
        config.of(values)


def test_toml_and_json_say_the_same(tmp_path):
    (tmp_path / "a.toml").write_text('models = ["lenet5"]\n[grid]\nmodel.drop_rate = [0.1]\n')
    (tmp_path / "a.json").write_text(json.dumps({"models": ["lenet5"], "grid": {"model": {"drop_rate": [0.1]}}}))
    assert config.read(tmp_path / "a.toml") == config.read(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["models = [", "\udcff"])
def test_a_file_that_cannot_be_read_is_named(text, tmp_path):
    (tmp_path / "bad.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    for path in (tmp_path / "bad.toml", tmp_path / "missing.toml"):
        with pytest.raises(InputError, match=path.name):
            config.read(path)


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_every_committed_sweep_is_readable_and_leaves_the_test_split_shut_where_it_is_chosen_from(path):
    values = config.values_of(path)
    sweep = config.of(next(iter(config.under_each_protocol(values).values()), values))
    assert sweep.entries
    # Of a sweep that reads the test split all is reported and nothing is chosen: one point a network and recipe.
    grids = tomllib.loads(path.read_text()).get("grid", {})
    assert not sweep.test or (isinstance(grids, dict) and all(len(values) == 1 for values in grids.values()))


def test_named_recipes_with_a_name_for_display_are_what_their_sweeps_train():
    every = [config.values_of(path) for path in SWEEPS]
    trained = {(entry.system, entry.recipe_name): entry.recipe for values in every if "protocols" not in values
               for entry in config.of(values).entries}
    for name, named in papers.recipes().items():
        assert not named.display or trained[name] == named.recipe


def test_the_probe_of_learning_rates_spans_the_issues_range_with_two_seeds():
    sweep = config.read(paths.repository() / "results/sweeps/deep_emotion_learning_rate.toml")
    rates = {entry.recipe.lr for entry in sweep.entries}
    assert min(rates) == 1e-4 and max(rates) == 0.1 and len(sweep.entries) == 2 * len(rates)
