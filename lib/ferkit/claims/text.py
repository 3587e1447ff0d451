"""The verdicts as plain text for a terminal: one aligned line per claim, then the rules in words."""

import textwrap
from collections import defaultdict
from collections.abc import Sequence

from ferkit.claims import training_length
from ferkit.claims.claim import GROUPS
from ferkit.claims.decisions import VERDICTS
from ferkit.core.units import Unit, aligned

HEAD = ("verdict", "claim", "paper", "ours", "95 % interval", "seeds")
WIDTH = 110


def table(rows: Sequence[dict]) -> list[str]:
    """The rows of ``claims.judge`` as lines: the summary, what must be known beside a verdict, what was not run and
    why, then the rules."""
    judged = [row for row in rows if row["verdict"] != "not_run"]
    lines = [*summary(rows), "", *(line for row in judged if row["note"]
                                   for line in _wrapped(f"{row['id']}: {row['note']}", ""))]
    absent: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        if row["verdict"] == "not_run":
            absent[row["note"], row["command"]].append(row["id"])
    for (note, command), ids in absent.items():
        lines += ["", *_wrapped(f"not run: {', '.join(ids)}", ""), *_wrapped(note), f"  {command}"]
    rules: dict[str, list[str]] = defaultdict(list)
    for row in judged:
        rules[row["rule"]].append(row["id"])
    if rules:
        lines += ["", "Rules:", *_wrapped(training_length.SAYS)]
    for rule, ids in rules.items():
        lines += [*_wrapped(", ".join(ids), ""), *_wrapped(rule)]
    return lines


def summary(rows: Sequence[dict]) -> list[str]:
    """One aligned line per judged claim, then a line for each group of claims that counts its verdicts."""
    judged = [row for row in rows if row["verdict"] != "not_run"]
    data = ", ".join(sorted({row["dataset"] for row in judged}))
    return [*(aligned([HEAD, *map(_cells, judged)]) if judged else []), "", *([f"on {data}:"] if data else []),
            *(f"{says}: {counts}" for says, counts in tallies(rows).items())]


def tallies(rows: Sequence[dict]) -> dict[str, str]:
    """By group of claims (facts apart from findings) how many came to which verdict, in words; empty groups left
    out."""
    found = {}
    for group, says in GROUPS.items():
        own = [row["verdict"] for row in rows if row["group"] == group]
        counts = [f"{own.count(verdict)} {in_words(verdict, group)}" for verdict in VERDICTS if verdict in own]
        if own:
            found[says] = ", ".join(counts)
    return found


def in_words(verdict: str, group: str = "finding", n_seeds: int | None = None) -> str:
    """A verdict for a reader: a fact that agrees is "consistent with the paper", not reproduced; where the number of
    seeds is told, one seed says that it is about these networks."""
    if group == "fact":
        return "consistent with the paper" if verdict == "reproduced" else verdict.replace("_", " ")
    return verdict.replace("_", " ") + " (one seed: these networks)" * (n_seeds == 1)


def what_would_decide(row: dict) -> str:
    """How many seeds would decide an inconclusive claim, as its note says; empty for others."""
    parts = row["note"].split("; ") if row["verdict"] == "inconclusive" else ()
    return next((part for part in parts if "decide" in part), "")


def _cells(row: dict) -> tuple[str, ...]:
    unit = Unit(row["unit"])
    return (in_words(row["verdict"], row["group"]), row["id"], unit.bound(row["expected"], row["relation"]),
            unit.format(row["observed"]) + unit.deviation(row["sd"]),
            "" if row["interval"] is None else unit.interval(row["interval"]), str(row["n_seeds"]))


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent or "  ", break_long_words=False,
                         break_on_hyphens=False)
