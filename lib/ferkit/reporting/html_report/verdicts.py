"""The first section of a run's page: every claim with its verdict."""

import re
from collections.abc import Sequence

from ferkit.reporting.html_report.format import VERDICTS, interval, link, quantity, verdict_chip
from ferkit.reporting.html_report.markup import Markup, details, escape, join, table, tag
from ferkit.reporting.html_report.run_files import Tree
from ferkit.results.provenance import UNKNOWN


def section(run: Tree) -> Markup:
    """How many verdicts of each kind, then every claim: expected, observed, rule, source."""
    title = tag("h2", "Verdicts")
    if not run.claims:
        where = "/".join(run.directory.absolute().parts[-3:])
        return join([title, tag("p", "No claim has been judged in this run yet. ",
                                tag("code", f"python -m ferkit claims {where}"), " judges what there is.",
                                class_="note warn")])
    judged = [claim for claim in run.claims if claim.get("verdict") != "not_run"]
    absent = [claim for claim in run.claims if claim.get("verdict") == "not_run"]
    lead = tag("p", f"{len(judged)} of {len(run.claims)} claims were judged on this run, by rules fixed "
                    f"beforehand. "
               "Intervals are 95 %. A verdict holds for this data set and this profile only.")
    parts = []
    if judged:
        parts.append(table(("claim", "verdict", "paper", "ours", "what was found, where, and the rule"),
                           [_row(run, c) for c in judged],
                           caption="Every judged claim, the rule that judges it and the file that decided",
                           numbers=(2, 3), class_="claims judged stack",
                           row_attributes=[_mark(c) for c in judged]))
    if absent:
        rows = [[_statement(claim), expected(claim), claim.get("note"), tag("code", claim.get("command"))]
                for claim in absent]
        listing = table(("claim", "paper", "why not", "runs it"), rows, numbers=(1,), class_="claims stack",
                        caption="Claims that this run cannot judge",
                        row_attributes=[_mark(c) for c in absent])
        parts.append(details(f"{len(absent)} claims that were not run here, and the commands that run them",
                             listing))
    return join([title, lead, tally(run.claims), tag("div", parts, id="claims")])


def tally(claims: Sequence[dict]) -> Markup:
    """How many claims of each verdict, as buttons that show only those."""
    counts = {verdict: sum(claim.get("verdict") == verdict for claim in claims) for verdict in VERDICTS}
    buttons = [tag("button", f"{VERDICTS[verdict][0]} {n} {VERDICTS[verdict][1]}", type="button",
                   class_=verdict, data_verdict=verdict, aria_pressed="false")
               for verdict, n in counts.items() if n]
    return tag("div", buttons, class_="tally", role="group", data_of="claims",
               aria_label="Show only claims with this verdict")


def expected(claim: dict) -> Markup:
    """The paper's number with its relation ("> 0 pts") and, where the unit alone does not say it, what it measures."""
    if claim.get("expected") is None:
        return escape("–")
    relation = claim.get("relation") or "="
    number = Markup(quantity(claim["expected"], claim.get("unit")).removeprefix("+"))
    measures = claim.get("measures")
    return tag("span", "" if relation == "=" else f"{relation} ", number, tag("small", measures) if measures else "")


def _row(run: Tree, claim: dict) -> list[object]:
    unit, bounds = claim.get("unit"), claim.get("interval")
    ours = tag("span", quantity(claim.get("observed"), unit),
               tag("small", interval(bounds, unit)) if bounds else "")
    rule = tag("div", tag("span", claim["note"]) if claim.get("note") else "", _sources(run, claim),
               tag("small", tag("b", "Rule: "), claim.get("rule"), class_="rule"))
    return [_statement(claim), verdict_chip(claim.get("verdict")), expected(claim), ours, rule]


def _mark(claim: dict) -> dict[str, object]:
    return {"data_verdict": claim.get("verdict")}


def _statement(claim: dict) -> Markup:
    seeds = claim.get("n_seeds") or 0
    said = [claim.get("id"), f"{seeds} seeds" if seeds > 1 else None]
    return join([claim.get("statement"), tag("small", " · ".join(str(part) for part in said if part))])


def _sources(run: Tree, claim: dict) -> Markup:
    """The files that decided a claim, as links, each with the commit it was made at; the command on hovering, and in
    the protocol cards."""
    named = claim.get("source") or []
    named = named if isinstance(named, list) else re.split(r"[,;]\s*", str(named))
    links = [tag("span", link(run.base, run.directory / str(path), _short(str(path))), _commit(run, str(path)),
                 class_="source") for path in named if path]
    return tag("div", [[source, " "] for source in links]) if links else Markup()


def _commit(run: Tree, path: str) -> Markup:
    commit = run.made.commit(path)
    return Markup() if commit == UNKNOWN else tag("small", f" @ {commit}", title=run.made.command(path))


def _short(path: str) -> str:
    """A metrics file by its cell: "deep_emotion/ours/seed0"."""
    return re.sub(r"^\d\d_\w+/", "", path.removesuffix("/metrics.json"))
