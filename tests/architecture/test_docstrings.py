"""Public names say what they give, and what they give is annotated."""

import ast

import pytest

from ferkit.core import source_hashes

FILES = sorted(source_hashes.LIBRARY.rglob("*.py"))


def _public(tree: ast.AST, inside: str = "") -> list[tuple[str, ast.AST]]:
    """Public functions, methods and classes by qualified name; nested functions are nobody's business."""
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            found.append((f"{inside}{node.name}", node))
            if isinstance(node, ast.ClassDef):
                found += _public(node, f"{node.name}.")
    return found


def _overrides(node: ast.AST) -> bool:
    """Methods whose meaning their base class states: PyTorch's own."""
    return isinstance(node, ast.FunctionDef) and node.name in ("forward", "extra_repr", "reset_parameters")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(source_hashes.LIBRARY).as_posix())
def test_every_module_and_public_name_has_a_docstring_and_an_annotated_return(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert not text.strip() or ast.get_docstring(tree), "the module has no docstring"
    public = _public(tree)
    assert [name for name, node in public if not ast.get_docstring(node) and not _overrides(node)] == []
    assert [name for name, node in public if not isinstance(node, ast.ClassDef) and node.returns is None] == []
