"""The rules: one for each claim, and the cells they compare can be had."""

from ferkit.claims.rules.registry import PAIRS, RULES, SEVENS
from ferkit.experiments.profiles import PROFILES
from ferkit.papers import ledger
from ferkit.training import recipes


def test_every_claim_has_a_rule_and_every_rule_a_claim():
    assert set(RULES) == {claim.id for claim in ledger.CLAIMS}


def test_every_compared_cell_is_trained_by_the_quick_profile_or_is_a_control_of_longer_runs():
    trained = {(plan.system, plan.recipe) for cells in PROFILES["quick"].cells.values() for plan in cells}
    absent = {name for pair in PAIRS for name in pair} - trained
    assert absent <= set(SEVENS.values()) and absent <= set(recipes.RECIPES)
