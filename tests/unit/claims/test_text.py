"""The verdicts in a terminal."""

from ferkit import claims, papers


def test_the_table_is_aligned_and_prints_verdicts_reasons_and_rules(run):
    run.everything()
    rows = claims.judge(run.root, papers.claims())
    lines = claims.table(rows)
    judged = [line for line in lines if line.startswith(("partly", "not reproduced", "inconclusive  ", "consistent"))]
    at = lines[0].index("claim")
    assert all(line[at - 1] == " " and line[at] != " " for line in judged)
    assert max(map(len, lines)) <= 120
    text = " ".join(" ".join(lines).split())  # as if nothing had been wrapped
    for row in rows:
        assert row["id"] in text
        assert (row["rule"] if row["verdict"] != "not_run" else row["note"]) in text
    absent = sum(row["verdict"] == "not_run" and row["group"] == "finding" for row in rows)
    assert f"{absent} not run" in text
