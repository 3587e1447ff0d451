"""The READMEs' tables: what was reached, what each claim came to, which file every number stands in, what is unsaid."""

from __future__ import annotations

from collections import defaultdict

from ferkit import claims, papers
from ferkit.analysis import comparison, leakage
from ferkit.core import paths
from ferkit.core.units import Unit
from ferkit.papers import unstated_choices
from ferkit.papers.paper import RecipePath
from ferkit.reporting.readme import ablation_path
from ferkit.results import provenance, records
from ferkit.results.records import CellResult
from ferkit.stats.intervals import share_over_seeds

WORDS = {"reproduced": "**reproduced**", "exceeded": "**exceeded**", "partly": "partly",
         "not_reproduced": "not reproduced", "not_run": "not run"}
NOTHING = "Nothing is published yet."
HEADS = ("data", "system", "recipe", "seeds", "validation", "test", "95 %", "without copies", "macro-F1", "parameters",
         "averaging", "minutes")


def published() -> list[str]:
    """The folders below ``results/`` that hold published cells: data sets in the order of `paths.DATA_VARIABLES`,
    each followed by its other protocols."""
    order = ("synthetic", *paths.DATA_VARIABLES)
    found = [folder.name for folder in (paths.repository() / "results").iterdir()
             if folder.name.partition("-")[0] in order and records.cell_directories(folder)]
    return sorted(found, key=lambda name: (order.index(name.partition("-")[0]), name))


def groups(tree: str) -> dict[tuple[str, str], list[CellResult]]:
    """A published tree's cells by (system, recipe), all seeds."""
    found: dict[tuple[str, str], list[CellResult]] = defaultdict(list)
    for cell in records.read_run(paths.published_directory(tree)):
        found[cell.cell.system, cell.cell.recipe].append(cell)
    return found


def results_table() -> str:
    """One row for each replicated system under its recipes: mean over its seeds on validation and test."""
    rows = [_row(tree, *name, cells) for tree in published() for name, cells in groups(tree).items()
            if name[0] in papers.main_systems() and name[1] in comparison.RECIPES]
    more = sum(len(groups(tree)) for tree in published()) - len(rows)
    rest = f"\n\n{more} more (controls, probes, remedies) stand in [results/README.md](results/README.md)."
    return _table(HEADS, rows) + (rest if more else "") if rows else NOTHING


def leaks_table() -> str:
    """One row for each system and recipe that is published under two protocols of one data set: what the leak is
    worth."""
    rows = []
    for dataset in dict.fromkeys(tree.partition("-")[0] for tree in published()):
        trees = [tree for tree in published() if tree.partition("-")[0] == dataset]
        for row in leakage.worth([records.read_run(paths.published_directory(tree)) for tree in trees]):
            low, high = row["interval"]
            rows.append([dataset, row["system"], row["recipe"], row["seeds"],
                         f"{_percent(row['leaky_accuracy'])} ({row['leaky']}, n {row['leaky_n']})",
                         f"{_percent(row['strict_accuracy'])} ({row['strict']}, n {row['strict_n']})",
                         f"**{100 * row['worth']:+.1f}**", f"{100 * low:+.1f} … {100 * high:+.1f}"])
    heads = ("data", "system", "recipe", "seeds", "leaky", "strict", "the leak is worth, points", "95 %")
    return _table(heads, rows) if rows else "No data set is published under two protocols yet."


def remedies_table() -> str:
    """One row for each remedy for the rare classes: what it reaches, and what that is more than plain training."""
    rows = []
    for tree in published():
        for row in comparison.remedy_changes(records.read_run(paths.published_directory(tree)),
                                             papers.ablation("class_imbalance")):
            values = [f"{_percent(row[key])}{_change(row, key)}" for key in ("rare", "others", "accuracy", "macro_f1")]
            single = ", ".join(f"{label} {100 * row['by_class'][label]:+.1f}" for label in row["rare_labels"]
                               if row["by_class"])
            rows.append([tree, row["remedy"], row["seeds"], values[0], single, *values[1:], _p(row["p_holm"])])
    heads = ("data", "remedy", "seeds", "recall of the rare", "each of them", "of the others", "accuracy", "macro-F1",
             "p")
    return _table(heads, rows) if rows else NOTHING


def _change(row: dict, key: str) -> str:
    """A change against plain training with its interval, in points; nothing for plain training itself."""
    if row.get(f"{key}_change") is None:
        return ""
    low, high = 100 * row[f"{key}_low"], 100 * row[f"{key}_high"]
    return f" ({100 * row[f'{key}_change']:+.1f}: {low:+.1f} … {high:+.1f})"


def _sd(value: float | None) -> str:
    """A deviation over seeds behind its mean; nothing for one seed."""
    return "" if value is None else f" ± {100 * value:.2f}"


def _p(value: float | None) -> str:
    """A p value; nothing where nothing was tested."""
    return "" if value is None else f"{value:.2g}"


def path_block(path: RecipePath) -> str:
    """The steps from a recipe as published to ours, with what each brings on validation."""
    if "fer2013" not in published() or not path.rows.is_file():
        return NOTHING
    return _table(*ablation_path.path_table(path, records.read_run(paths.published_directory("fer2013"))))


def variants_table() -> str:
    """One row for each variant of the GAP CNN beside the control that it changes one thing of."""
    rows = []
    for tree in published():
        for row in comparison.variant_changes(records.read_run(paths.published_directory(tree)),
                                              papers.ablation("variants")):
            change = "" if row["difference"] is None else (
                f"{100 * row['difference']:+.1f} ({100 * row['low']:+.1f} … {100 * row['high']:+.1f})")
            rows.append([tree, row["variant"], row["seeds"], f"{_percent(row['accuracy'])}{_sd(row['sd'])}", change,
                         _p(row["p_holm"]), f"{100 * row['gap']:.1f}",
                         "" if row["shift_loss"] is None else f"{100 * row['shift_loss']:.1f}",
                         f"{row['parameters']:,}", row["receptive_field"], f"{row['minutes']:.1f}"])
    heads = ("data", "variant", "seeds", "test", "against the control, points", "p", "train - test",
             "lost to a shift of 4 px", "parameters", "sees px", "minutes")
    return _table(heads, rows) if rows else NOTHING


def claims_table() -> str:
    """One row for each claim that was judged on published results; the others are counted below the table."""
    rows, absent = [], 0
    for tree, row in _judged():
        if row["verdict"] == "not_run":
            absent += 1
            continue
        rows.append([row["statement"], _expected(row), Unit(row["unit"]).format(row["observed"]), _interval(row),
                     WORDS[row["verdict"]], _data(tree, next(iter(groups(tree).values()))[0].metrics)])
    if not rows:
        return NOTHING
    return _table(("claim", "paper", "found", "95 %", "verdict", "data"), rows) + (
        f"\n\n{absent} more are not judged on published results yet; `python -m ferkit claims results/fer2013` names "
        "each, with the command that would run it.")


def cells_table() -> str:
    """Every published cell, all seeds, with the file its numbers stand in, the commit and the command that made it."""
    parts = []
    for tree in published():
        made, rows = provenance.of(paths.published_directory(tree)), []
        for (system, recipe), cells in groups(tree).items():
            for cell in cells:
                m, name = cell.metrics, provenance.name_of(paths.published_directory(tree), cell)
                rows.append([system, recipe, m["seed"], _percent(m["val_accuracy"]), _percent(m["accuracy"]),
                             f"[{name}]({tree}/{name})", f"`{made.commit(name)}`", f"`{m['predictions_sha256'][:12]}`"
                             if m["predictions_sha256"] else m["status"]])
        parts += [f"### {tree}", "", _table(("system", "recipe", "seed", "validation", "test", "file", "commit",
                                            "predictions sha256"), rows), "", *made.sentences(), ""]
    return "\n".join(parts).rstrip() or NOTHING


def verdicts_table() -> str:
    """Every judged claim with the files that decided it."""
    rows = [[row["id"], tree, _expected(row), Unit(row["unit"]).format(row["observed"]), _interval(row), row["n_seeds"],
             WORDS[row["verdict"]], ", ".join(f"[{_short(path)}]({tree}/{path})" for path in row["source"].split("; "))]
            for tree, row in _judged(everywhere=True) if row["verdict"] != "not_run"]
    heads = ("claim", "data", "paper", "found", "95 %", "seeds", "verdict", "decided by")
    return _table(heads, rows) if rows else NOTHING


def gaps_list() -> str:
    """What each paper leaves unsaid and what is used instead."""
    heads = {paper.id: paper.display for paper in papers.all()}
    rest = [group for group in unstated_choices.groups() if group not in heads]
    parts = [f"**{heads.get(paper, paper.capitalize())}**\n\n{unstated_choices.as_markdown(paper)}"
             for paper in (*(one for one in heads if one in unstated_choices.groups()), *rest)]
    return "\n\n".join(parts)


def _judged(everywhere: bool = False) -> list[tuple[str, dict]]:
    """(tree, row of `claims.judge`): on the first tree and what was trained on a part of its images every claim, on the
    others those that are about their data; `everywhere`: all of them everywhere. A claim that is judged on any tree is
    not also "not run" on another."""
    found, trees = [], published()
    for tree in trees:
        whole = tree.partition("-train")[0] == trees[0]
        for row in claims.judge(paths.published_directory(tree), papers.claims()):
            if everywhere or whole or tree.partition("-")[0] in row["id"].split("."):
                found.append((tree, row))
    judged = {row["id"] for _, row in found if row["verdict"] != "not_run"}
    return [(tree, row) for tree, row in found if row["verdict"] != "not_run" or row["id"] not in judged]


def _row(tree: str, system: str, recipe: str, cells: list[CellResult]) -> list[object]:
    tested = [cell.metrics for cell in cells if cell.metrics["accuracy"] is not None]
    if not tested:
        return [_data(tree, cells[0].metrics), system, recipe, len(cells), "–", cells[0].metrics["status"], *[""] * 6]
    spread = share_over_seeds([m["accuracy"] for m in tested], tested[0]["n"])
    low, high = spread.interval
    return [_data(tree, tested[0]), system, recipe, len(cells), _mean(tested, "val_accuracy"),
            f"**{100 * spread.mean:.2f} %**{_sd(spread.sd)}", f"{100 * low:.1f} … {100 * high:.1f}",
            _mean(tested, "accuracy_without_copies"), _mean(tested, "macro_f1"), f"{tested[0]['parameters']:,}",
            tested[0]["tta"], f"{sum(m['minutes'] for m in tested) / len(tested):.0f}"]


def _data(tree: str, metrics: dict) -> str:
    """A tree's data set, with its protocol where that is not the official split."""
    return tree if metrics["protocol"] == "official" else f"{metrics['dataset']}, {metrics['protocol']}"


def _table(heads: tuple[str, ...], rows: list[list[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _expected(row: dict) -> str:
    return Unit(row["unit"]).bound(row["expected"], row["relation"])


def _interval(row: dict) -> str:
    return "" if row["interval"] is None else Unit(row["unit"]).interval(row["interval"])


def _mean(metrics: list[dict], key: str) -> str:
    values = [m[key] for m in metrics if m[key] is not None]
    return _percent(sum(values) / len(values)) if values else "–"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f} %"


def _short(path: str) -> str:
    """A metrics file by its cell, an analysis by its folder."""
    parts = path.split("/")
    return "/".join(parts[1:-1]) if parts[-1] == records.METRICS else f"{'/'.join(parts[1:-1])} (occlusion)"
