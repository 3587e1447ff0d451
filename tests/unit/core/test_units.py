"""Values as text: one form per unit."""

import json

import pytest

from ferkit.core.units import Unit


@pytest.mark.parametrize(("unit", "value", "says"), [
    (Unit.FRACTION, 0.7002, "70.02 %"), (Unit.FRACTION, 1.0, "100.00 %"), (Unit.POINTS, 0.0148, "+1.5 pts"),
    (Unit.POINTS, -0.005, "-0.5 pts"), (Unit.POINTS, 0.0, "0 pts"), (Unit.POINTS, -0.0004, "-0.04 pts"),
    (Unit.RATIO, 1.3567, "1.36 ×"),
    (Unit.P_VALUE, 0.0419, "0.042"), (Unit.P_VALUE, 0.0, "< 0.001"), (Unit.P_VALUE, 0.0009999, "< 0.001"),
    (Unit.COUNT, 47657, "47,657"), (Unit.NUMBER, 0.005, "0.005"), (Unit.NUMBER, 500, "500")])
def test_values_are_printed_in_their_unit(unit, value, says):
    assert unit.format(value) == says


@pytest.mark.parametrize("unit", Unit)
def test_no_value_is_a_dash_in_every_unit(unit):
    assert unit.format(None) == unit.interval(None) == unit.interval([0.1, None]) == "–"
    assert unit.deviation(None) == ""


@pytest.mark.parametrize(("unit", "bounds", "says"), [
    (Unit.FRACTION, (0.6844, 0.7117), "68.44 … 71.17 %"), (Unit.POINTS, (-0.003, 0.039), "-0.3 … +3.9 pts"),
    (Unit.RATIO, [1.32, 1.39], "1.32 … 1.39 ×"), (Unit.COUNT, (1, 2000), "1 … 2,000"),
    (Unit.POINTS, (0.0, 0.1), "0 … +10.0 pts"), (Unit.P_VALUE, (0.0, 0.2), "< 0.001 … 0.200")])
def test_intervals_say_the_unit_once(unit, bounds, says):
    assert unit.interval(bounds) == says


def test_deviations_have_neither_sign_nor_unit():
    assert Unit.FRACTION.deviation(0.0011) == " ± 0.11"
    assert Unit.POINTS.deviation(0.012) == " ± 1.2"


def test_claims_say_what_they_ask_for():
    assert Unit.FRACTION.bound(0.7002) == "70.02 %"
    assert Unit.POINTS.bound(0.1, ">") == "> 10.0 pts"
    assert Unit.COUNT.bound(10, "<") == "< 10" and Unit.P_VALUE.bound(0.05, "<") == "< 0.05"
    assert Unit.TEXT.bound(None, ">") == "–"


def test_files_say_the_unit_by_name():
    assert json.loads(json.dumps({"unit": Unit.POINTS})) == {"unit": "points"} and Unit("points") is Unit.POINTS
