"""Every planned cell can be built, and dearer profiles do more."""

import pytest

from ferkit.experiments import jobs
from ferkit.experiments.profiles import NOTEBOOKS, PROFILES
from ferkit.models import registry


@pytest.mark.parametrize("profile", PROFILES)
def test_every_planned_cell_has_a_network_and_a_recipe(profile):
    for notebook, plans in PROFILES[profile].cells.items():
        assert notebook in NOTEBOOKS
        for plan in plans:
            recipe = jobs.recipe_of(plan, profile)
            registry.build(plan.system.removesuffix("_svm"), **recipe.model)
            assert plan.epochs or plan.system.endswith("_svm")


def test_no_cell_is_planned_twice():
    for profile in PROFILES.values():
        cells = [(p.system, p.recipe) for plans in profile.cells.values() for p in plans]
        assert len(cells) == len(set(cells))


def test_dearer_profiles_train_more():
    costs = [sum(plan.epochs for plans in p.cells.values() for plan in plans) * p.drawn[0] for p in PROFILES.values()]
    assert costs == sorted(costs)
