"""From section to verdict: complete, and honest about what was not run."""

import re
from pathlib import Path

from ferkit import papers
from ferkit.core import paths
from ferkit.reporting.readme import sections

PAGE = paths.repository() / "results"


def test_every_claim_stands_in_the_table_once_and_every_link_leads_somewhere():
    table = sections.sections_table()
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ") and "---" not in line]
    statements = [row[1] for row in rows if row[1] != "what it states"]
    assert sorted(statements) == sorted(claim.statement for claim in papers.claims())
    for link in re.findall(r"\]\(([^)]+)\)", table):
        assert (PAGE / link).resolve().is_file(), link
    assert Path(PAGE / "claims.md").read_text(encoding="utf-8").count("made by") >= 3


def test_what_was_not_run_has_no_execution_and_no_result():
    claim = papers.claims()[0]
    assert sections._parts(claim, None) == {"development": 1, "execution": 0, "result": 0}
    assert sections._parts(claim, {"verdict": "not_run"})["execution"] == 0
    assert sections._parts(claim, {"verdict": "partly"}) == {"development": 1, "execution": 1, "result": 0.5}
    assert sections._parts(claim, {"verdict": "inconclusive"})["result"] == 0
