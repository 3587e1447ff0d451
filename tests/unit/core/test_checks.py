"""Values from outside are of their kind or are named: nothing is taken for what it only resembles."""

import pytest
from hypothesis import given, strategies

from ferkit.core import checks
from ferkit.core.errors import InputError

ANY = strategies.recursive(strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats()
                           | strategies.text(), strategies.lists, max_leaves=3)


@given(ANY)
def test_a_number_is_in_range_and_of_its_kind(value):
    for number in (checks.Number(0, 10), checks.Number(1, 7, whole=True), checks.Number(0, 1, open=True)):
        try:
            assert number.check("x", value) is value
        except InputError:
            continue
        assert not isinstance(value, bool) and number.least <= value <= number.most
        assert isinstance(value, int) or not number.whole
        assert value != number.most or not number.open


@given(ANY)
def test_only_true_and_false_are_flags(value):
    if isinstance(value, bool):
        assert checks.flag("x", value) is value
    else:
        with pytest.raises(InputError, match="true or false"):
            checks.flag("x", value)


@given(ANY)
def test_an_option_is_made_of_text_numbers_and_lists(value):
    try:
        found = checks.option("x", value)
    except InputError as error:
        assert len(str(error)) < 200
        return
    assert found == (tuple(map(checks.option, "x" * len(value), value)) if isinstance(value, list) else value)


def test_what_is_too_long_to_print_is_told_all_the_same():
    with pytest.raises(InputError, match="too long to print"):
        checks.Number(0, 1).check("x", 10**5000)
    with pytest.raises(InputError, match="unknown key 'epoch'; did you mean epochs"):
        checks.table("recipe", {"epoch": 1}, ["epochs"])
