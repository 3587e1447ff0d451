"""The figures of a published tree, drawn from its trained systems when the page is made: none lie in it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from ferkit import papers
from ferkit.analysis import comparison, label_agreement
from ferkit.claims.rules.learning_rates import DIVERGES
from ferkit.core.errors import InputError
from ferkit.reporting import figures, names
from ferkit.reporting.figures import dataset as data_figures
from ferkit.results import occlusions
from ferkit.results.records import Result
from ferkit.results.tree import validation

DATA, COMPARED = "01_data_preparation", "05_confusion_comparison"


def of(results: Sequence[Result], root: Path) -> dict[str, list[dict]]:
    """Entries as `figures.load_all` gives them, by notebook; {} where no trained system was tested."""
    found: dict[str, list[dict]] = {}
    for notebook, name, title, caption, fig in (*_labels(results), *_all(results), *_occlusion(root)):
        entries = found.setdefault(notebook, [])
        entries.append({"name": name, "title": title, "caption": caption, "order": len(entries) + 1,
                        "figure": json.loads(fig.to_json()), "path": Path(name)})
    return found


def _all(results: Sequence[Result]) -> Iterator[tuple[str, str, str, str, go.Figure]]:
    """(notebook, name, title, caption, figure), in order."""
    systems = comparison.systems(results, papers.main_systems())
    for notebook in sorted({result.key.notebook for result in results}):
        every = [result for result in results if result.key.notebook == notebook]
        own = [result for result in every if result.key.recipe in comparison.RECIPES] or every  # a sweep has neither
        first = [result for result in own if result.key.seed == min(c.key.seed for c in own)]
        if any(result.history for result in first):
            yield (notebook, "learning_curves", "Learning curves",
                   "Dotted on training, solid on validation; the ring marks the epoch that validation chose. A gap "
                   "that opens between the two is over-fitting.", figures.learning_curves(first))
        yield from _learning_rates(notebook, every)
        if any(result.metrics.get("robustness") for result in first):
            yield (notebook, "robustness", "Accuracy on corrupted images",
                   "Flat is robust; strength 0 (brightness 1) is the untouched image.", figures.robustness(first))
    if systems:
        yield from _compared(systems)
    changes = comparison.class_imbalance_changes(results, papers.ablation("class_imbalance"))
    if changes:
        yield (COMPARED, "class_imbalance", "Class-imbalance methods, against plain training",
               "Blue right of zero: the rare classes gain; orange left of it: the others pay. Changes at the same "
               "seeds, with their 95 % intervals.", figures.class_imbalance_changes(changes))


def _labels(results: Sequence[Result]) -> Iterator[tuple[str, str, str, str, go.Figure]]:
    """How far ten taggers agree with FER2013's labels, and systems where they do and do not; nothing for other data."""
    try:
        systems = label_agreement.by_system(label_agreement.replicated(results, papers.main_systems()))
    except InputError:
        return
    answers, top = label_agreement.by_label(), label_agreement.ceiling()
    yield (DATA, "label_agreement", "Ten taggers and FER2013's labels",
           "Long bars of the third kind: labels that nobody saw there. By FER2013's labels the plurality of ten "
           f"is right for {top['ten_people']:.1%} of PrivateTest, at least one of ten for {top['any_of_ten']:.1%}.",
           data_figures.shares([row["label"] for row in answers], label_agreement.by_group(answers),
                               "images of the label"))
    yield (DATA, "label_systems", "Where the taggers confirm, contradict or never name the label",
           "Accuracy by FER2013's labels, means over seeds. What is right on labels that nobody named was not learned "
           "from what people see.",
           data_figures.shares([figures.result_name(row) for row in systems],
                               label_agreement.by_group(systems), "accuracy"))


def _occlusion(root: Path) -> Iterator[tuple[str, str, str, str, go.Figure]]:
    """What the analyses in the tree say about places, of each system's first seed; a damaged one is left out."""
    shown: set[tuple[str, str]] = set()
    for path in occlusions.summaries(root):
        system, recipe, seed = path.parts[-4:-1]
        if (system, recipe) in shown:
            continue
        name = names.result(system, recipe, int(seed.removeprefix("seed")))
        try:
            summary = json.loads(path.read_text(encoding="utf-8"))
            with np.load(path.with_name(occlusions.MAPS), allow_pickle=False) as archive:
                drawn = figures.occlusion_pictures(summary, archive, name)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            continue
        shown.add((system, recipe))
        for one in drawn.values():
            yield occlusions.NOTEBOOK, f"{one['name']}_{recipe}_{seed}", one["title"], one["caption"], one["fig"]


def _compared(systems: Sequence[comparison.System]) -> Iterator[tuple[str, str, str, str, go.Figure]]:
    chosen, dataset = comparison.best_of_each(systems), papers.compared_with(systems[0].metrics)
    labels, names = systems[0].label_names, [figures.result_name(one.metrics) for one in chosen]
    recalls, intervals = comparison.recalls(chosen)
    yield (COMPARED, "accuracy", "Accuracy beside the papers",
           "Dots are ours with their 95 % interval, rings on test images without a copy in training; a diamond "
           "outside the interval is a real difference. The grey band is human accuracy, where it was measured.",
           figures.accuracy_dots(comparison.beside_paper(systems, papers.stated_accuracies(dataset)),
                                 human=papers.human_accuracy(dataset)))
    yield (COMPARED, "matrices", "Confusion matrices side by side",
           "A dark column off the diagonal is an answer given too easily.",
           figures.confusion_matrices(chosen, label_names=labels))
    ranked = sorted(chosen, key=lambda one: validation(one.results))
    if len(ranked) > 1:
        stars = comparison.significant_cells(ranked[-1], ranked[0])
        yield (COMPARED, "difference", "Where the best system differs from the weakest",
               "Blue on the diagonal and orange beside it: the first system is better there. ★ is beyond chance "
               "(McNemar, Holm over all cells).",
               figures.confusion_difference(ranked[-1], ranked[0], stars, label_names=labels))
    yield (COMPARED, "recall", "Recall of each expression",
           "One group of bars an expression, one bar a system, with 95 % intervals.",
           figures.recall_bars(names, recalls, intervals, support=chosen[0].matrix.sum(axis=1), label_names=labels))
    yield (COMPARED, "class_size", "Recall against class size",
           "Each column of marks is one expression at its number of training images; where they rise to the right, "
           "rare classes pay.",
           figures.recall_against_class_size(names, comparison.class_sizes(chosen[0]), recalls, label_names=labels))
    if len(chosen) > 1:
        yield (COMPARED, "agreement", "Agreement between systems",
               "Percent of test images with the same answer, right or wrong; on the diagonal two seeds of one system.",
               figures.agreement(names, comparison.agreement(chosen)))
    curves = comparison.reliability(chosen)
    if curves:
        yield (COMPARED, "calibration", "Calibration",
               "Large marks hold many images; on the diagonal confidence is what it says, below it the system is surer "
               "than right.", figures.calibration(curves))


def _learning_rates(notebook: str, results: Sequence[Result]) -> Iterator[tuple[str, str, str, str, go.Figure]]:
    """The published recipe of a system and its probes, with the rates that its claim names; nothing without a probe."""
    for system in dict.fromkeys(result.key.system for result in results if _is_probe(result)):
        rows = [((result.metrics.get("config") or {}).get("recipe", {}).get("lr"), result.metrics["val_accuracy"],
                 result.metrics["status"]) for result in results
                if result.key.system == system and (result.key.recipe == "published" or _is_probe(result))]
        rates, accuracies, statuses = ([row[k] for row in rows if row[0]] for k in range(3))
        stated = next((claim.parameters for claim in papers.claims()
                       if claim.rule is DIVERGES and claim.parameters["system"] == system), {})
        if rates:
            yield (notebook, "learning_rates", "Which learning rates train",
                   "A cross is a run that diverged or collapsed" + (
                       "; the paper says that every rate in the shaded part does." if stated else "."),
                   figures.learning_rate_probe(rates, accuracies, statuses, paper_rate=stated.get("rate"),
                                               paper_limit=stated.get("limit")))


def _is_probe(result: Result) -> bool:
    """Whether a result belongs to a probe of learning rates, by what its paper declares."""
    named = papers.recipes().get((result.key.system, result.key.recipe))
    return named is not None and named.role == "probe"
