"""What the papers leave unsaid and what is used instead, collected from the docstrings where each choice is made.

The one form of such a sentence is "Not stated in the paper; we use X because Y." Notebooks, the report and the README
list them from here, so that none can be forgotten in one place.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ferkit import papers

LIBRARY = Path(__file__).parents[1]
SAID = "Not stated in the paper; we use"
SENTENCE = re.compile(SAID + r"\s+(?P<choice>.+?)\s+because\s+(?P<reason>.+?\.)(?=\s|$)",
                      re.DOTALL)


@cache
def groups() -> dict[str, tuple[Path, ...]]:
    """Where sentences are looked for: each paper's folder by its id, "data", "verdicts", and the rest of the engine."""
    own = {paper.id: (papers.folder(paper),) for paper in papers.all()}
    rest = sorted(path for path in LIBRARY.iterdir() if path.is_dir() and path.name not in ("papers", "data", "claims"))
    found = {**own, "data": (LIBRARY / "data",), "verdicts": (LIBRARY / "claims",), "engine": tuple(rest)}
    return {group: places for group, places in found.items() if any(_sentences(places))}


def of(group: str) -> list[dict[str, str]]:
    """Every unstated choice of a group as {choice, reason, where}, in the order of the sources."""
    return list(_sentences(groups()[group]))


def _sentences(places: tuple[Path, ...]) -> Iterator[dict[str, str]]:
    for path in (path for place in places for path in sorted(place.rglob("*.py"))):
        root = LIBRARY if path.is_relative_to(LIBRARY) else path.parents[1]
        for text in _docstrings(path):
            for match in SENTENCE.finditer(text):
                choice, reason = (" ".join(match[key].split()) for key in ("choice", "reason"))
                yield {"choice": choice, "reason": reason, "where": path.relative_to(root).as_posix()}


def as_markdown(group: str) -> str:
    """The choices of a group as a bullet list."""
    return "\n".join(f"- We use {one['choice']} because {one['reason']} (`{one['where']}`)" for one in of(group))


def folded(group: str) -> str:
    """The same list as HTML, folded under a line that counts it: for a notebook, after the idea it belongs to."""
    rows = "".join(f"<li>We use {one['choice']} because {one['reason']} <code>{one['where']}</code></li>"
                   for one in of(group))
    head = f"{len(of(group))} values that are not stated, and what we use"
    return f"<details><summary>{head}</summary><ul>{rows}</ul></details>"


@cache
def _docstrings(path: Path) -> list[str]:
    source = path.read_text(encoding="utf-8")
    if SAID not in source:  # parsing all sources takes half a second
        return []
    return [text for text in map(ast.get_docstring, _defined(ast.parse(source))) if text]


def _defined(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> Iterator[ast.AST]:
    """A module with its classes and functions, and theirs."""
    yield node
    for inner in node.body:
        if isinstance(inner, ast.ClassDef | ast.FunctionDef):
            yield from _defined(inner)
