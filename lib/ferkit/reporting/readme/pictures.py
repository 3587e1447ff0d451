"""The README's picture, from published predictions: how the claims were judged, and accuracies beside the papers'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ferkit import papers
from ferkit.analysis import comparison, label_agreement
from ferkit.analysis.comparison import System
from ferkit.analysis.comparison.cost import cost
from ferkit.analysis.comparison.ensemble import ensemble
from ferkit.core.units import percent
from ferkit.reporting import judged, names
from ferkit.reporting.readme import svg
from ferkit.results.tree import Tree, published

WIDTH, NARROW = 860, 420  # pixels, on a desk and on a phone
MARGIN = 24
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
    return _drawn(tuple(published()))


@lru_cache(maxsize=1)  # a block asks for one of them, and who writes the files for all
def _drawn(trees: tuple[Tree, ...]) -> dict[str, Picture]:
    if not trees:
        return {}
    tree = next((tree for tree in trees if tree.name == judged.FIRST), trees[0])
    rows = list(judged.on_first_dataset().values()) if tree.name == judged.FIRST else judged.judged(tree)
    headline = judged.summarised(tree.results)
    found = {"verdicts": verdicts(tree.name, rows, headline), "verdicts-narrow": verdicts(tree.name, rows, headline,
                                                                                          NARROW)}
    if tree.name == judged.FIRST:
        found["cost"] = accuracy_against_minutes(comparison.systems(tree.results, papers.main_systems()))
    return found


def block() -> str:
    """The README's picture in Markdown, with another one for a phone."""
    return _in_markdown("verdicts", "results/", '<source media="(max-width: 600px)" '
                        'srcset="results/figures/verdicts-narrow.svg">')


def cost_block() -> str:
    """The picture of accuracy against minutes in Markdown, for a page below results/; below it what the best networks
    reach together."""
    mean = ensemble(judged.first_results())
    return _in_markdown("cost", "") + (
        f"\n\nThe mean of the probabilities of {mean['networks']} networks (all seeds of "
        f"{' and '.join(names.system(system) for system, _ in mean['systems'])}, which validation puts first) reaches "
        f"**{percent(mean['accuracy'], 2)}** with {mean['parameters']:,} parameters and {mean['minutes']:.0f} minutes."
        if mean else "")


def _in_markdown(name: str, below: str, source: str = "") -> str:
    picture = drawn().get(name)
    if picture is None:
        return "Nothing is published yet."
    image = f'<img src="{below}figures/{name}.svg" width="100%" alt="{picture.says}">'
    return f"<picture>{source}{image}</picture>" if source else image


def accuracy_against_minutes(systems: Sequence[System]) -> Picture:
    """A point for each system and recipe over one run's minutes (logarithmic); ten people's plurality as a line."""
    rows = sorted(cost([result for system in systems for result in system.results]), key=lambda row: -row["accuracy"])
    people = label_agreement.ceiling()["ten_people"]
    top, bottom, left, right = 70, 470, 70, WIDTH - 230
    values = [row["accuracy"] for row in rows] + [people]
    low, high = np.floor(10 * min(values)) / 10, np.ceil(10 * max(values)) / 10
    start, end = -2.0, np.ceil(np.log10(max(row["minutes"] for row in rows)))
    x, y, axes = svg.axes((left, top, right, bottom), (start, end), (low, high), x_step=1, y_step=0.1,
                          says=lambda power: f"{10.0**power:g} min")
    said = f"ten people (FER+ votes) {percent(people)}"
    parts = [svg.text(24, 36, "Accuracy on FER2013's PrivateTest against the minutes of one run on a CPU", "t h"),
             *axes, svg.line(left, y(people), right, y(people), "Orange", 2, "5 4"),
             svg.text(left + 6, y(people) - 6, said, "orange s")]
    below = 0.0
    for row in rows:  # names stand beside the drawing, pushed apart, a line leads to each
        name = f"{names.system(row['system'])}{'' if row['recipe'] == 'ours' else ', published'}"
        below = max(y(row["accuracy"]), below + 17)
        here = x(np.log10(max(row["minutes"], 10**start))), y(row["accuracy"])
        parts += [svg.line(*here, right + 10, below), svg.mark(*here, "dot", "blue", 5),
                  svg.text(right + 14, below + 4, f"{name} {100 * row['accuracy']:.1f}", "t s")]
    says = f"Accuracy against minutes: {said}; " + "; ".join(
        f"{names.system(row['system'])} {row['recipe']} {percent(row['accuracy'])} in {row['minutes']:.2f} minutes"
        for row in rows)
    return Picture(svg.picture(WIDTH, int(max(bottom, below) + 40), says, parts), says)


def verdicts(tree: str, claims: Sequence[dict], systems: Sequence[System], width: int = WIDTH) -> Picture:
    """How many claims came to which verdict, then each system's accuracy beside the paper's number."""
    dataset = tree.partition("-")[0]
    tally, top = _tally(claims, width)
    rows, parts, y = _accuracies(dataset, claims, systems, top + 54, width)
    parts = [svg.text(MARGIN, 36, f"What we found on {names.dataset(dataset)}", "t h"), *tally, *parts]
    counts = _counts(claims)
    says = f"{sum(counts.values())} claims judged on {names.dataset(dataset)}: " + ", ".join(
        f"{n} {names.verdict(verdict)}" for verdict, n in counts.items()) + ". " + "; ".join(map(_in_words, rows))
    return Picture(svg.picture(width, int(y + 24), says, parts), says)


def accuracies(dataset: str, claims: Sequence[dict], systems: Sequence[System]) -> Picture:
    """Each system's accuracy on a data set beside the paper's number, without the tally."""
    rows, parts, y = _accuracies(dataset, claims, systems, 50, WIDTH)
    says = "; ".join(_in_words(row) for row in rows)
    return Picture(svg.picture(WIDTH, int(y + 24), says, parts), says)


def _accuracies(dataset: str, claims: Sequence[dict], systems: Sequence[System], top: float, width: int
                ) -> tuple[list[dict], list[str], float]:
    """The rows of `comparison.beside_paper`, their drawing from `top` on with axis and legend, and where it ends."""
    rows = comparison.beside_paper(systems, papers.stated_accuracies(dataset))
    table = {f"{row['system']}/{row['recipe']}": row for row in comparison.accuracy_table(systems)}
    human, narrow = papers.human_accuracy(dataset), width < WIDTH
    ends = [value for row in rows for value in (row["paper"], *row["interval"]) if value is not None]
    low, high = np.floor(10 * min(ends) - 0.5) / 10, np.ceil(10 * max(ends) + 0.2) / 10
    left, right, step = (MARGIN, width - 124, 50) if narrow else (350, width - 210, 34)
    bottom = top + step * len(rows)
    x, _, parts = svg.axes((left, top - 14, right, bottom), (low, high), x_step=0.1,
                           says=lambda share: percent(share, 0))
    if human:
        start, end = x(human[0] - human[1]), x(human[0] + human[1])
        says = f"people {100 * human[0]:.0f} ± {100 * human[1]:.0f}"
        parts += [svg.box(start, top - 14, end - start, bottom - top + 14, "band"),
                  svg.text(x(human[0]), top - 20, says, "q s", "middle")]
    for k, row in enumerate(rows):
        found, verdict = table[row["label"]], _verdict_of(row, claims)
        seeds = f" · {found['seeds']} seeds" if found["seeds"] > 1 and not narrow else ""  # no room on a phone
        system, _, recipe = row["label"].partition("/")
        system, recipe = names.system(system), f"{names.recipe(recipe)}{seeds}"
        y = top + step * (k + 0.5) + (12 if narrow else 0)
        said = [svg.text(right + 76, y + 5, SIGNS[verdict], f"{COLOURS[verdict]} s")] if verdict else []
        if narrow:
            parts += [svg.text(MARGIN, y - 17, system), svg.text(right, y - 17, recipe, "q s", "end")]
            said = [svg.text(right + 14, y - 14, SIGNS[verdict], f"{COLOURS[verdict]} xs")] if verdict else []
        else:
            parts += [svg.text(MARGIN, y + 5, system), svg.text(338, y + 5, recipe, "q s", "end")]
        parts += [*_accuracy_row(row, y, x), svg.text(right + 14, y + 5, percent(row["ours"]), "t b"), *said]
    y, at = bottom + 48, MARGIN + 16.0
    legend = (("dot", "blue", "ours on the test split, with its 95 % interval"),
              ("ring", "Blue", "on deduplicated test images"), ("diamond", "Orange", "the paper's number"))
    for shape, look, says in legend:
        if at + 14 + _width(says) > width - MARGIN:
            y, at = y + 20, MARGIN + 16.0
        parts += [svg.mark(at, y - 4, shape, look, 4.5 if shape == "ring" else 6), svg.text(at + 14, y, says, "q s")]
        at += 14 + _width(says) + 26
    return rows, parts, y


def _tally(claims: Sequence[dict], width: int) -> tuple[list[str], float]:
    """A bar as wide as the picture, one stretch for each verdict, and what each means below it; where that ends."""
    counts, x, at, y, parts = _counts(claims), float(MARGIN), float(MARGIN), 100.0, []
    for verdict, n in counts.items():
        room = (width - 2 * MARGIN) * (n + 0.5) / (sum(counts.values()) + 0.5 * len(counts))
        parts += [svg.box(x, 54, room - 3, 26, COLOURS[verdict], 5),
                  svg.text(x + (room - 3) / 2, 72, str(n), "w b", "middle")]
        says = f"{SIGNS[verdict]} {n}"
        if at + _width(says) > width - MARGIN:
            y, at = y + 18, float(MARGIN)
        parts.append(svg.text(at, y, says, f"{COLOURS[verdict]} s"))
        x, at = x + room, at + _width(says) + 14
    return parts, y


def _width(says: str) -> float:
    """About how wide a small text is, in pixels; no font is at hand to measure it with."""
    return 6.9 * len(says)


def _counts(claims: Sequence[dict]) -> dict[str, int]:
    own = [row["verdict"] for row in claims if row["group"] == "finding"]
    found = {verdict: own.count(verdict) for verdict in COLOURS}
    return {verdict: n for verdict, n in found.items() if n}


def _accuracy_row(row: dict, y: float, x: Callable[[float], float]) -> list[str]:
    """The marks of one row: ours with its interval, deduplicated, the paper's."""
    parts = []
    if row["paper"] is not None:
        parts += [svg.line(x(row["ours"]), y, x(row["paper"]), y, "axis", 1, "2 3"),
                  svg.mark(x(row["paper"]), y, "diamond", "Orange", 6.5)]
    low, high = row["interval"]
    parts.append(svg.line(x(low), y, x(high), y, "Blue", 3))
    if row["without"] is not None and abs(row["without"] - row["ours"]) > 1e-9:
        parts.append(svg.mark(x(row["without"]), y, "ring", "Blue", 4.5))
    return [*parts, svg.mark(x(row["ours"]), y, "dot", "blue")]


def _verdict_of(row: dict, claims: Sequence[dict]) -> str | None:
    """The verdict of the accuracy claim that this very system and recipe decided."""
    found = [claim["verdict"] for claim in claims if ".accuracy." in claim["id"] and claim["verdict"] in SIGNS
             and f"/{row['label']}/" in str(claim["source"])]
    return found[0] if found else None


def _in_words(row: dict) -> str:
    return f"{names.run(*row['label'].split('/'))} {percent(row['ours'])}" + (
        f" (paper {percent(row['paper'])})" if row["paper"] else "")
