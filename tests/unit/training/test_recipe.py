"""Recipes refuse what they do not know and survive a round trip."""

import json

import pytest

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.training.recipe import Recipe

RECIPES = {key: named.recipe for key, named in papers.recipes().items()}


@pytest.mark.parametrize("key", RECIPES, ids="/".join)
def test_every_named_recipe_survives_json(key):
    assert Recipe.from_dict(json.loads(json.dumps(RECIPES[key].to_dict()))) == RECIPES[key]


def test_the_published_recipe_holds_what_the_paper_states():
    published = papers.recipe("deep_emotion", "published")
    assert (published.optimizer, published.lr, published.weight_decay) == ("adam", 0.005, 0.001)
    assert (published.init, published.init_std) == ("normal", 0.05) and published.penalty > 0


@pytest.mark.parametrize(("values", "says"), [
    ({"epoch": 3}, "unknown key 'epoch'"),
    ({"augmentation": {"flips": 0.5}}, "unknown key 'flips'"),
    ({"optimizer": "lion"}, "optimizer is one of"),
    ({"epochs": 0}, "epochs is a whole number above 0"),
    ({"epochs": 2.5}, "epochs is a whole number above 0"),
    ({"lr": "1e-3"}, "lr is a number"),
    ({"lr": float("nan")}, "lr is a number"),
    ({"ema": 1.0}, "ema lies below 1"),
    ({"penalty_power": 3}, "penalty_power is 1 or 2"),
])
def test_what_is_unknown_or_ill_typed_is_named(values, says):
    with pytest.raises(InputError, match=says):
        Recipe.from_dict(values)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match="lenet5: no recipe called 'published'; known are ours"):
        papers.recipe("lenet5", "published")
