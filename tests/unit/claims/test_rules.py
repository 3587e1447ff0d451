"""The rules as a list: one per claim, over cells that are really trained."""

from ferkit import papers
from ferkit.claims.rules import PAIRS, RULES
from ferkit.profiles import PROFILES


def test_every_claim_of_the_ledger_has_a_rule_and_every_rule_a_claim():
    assert list(RULES) != [] and set(RULES) == {claim.id for claim in papers.CLAIMS}


def test_every_compared_cell_is_trained_by_the_quick_profile():
    trained = {(plan.system, plan.recipe) for cells in PROFILES["quick"].cells.values() for plan in cells}
    assert {name for pair in PAIRS for name in pair} <= trained
