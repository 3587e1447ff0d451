"""Values of options: what is taken means what it says, all else is refused in one line."""

import argparse
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferkit import __main__ as command_line
from ferkit import papers
from ferkit.cli import options
from ferkit.cli.train import recipe_of
from ferkit.core.errors import LONGEST, InputError, in_one_line
from ferkit.training.recipe import Recipe

WORDS = st.text(max_size=12) | st.integers().map(str) | st.floats().map(str) | st.sampled_from(
    ["²", "1_0", " 1", "+1", "0x1", "1e3", "-0", "٣", "true", "[]", "{}", "null", "[" * 9999])


@given(WORDS)
def test_a_whole_number_is_written_in_digits_and_in_range(text):
    try:
        value = options.whole(-5, 99)(text)
    except argparse.ArgumentTypeError as error:
        assert "is not a whole number from -5 to 99" in str(error)
        return
    assert -5 <= value <= 99 and text.removeprefix("-").isascii() and int(text) == value


@given(WORDS)
def test_a_number_above_zero_is_finite(text):
    try:
        assert 0 < options.above_zero(text) < math.inf
    except argparse.ArgumentTypeError:
        return


@given(st.sampled_from([*Recipe.__dataclass_fields__, "augmentation.flip", "model.drop_rate", "nope", ""]), WORDS)
@settings(deadline=None)
def test_a_change_of_a_recipe_is_a_recipe_or_one_line(key, text):
    try:
        found = recipe_of("lenet5", "ours", [f"{key}={text}"])
    except InputError as error:
        assert len(in_one_line(error)) <= LONGEST + 3
        return
    assert Recipe.from_dict(found.to_dict()) == found and papers.system("lenet5").name == "lenet5"


def test_a_table_given_as_a_change_leaves_the_rest_of_the_recipes_own():
    base = papers.recipe("lenet5", "ours")
    changed = recipe_of("lenet5", "ours", ['augmentation={"rotation": 3}', "label_noise=0.2", "epochs=2"])
    assert changed == replace(base, augmentation=replace(base.augmentation, rotation=3), label_noise=0.2, epochs=2)
    assert recipe_of("lenet5", "ours", []) == base
    with pytest.raises(InputError, match="init is one of torch"):
        recipe_of("lenet5", "ours", ["init={}"])


@given(st.sampled_from(command_line.COMMANDS),
       st.sampled_from(["--seed", "--profile", "--dataset", "--device", "--nope"]), WORDS)
@settings(deadline=None)
def test_no_command_line_ends_in_anything_but_its_arguments_or_one_line(command, option, text):
    try:
        found = command_line.parser((command,)).parse_args([command, f"{option}={text}"])
    except InputError as error:
        assert in_one_line(error) and "--help" in str(error)
        return
    assert found.command == command
