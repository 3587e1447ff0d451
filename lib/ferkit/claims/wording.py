"""The verdicts as plain text for a terminal: one aligned line per claim, then the rules in words."""

from collections.abc import Sequence

SIGNED = ("fraction gained", "fraction above", "recall", "relative")  # differences, told in points
HEAD = ("verdict", "claim", "data", "paper", "ours", "95 % interval", "seeds")


def table(rows: Sequence[dict]) -> list[str]:
    """The rows of ``claims.judge`` as lines: judged claims first, then what was not run and why, then the
    rules."""
    judged = [row for row in rows if row["verdict"] != "not_run"]
    absent = [row for row in rows if row["verdict"] == "not_run"]
    lines = _aligned([HEAD, *(_cells(row) for row in judged)]) if judged else []
    counts = {verdict: sum(row["verdict"] == verdict for row in rows)
              for verdict in ("reproduced", "exceeded", "partly", "not_reproduced", "not_run")}
    lines += ["", ", ".join(f"{number} {verdict.replace('_', ' ')}" for verdict, number in counts.items())]
    if absent:
        lines += ["", "Not run:"]
        lines += _aligned([(row["id"], row["note"], row["command"]) for row in absent])
    rules = list(dict.fromkeys(row["rule"].strip() for row in judged))
    if rules:
        lines += ["", "Rules, fixed in advance:"]
    for rule in rules:
        ids = ", ".join(row["id"] for row in judged if row["rule"].strip() == rule)
        lines += [f"  {ids}", f"    {rule}"]
    return lines


def number(value: float | None, unit: str) -> str:
    """A value in the words of its unit: percent, points, a count, a ratio or a p; "–" for none."""
    if value is None:
        return "–"
    if unit.startswith(SIGNED):
        return f"{100 * value:+.2f} points"
    if unit.startswith("fraction"):
        return f"{100 * value:.2f} %"
    if unit.startswith(("parameters", "layers")):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cells(row: dict) -> tuple[str, ...]:
    expected, unit = number(row["expected"], row["unit"]), row["unit"]
    relation = "" if row["relation"] == "=" else f"{row['relation']} "
    observed = number(row["observed"], unit)
    if row["sd"] is not None:
        observed += f" ± {number(row['sd'], unit).lstrip('+').removesuffix(' points')}"
    interval = "" if row["interval"] is None else " … ".join(number(end, unit) for end in row["interval"])
    return (row["verdict"].replace("_", " "), row["id"], row["dataset"] or "", relation + expected, observed,
            interval,
            str(row["n_seeds"]))


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths,
                                                               strict=True)).rstrip() for row in rows]
