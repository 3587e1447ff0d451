"""Several runs on one page: each claim's verdict and each cell's accuracy side by side."""

import os
from collections.abc import Sequence
from pathlib import Path

from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.reporting.figures import system_name
from ferkit.reporting.html_report import experiment_cards, format, leakage, page, run_files, verdicts
from ferkit.reporting.html_report.markup import Markup, escape, join, percent, table, tag
from ferkit.results.records import CellResult
from ferkit.stats import intervals


def compare(run_directories: Sequence[Path], output: Path | None = None) -> Path:
    """One page over two or more runs, at `output` (``comparison.html`` in the folder of runs); InputError
    for fewer."""
    if len(run_directories) < 2:
        raise InputError("compare: name two or more runs")
    output = Path(output) if output else paths.output_root() / "comparison.html"
    runs = [run_files.read(directory) for directory in run_directories]
    names = [run.name for run in runs]
    head = tag("header", tag("h1", f"{len(runs)} runs side by side"),
               tag("p", "The same claims and cells, run by run. "
               "Numbers of different data sets or profiles stand beside each other, they do not compete."))
    parts = [("runs", "Runs", _runs(runs, output)), ("leak", "Leak", leakage.section(runs)),
             ("verdicts", "Verdicts", _claims(runs)), ("cells", "Cells", _cells(runs))]
    shown = [part for part in parts if part[2]]
    body = join([head, [tag("section", content, id=name) for name, _, content in shown]])
    links = [(name, short) for name, short, _ in shown]
    output.parent.mkdir(parents=True, exist_ok=True)
    return files.write_text(output, page.whole(" · ".join(names), "ferkit", links, body, plots=False))


def _runs(runs: Sequence[run_files.Tree], output: Path) -> Markup:
    heads = ("run", "data set", "protocol", "profile", "seed", "cells", "claims judged", "data hash")
    rows = []
    for run in runs:
        report = run.directory / "report.html"
        name = tag("a", run.name,
                   href=Path(os.path.relpath(report, output.parent)).as_posix()) if report.is_file() \
            else escape(run.name)
        judged = sum(claim.get("verdict") != "not_run" for claim in run.claims)
        rows.append([name, run.fact("dataset"), run.fact("protocol"), run.fact("profile"), run.fact("seed"),
                     len(run.cells), f"{judged} of {len(run.claims)}",
                     str(run.fact("data_sha256") or "–")[:12]])
    return join([tag("h2", "Runs"), table(heads, rows, caption="What was run on which data", class_="stack")])


def _claims(runs: Sequence[run_files.Tree]) -> Markup:
    """One row per claim, claims judged in any run first; a claim that changes its verdict is marked."""
    by_run = [{claim.get("id"): claim for claim in run.claims} for run in runs]
    ids = list(dict.fromkeys(identity for claims in by_run for identity in claims))
    ids.sort(key=lambda identity: not any(claims.get(identity, {}).get("verdict") not in (None, "not_run")
                                          for claims in by_run))
    rows, marks = [], []
    for identity in ids:
        found = [claims.get(identity) for claims in by_run]
        first = next(claim for claim in found if claim)
        judged = {claim.get("verdict") for claim in found if claim and claim.get("verdict") != "not_run"}
        changed = tag("small", "verdicts differ") if len(judged) > 1 else ""
        rows.append([join([first.get("statement"), changed]),
                     verdicts.expected(first),
                     *(_judged(claim) for claim in found)])
        marks.append({"data_verdict": " ".join(sorted(str(claim.get("verdict")) for claim in found
                                                      if claim))})
    if not rows:
        return join([tag("h2", "Verdicts"), tag("p", "None of these runs has judged a claim.",
                                                class_="note warn")])
    listing = table(("claim", "paper", *(run.name for run in runs)), rows,
                    caption="Verdict, our number and its interval",
                    class_="claims several stack", row_attributes=marks)
    return join([tag("h2", "Verdicts"), listing])


def _judged(claim: dict | None) -> Markup:
    if claim is None:
        return escape("–")
    unit = claim.get("unit")
    number = "" if claim.get("observed") is None else join([" ", format.quantity(claim["observed"], unit)])
    bounds = tag("small", format.interval(claim["interval"], unit)) if claim.get("interval") else ""
    return tag("span", format.verdict_chip(claim.get("verdict")), number, bounds)


def _cells(runs: Sequence[run_files.Tree]) -> Markup:
    """One row a system and recipe: mean over seeds, its sd, and the interval, run by run."""
    by_run = [{(cells[0].cell.system, cells[0].cell.recipe): cells for cells in experiment_cards.experiments(run.cells)}
              for run in runs]
    names = sorted({name for cells in by_run for name in cells})
    rows = [[join([system_name(system), tag("small", recipe)]),
             *(_accuracy(cells.get((system, recipe))) for cells in by_run)] for system, recipe in names]
    if not rows:
        return Markup()
    return join([tag("h2", "Cells"), table(("system · recipe", *(run.name for run in runs)), rows, class_="stack",
                                           caption="Test accuracy (mean over seeds), its 95 % interval, validation")])


def _accuracy(cells: Sequence[CellResult] | None) -> Markup:
    if not cells:
        return escape("–")
    ends = dict.fromkeys(cell.metrics["status"] for cell in cells)
    chips = [[format.status_chip(end), " "] for end in ends if end != "finished"]
    tested = [cell.metrics for cell in cells if cell.metrics.get("accuracy") is not None]
    if not tested:
        return tag("span", chips)
    spread = intervals.share_over_seeds([m["accuracy"] for m in tested], tested[0]["n"])
    seeds = f" · {spread.n} seeds, ± {100 * spread.sd:.1f}" if spread.sd is not None else ""
    chosen = [m["val_accuracy"] for m in tested if m.get("val_accuracy") is not None]
    val = percent(sum(chosen) / len(chosen)) if chosen else "–"
    return tag("span", chips, percent(spread.mean), tag("small", format.interval(spread.interval), seeds),
               tag("small", f"validation {val}"))
