"""Recipes refuse what they do not know and survive a round trip."""

import json
import re
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings, strategies

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.training.recipe import Augmentation, Recipe

RECIPES = {key: named.recipe for key, named in papers.recipes().items()}


@pytest.mark.parametrize("key", RECIPES, ids="/".join)
def test_every_named_recipe_survives_json(key):
    assert Recipe.from_dict(json.loads(json.dumps(RECIPES[key].to_dict()))) == RECIPES[key]


def test_a_recipe_is_changed_by_names_also_of_what_it_leaves_at_nothing():
    base = Recipe(augmentation=Augmentation(flip=0.5, mixup=0.2), model={"drop_rate": 0.1})
    changed = base.changed({"lr": 0.5, "augmentation.flip": 0.0, "model.sampler": "input", "label_noise": 0.2,
                            "method.name": "scn"})
    assert changed == replace(base, lr=0.5, augmentation=Augmentation(mixup=0.2), label_noise=0.2,
                              model={"drop_rate": 0.1, "sampler": "input"}, method={"name": "scn"})
    assert base.changed({}) == base == base.changed({"model": {}})
    assert base.changed({"model": {"b": 1}, "augmentation": {"flip": 0.1}}) == replace(
        base, model={"drop_rate": 0.1, "b": 1}, augmentation=replace(base.augmentation, flip=0.1))
    for name in ("lrr", "lr.x", "a.b", "", ".", "augmentation.flp"):
        with pytest.raises(InputError, match=r"unknown key|has no table"):
            base.changed({name: 1})


def test_the_published_recipe_holds_what_the_paper_states():
    published = papers.recipe("deep_emotion", "published")
    assert (published.optimizer, published.lr, published.weight_decay) == ("adam", 0.005, 0.001)
    assert (published.init, published.init_std) == ("normal", 0.05) and published.penalty > 0


@pytest.mark.parametrize(("values", "says"), [
    ({"epoch": 3}, "unknown key 'epoch'"),
    ({"augmentation": {"flips": 0.5}}, "unknown key 'flips'"),
    ({"optimizer": "lion"}, "optimizer is one of"),
    ({"epochs": 0}, "epochs is a whole number from 1 to 100000, got 0"), ({"epochs": 2.5}, "got 2.5"),
    ({"epochs": True}, "got True"), ({"epochs": 10**23}, "epochs is a whole number"),
    ({"epochs": 10**5000}, "got a int too long to print"), ({"patience": -5}, "patience"), ({"patience": "x"}, "'x'"),
    ({"nesterov": "x"}, "nesterov is true or false, got 'x'"), ({"channels_last": "no"}, "true or false"),
    ({"compile": 1}, "compile is true or false"), ({"penalty_power": True}, "penalty_power"),
    ({"augmentation": 5}, "augmentation is a table"), ({"augmentation": {"flip": "a"}}, "augmentation: flip"),
    ({"augmentation": {"flip": -1}}, "flip"), ({"augmentation": {"crop": 1e9}}, "crop is a whole number"),
    ({"augmentation": {"mixup": float("inf")}}, "mixup"), ({"augmentation": {"padding": -3}}, "padding is one of"),
    ({"augmentation": {"shift": float("nan")}}, "shift"), ({"augmentation": {"rotation": [1]}}, "rotation"),
    ({"model": 5}, "model is a table"), ({"model": [1]}, "model is a table"), ({"model": {"a": {}}}, "model.a is text"),
    ({"model": {"a": float("inf")}}, "model.a is a number"), ({"optimizer": []}, "optimizer is one of"),
    ({"loss": None}, "loss is one of"), ({"lr": float("inf")}, "lr is a number"), ({"lr": [0.1]}, "lr is a number"),
    ({"lr": "1e-3"}, "lr is a number"),
    ({"lr": float("nan")}, "lr is a number"),
    ({"ema": 1.0}, "ema is a number from 0 to below 1, got 1.0"),
    ({"label_noise": 1.0}, "label_noise is a number from 0 to below 1"),
    ({"initial": 3}, "initial is the name of published weights, got 3"),
    ({"penalty_power": 3}, "penalty_power is a whole number from 1 to 2"),
    ({"optimizer": "sgd", "nesterov": True, "momentum": 0}, "nesterov needs a momentum above 0"),
])
def test_what_is_unknown_or_ill_typed_is_named(values, says):
    with pytest.raises(InputError, match=re.escape(says)):
        Recipe.from_dict(values)


JSON = strategies.recursive(strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats()
                            | strategies.text(max_size=8), lambda inner: strategies.lists(inner, max_size=3),
                            max_leaves=4)


@given(strategies.dictionaries(strategies.sampled_from([f.name for f in fields(Recipe)]), JSON))
@settings(max_examples=150, deadline=None)
def test_whatever_json_holds_it_is_a_recipe_that_survives_json_or_one_line(values):
    try:
        recipe = Recipe.from_dict(values)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict(), allow_nan=False))) == recipe


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match="lenet5: unknown recipe 'published'; known are ours"):
        papers.recipe("lenet5", "published")
