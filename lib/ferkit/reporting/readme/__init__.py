"""README.md and the pages beside the results, made from the published files: no number in them is typed by hand.

A block of ``README.md`` or of a page ``results/*.md`` stands between ``<!-- NAME: made by python -m ferkit readme -->``
and ``<!-- end NAME -->``, a number inside a sentence between the marks of `values`; the picture lies in
``results/figures/``. A test fails when a page is not what :func:`rendered` makes of the repository.

`tables` makes the blocks (with `ablation_path` and `side_by_side`), `pictures` the drawing out of `svg`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ferkit import papers
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.reporting.readme import labels, pictures, sections, side_by_side, tables, values
from ferkit.results import schema
from ferkit.results.tree import held

BLOCK = re.compile(r"(<!-- (?P<name>\w+): made by [^>]*-->\n)(?P<body>.*?)(<!-- end (?P=name) -->)", re.DOTALL)

__all__ = ["blocks", "pages", "pictures", "rendered", "tables", "wanted"]


def pages() -> list[str]:
    """The pages that are kept, relative to the checkout."""
    root = paths.repository()
    return ["README.md", *sorted(path.relative_to(root).as_posix() for path in (root / "results").glob("*.md"))]


def blocks() -> dict[str, Callable[[], str]]:
    """What makes each block, by its name: papers' paths and ablations under the names they declare."""
    return {"results": tables.results_table, "systems": tables.systems_table, "leaks": tables.leaks_table,
            "zero_shot": tables.zero_shot_table, "protocols": tables.protocols_table,
            "elsewhere": tables.elsewhere_table, "cost": pictures.cost_block,
            "claims": tables.claims_table, "sections": sections.sections_table,
            "verdicts": tables.verdicts_table, "tally": tables.tally,
            "runs": tables.runs_table, "unstated": tables.unstated_list, "picture": pictures.block,
            "side_by_side": side_by_side.side_by_side_table,
            "label_agreement": labels.by_label_block, "label_systems": labels.by_system_block,
            "ferplus": labels.trained_block, "attentions": tables.attentions_table,
            **{path.name: partial(tables.path_block, path) for paper in papers.all() for path in paper.paths},
            **{f"ablation_{one.name}": partial(tables.ablation_table, one) for one in papers.ablations()},
            **{f"keys_{kind}": partial(tables.keys_table, kind) for kind in schema.KINDS}}


def rendered(text: str, name: str = "README.md") -> str:
    """`text` with every block and marked value as the published files have it; InputError for one nobody makes."""
    known = blocks()

    def replace(match: re.Match[str]) -> str:
        if match["name"] not in known:
            raise InputError(f"{name}: nobody makes a block called {match['name']!r}")
        return f"{match[1]}{known[match['name']]()}\n{match[4]}"

    return values.filled(BLOCK.sub(replace, text), name)


def wanted() -> dict[Path, bytes | None]:
    """Path and right content of every page and picture; None for a picture that should not be there."""
    root = paths.repository()
    figures = root / "results/figures"
    with held():
        made = {root / name: rendered((root / name).read_text(encoding="utf-8"), name).encode() for name in pages()}
        drawn = {figures / f"{name}.svg": picture.svg.encode() for name, picture in pictures.drawn().items()}
    return made | dict(sorted((dict.fromkeys(figures.glob("*.svg")) | drawn).items()))
