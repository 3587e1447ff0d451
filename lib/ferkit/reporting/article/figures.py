"""The figures of an article as SVG, drawn from published results; each says in words what it shows.

Only numbers are drawn: means over images, never an image.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from ferkit.analysis import comparison
from ferkit.core.errors import InputError
from ferkit.core.names import Name
from ferkit.core.units import Unit, percent
from ferkit.reporting import judged, names
from ferkit.reporting.readme import pictures, svg
from ferkit.reporting.readme.pictures import Picture
from ferkit.results import occlusions, robustness
from ferkit.results.records import Result
from ferkit.results.tree import by_system, published_tree

WIDTH = 860
LOOKS = (("blue", "Blue"), ("orange", "Orange"), ("green", "Green"), ("amber", "Amber"))
PALE, BLUE, ORANGE = (241, 244, 248), (79, 155, 214), (213, 94, 0)


def results_of(tree: str, name: Name) -> list[Result]:
    """The published seeds of a system and recipe; InputError where there are none."""
    found = by_system(published_tree(tree).results).get(tuple(name))
    if not found:
        raise InputError(f"results/{tree}: no {'/'.join(name)}, though an article speaks of it")
    return sorted(found, key=lambda result: result.key.seed)


def accuracies(tree: str, systems: Sequence[str]) -> Picture:
    """Each system's accuracy with its interval beside the number that its paper states."""
    rows = list(judged.on_first_dataset().values()) if tree == judged.FIRST else judged.judged(published_tree(tree))
    drawn = pictures.accuracies(tree.partition("-")[0], rows, judged.summarised(published_tree(tree).results, systems))
    return Picture(_on_paper(drawn.svg), drawn.says)


def learning_curves(tree: str, systems: Sequence[Name], stated: Mapping[str, float]) -> Picture:
    """Validation accuracy after each epoch, a thin line a seed, and the numbers that were stated, dashed."""
    curves = {tuple(name): [[(row["epoch"], row["val_accuracy"]) for row in result.history
                             if isinstance(row.get("val_accuracy"), float)] for result in results_of(tree, name)]
              for name in systems}
    points = [point for runs in curves.values() for run in runs for point in run]
    top = max(*(y for _, y in points), *stated.values())
    last = max(e for e, _ in points)
    x, y, parts = svg.axes((70, 30, WIDTH - 40, 330), (0, last), (0.1, np.ceil(20 * top) / 20), x_step=_step(last),
                           y_step=0.1, below="epoch")
    for says, value in stated.items():
        parts += [svg.line(x(0), y(value), WIDTH - 40, y(value), "Grey", 1.2, "5 4"),
                  svg.text(WIDTH - 46, y(value) - 6, f"{says}: {Unit.FRACTION.format(value)}", "q s", "end")]
    for k, (name, runs) in enumerate(curves.items()):
        stroke = LOOKS[k][1]
        parts += [svg.path([(x(e), y(v)) for e, v in run], stroke, 1.6) for run in runs]
        parts += [svg.line(80 + 260 * k, 388, 104 + 260 * k, 388, stroke, 3),
                  svg.text(112 + 260 * k, 392, names.run(*name), "t s")]
    ends = "; ".join(f"{names.run(*name)} ends at {percent(np.mean([run[-1][1] for run in runs]))}"
                     for name, runs in curves.items())
    return _picture(410, f"Validation accuracy by epoch: {ends}", parts)


def differences(rows: Iterable[tuple[str, Mapping]]) -> Picture:
    """Claims about differences: what was found, its 95 % interval, and that of one new run (thin).

    rows: what each is called, and its row of ``claims.judge``.
    """
    rows = list(rows)
    ends = [end for _, row in rows for pair in (row["interval"], row["prediction_interval"]) if pair for end in pair]
    low, high = np.floor(10 * min(ends)) / 10, np.ceil(10 * max(ends)) / 10
    bottom = 30 + 32 * len(rows)
    x, _, parts = svg.axes((350, 20, WIDTH - 150, bottom), (low, high), x_step=0.1, below="percentage points",
                           says=lambda value: f"{100 * value:+.0f}" if round(100 * value) else "0")
    parts.append(svg.line(x(0), 16, x(0), bottom, "axis", 1.6))
    for k, (says, row) in enumerate(rows):
        at, colour = 20 + 32 * (k + 0.5), pictures.COLOURS[row["verdict"]]
        for pair, width in ((row["prediction_interval"], 1), (row["interval"], 4)):
            if pair:
                parts.append(svg.line(x(pair[0]), at, x(pair[1]), at, colour.capitalize(), width))
        parts += [svg.text(340, at + 5, says, "t s", "end"), svg.mark(x(row["observed"]), at, "dot", colour, 5.5),
                  svg.text(WIDTH - 140, at + 5, names.verdict(row["verdict"]), f"{colour} s")]
    found = "; ".join(f"{says} {Unit.POINTS.format(row['observed'])} ({names.verdict(row['verdict'])})"
                      for says, row in rows)
    return _picture(bottom + 50, found, parts)


def confusion(tree: str, name: Name) -> Picture:
    """The confusion matrix, mean over seeds, each row as shares of its true class."""
    (one,) = comparison.systems(results_of(tree, name), [name[0]], [name[1]])
    shares = one.matrix / one.matrix.sum(axis=1, keepdims=True).clip(1)
    side, left, top = 62, 200, 50
    parts = [svg.text(left + side * len(shares) / 2, 22, "predicted", "q s", "middle"), svg.text(24, 22, "true", "q s")]
    for i, label in enumerate(one.label_names):
        parts += [svg.text(left - 12, top + side * 0.62 * (i + 0.5) + 4, f"{label} ({round(one.matrix[i].sum())})",
                           "t s", "end"),
                  svg.text(left + side * (i + 0.5), 42, label, "t s", "middle")]
        for j, share in enumerate(shares[i]):
            at = left + side * j, top + side * 0.62 * i
            parts += [_shade(*at, side - 2, side * 0.62 - 2, share, BLUE),
                      svg.text(at[0] + side / 2 - 1, at[1] + side * 0.31 + 4, f"{100 * share:.0f}",
                               "t s b" if i == j else "t s", "middle")]
    says = f"Confusion matrix of {names.run(*name)}, percent of each true class; recall " + ", ".join(
        f"{label} {100 * shares[k, k]:.0f} %" for k, label in enumerate(one.label_names))
    return _picture(int(top + side * 0.62 * len(shares) + 24), says, parts, left + side * len(shares) + 24)


def corruptions(tree: str, systems: Sequence[Name], seed: int = 0) -> Picture:
    """Accuracy under each kind of corruption at its strengths, from a single view, one seed."""
    found = {}
    for name in systems:
        (result,) = [result for result in results_of(tree, name) if result.key.seed == seed]
        measured = robustness.single_view(result)
        if measured is None:
            raise InputError(f"results/{tree}: {result.key.name} has no score on corrupted images from a single view")
        found[tuple(name)] = measured
    kinds: dict[str, list[str]] = {}
    for key in next(iter(found.values())).corruptions:
        kinds.setdefault(key.rpartition("_")[0], []).append(key.rpartition("_")[2])
    parts = []
    for k, (kind, strengths) in enumerate(kinds.items()):
        left, top = 60 + 275 * (k % 3), 34 + 190 * (k // 3)
        x, y, axes = svg.axes((left, top, left + 215, top + 120), (-0.3, len(strengths) + 0.3), (0, 0.8), y_step=0.2)
        parts += [*axes, svg.text(left, top - 10, kind, "t s b"),
                  *(svg.text(x(s), top + 138, says, "q xs", "middle") for s, says in enumerate(("none", *strengths)))]
        for (fill, stroke), one in zip(LOOKS, found.values(), strict=False):
            values = [one.clean, *(one.corruptions[f"{kind}_{strength}"] for strength in strengths)]
            parts += [svg.path([(x(s), y(v)) for s, v in enumerate(values)], stroke, 2),
                      *(svg.mark(x(s), y(v), "dot", fill, 3) for s, v in enumerate(values))]
    bottom = 34 + 190 * ((len(kinds) + 2) // 3)
    for k, name in enumerate(found):
        parts += [svg.line(80 + 260 * k, bottom - 14, 104 + 260 * k, bottom - 14, LOOKS[k][1], 3),
                  svg.text(112 + 260 * k, bottom - 10, names.run(*name), "t s")]
    says = "Accuracy on corrupted images: " + "; ".join(
        f"{names.run(*name)} {percent(np.mean(list(one.corruptions.values())))} on average, {percent(one.clean)} on "
        "clean images" for name, one in found.items())
    return _picture(bottom + 6, says, parts)


def analyses(tree: str, name: Name) -> list[Path]:
    """The occlusion.json of each seed of a system; InputError where there is none."""
    found = occlusions.summaries(published_tree(tree).root, *name)
    if not found:
        raise InputError(f"results/{tree}: no occlusion analysis of {'/'.join(name)}, though an article shows it")
    return found


def occlusion(tree: str, name: Name) -> Picture:
    """For each expression the true class's probability lost under each window, mean over images and seeds."""
    maps = []
    for place in analyses(tree, name):
        with np.load(place.with_name(occlusions.MAPS), allow_pickle=False) as archive:
            maps.append(archive["window_probability_drop"])
            labels = [str(label) for label in archive["label_names"]]
    lost = np.mean(maps, axis=0)  # (K, rows, columns)
    most, side, parts = float(np.nanmax(lost)), 9.6, []
    for k, label in enumerate(labels):
        left, top = 20 + 120 * k, 40
        rows, columns = lost[k].shape
        parts += [svg.text(left, 28, label, "t s b"), svg.box(left, top, columns * side, rows * side, "empty")]
        parts += [_shade(left + side * j, top + side * i, side, side, lost[k, i, j] / most, ORANGE)
                  for i in range(rows) for j in range(columns) if lost[k, i, j] > 0.03 * most]
    parts.append(svg.text(20, 40 + side * rows + 24, f"full colour: {100 * most:.0f} points of probability lost; rows "
                          "and columns are the window's places from the top left", "q s"))
    peaks = ", ".join(f"{label} {100 * np.nanmax(lost[k]):.0f} points" for k, label in enumerate(labels))
    return _picture(int(40 + side * rows + 40),
                    f"Occlusion maps of {names.run(*name)}; most lost under one window: {peaks}", parts)


def _shade(x: float, y: float, width: float, height: float, share: float, full: tuple[int, int, int]) -> str:
    """A rectangle between nearly white (share 0) and a full colour (1). Mixed here: transparency makes PDFs large."""
    colour = "".join(f"{round(light + (dark - light) * float(np.clip(share, 0, 1))):02x}"
                     for light, dark in zip(PALE, full, strict=True))
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="#{colour}"/>'


def _step(last: int) -> int:
    """Epochs from one tick to the next, of 1, 2, 5, 10, …: the fewest that leave at most eight labels from 0 on."""
    return next(step for power in count() for step in (10**power, 2 * 10**power, 5 * 10**power) if last < 8 * step)


def _picture(height: float, says: str, parts: Iterable[str], width: float = WIDTH) -> Picture:
    return Picture(_on_paper(svg.picture(int(width), int(height), says, parts)), says)


def _on_paper(drawn: str) -> str:
    """A drawing in the article's font, larger, without dark colours and without signs that this font lacks."""
    drawn = drawn.replace(svg.DARK, "").replace('class="grey s"', 'class="q s"')
    drawn = re.sub(r"font-family: [^;]+;", "font-family: 'Libertinus Serif', 'Times New Roman', Times, serif;", drawn)
    for small, larger in (("14px", "16px"), ("12px", "14px"), ("10.5px", "13px")):
        drawn = drawn.replace(f"font-size: {small}", f"font-size: {larger}")
    for sign, words in names.VERDICTS.values():
        drawn = drawn.replace(f"{sign} {words}", words)
    return drawn
