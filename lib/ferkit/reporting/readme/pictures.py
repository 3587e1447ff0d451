"""The README's picture, from published predictions: how the claims were judged, and accuracies beside the papers'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ferkit import papers
from ferkit.analysis import comparison, label_agreement
from ferkit.analysis.comparison import System
from ferkit.analysis.comparison.cost import cost
from ferkit.reporting import judged, names
from ferkit.reporting.readme import svg
from ferkit.results.tree import published

WIDTH = 860  # pixels
COLOURS = {"reproduced": "blue", "exceeded": "green", "partly": "amber", "inconclusive": "grey",
           "contradicted": "orange", "not_reproduced": "orange", "too_short": "grey"}
SIGNS = {verdict: " ".join(names.VERDICTS[verdict]) for verdict in COLOURS}


@dataclass(frozen=True)
class Picture:
    """A drawing and what it says to those who cannot see it."""

    svg: str
    says: str


def drawn() -> dict[str, Picture]:
    """The picture by the name of its file; {} while nothing is published."""
    trees = published()
    if not trees:
        return {}
    tree = next((tree for tree in trees if tree.name == judged.FIRST), trees[0])
    systems = comparison.systems(tree.results, papers.main_systems())
    rows = list(judged.on_first_dataset().values()) if tree.name == judged.FIRST else judged.judged(tree)
    found = {"verdicts": verdicts(tree.name, rows, systems)}
    return found | ({"cost": accuracy_against_minutes(systems)} if tree.name == judged.FIRST else {})


def block() -> str:
    """The README's picture in Markdown."""
    return _in_markdown("verdicts", "results/")


def cost_block() -> str:
    """The picture of accuracy against minutes in Markdown, for a page below results/."""
    return _in_markdown("cost", "")


def _in_markdown(name: str, below: str) -> str:
    picture = drawn().get(name)
    return (f'<img src="{below}figures/{name}.svg" width="100%" alt="{picture.says}">' if picture
            else "Nothing is published yet.")


def accuracy_against_minutes(systems: Sequence[System]) -> Picture:
    """A point for each system and recipe over one run's minutes (logarithmic); ten people's plurality as a line."""
    rows = sorted(cost([cell for system in systems for cell in system.cells]), key=lambda row: -row["accuracy"])
    people = label_agreement.ceiling()["ten_people"]
    top, bottom, left, right = 70, 470, 70, WIDTH - 230
    values = [row["accuracy"] for row in rows] + [people]
    low, high = np.floor(10 * min(values)) / 10, np.ceil(10 * max(values)) / 10
    start, end = -2.0, np.ceil(np.log10(max(row["minutes"] for row in rows)))

    def x(minutes: float) -> float:
        return left + (right - left) * (np.log10(max(minutes, 10**start)) - start) / (end - start)

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    parts = [svg.text(24, 36, "Accuracy on FER2013's PrivateTest against the minutes of one run on a CPU", "t h")]
    for tick in np.arange(low, high + 0.01, 0.1):
        parts += [svg.line(left, y(tick), right, y(tick)), svg.text(left - 8, y(tick) + 4, f"{100 * tick:.0f} %", "q s",
                                                                    "end")]
    for power in range(int(start), int(end) + 1):
        parts += [svg.line(x(10.0**power), top, x(10.0**power), bottom),
                  svg.text(x(10.0**power), bottom + 18, f"{10.0**power:g} min", "q s", "middle")]
    said = f"ten people (FER+ votes) {100 * people:.1f} %"
    parts += [svg.line(left, y(people), right, y(people), "Orange", 2, "5 4"), svg.text(left + 6, y(people) - 6, said,
                                                                                        "orange s")]
    below = 0.0
    for row in rows:  # names stand beside the drawing, pushed apart, a line leads to each
        name = f"{names.system(row['system'])}{'' if row['recipe'] == 'ours' else ', published'}"
        below = max(y(row["accuracy"]), below + 17)
        here = x(row["minutes"]), y(row["accuracy"])
        parts += [svg.line(*here, right + 10, below), svg.mark(*here, "dot", "blue", 5),
                  svg.text(right + 14, below + 4, f"{name} {100 * row['accuracy']:.1f}", "t s")]
    says = f"Accuracy against minutes: {said}; " + "; ".join(
        f"{names.system(row['system'])} {row['recipe']} {100 * row['accuracy']:.1f} % in {row['minutes']:.2f} minutes"
        for row in rows)
    return Picture(svg.picture(WIDTH, int(max(bottom, below) + 40), says, parts), says)


def verdicts(tree: str, claims: Sequence[dict], systems: Sequence[System]) -> Picture:
    """How many claims came to which verdict, then each system's accuracy beside the paper's number."""
    dataset = tree.partition("-")[0]
    title = f"What the papers claim and what we found on {names.dataset(dataset)}"
    rows, parts, y = _accuracies(dataset, claims, systems, 150)
    parts = [svg.text(24, 36, title, "t h"), *_tally(claims), *parts]
    counts = _counts(claims)
    says = f"{sum(counts.values())} claims judged on {names.dataset(dataset)}: " + ", ".join(
        f"{n} {names.verdict(verdict)}" for verdict, n in counts.items()) + ". " + "; ".join(map(_in_words, rows))
    return Picture(svg.picture(WIDTH, int(y + 24), says, parts), says)


def accuracies(dataset: str, claims: Sequence[dict], systems: Sequence[System]) -> Picture:
    """Each system's accuracy on a data set beside the paper's number, without the tally."""
    rows, parts, y = _accuracies(dataset, claims, systems, 50)
    says = "; ".join(_in_words(row) for row in rows)
    return Picture(svg.picture(WIDTH, int(y + 24), says, parts), says)


def _accuracies(dataset: str, claims: Sequence[dict], systems: Sequence[System], top: float
                ) -> tuple[list[dict], list[str], float]:
    """The rows of `comparison.beside_paper`, their drawing from `top` on with axis and legend, and where it ends."""
    rows = comparison.beside_paper(systems, papers.stated_accuracies(dataset))
    table = {f"{row['system']}/{row['recipe']}": row for row in comparison.accuracy_table(systems)}
    human, step = papers.human_accuracy(dataset), 34
    ends = [value for row in rows for value in (row["paper"], *row["interval"]) if value is not None]
    low, high = np.floor(10 * min(ends) - 0.5) / 10, np.ceil(10 * max(ends) + 0.2) / 10
    left, right, bottom = 330, WIDTH - 210, top + step * len(rows)

    def x(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    parts = []
    for tick in np.arange(low, high + 0.01, 0.1):
        parts += [svg.line(x(tick), top - 14, x(tick), bottom, "line"),
                  svg.text(x(tick), bottom + 20, f"{100 * tick:.0f} %", "q s", "middle")]
    if human:
        start, end = x(human[0] - human[1]), x(human[0] + human[1])
        says = f"people {100 * human[0]:.0f} ± {100 * human[1]:.0f}"
        parts += [svg.box(start, top - 14, end - start, bottom - top + 14, "band"),
                  svg.text(x(human[0]), top - 20, says, "q s", "middle")]
    for k, row in enumerate(rows):
        parts += _accuracy_row(row, table[row["label"]], top + step * (k + 0.5), x, right, _verdict_of(row, claims))
    y = bottom + 48
    parts += [svg.mark(40, y - 4, "dot", "blue"),
              svg.text(54, y, "ours on the test split, with its 95 % interval", "q s"),
              svg.mark(340, y - 4, "ring", "Blue", 4.5), svg.text(354, y, "on deduplicated test images", "q s"),
              svg.mark(560, y - 4, "diamond", "Orange"), svg.text(574, y, "the paper's number", "q s")]
    return rows, parts, y


def _tally(claims: Sequence[dict]) -> list[str]:
    """A bar as wide as the picture, one stretch for each verdict."""
    counts, x, parts, below = _counts(claims), 24.0, [], 0
    room = WIDTH - 48
    for verdict, n in counts.items():
        width = room * n / max(1, sum(counts.values()))
        parts += [svg.box(x, 54, width - 3, 26, COLOURS[verdict], 5),
                  svg.text(x + width / 2, 72, f"{n} {SIGNS[verdict]}" if width > 120 else str(n), "w b", "middle")]
        if width <= 120:
            parts.append(svg.text(x + width / 2, 97 + 14 * (below % 2), SIGNS[verdict], "q s", "middle"))
            below += 1
        x += width
    return parts


def _counts(claims: Sequence[dict]) -> dict[str, int]:
    own = [row["verdict"] for row in claims if row["group"] == "finding"]
    found = {verdict: own.count(verdict) for verdict in COLOURS}
    return {verdict: n for verdict, n in found.items() if n}


def _accuracy_row(row: dict, found: dict, y: float, x, right: float, verdict: str | None) -> list[str]:
    system, _, recipe = row["label"].partition("/")
    seeds = f" · {found['seeds']} seeds" if found["seeds"] > 1 else ""
    parts = [svg.text(24, y + 5, names.system(system)),
             svg.text(318, y + 5, f"{names.recipe(recipe)}{seeds}", "q s", "end")]
    if row["paper"] is not None:
        parts += [svg.line(x(row["ours"]), y, x(row["paper"]), y, "axis", 1, "2 3"),
                  svg.mark(x(row["paper"]), y, "diamond", "Orange", 6.5)]
    low, high = row["interval"]
    parts.append(svg.line(x(low), y, x(high), y, "Blue", 3))
    if row["without"] is not None and abs(row["without"] - row["ours"]) > 1e-9:
        parts.append(svg.mark(x(row["without"]), y, "ring", "Blue", 4.5))
    parts += [svg.mark(x(row["ours"]), y, "dot", "blue"),
              svg.text(right + 14, y + 5, f"{100 * row['ours']:.1f} %", "t b")]
    return parts + ([svg.text(right + 76, y + 5, SIGNS[verdict], COLOURS[verdict] + " s")] if verdict else [])


def _verdict_of(row: dict, claims: Sequence[dict]) -> str | None:
    """The verdict of the accuracy claim that this very system and recipe decided."""
    found = [claim["verdict"] for claim in claims if ".accuracy." in claim["id"] and claim["verdict"] in SIGNS
             and f"/{row['label']}/" in str(claim["source"])]
    return found[0] if found else None


def _in_words(row: dict) -> str:
    return f"{_name(row['label'])} {100 * row['ours']:.1f} %" + (
        f" (paper {100 * row['paper']:.1f} %)" if row["paper"] else "")


def _name(label: str) -> str:
    """ "system/recipe" for readers."""
    system, _, recipe = label.partition("/")
    return f"{names.system(system)}, {names.recipe(recipe)}"
