"""The READMEs' pictures, from published predictions: verdicts beside the papers, confusion, recall and class size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np

from ferkit import claims, papers
from ferkit.analysis import comparison
from ferkit.analysis.comparison import System
from ferkit.core import paths
from ferkit.reporting.readme import svg
from ferkit.reporting.readme.tables import published
from ferkit.results import records

WIDTH, HALF, TALL = 860, 442, 868  # pixels; half a width for two beside each other, equally tall
COLOURS = {"reproduced": "blue", "exceeded": "green", "partly": "amber", "not_reproduced": "orange"}
SIGNS = {"reproduced": "✓ reproduced", "exceeded": "▲ exceeded", "partly": "◐ partly",
         "not_reproduced": "✕ not reproduced"}
NAMES = {"deep_emotion": "Deep-Emotion", "deep_emotion_wide": "Deep-Emotion, wide", "gap_cnn": "GAP CNN, softmax",
         "gap_cnn_svm": "GAP CNN + SVM", "lenet5": "LeNet-5"}
SHAPES = (("dot", "blue"), ("square", "orange"), ("triangle", "green"), ("dot", "grey"))


@dataclass(frozen=True)
class Picture:
    """A drawing and what it says to those who cannot see it."""

    svg: str
    says: str


def drawn() -> dict[str, Picture]:
    """Every picture by the name of its file; {} while nothing is published."""
    trees = published()
    if not trees:
        return {}
    tree = "fer2013" if "fer2013" in trees else trees[0]
    root = paths.published_directory(tree)
    systems = comparison.systems(records.read_run(root), papers.main_systems())
    chosen = comparison.best_of_each(systems)
    return {"verdicts": verdicts(tree, claims.judge(root, papers.claims()), systems),
            "confusion": confusion(tree, _families(chosen)), "recall": recall(tree, chosen)}


def first_block() -> str:
    """The README's first picture, in Markdown."""
    return _markdown(drawn(), ("verdicts",), '100%')


def rest_block() -> str:
    """The other two, side by side."""
    return _markdown(drawn(), ("confusion", "recall"), '49%')


def _markdown(found: dict[str, Picture], names: Sequence[str], width: str) -> str:
    return "\n".join(f'<img src="results/figures/{name}.svg" width="{width}" alt="{found[name].says}">'
                     for name in names if name in found) or "Nothing is published yet."


def _families(chosen: Sequence[System]) -> list[System]:
    """The best of each paper's systems on validation."""
    best = {}
    for one in sorted(chosen, key=lambda one: one.mean("val_accuracy") or 0):
        paper = "deep_emotion" if one.system.startswith("deep_emotion") else "gap_svm"
        if one.system != "lenet5":
            best[paper] = one
    return [best[paper] for paper in ("deep_emotion", "gap_svm") if paper in best]


def verdicts(tree: str, judged: Sequence[dict], systems: Sequence[System]) -> Picture:
    """How many claims came to which verdict, then each system's accuracy beside the paper's number."""
    dataset = tree.partition("-")[0]
    rows = comparison.beside_paper(systems, papers.stated_accuracies(dataset))
    table = {f"{row['system']}/{row['recipe']}": row for row in comparison.accuracy_table(systems)}
    human, top, step = papers.human_accuracy(dataset), 150, 34
    ends = [value for row in rows for value in (row["paper"], *row["interval"]) if value is not None]
    low, high = np.floor(10 * min(ends) - 0.5) / 10, np.ceil(10 * max(ends) + 0.2) / 10
    left, right, bottom = 300, WIDTH - 210, top + step * len(rows)

    def x(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    parts = [svg.text(24, 36, f"What the papers claim and what we found on {tree.upper()}", "t h"), *_tally(judged)]
    for tick in np.arange(low, high + 0.01, 0.1):
        parts += [svg.line(x(tick), top - 14, x(tick), bottom, "line"),
                  svg.text(x(tick), bottom + 20, f"{100 * tick:.0f} %", "q s", "middle")]
    if human:
        start, end = x(human[0] - human[1]), x(human[0] + human[1])
        says = f"people {100 * human[0]:.0f} ± {100 * human[1]:.0f}"
        parts += [svg.box(start, top - 14, end - start, bottom - top + 14, "band"),
                  svg.text(x(human[0]), top - 20, says, "q s", "middle")]
    for k, row in enumerate(rows):
        parts += _accuracy_row(row, table[row["label"]], top + step * (k + 0.5), x, right, _verdict_of(row, judged))
    y = bottom + 48
    parts += [svg.mark(40, y - 4, "dot", "blue"),
              svg.text(54, y, "ours on the test split, with its 95 % interval", "q s"),
              svg.mark(340, y - 4, "ring", "Blue", 4.5), svg.text(354, y, "without copies from training", "q s"),
              svg.mark(560, y - 4, "diamond", "Orange"), svg.text(574, y, "the paper's number", "q s")]
    counts = _counts(judged)
    says = f"{sum(counts.values())} claims judged on {tree}: " + ", ".join(
        f"{n} {verdict.replace('_', ' ')}" for verdict, n in counts.items()) + ". " + "; ".join(
        f"{row['label']} {100 * row['ours']:.1f} %" + (f" (paper {100 * row['paper']:.1f} %)" if row["paper"] else "")
        for row in rows)
    return Picture(svg.picture(WIDTH, int(y + 24), says, parts), says)


def confusion(tree: str, systems: Sequence[System]) -> Picture:
    """The row-normalised confusion matrix of the best system of each paper, one above the other."""
    cell, left, parts, y = 46, 96, [], 0
    for one in systems:
        matrix = one.matrix / np.maximum(one.matrix.sum(axis=1, keepdims=True), 1)
        names = one.label_names
        parts += [svg.text(24, y + 34, _title(one), "t h"),
                  svg.text(24, y + 54, f"{100 * one.mean('accuracy'):.1f} % of {len(one.labels):,} test images; each "
                                       "true row sums to 100", "q s")]
        top = y + 74
        for i, label in enumerate(names):
            parts.append(svg.text(left - 10, top + cell * (i + 0.5) + 4, label, "q s", "end"))
            parts.append(svg.text(left + cell * (i + 0.5), top + cell * len(names) + 18, label, "q xs", "middle"))
            for j in range(len(names)):
                place = left + cell * j + 1, top + cell * i + 1
                parts += [svg.box(*place, cell - 2, cell - 2, "empty", 4),
                          svg.box(*place, cell - 2, cell - 2, "cell", 4, float(matrix[i, j]) ** 0.7)]
                if matrix[i, j] >= 0.005:
                    parts.append(svg.text(place[0] + cell / 2 - 1, place[1] + cell / 2 + 4,
                                          f"{100 * matrix[i, j]:.0f}", "t b" if i == j else "t s", "middle"))
        y = top + cell * len(names) + 34
    says = "; ".join(f"{_title(one)}: " + ", ".join(
        f"{name} {100 * value:.0f} % right" for name, value in zip(one.label_names, comparison.recalls([one])[0][0],
                                                                   strict=True)) for one in systems)
    height = TALL if len(systems) > 1 and y <= TALL else int(y + 8)
    return Picture(svg.picture(HALF, height, says, parts), says)


def recall(tree: str, chosen: Sequence[System]) -> Picture:
    """Recall of each expression against how many training images it has, with intervals."""
    width, left, top = HALF, 56, 84
    rows = (len(chosen) + 1) // 2
    bottom = TALL - 96 - 22 * rows
    values, intervals = comparison.recalls(chosen)
    sizes, names = comparison.class_sizes(chosen[0]), chosen[0].label_names
    low, high = log10(max(min(sizes), 1)) - 0.06, log10(max(sizes)) + 0.06

    def y(value: float) -> float:
        return bottom - (bottom - top) * value

    parts = [svg.text(24, 34, "Rare expressions suffer" if _rare_suffer(values, sizes) else
                      "Recall of each expression", "t h"),
             svg.text(24, 54, f"recall on {tree} against training images, 95 % intervals", "q s")]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts += [svg.line(left, y(tick), width - 16, y(tick)),
                  svg.text(left - 8, y(tick) + 4, f"{100 * tick:.0f}", "q s", "end")]
    order = np.argsort(sizes, kind="stable")
    scale = (width - left - 46) / (high - low)
    columns = _apart([left + 14 + scale * (log10(max(sizes[k], 1)) - low) for k in order], 46)
    for x, k in zip(columns, order, strict=True):
        parts += [svg.text(x, bottom + 22, names[k], "t s", "end", -38),
                  svg.text(x + 12, bottom + 32, f"{sizes[k]:,}", "q s", "end", -38)]
        for s in range(len(chosen)):
            shape, colour = SHAPES[s % len(SHAPES)]
            at = x + 7 * (s - (len(chosen) - 1) / 2)
            parts += [svg.line(at, y(intervals[s, k, 0]), at, y(intervals[s, k, 1]), colour.capitalize(), 1.6),
                      svg.mark(at, y(values[s, k]), shape, colour, 4.5)]
    for s, one in enumerate(chosen):
        shape, colour = SHAPES[s % len(SHAPES)]
        place = 40 + 200 * (s % 2), bottom + 92 + 22 * (s // 2)
        parts += [svg.mark(place[0], place[1] - 4, shape, colour, 5),
                  svg.text(place[0] + 12, place[1], f"{NAMES.get(one.system, one.system)}, {one.recipe}", "q s")]
    says = "Recall by expression, fewest training images first: " + "; ".join(
        f"{names[k]} ({sizes[k]:,}) " + ", ".join(f"{one.name} {100 * values[s, k]:.0f} %"
                                                  for s, one in enumerate(chosen)) for k in order)
    return Picture(svg.picture(width, TALL, says, parts), says)


def _tally(judged: Sequence[dict]) -> list[str]:
    """A bar as wide as the picture, one stretch for each verdict."""
    counts, x, parts = _counts(judged), 24.0, []
    room = WIDTH - 48
    for verdict, n in counts.items():
        width = room * n / max(1, sum(counts.values()))
        parts += [svg.box(x, 54, width - 3, 26, COLOURS[verdict], 5),
                  svg.text(x + width / 2, 72, f"{n} {SIGNS[verdict]}" if width > 120 else str(n), "w b", "middle")]
        if width <= 120:
            parts.append(svg.text(x + width / 2, 97, SIGNS[verdict], "q s", "middle"))
        x += width
    return parts


def _counts(judged: Sequence[dict]) -> dict[str, int]:
    found = {verdict: sum(row["verdict"] == verdict for row in judged) for verdict in COLOURS}
    return {verdict: n for verdict, n in found.items() if n}


def _accuracy_row(row: dict, found: dict, y: float, x, right: float, verdict: str | None) -> list[str]:
    system, _, recipe = row["label"].partition("/")
    seeds = f" · {found['seeds']} seeds" if found["seeds"] > 1 else ""
    parts = [svg.text(24, y + 5, NAMES.get(system, system)),
             svg.text(286, y + 5, f"{'as published' if recipe == 'published' else recipe}{seeds}", "q s", "end")]
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


def _verdict_of(row: dict, judged: Sequence[dict]) -> str | None:
    """The verdict of the accuracy claim that this very system and recipe decided."""
    found = [claim["verdict"] for claim in judged if ".accuracy." in claim["id"] and claim["verdict"] in SIGNS
             and f"/{row['label']}/" in str(claim["source"])]
    return found[0] if found else None


def _rare_suffer(values: np.ndarray, sizes: np.ndarray) -> bool:
    """Whether the smallest class has the lowest recall in every system, and classes are uneven."""
    return bool(max(sizes) > 2 * min(sizes) and (values.argmin(axis=1) == np.argmin(sizes)).all())


def _apart(places: Sequence[float], least: float) -> list[float]:
    """Ascending places moved to lie `least` apart: leftwards from the last one, but none beyond the first's place."""
    moved = list(places)
    for k in range(len(moved) - 2, -1, -1):
        moved[k] = min(moved[k], moved[k + 1] - least)
    moved[0] = max(moved[0], places[0])
    for k in range(1, len(moved)):
        moved[k] = max(moved[k], moved[k - 1] + least)
    return moved


def _title(one: System) -> str:
    return f"{NAMES.get(one.system, one.system)}, {'as published' if one.recipe == 'published' else one.recipe}"
