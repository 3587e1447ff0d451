"""The engine knows no paper by name: neither an id, nor a system, nor a folder of one stands outside `papers`."""

import re

from ferkit import papers
from ferkit.core.source_hashes import LIBRARY


def test_no_file_outside_papers_names_one():
    names = {one.name for one in papers.systems()} | {paper.id for paper in papers.all()}
    names |= {papers.folder(paper).name for paper in papers.all()}
    pattern = re.compile(r"\b(" + "|".join(sorted(names - {"baselines"}, key=len, reverse=True)) + r")\b")
    found = {path.relative_to(LIBRARY).as_posix(): match[0] for path in LIBRARY.rglob("*.py")
             if "papers" not in path.relative_to(LIBRARY).parts
             and (match := pattern.search(path.read_text(encoding="utf-8")))}
    assert found == {}
