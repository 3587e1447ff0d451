"""Packages import downwards only, as pyproject.toml draws them, and never in a circle."""

import ast
import tomllib
from graphlib import TopologicalSorter

from importlinter.cli import lint_imports

from ferkit.core import paths
from ferkit.core.source_hashes import LIBRARY

PYPROJECT = paths.repository() / "pyproject.toml"


def test_every_package_imports_from_those_below_it_only():
    assert lint_imports(config_filename=str(PYPROJECT), no_cache=True) == 0


def test_every_package_has_its_layer():
    (contract,) = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    there = {f"ferkit.{path.name}" for path in LIBRARY.iterdir() if path.is_dir() and (path / "__init__.py").is_file()}
    assert there == set(contract["layers"])


def test_no_file_imports_in_a_circle_not_even_for_its_types():
    files = {".".join(("ferkit", *path.relative_to(LIBRARY).with_suffix("").parts)).removesuffix(".__init__"): path
             for path in LIBRARY.rglob("*.py")}
    imports = {}
    for name, path in files.items():
        found = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                 if isinstance(node, ast.ImportFrom) and node.module]
        asked = {f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in files else node.module
                 for node in found for alias in node.names}
        imports[name] = asked & files.keys() - {name}
    assert sum(map(len, imports.values())) > len(files)  # the imports are seen
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the files of the circle
