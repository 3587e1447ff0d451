"""The page of one run, put together from its sections."""

import json
from pathlib import Path

from ferkit.core import files, paths
from ferkit.reporting.html_report import experiment_cards, page, run_files, sections, summary_cards, verdicts
from ferkit.reporting.html_report.markup import Markup, join, tag

LARGEST = 7_800_000  # bytes of a whole report; beyond it the largest figures are named instead of shown


def build(run_directory: Path) -> Path:
    """``<run>/report.html``, written atomically; InputError where the folder is missing.

    A run that is not finished gets a report of what there is, which says what is not. The page of a published tree,
    which holds results only, lies among the runs: ``<name>-published.html``.
    """
    run = run_files.read(run_directory, _place(Path(run_directory)))
    parts = [("verdicts", "Verdicts", verdicts.section(run)), ("results", "Results", summary_cards.headlines(run))]
    around = [("protocol", "Protocol", experiment_cards.section(run)),
              ("deviations", "Deviations", sections.unsaid()), ("provenance", "Provenance", sections.provenance(run))]
    written = sum(len(part.encode()) for _, _, part in (*parts, *around)) + len(page.plotly_script().encode())
    drawn, dropped = _fitting(run.figures, LARGEST - written - 100_000)
    for entry in run.notebooks():
        name = entry["name"]
        content = sections.notebook(run, entry, drawn.get(name, []), dropped.get(name, []))
        if name.startswith("01"):
            content = join([content, sections.data(run)])
        parts.append((name, f"{name[:2]} {sections.notebook_titles(name)[0]}", content))
    shown = [part for part in (*parts, *around) if part[2]]
    body = [sections.head(run), [tag("section", content, id=name) for name, _, content in shown]]
    blocks = [_block(name, entry) for name, entries in drawn.items() for entry in entries]
    text = page.whole(f"{run.name} · ferkit report", run.name, [(name, short) for name, short, _ in shown],
                      join(body), join(blocks), plots=bool(blocks))
    run.base.mkdir(parents=True, exist_ok=True)
    return files.write_text(run.page or run.directory / "report.html", text)


def _place(directory: Path) -> Path | None:
    """Where the page of a tree lies that is not a run's own folder; None for a run."""
    published = directory.absolute().parent == paths.repository().absolute() / "results"
    return paths.output_root() / f"{directory.name}-published.html" if published else None


def _fitting(figures: dict[str, list[dict]], room: int) -> tuple[dict[str, list[dict]], dict[str, list[str]]]:
    """The figures that fit into so many bytes, the smallest first, and the names of the others, by
    notebook."""
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


def _block(notebook: str, entry: dict) -> Markup:
    """A figure's JSON in a script element that is data, not code; "<" cannot end it early."""
    text = json.dumps(entry["figure"], separators=(",", ":")).replace("<", "\\u003c")
    return tag("script", Markup(text), type="application/json", id=sections.figure_id(notebook, entry))
