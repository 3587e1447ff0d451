"""The page of one run, or of a published tree: what its template shows, put together."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from pathlib import Path

from markupsafe import Markup

from ferkit import claims
from ferkit.core import files, paths
from ferkit.papers import unstated_choices
from ferkit.reporting import judged, names
from ferkit.reporting.html_report import experiments, page, run_files
from ferkit.reporting.html_report.run_files import RunFiles
from ferkit.results.provenance import UNKNOWN

CLAIM_KEYS = ("id", "statement", "verdict", "expected", "relation", "unit", "observed", "interval", "note", "rule",
              "command", "measures")
LARGEST = 7_800_000  # bytes of a whole report; beyond it the largest figures are named instead of shown


def build(run_directory: Path) -> Path:
    """``<run>/report.html``, written atomically; InputError where the folder is missing.

    A run that is not finished gets a report of what there is, which says what is not. The page of a published tree,
    which holds results only, lies among the runs: ``<name>-published.html``.
    """
    run = run_files.read(run_directory, _place(Path(run_directory)))
    context = _context(run)
    written = len(page.render("run.html", **context, figures={}, dropped={}).encode())
    drawn, dropped = _fitting(run.figures, LARGEST - written - len(page.plotly_script().encode()) - 100_000)
    run.base.mkdir(parents=True, exist_ok=True)
    return files.write_text(run.page or run.directory / "report.html",
                            page.render("run.html", **context, figures=drawn, dropped=dropped))


def _place(directory: Path) -> Path | None:
    """Where the page of a tree lies that is not a run's own folder; None for a run."""
    published = directory.absolute().parent == paths.repository().absolute() / "results"
    return paths.output_root() / f"{directory.name}-published.html" if published else None


def _context(run: RunFiles) -> dict:
    """Everything but the figures."""
    notebooks = [entry | {"short": names.notebook(entry["name"])[0], "title": names.notebook(entry["name"])[1]}
                 for entry in run.notebooks() if run.is_run or run.figures.get(entry["name"])]
    elsewhere = judged.on_first_dataset() if run.fact("dataset") == "synthetic" and run.claims else {}
    rows = [_claim(run, claim, elsewhere) for claim in run.claims]
    return {"run": run, "title": _title(run), "facts": _facts(run, notebooks), "papers": names.replicated(),
            "claims": [one for one in rows if one["verdict"] != "not_run"],
            "absent": [one for one in rows if one["verdict"] == "not_run"], "elsewhere": bool(elsewhere),
            "groups": {title: len(own) for title, own in _by_group(run).items()},
            "tally": Counter(str(one["verdict"]) for one in rows), "headlines": experiments.headlines(run),
            "notebooks": notebooks, "counts": _counts(run), "experiments": experiments.by_notebook(run),
            "pretraining": _pretraining(run),
            "unstated": {title: unstated_choices.of(key) for key, title in names.unstated().items()},
            "outputs": {path: str(digest) for entry in run.entries() if isinstance(entry.get("outputs"), dict)
                        for path, digest in entry["outputs"].items()},
            "manifest_facts": {key: value for key, value in run.manifest.items()
                               if key not in ("notebooks", "packages")},
            "packages": run.manifest["packages"] if isinstance(run.manifest.get("packages"), dict) else {},
            "check": _check(run.directory),
            "figure_id": figure_id, "figure_json": _figure_json}


def _pretraining(run: RunFiles) -> str:
    """What was pretrained, in half a sentence."""
    of_features = any(experiments.reads_features(one.metrics) for one in run.results)
    starts = sorted({one.metrics["initial"]["name"] for one in run.results if one.metrics.get("initial")})
    said = ["networks over time read the features of a published one"] if of_features else []
    said += [f"what is fine-tuned starts from {' or '.join(starts)}"] if starts else []
    return ", ".join([*said, "nothing else is pretrained"]) if said else "nothing is pretrained"


def _check(directory: Path) -> str:
    """The command that checks a run, as it is given in the checkout; no path of this machine where it lies outside."""
    return f"python -m ferkit verify {shlex.quote(paths.shown(directory, by_name=True))}"


def _title(run: RunFiles) -> str:
    """What the run says, in a sentence."""
    data = run.fact("dataset")
    own = _by_group(run).get(claims.GROUPS["finding"], [])
    tally = Counter(str(claim.get("verdict")) for claim in own)
    where = names.dataset(data) if data else "this folder"
    if not tally:
        return (f"None of the papers' claims could be judged on {where}" if run.claims else
                f"No claim of the papers has been judged on {where} yet")
    counts = ", ".join(f"{tally[verdict]} {names.verdict(verdict, data)}" for verdict in names.VERDICTS
                       if tally[verdict])
    n = sum(tally.values())
    return f"{n} claim{'s' * (n != 1)} of the papers judged on {where}: {counts}"


def _by_group(run: RunFiles) -> dict[str, list[dict]]:
    """The judged claims by what their group is called; claims of papers first, facts and what goes beyond apart."""
    done = [claim for claim in run.claims if claim.get("verdict") != "not_run"]
    groups = {title: [claim for claim in done if claim.get("group", "finding") == group]
              for group, title in claims.GROUPS.items()}
    return {title: own for title, own in groups.items() if own}


def _facts(run: RunFiles, notebooks: list[dict]) -> list[tuple[str, object]]:
    """What was run on which data, and whether it is whole."""
    seconds = sum(entry.get("seconds") or 0 for entry in notebooks)
    minutes = sum(one.metrics.get("minutes") or 0 for one in run.results if not one.metrics.get("features_of"))
    finished = sum(entry["status"] == "finished" for entry in notebooks)
    commit = page.short_hash(run.fact("git_commit"))
    if commit and run.manifest.get("git_dirty"):
        commit += " and local changes"
    return [("run", run.name), ("protocol", run.fact("protocol")), ("profile", run.fact("profile")),
            ("seed", run.fact("seed")), ("machine", run.fact("gpu") or run.fact("cpu") or run.fact("device")),
            ("training, all systems", page.duration(60 * minutes) if minutes or not run.is_run else None),
            ("notebooks took", page.duration(seconds) if seconds and run.is_run else None),
            ("notebooks", f"{finished} of {len(notebooks)}" if run.is_run else None),
            ("trained systems", len(run.results)), ("data sha256", page.short_hash(run.fact("data_sha256"))),
            ("commit", commit)]


def _claim(run: RunFiles, claim: dict, elsewhere: dict[str, dict]) -> dict:
    """A row of claims.json with its sources as (file, short name, commit, command), and the verdict on FER2013."""
    named = claim.get("source") or []
    named = [str(path) for path in (named if isinstance(named, list) else re.split(r"[,;]\s*", str(named))) if path]
    sources = [(path, re.sub(r"^\d\d_\w+/", "", path.removesuffix("/metrics.json")), run.made.commit(path),
                run.made.command(path)) for path in named]
    seeds = claim.get("n_seeds")
    return dict.fromkeys(CLAIM_KEYS) | claim | {
        "sources": [(path, short, "" if commit == UNKNOWN else commit, command)
                    for path, short, commit, command in sources],
        "apart": claim.get("group", "finding") != "finding",
        "seeds": seeds if isinstance(seeds, int) and seeds > 1 else None,
        "on_fer2013": elsewhere.get(claim.get("id"), {}).get("verdict")}


def _counts(run: RunFiles) -> tuple[list[str], dict[str, dict[str, int]]] | None:
    """Expressions, and images by split and expression; None where the data say nothing of it."""
    counts = run.dataset.get("counts")
    if not isinstance(counts, dict) or not counts or not all(isinstance(one, dict) for one in counts.values()):
        return None
    return list(dict.fromkeys(label for one in counts.values() for label in one)), counts


def figure_id(notebook: str, entry: dict) -> str:
    """The id under which a figure's data stand in the page."""
    return re.sub(r"[^\w-]", "-", f"figure-{notebook}-{entry['name']}")


def _figure_json(entry: dict) -> Markup:
    """A figure's JSON for a script element that is data, not code; "<" cannot end it early."""
    return Markup(json.dumps(entry["figure"], separators=(",", ":")).replace("<", "\\u003c"))


def _fitting(figures: dict[str, list[dict]], room: int) -> tuple[dict[str, list[dict]], dict[str, list[str]]]:
    """The figures that fit into so many bytes, the smallest first, and the titles of the others, by notebook."""
    usable = [(len(json.dumps(entry["figure"])), notebook, k) for notebook, entries in figures.items()
              for k, entry in enumerate(entries) if entry.get("figure")]
    kept: dict[str, list[dict]] = {}
    dropped: dict[str, list[str]] = {}
    fits = set()
    for size, notebook, k in sorted(usable):
        room -= size
        if room >= 0:
            fits.add((notebook, k))
    for _, notebook, k in sorted(usable, key=lambda row: row[1:]):
        entry = figures[notebook][k]
        if (notebook, k) in fits:
            kept.setdefault(notebook, []).append(entry)
        else:
            dropped.setdefault(notebook, []).append(str(entry.get("title") or entry["name"]))
    return kept, dropped
