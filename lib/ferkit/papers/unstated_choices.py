"""What the papers leave unsaid and what is used instead, collected from the docstrings where each choice is made.

The one form of such a sentence is "Not stated in the paper; we use X because Y." Notebooks, the report and the README
list them from here, so that none can be forgotten in one place.
"""

import ast
import re
from pathlib import Path

PAPERS = {
    "deep_emotion": ("papers/minaee2021_deep_emotion", "training/recipes.py:Deep-Emotion", "training/trainer.py",
                     "analysis/occlusion"),
    "gap_svm": ("papers/qiao2022_gap_svm", "papers/baselines", "training/recipes.py:GAP CNN", "models/svm.py",
                "experiments/corruptions.py"),
    "data": ("data",),
    "verdicts": ("claims",),
}
SENTENCE = re.compile(r"Not stated in the paper; we use\s+(?P<choice>.+?)\s+because\s+(?P<reason>.+?\.)(?=\s|$)",
                      re.DOTALL)


def of(paper: str) -> list[dict[str, str]]:
    """Every gap of a paper ("deep_emotion" or "gap_svm") as {choice, reason, where}, in the order of the sources."""
    here, found = Path(__file__).parents[1], []
    for place in PAPERS[paper]:
        name, _, section = place.partition(":")
        for path in sorted((here / name).rglob("*.py")) if (here / name).is_dir() else [here / name]:
            for text in _docstrings(path):
                for match in SENTENCE.finditer(_section(text, section)):
                    choice, reason = (" ".join(match[key].split()) for key in ("choice", "reason"))
                    found.append({"choice": choice, "reason": reason, "where": path.relative_to(here).as_posix()})
    return found


def as_markdown(paper: str) -> str:
    """The gaps of a paper as a bullet list."""
    return "\n".join(f"- We use {gap['choice']} because {gap['reason']} (`{gap['where']}`)" for gap in of(paper))


def _docstrings(path: Path) -> list[str]:
    if not path.is_file():
        return []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef))]
    return [text for text in map(ast.get_docstring, nodes) if text]


def _section(text: str, name: str) -> str:
    """The part of a docstring below the line "<name>:", to the next such line; all of it without a name."""
    if not name:
        return text
    parts = re.split(r"^(\S[^\n]*):$", text, flags=re.MULTILINE)
    return "\n".join(body for head, body in zip(parts[1::2], parts[2::2], strict=True) if head == name)
