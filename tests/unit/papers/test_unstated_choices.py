"""What the papers leave unsaid is found where it is written."""

import ast
import re
from pathlib import Path

import pytest

import ferkit
from ferkit.papers import unstated_choices

LIBRARY = Path(ferkit.__file__).parent


@pytest.mark.parametrize("paper", unstated_choices.groups())
def test_each_paper_lists_choices_with_reasons_and_places(paper):
    found = unstated_choices.of(paper)
    assert len(found) >= 5 and len({gap["choice"] for gap in found}) == len(found)
    assert all(gap["reason"].endswith(".") and (LIBRARY / gap["where"]).is_file() for gap in found)


def test_no_gap_is_written_where_nobody_collects_it():
    collected = {(gap["where"], gap["choice"])
                 for paper in unstated_choices.groups() for gap in unstated_choices.of(paper)}
    for path in LIBRARY.rglob("*.py"):
        name = path.relative_to(LIBRARY).as_posix()
        if name == "papers/unstated_choices.py":
            continue
        nodes = ast.walk(ast.parse(path.read_text()))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        texts = [ast.get_docstring(node) or "" for node in nodes if isinstance(node, documented)]
        written = sum(len(re.findall(r"Not stated in the paper", text)) for text in texts)
        assert written == len({choice for where, choice in collected if where == name}), name
