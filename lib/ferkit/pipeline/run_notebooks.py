"""The replication: the notebooks in order, each run only when something it depends on has changed.

A notebook's fingerprint is the hash of its cells, its resolved parameters, the library's modules that it imports, the
data, the lock and what earlier notebooks left for it to read. One that finished under the same fingerprint, and
whose outputs are still the files that were recorded, is not run again.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.core import files, locking, paths
from ferkit.core.console import Console
from ferkit.core.errors import in_one_line
from ferkit.core.profiles import PROFILES
from ferkit.core.progress import clock
from ferkit.papers import replication
from ferkit.pipeline import notebook_execution
from ferkit.pipeline.checked_run import Run
from ferkit.pipeline.options import RunOptions
from ferkit.results import manifest

if TYPE_CHECKING:
    from ferkit.sweep.backends import Backend

UNFINISHED = {"failed": "failed before", "running": "was broken off"}


def reason(run: Run, stem: str, entries: dict[str, dict]) -> str:
    """Why a notebook has to be run, in a few words; "" if it is up to date."""
    entry = entries.get(stem, {})
    if run.options.force:
        return "forced"
    if entry.get("status") != "finished":
        return UNFINISHED.get(entry.get("status"), "not run yet")
    now = run.inputs_of(stem, entries)
    changed = [name for name, value in now.items() if entry["inputs"].get(name) != value]
    if changed:
        return f"changed: {', '.join(changed)}"
    gone = manifest.changed(run.directory, entry["outputs"])
    return "" if entry["outputs"] and not gone else "; ".join(gone[:3]) + (
        f" and {len(gone) - 3} more" if len(gone) > 3 else "" if gone else "it left nothing")


def dry_run(run: Run, console: Console) -> int:
    """Print what would be run and why, and what is up to date; exit status 0. Nothing is written."""
    entries = manifest.read(run.directory).get("notebooks", {})
    for head, stem in _steps(run.options):
        why = reason(run, stem, entries)
        console.line(f"{head}  would run: {why}" if why else f"{head}  up to date")
        if why:  # what reads it would find other results
            entries = {name: entry for name, entry in entries.items() if name != stem}
    for gone in manifest.changed(run.directory, manifest.read(run.directory).get("outputs", {})):
        console.line(f"would be written again: {gone}")
    return 0


def run_all(run: Run, console: Console, backend: Backend | None = None) -> int:
    """Run what is not up to date, judge the claims and build the report; exit status 0, or 1 at a failure.

    backend: where to train, beforehand, what the notebooks will ask for; None: each trains its own.
    """
    paths.make_folder(run.directory / "notebooks")
    with locking.only_one(run.directory) as lock, _environment(run.options):
        record = _begin(run)
        console.line(f"{run.options.run}  →  {shown(run.directory)}")
        if backend is not None:
            from ferkit.pipeline import spread

            due = [stem for stem in run.options.notebooks if reason(run, stem, record["notebooks"])]
            spread.train(run, due, backend, console)
        for head, stem in _steps(run.options):
            why = reason(run, stem, record["notebooks"])
            if not why:
                console.line(f"{head}  up to date")
            elif not _run_one(run, stem, record, lock, console, head, why):
                return 1
        return _conclude(run, record, console)


def compare(runs: list[Run], console: Console) -> None:
    """One page, and one JSON file beside it, over the same replication under several protocols, which says what the
    leakier one is worth; both lie beside the runs, named as they are without a protocol."""
    from ferkit.analysis import leakage
    from ferkit.reporting import html_report
    from ferkit.results import records

    options = runs[0].options
    stem = f"{paths.run_name(options.dataset, options.profile, options.seed)}-protocols"
    results = [records.read_run(run.directory) for run in runs]
    rows, folds = leakage.worth(results), leakage.folds_together(results)
    files.write_json(options.output / f"{stem}.json", rows + folds)
    page = html_report.compare([run.directory for run in runs], options.output / f"{stem}.html")
    console.line()
    for title, found in (("all folds together (test accuracy, 95 % interval):", folds),
                         ("what the leak is worth (test accuracy, 95 % interval):", rows)):
        for line in ([title] if found else []) + [f"  {leakage.sentence(row)}" for row in found]:
            console.line(line)
    console.line(f"comparison: {shown(page)}")


def shown(path: Path) -> str:
    """A path as a person would type it: relative where it lies below the working directory."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _steps(options: RunOptions) -> list[tuple[str, str]]:
    """How each notebook to be run is headed ("[2/5] 02_stn_attention"), and its stem."""
    stems = options.notebooks
    return [(f"[{number}/{len(stems)}] {stem}", stem) for number, stem in enumerate(stems, 1)]


def _begin(run: Run) -> dict:
    """The manifest of the run about to start, with what earlier starts of it finished."""
    options = run.options
    record = {"schema": manifest.SCHEMA, "run": options.run, "dataset": options.dataset,
              "protocol": run.protocol, "profile": options.profile, "seed": options.seed,
              "device": options.device,
              "seeds": [options.seed + k for k in range(PROFILES[options.profile].seeds)],
              "data": [path.name for path in options.data], "data_sha256": None, **run.surroundings,
              "notebooks": manifest.read(run.directory).get("notebooks", {}), "outputs": {}}
    manifest.write(run.directory, record)
    return record


def _run_one(run: Run, stem: str, record: dict, lock: int, console: Console, head: str, why: str) -> bool:
    """Run one notebook and write its entry; whether it finished."""
    place = run.directory / "notebooks"
    aside, failed, done = place / f".{stem}.ipynb", place / f"{stem}.failed.ipynb", place / f"{stem}.ipynb"
    resolved = run.parameters_of(stem)
    entry = {"status": "running", "inputs": run.inputs_of(stem, record["notebooks"]), "outputs": {},
             "git_commit": run.surroundings["git_commit"], "parameters": resolved,
             "set": run.options.overrides.get(stem, {})}
    record["notebooks"][stem] = entry
    manifest.write(run.directory, record)  # from here on nothing of an earlier run counts as finished
    for stale in (failed, done, run.directory / "claims.json", run.directory / "report.html"):
        stale.unlink(missing_ok=True)
    # Figures are made anew; results stay, for the notebook loads those that are finished.
    _remove(run.directory / stem if run.options.force else run.directory / stem / "figures")
    console.line(f"{head}  ({why})")
    console.latest = ""
    execution = notebook_execution.execute(
        replication.file(stem), aside, resolved, inherit=lock,
        on_event=lambda event: console.event(head, event),
        on_tick=console.at)
    entry.update(seconds=round(execution.seconds, 1), peak_memory_mb=round(execution.peak_memory_mib))
    os.replace(aside, failed if execution.failure else done)
    entry["status"] = "failed" if execution.failure else "finished"
    if execution.failure:
        manifest.write(run.directory, record)
        _tell(execution.failure, stem, failed, console)
        return False
    produced = [done, *files.finished_files(run.directory / stem)]
    entry["outputs"] = manifest.hashes(run.directory, produced)
    entry["fingerprint"] = files.sha256_of(entry["inputs"])
    manifest.write(run.directory, record)
    console.line(f"{head}  done in {clock(execution.seconds)}, {execution.peak_memory_mib:.0f} MiB at most")
    return True


def _tell(failure: notebook_execution.Failure, stem: str, partial: Path, console: Console) -> None:
    """The failing notebook, its cell, the error and where the partial notebook lies, in a few lines."""
    last = failure.source.splitlines()[-1] if failure.source else ""
    console.line(f"{stem} failed in cell {failure.cell} of {failure.of} ({failure.cell_id}):  {last}")
    console.line(f"  {' '.join(failure.error.split())[:500]}")
    console.line(f"  as far as it came: {shown(partial)}")
    console.line("  the same command goes on from here")


def _conclude(run: Run, record: dict, console: Console) -> int:
    """Judge the claims, build the report, note both in the manifest and print the table; the exit status."""
    from ferkit import claims, papers
    from ferkit.reporting import html_report

    record["data_sha256"] = run.load().content_hash  # prepared by now, so that this only looks it up
    manifest.write(run.directory, record)
    try:
        judged = claims.write(run.directory, papers.claims())
        page = html_report.build(run.directory)
    except Exception as error:  # whatever it is, the notebooks' results stand and the reason is told
        says = in_one_line(error) or f"{type(error).__name__}: {' '.join(str(error).split())}"
        console.line(f"claims or report failed: {says}")
        console.line(f"  python -m ferkit report {shown(run.directory)}  shows where")
        return 1
    record["outputs"] = manifest.hashes(run.directory, [run.directory / "claims.json", page])
    manifest.write(run.directory, record)
    console.line()
    for line in _verdicts(run.options.dataset, judged):
        console.line(line)
    console.line(f"what was not run, and the rules: python -m ferkit claims {shown(run.directory)}")
    console.line(f"report: {shown(page)}")
    return 0


def _verdicts(dataset: str, rows: list[dict]) -> list[str]:
    """A run's verdicts beside the published ones, and what the published results came to."""
    from ferkit.reporting import judged, names, tables

    beside = judged.on_first_dataset() if dataset != judged.FIRST else None
    lines = [*str(tables.claims(rows, dataset, elsewhere=beside, width=64)).splitlines(), ""]
    if beside is not None and (other := judged.differences(rows, dataset)):
        lines += ["Judged the other way than on FER2013, by the numbers of this run:",
                  *(line for one in other for line in textwrap.wrap(f"  {one}", 110, subsequent_indent="    ")), ""]
    if dataset == "synthetic":
        lines.append("These are synthetic faces: they show that the machinery works, not what the papers claim.")
    published = judged.first_dataset_in_words() if beside is not None else []
    if published:
        lines += [f"Published on {names.dataset(judged.FIRST)} (results/{judged.FIRST}, judged anew just now):",
                  *(f"  {line}" for line in published)]
    return lines


def _environment(options: RunOptions) -> AbstractContextManager[None]:
    """Where the notebooks find the runs and the data: they are given names, never paths."""
    settings = {"FERKIT_OUTPUT": str(options.output)}
    if options.data:
        settings[paths.DATA_VARIABLES[options.dataset]] = os.pathsep.join(map(str, options.data))
    return notebook_execution.environment(settings)


def _remove(folder: Path) -> None:
    """Remove a folder by a rename first, so that a kill never leaves half of it in place."""
    if folder.is_dir():
        aside = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(aside, ignore_errors=True)
        os.replace(folder, aside)
        shutil.rmtree(aside, ignore_errors=True)
