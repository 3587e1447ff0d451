"""Hashes of the code that a result was made with: the library's sources and the lock."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from ferkit.core import files, paths

LIBRARY = Path(__file__).resolve().parents[1]


def library_sha256() -> str:
    """The sha256 over every source file of the library."""
    return files.sha256_tree(LIBRARY, LIBRARY.rglob("*.py"))


def sources_sha256(*modules: str) -> str:
    """The sha256 over the sources of `modules` and of all they import from the library."""
    return files.sha256_tree(LIBRARY, reachable(*modules))


def reachable(*modules: str) -> set[Path]:
    """The library's source files that `modules` reach by import statements, late ones included."""
    found: set[Path] = set()
    waiting = [source for module in modules for source in _files_of(module)]
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.add(source)
            waiting += [other for module in imports(source) for other in _files_of(module)]
    return found


def imports(source: Path) -> frozenset[str]:
    """Every module name that a source file imports; see `imported`. Parsed once for each state of the file."""
    return _imports(source, files.state(source))


@cache
def _imports(source: Path, _: tuple[int, int, int] | None) -> frozenset[str]:
    return frozenset(imported(ast.parse(source.read_text(encoding="utf-8"))))


def imported(tree: ast.AST) -> set[str]:
    """Every module name that code imports, but for type annotations; ``from a import b`` gives "a" and "a.b"."""
    names: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def lock_sha256() -> str | None:
    """The sha256 of requirements.lock; None where the library is used without its checkout."""
    lock = paths.repository() / "requirements.lock"
    return files.sha256(lock) if lock.is_file() else None


def _files_of(module: str) -> list[Path]:
    """The files that importing a library module reads: the packages above it and itself."""
    parts = module.split(".")
    if parts[0] != "ferkit":
        return []
    found = []
    for depth in range(len(parts)):
        base = LIBRARY.joinpath(*parts[1 : depth + 1])
        found += [path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()]
    return found
