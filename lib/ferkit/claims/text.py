"""The verdicts as plain text for a terminal: one aligned line per claim, then the rules in words."""

import textwrap
from collections import defaultdict
from collections.abc import Sequence

SIGNED = ("fraction gained", "fraction above", "recall", "relative")  # differences, told in points
HEAD = ("verdict", "claim", "paper", "ours", "95 % interval", "seeds")
WIDTH = 110


def table(rows: Sequence[dict]) -> list[str]:
    """The rows of ``claims.judge`` as lines: the summary, what was not run and why, then the rules."""
    judged = [row for row in rows if row["verdict"] != "not_run"]
    lines = summary(rows)
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
        lines += ["", "Rules, fixed in advance:"]
    for rule, ids in rules.items():
        lines += [*_wrapped(", ".join(ids), ""), *_wrapped(rule)]
    return lines


def summary(rows: Sequence[dict]) -> list[str]:
    """One aligned line per judged claim, then a line that counts the verdicts."""
    judged = [row for row in rows if row["verdict"] != "not_run"]
    counts = {verdict: sum(row["verdict"] == verdict for row in rows)
              for verdict in ("reproduced", "exceeded", "partly", "not_reproduced", "not_run")}
    data = ", ".join(sorted({row["dataset"] for row in judged}))
    return [*(_aligned([HEAD, *map(_cells, judged)]) if judged else []), "",
            (f"on {data}: " if data else "")
            + ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in counts.items())]


def number(value: float | None, unit: str) -> str:
    """A value in the words of its unit: percent, points, a count, a ratio or a p; "–" for none."""
    if value is None:
        return "–"
    if unit.startswith(SIGNED):
        return f"{100 * value:+.1f} pts" if value else "0 pts"
    if unit.startswith("fraction"):
        return f"{100 * value:.2f} %"
    if unit.startswith(("parameters", "layers")):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cells(row: dict) -> tuple[str, ...]:
    unit = row["unit"]
    expected, observed = number(row["expected"], unit), number(row["observed"], unit)
    if row["relation"] != "=":
        expected = f"{row['relation']} {expected.removeprefix('+')}"
    if row["sd"] is not None:
        observed += f" ± {number(row['sd'], unit).split()[0].removeprefix('+')}"
    interval = ""
    if row["interval"] is not None:
        low, high = (number(end, unit) for end in row["interval"])
        interval = f"{low.split()[0]} … {high}"
    return (row["verdict"].replace("_", " "), row["id"], expected, observed, interval, str(row["n_seeds"]))


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent or "  ", break_long_words=False,
                         break_on_hyphens=False)
