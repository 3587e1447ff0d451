"""The READMEs' tables and pictures, made from the published files: nothing in them is typed by hand.

A block of ``README.md`` or ``results/README.md`` stands between ``<!-- NAME: made by python -m ferkit readme -->`` and
``<!-- end NAME -->``; pictures lie in ``results/figures/``. ``python -m ferkit report --readme`` does the same. A test
fails when a block or a picture is not what :func:`rendered` and `pictures.drawn` make of the repository.

`tables` makes the blocks (with `recipe_path` and `beside`), `pictures` the drawings out of `svg`.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from ferkit import papers
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.reporting.readme import pictures, tables
from ferkit.reporting.readme import side_by_side as beside
from ferkit.reporting.readme.tables import published

BLOCK = re.compile(r"(<!-- (?P<name>\w+): made by [^>]*-->\n)(?P<body>.*?)(<!-- end (?P=name) -->)", re.DOTALL)
FILES = ("README.md", "results/README.md")

__all__ = ["FILES", "pictures", "published", "rendered", "stale", "tables", "update"]


def rendered(text: str, name: str = "README.md") -> str:
    """`text` with every marked block as the published files have it; InputError for a block nobody makes."""
    def replace(match: re.Match[str]) -> str:
        if match["name"] not in BLOCKS:
            raise InputError(f"{name}: nobody makes a block called {match['name']!r}")
        return f"{match[1]}{BLOCKS[match['name']]()}\n{match[4]}"

    return BLOCK.sub(replace, text)


def update() -> list[str]:
    """Rewrite the blocks and pictures; what was changed, relative to the checkout."""
    changed = []
    for name, (path, content) in _wanted().items():
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_text(path, content)
        changed.append(name)
    return changed


def stale() -> list[str]:
    """The files, relative to the checkout, that are not what the published files make of them."""
    return list(_wanted())


def _wanted() -> dict[str, tuple[Path, str | None]]:
    """Path and right content of each file that is not as it should be; None for a picture that should not be there."""
    root, found = paths.repository(), {}
    for name in FILES:
        text = (root / name).read_text(encoding="utf-8")
        if (new := rendered(text, name)) != text:
            found[name] = root / name, new
    drawn = {f"results/figures/{name}.svg": picture.svg for name, picture in pictures.drawn().items()}
    there = {path.relative_to(root).as_posix() for path in (root / "results/figures").glob("*.svg")}
    for name in sorted(there | set(drawn)):
        if name not in there or drawn.get(name) != (root / name).read_text(encoding="utf-8"):
            found[name] = root / name, drawn.get(name)
    return found


BLOCKS = {"results": tables.results_table, "leaks": tables.leaks_table, "remedies": tables.remedies_table,
          **{path.name: partial(tables.path_block, path) for paper in papers.all() for path in paper.paths},
          "variants": tables.variants_table,
          "claims": tables.claims_table, "gaps": tables.gaps_list, "picture": pictures.first_block,
          "pictures": pictures.rest_block, "cells": tables.cells_table, "verdicts": tables.verdicts_table,
          "side_by_side": beside.side_by_side_table}
