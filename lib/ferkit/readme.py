"""The README's tables, made from the published files: nothing in them is typed by hand.

A block stands between ``<!-- NAME: made by python -m ferkit readme -->`` and ``<!-- end NAME -->``; a test fails when
a block is not what :func:`rendered` makes of the repository.
"""

from __future__ import annotations

import re
from pathlib import Path

from ferkit import claims, files, gaps, paths, results
from ferkit.claims.wording import number
from ferkit.errors import InputError
from ferkit.results import CellResult
from ferkit.statistics import over_seeds, wilson

BLOCK = re.compile(r"(<!-- (?P<name>\w+): made by [^>]*-->\n)(?P<body>.*?)(<!-- end (?P=name) -->)", re.DOTALL)
WORDS = {"reproduced": "**reproduced**", "exceeded": "**exceeded**", "partly": "partly",
         "not_reproduced": "not reproduced", "not_run": "not run"}


def path() -> Path:
    """The README of the checkout."""
    return paths.repository() / "README.md"


def rendered(text: str) -> str:
    """`text` with every marked block as the published files have it; InputError for a block nobody makes."""
    def replace(match: re.Match[str]) -> str:
        if match["name"] not in BLOCKS:
            raise InputError(f"README.md: nobody makes a block called {match['name']!r}")
        return f"{match[1]}{BLOCKS[match['name']]()}\n{match[4]}"

    return BLOCK.sub(replace, text)


def update() -> bool:
    """Rewrite the README's blocks; whether anything changed."""
    old = path().read_text(encoding="utf-8")
    new = rendered(old)
    if new != old:
        files.write_text(path(), new)
    return new != old


def published() -> list[str]:
    """The data sets with published results, in the order of `paths.DATA_VARIABLES`."""
    return [name for name in ("synthetic", *paths.DATA_VARIABLES)
            if results.cell_directories(paths.published_directory(name))]


def results_table() -> str:
    """One row for each published system and recipe: mean over its seeds on validation and test."""
    lines = ["| data | system | recipe | seeds | validation | test (PrivateTest) | 95 % | without copies | macro-F1 |"
             " parameters | averaging | minutes |", "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for dataset in published():
        groups: dict[tuple[str, str], list[CellResult]] = {}
        for cell in results.read_run(paths.published_directory(dataset)):
            groups.setdefault((cell.cell.system, cell.cell.recipe), []).append(cell)
        lines += [_row(dataset, system, recipe, cells) for (system, recipe), cells in groups.items()]
    return "\n".join(lines) if len(lines) > 2 else "Nothing is published yet."


def _row(dataset: str, system: str, recipe: str, cells: list[CellResult]) -> str:
    tested = [cell.metrics for cell in cells if cell.metrics["accuracy"] is not None]
    if not tested:
        return f"| {dataset} | {system} | {recipe} | {len(cells)} | – | {cells[0].metrics['status']} | | | | | | |"
    low, high = (wilson(tested[0]["accuracy"] * tested[0]["n"], tested[0]["n"]) if len(tested) == 1
                 else over_seeds([m["accuracy"] for m in tested]).interval)
    cost = sum(m["minutes"] for m in tested) / len(tested)
    return (f"| {dataset} | {system} | {recipe} | {len(cells)} | {_mean(tested, 'val_accuracy')} "
            f"| **{_mean(tested, 'accuracy')}** | {100 * low:.1f} … {100 * high:.1f} "
            f"| {_mean(tested, 'accuracy_without_copies')} | {_mean(tested, 'macro_f1')} "
            f"| {tested[0]['parameters']:,} | {tested[0]['tta']} | {cost:.0f} |")


def _mean(metrics: list[dict], key: str) -> str:
    values = [m[key] for m in metrics if m[key] is not None]
    return f"{100 * sum(values) / len(values):.2f} %" if values else "–"


def claims_table() -> str:
    """One row for each claim that was judged on published results; the others are counted below the table."""
    lines, absent = ["| claim | paper | found | 95 % | verdict | data |", "|---|---|---|---|---|---|"], 0
    for dataset in published():
        for row in claims.judge(paths.published_directory(dataset)):
            if row["verdict"] == "not_run":
                absent += 1
                continue
            expected = number(row["expected"], row["unit"])
            relation = "" if row["relation"] == "=" else row["relation"] + " "
            interval = "" if row["interval"] is None else " … ".join(number(x, row["unit"]) for x in row["interval"])
            lines.append(f"| {row['statement']} | {relation}{expected} | {number(row['observed'], row['unit'])} "
                         f"| {interval} | {WORDS[row['verdict']]} | {row['dataset']} |")
    if len(lines) == 2:
        return "Nothing is published yet."
    rest = (f"{absent} more are not judged on published results yet; `python -m ferkit claims results/fer2013` names "
            "each, with the command that would run it.")
    return "\n".join([*lines, "", rest])


def gaps_list() -> str:
    """What each paper leaves unsaid and what is used instead."""
    heads = {"deep_emotion": "Deep-Emotion", "gap_svm": "GAP CNN and SVM"}
    rest = [paper for paper in gaps.PAPERS if paper not in heads]
    parts = [f"**{heads.get(paper, paper.capitalize())}**\n\n{gaps.as_markdown(paper)}" for paper in (*heads, *rest)]
    return "\n\n".join(parts)


BLOCKS = {"results": results_table, "claims": claims_table, "gaps": gaps_list}
