"""The verdicts on the published results, against those of commit b4adeaf."""

import json
from pathlib import Path

import pytest

from ferkit import claims, papers
from ferkit.core import paths

BEFORE = json.loads(Path(__file__).with_name("verdicts_b4adeaf.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("tree", BEFORE)
def test_verdicts_and_numbers_are_as_before(tree):
    now = {row["id"]: row for row in claims.judge(paths.published_directory(tree), papers.claims())}
    assert {id for id, row in now.items() if row["verdict"] != "not_run"} == set(BEFORE[tree])
    for id, row in BEFORE[tree].items():
        assert {key: now[id][key] for key in row} == row, id
