"""Packages import downwards only, as pyproject.toml draws them, and never in a circle."""

import tomllib

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
