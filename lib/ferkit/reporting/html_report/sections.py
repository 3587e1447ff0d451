"""The other sections of a run's page, each a function from the run's tree to markup ("" for nothing to
say)."""

import re
from collections.abc import Sequence

from ferkit.papers import unstated_choices
from ferkit.reporting.html_report.format import duration, link, nested, short_hash
from ferkit.reporting.html_report.markup import Markup, details, facts, join, table, tag
from ferkit.reporting.html_report.run_files import Tree

NOTEBOOK_TITLES = {  # for the navigation, for the section
    "01_data_preparation": ("Data", "The data: what is in the set and what is wrong with it"),
    "02_stn_attention": ("Attention", "Deep-Emotion: attention by a spatial transformer"),
    "03_gap_cnn_svm": ("GAP + SVM", "Small kernels, global pooling and an SVM"),
    "04_occlusion_analysis": ("Occlusion", "Occlusion: which part of a face carries an expression"),
    "05_confusion_comparison": ("Confusion", "Who is taken for whom, and by which system"),
}


def notebook_titles(name: str) -> tuple[str, str]:
    """A notebook's title for the navigation and for its section; from its name where the design has none."""
    words = name[3:].replace("_", " ")
    return NOTEBOOK_TITLES.get(name, (words, words.capitalize()))


def head(run: Tree) -> Markup:
    """Title, what was run on which data, and whether it is whole."""
    entries = run.notebooks()
    finished = sum(entry["status"] == "finished" for entry in entries)
    seconds = sum(entry.get("seconds") or 0 for entry in entries)
    commit = short_hash(run.fact("git_commit"))
    if commit and run.manifest.get("git_dirty"):
        commit += " and local changes"
    shown = facts([
        ("data set", run.fact("dataset")), ("protocol", run.fact("protocol")),
        ("profile", run.fact("profile")),
        ("seed", run.fact("seed")), ("machine", run.fact("gpu") or run.fact("cpu") or run.fact("device")),
        ("time", duration(seconds) if seconds and run.is_run else None),
        ("training", None if run.is_run else duration(60 * _minutes(run))),
        ("notebooks", f"{finished} of {len(entries)}" if run.is_run else None),
        ("trained cells", len(run.cells)), ("data sha256", short_hash(run.fact("data_sha256"))),
        ("commit", commit)])
    lead = tag("p", "Replication of Deep-Emotion (Minaee & Abdolrashidi) and of the small-kernel CNN with "
                    "global "
               "pooling and an SVM (Qiao, Hou & Liu): what was claimed, what was found, and from which file "
               "each "
               "number comes.")
    notes = [tag("p", tag("strong", "Cannot be used: "), problem, class_="note warn")
             for problem in run.problems]
    if run.fact("dataset") == "synthetic":
        notes.append(tag("p", "The built-in data set of drawn faces proves the machinery: it says whether "
                              "the methods "
                         "behave as described, not how well they read human faces.", class_="note"))
    return join([tag("header", tag("h1", run.name), lead, shown), notes])


def _minutes(run: Tree) -> float:
    """The training time of all cells; an SVM's is that of the network under it, counted once."""
    return sum(cell.metrics.get("minutes") or 0 for cell in run.cells if not cell.metrics.get("features_of"))


def notebook(run: Tree, entry: dict, drawn: Sequence[dict], dropped: Sequence[str]) -> Markup:
    """A notebook's figures under its title, with a link to the executed copy.

    dropped: names of figures left out for the size of the page.
    """
    name = entry["name"]
    if not run.is_run and not drawn:
        return Markup()
    said = [str(entry["status"]).replace("_", " ")]
    if entry.get("seconds"):
        said.append(duration(entry["seconds"]))
    if entry.get("peak_memory_mb"):
        said.append(f"{entry['peak_memory_mb'] / 1024:.1f} GiB of memory at most")
    if entry["path"]:
        kind = "partial" if entry["status"] == "failed" else "executed"
        where = link(run.base, entry["path"], f"open the {kind} notebook")
    elif not run.is_run:
        said = ["drawn from the saved predictions"]
        where = join(["the notebook: ", tag("code", f"notebooks/{name}.ipynb")])
    else:
        where = join(["run it with ", tag("code", f"./run_all.sh --only {name[:2]}")])
    _, title = notebook_titles(name)
    lost = [tag("p", f"Left out for size: {figure}; the executed notebook shows it.", class_="note")
            for figure in dropped]
    return join([tag("h2", f"{name[:2]} · {title}"), tag("p", ", ".join(said), " · ", where),
                 [_figure(name, figure) for figure in drawn], lost])


def data(run: Tree) -> Markup:
    """What the run was made on: counts by split and class, findings of the audit, provenance."""
    if not run.dataset and not run.audit:
        return Markup()
    parts, counts = [], run.dataset.get("counts")
    if isinstance(counts, dict) and counts and all(isinstance(by_label, dict)
                                                   for by_label in counts.values()):
        labels = list(dict.fromkeys(label for by_label in counts.values() for label in by_label))
        rows = [[split, *(by_label.get(label, 0) for label in labels), sum(by_label.values())]
                for split, by_label in counts.items()]
        parts.append(table(("split", *labels, "all"), rows, caption="Images by split and expression",
                           numbers=range(1, len(labels) + 2)))
    findings = [finding for finding in run.audit.get("findings") or [] if isinstance(finding, dict)]
    rows = [[finding.get("id"), finding.get("severity"), finding.get("says")] for finding in findings]
    if run.audit:
        verdict = str(run.audit.get("verdict")).replace("_", " ")
        parts.append(tag("p", tag("strong", f"Audit: {verdict}. "), "It reads the pixels: copies within and across "
                         "splits, conflicting labels, blank images, shared subjects, how splits differ.",
                         class_=f"note{'' if run.audit.get('verdict') == 'clean' else ' warn'}"))
    if rows:
        parts.append(table(("finding", "severity", "says"), rows, caption="What the audit found", class_="stack"))
    rest = {key: value for key, value in run.dataset.items() if key != "counts"}
    parts.append(details("Provenance of the data", nested(rest)))
    return join(parts)


def unsaid() -> Markup:
    """What each paper leaves unsaid and what this library does instead, read from its docstrings."""
    parts = []
    for paper, name in (("deep_emotion", "Deep-Emotion"), ("gap_svm", "Small kernels, global pooling and an SVM"),
                        ("data", "The data"), ("verdicts", "The verdicts")):
        rows = [[gap["choice"], f"because {gap['reason']}", tag("code", gap["where"])]
                for gap in unstated_choices.of(paper)]
        if rows:
            listing = table(("we use", "reason", "where"), rows, caption="Not stated in the paper",
                            class_="stack")
            parts.append(details(f"{name}: {len(rows)} choices", listing))
    if not parts:
        return Markup()
    return join([tag("h2", "Deviations: what the papers leave unsaid, and what was chosen"),
                 tag("p", "Each choice stands in the source file that makes it, with its reason; these tables are read "
                          "from there, so that none can be forgotten."), parts])


def provenance(run: Tree) -> Markup:
    """The manifest: code, packages, machine, and the hash of every output."""
    m = run.manifest
    check = f"python -m ferkit verify {run.directory.absolute().parent.name}/{run.directory.absolute().name}"
    says = ("Every number above names the file it stands in, with the commit and the command that made it. ",
            tag("code", check), " computes metrics, hashes and, with the data, predictions again, and names what does "
            "not fit.")
    title = join([tag("h2", "Provenance"), tag("p", *says)])
    if not m:
        return join([title, tag("p", "This folder has no manifest.json: it was not made by one whole run.",
                                class_="note")])
    files = [link(run.base, run.directory / name, name) for name in ("manifest.json", "claims.json")]
    plain = {key: value for key, value in m.items() if key not in ("notebooks", "packages")}
    parts = [title, tag("p", files[0], " · ", files[1]), details("Run, code and machine", nested(plain))]
    packages = m.get("packages")
    if isinstance(packages, dict) and packages:
        parts.append(details(f"{len(packages)} packages", facts(sorted(packages.items()))))
    outputs = {path: digest for entry in run.entries() if isinstance(entry.get("outputs"), dict)
               for path, digest in entry["outputs"].items()}
    if outputs:
        rows = [[link(run.base, run.directory / path, path), tag("code", str(digest)[:16])]
                for path, digest in outputs.items()]
        listing = table(("file", "sha256"), rows, caption="The first 16 digits; all of them in the manifest",
                        class_="stack")
        parts.append(details(f"{len(rows)} outputs and their hashes", listing))
    return join(parts)


def figure_id(name: str, entry: dict) -> str:
    """The id under which a figure's data stand in the page."""
    return re.sub(r"[^\w-]", "-", f"figure-{name}-{entry['name']}")


def _figure(name: str, entry: dict) -> Markup:
    height = (entry["figure"].get("layout") or {}).get("height") or 380
    plot = tag("div", class_="plot", style=f"min-height:{int(height)}px", data_figure=figure_id(name, entry),
               role="img", aria_label=f"{entry.get('title')}. {entry.get('caption')}")
    return tag("div", tag("h3", entry.get("title")), tag("p", entry.get("caption")), plot, class_="figure")
