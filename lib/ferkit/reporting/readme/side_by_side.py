"""Published weights beside what a user would install instead: the table of results/side_by_side.json."""

from __future__ import annotations

import json

from ferkit.core import paths
from ferkit.core.units import percent
from ferkit.reporting.tables import markdown

FILE = "side_by_side.json"


def side_by_side_table() -> str:
    """One row for each system measured by tests/side_by_side/measure.py, and what the numbers are, in a sentence."""
    path = paths.repository() / "results" / FILE
    if not path.is_file():
        return "Nothing is measured yet."
    found = json.loads(path.read_text(encoding="utf-8"))
    images, machine = found["images"], found["machine"]
    posed = f"CK+48, {len(found['classes']['ckplus'])} classes"
    heads = ("system", "PublicTest", "PrivateTest", "95 %", "macro-F1", posed, "faces/s (at load)", "per CPU second")
    says = [f"PublicTest, PrivateTest and CK+48 hold {images['val']:,}, {images['test']:,} and {images['ckplus']:,} "
            "images; on CK+48 an answer of neutral is wrong.",
            "Ours never saw CK+ and had their epoch chosen on PublicTest; what the packages saw is not all known.",
            f"Speed on {machine['cores']} shared cores ({machine['processor']}): ours in one call, the packages one",
            "face a call, as each is meant. Faces per second compare at equal load only; faces per CPU second depend",
            "less on it."]
    return markdown(heads, map(_row, found["systems"])) + "\n\n" + " ".join(says)


def _row(row: dict) -> list[str]:
    low, high = row["test"]["interval"]
    return [f"{row['name']} {row['version']}" if row["package"] != "ours" else f"**{row['name']}**",
            percent(row["val"]["accuracy"]), f"**{percent(row['test']['accuracy'])}**",
            f"{100 * low:.1f} … {100 * high:.1f}", percent(row["test"]["macro_f1"]),
            percent(row["ckplus"]["accuracy"]), f"{row['faces_per_second']:,.0f} ({row['load']:.1f})",
            f"{row['faces_per_cpu_second']:,.0f}"]
