"""The verdicts in a terminal."""

import pytest

from ferkit import claims
from ferkit.claims.text import number


@pytest.mark.parametrize(("value", "unit", "text"), [
    (0.7002, "fraction", "70.02 %"), (0.022, "fraction gained", "+2.2 pts"), (47657, "parameters", "47,657"),
    (1.2, "ratio of accuracies", "1.2"), (None, "fraction", "–"), (10, "layers with weights", "10")])
def test_numbers_are_told_in_their_unit(value, unit, text):
    assert number(value, unit) == text


def test_the_table_is_aligned_and_prints_verdicts_reasons_and_rules(run):
    run.everything()
    rows = claims.judge(run.root)
    lines = claims.table(rows)
    judged = [line for line in lines if line.startswith(("reproduced", "exceeded", "partly", "not reproduced"))]
    at = lines[0].index("claim")
    assert all(line[at - 1] == " " and line[at] != " " for line in judged)
    assert max(map(len, lines)) <= 120
    text = " ".join(" ".join(lines).split())  # as if nothing had been wrapped
    for row in rows:
        assert row["id"] in text
        assert (row["rule"] if row["verdict"] != "not_run" else row["note"]) in text
    assert f"{sum(row['verdict'] == 'not_run' for row in rows)} not run" in text
