"""Several runs on one page: each claim's verdict and each system's accuracy side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ferkit.analysis import leakage
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.reporting.html_report import page, run_files
from ferkit.reporting.html_report.run_files import RunFiles
from ferkit.reporting.html_report.run_page import CLAIM_KEYS
from ferkit.results.tree import by_system, over_seeds


def compare(run_directories: Sequence[Path], output: Path | None = None) -> Path:
    """One page over two or more runs, at `output` (``comparison.html`` in the folder of runs); InputError for fewer."""
    if len(run_directories) < 2:
        raise InputError("compare: name two or more runs")
    output = Path(output) if output else paths.output_root() / "comparison.html"
    runs = [run_files.read(directory) for directory in run_directories]
    alike: dict[tuple, list[RunFiles]] = {}
    for run in runs:
        alike.setdefault((run.fact("dataset"), run.fact("profile")), []).append(run)
    groups = [[run.results for run in group] for group in alike.values()]
    output.parent.mkdir(parents=True, exist_ok=True)
    return files.write_text(output, page.render(
        "comparison.html", runs=[_run(run, output) for run in runs], claims=_claims(runs), systems=_systems(runs),
        folds=[row for group in groups for row in leakage.folds_together(group)],
        leaks=[row for group in groups for row in leakage.worth(group)]))


def _run(run: RunFiles, output: Path) -> dict:
    return {"name": run.name, "href": page.href(output.parent, run.directory / "report.html"),
            "results": len(run.results),
            "judged": sum(claim.get("verdict") != "not_run" for claim in run.claims), "claims": len(run.claims),
            **{key: run.fact(key) for key in ("dataset", "protocol", "profile", "seed", "data_sha256")}}


def _claims(runs: Sequence[RunFiles]) -> list[dict]:
    """One row per claim, claims judged in any run first: {first (the claim), each (run by run, None where absent),
    verdicts, differ}."""
    by_run = [{claim.get("id"): dict.fromkeys(CLAIM_KEYS) | claim for claim in run.claims} for run in runs]
    rows = []
    for identity in dict.fromkeys(identity for claims in by_run for identity in claims):
        each = [claims.get(identity) for claims in by_run]
        verdicts = {str(claim.get("verdict")) for claim in each if claim}
        rows.append({"first": next(claim for claim in each if claim), "each": each, "verdicts": sorted(verdicts),
                     "differ": len(verdicts - {"not_run"}) > 1})
    return sorted(rows, key=lambda row: row["verdicts"] == ["not_run"])


def _systems(runs: Sequence[RunFiles]) -> list[dict]:
    """One row a system and recipe: {system, recipe, each: means over seeds run by run, None where absent}."""
    by_run = [{name: over_seeds(group) for name, group in by_system(run.results).items()} for run in runs]
    return [{"system": name[0], "recipe": name[1], "each": [found.get(name) for found in by_run]}
            for name in sorted({name for found in by_run for name in found})]
