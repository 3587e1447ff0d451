"""Experiments of a run: a system under one recipe, all its seeds, with how it was trained, selected and tested."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ferkit import papers
from ferkit.core import paths
from ferkit.reporting import names
from ferkit.reporting.html_report.page import percent, short_hash
from ferkit.reporting.html_report.run_files import RunFiles
from ferkit.results import provenance
from ferkit.results.records import METRICS, Result
from ferkit.results.tree import by_system, mean, over_seeds, validation
from ferkit.stats import classification

FILES = (METRICS, "predictions.npz", "history.csv", "weights.safetensors", "MODEL_CARD.md")
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}
SCHEDULES = {"constant": "constant rate", "cosine": "cosine schedule", "onecycle": "one cycle", "step": "steps"}


def by_notebook(run: RunFiles) -> dict[str, list[dict]]:
    """Each notebook's experiments, as `experiment` tells them."""
    stems = sorted({one.key.notebook for one in run.results})
    return {stem: [experiment(run, group) for group in
                   by_system(one for one in run.results if one.key.notebook == stem).values()] for stem in stems}


def experiment(run: RunFiles, seeds: Sequence[Result]) -> dict:
    """{system, recipe, statuses, seeds: [{seed, directory, files, …}], facts: [(name, text)], recipe_facts} and the
    means of `results.tree.over_seeds`."""
    m = seeds[0].metrics
    config = m.get("config") if isinstance(m.get("config"), dict) else {}
    recipe = config.get("recipe") if isinstance(config.get("recipe"), dict) else {}
    return over_seeds(seeds) | {
        "system": m["system"], "recipe": m["recipe"],
        "statuses": list(dict.fromkeys(one.metrics.get("status") for one in seeds)),
        "each": [_seed(run, one) for one in seeds], "facts": _facts(run, seeds, config, recipe),
        "recipe_facts": {key: value for key, value in recipe.items() if key != "augmentation"}}


def headlines(run: RunFiles) -> list[dict]:
    """One card for each paper whose systems (ablations aside) are in the run: the recipe that validation chose, beside
    the paper's number.

    {family, experiment (None where nothing was tested), status, paper (its number here, None where it gives none),
    majority (share of the majority class)}.
    """
    cards = []
    for paper in papers.all():
        systems = [one.name for one in paper.systems if one.role != "ablation"]
        own = [one for one in run.results if one.key.system in systems]
        groups = by_system(one for one in own if one.metrics.get("accuracy") is not None)
        if not own:
            continue
        best = max(groups.values(), key=validation, default=None)
        stated = next((claim.get("expected") for claim in run.claims
                       if claim.get("id") == f"{paper.id}.accuracy.{papers.compared_with(own[0].metrics)}"), None)
        cards.append({"family": paper.display, "experiment": best and experiment(run, best), "paper": stated,
                      "status": own[0].metrics.get("status"), "majority": best and classification.majority_share(
                          np.asarray(best[0].metrics["confusion_matrix"]))})
    return cards


def reads_features(metrics: dict) -> bool:
    """Whether a system is given what a published network sees in each frame: those over time, but of points."""
    paper = papers.of_system(metrics["system"])
    over_time = paper is not None and paper.notebook is not None and paper.notebook.over_time
    return over_time and metrics.get("dataset") not in paths.WITHOUT_IMAGES


def _pretraining(metrics: dict) -> str:
    start = metrics.get("initial")
    return start["name"] if start else "that of the features" if reads_features(metrics) else "none"


def _facts(run: RunFiles, seeds: Sequence[Result], config: dict, recipe: dict) -> list[tuple[str, object]]:
    """What was recorded of an experiment, in words; None where nothing was."""
    m, metrics = seeds[0].metrics, [one.metrics for one in seeds]
    best = ", ".join(str(one["best_epoch"]) for one in metrics if one.get("best_epoch")) or "–"
    tta = str(m.get("tta"))
    if m.get("tta") not in (None, "none"):
        tta += f" (without: {percent(mean(metrics, 'accuracy_no_tta'))})"
    train = f"{m['n_train']:,} training, " if m.get("n_train") else ""
    hardware = dict.fromkeys(filter(None, (m.get("device"), run.manifest.get("gpu") or run.manifest.get("cpu"))))
    ends = dict.fromkeys(one.get("status") for one in metrics)
    return [("data", names.dataset(m.get("dataset"))),
            ("split", f"{m.get('protocol')}: {train}{m.get('n') or 0:,} test images"),
            ("selected by", f"validation accuracy: epoch {best} of {m.get('epochs') or '–'}"
                            + ("; C and γ on validation" if m.get("svm") else "")),
            ("training", _training(recipe)),
            ("augmentation", augmentation(recipe.get("augmentation")) if recipe else None),
            ("pretraining", _pretraining(m)),
            ("test-time augmentation", tta),
            ("seeds", len(seeds)),
            ("test split evaluated", f"{m['test_reads']} × a seed" if m.get("test_reads") else None),
            ("parameters", f"{m['parameters']:,}" if m.get("parameters") else None),
            ("layers with weights", m.get("weight_layers")), ("hardware", " · ".join(hardware)),
            ("minutes a seed", f"{mean(metrics, 'minutes') or 0:.1f}"), ("UAR", percent(mean(metrics, "uar"))),
            ("calibration error", percent(mean(metrics, "ece"))),
            ("outcome", "; ".join(names.STATUSES.get(end, str(end)) for end in ends)),
            ("data sha256", short_hash(m.get("data_sha256"))),
            ("code versions", ", ".join(f"{name} {k}" for name, k in (config.get("versions") or {}).items()))]


def _seed(run: RunFiles, one: Result) -> dict:
    """One seed's numbers with the files, commit and command that they come from."""
    name = provenance.name_of(run.directory.absolute(), one)
    return {"seed": one.key.seed, "directory": one.directory, "val_accuracy": one.metrics.get("val_accuracy"),
            "accuracy": one.metrics.get("accuracy"), "predictions_sha256": one.metrics.get("predictions_sha256"),
            "files": [file for file in FILES if (one.directory / file).is_file()], "commit": run.made.commit(name),
            "command": run.made.command(name), "again": provenance.evaluate_command(run.directory, one)}


def _training(recipe: dict) -> str | None:
    """A recipe's optimiser in a line."""
    if not recipe:
        return None
    extras = [f"weight decay {recipe['weight_decay']:g}" if recipe.get("weight_decay") else "",
              f"λ {recipe['penalty']:g}" if recipe.get("penalty") else "",
              f"smoothing {recipe['label_smoothing']:g}" if recipe.get("label_smoothing") else "",
              f"EMA {recipe['ema']:g}" if recipe.get("ema") else "",
              recipe["loss"].replace("_", " ") if recipe.get("loss", "cross_entropy") != "cross_entropy" else "",
              "class weights" if recipe.get("class_weights", "none") != "none" else "",
              "balanced sampling" if recipe.get("sampling", "shuffle") != "shuffle" else "",
              recipe.get("precision", "")]
    words = [f"{OPTIMIZERS.get(recipe.get('optimizer'), recipe.get('optimizer'))} {recipe.get('lr', 0):g}",
             SCHEDULES.get(recipe.get("schedule"), recipe.get("schedule")),
             f"batch {recipe['batch_size']}" if recipe.get("batch_size") else "", *extras]
    return ", ".join(word for word in words if word)


def augmentation(values: object) -> str:
    """How images are varied in training, in a line; "none" where they are not."""
    if not isinstance(values, dict):
        return "none"
    words = {"flip": lambda v: f"mirror {100 * v:.0f} %", "rotation": lambda v: f"±{v:g}°",
             "scale": lambda v: f"scale ±{100 * v:g} %", "shift": lambda v: f"shift ±{100 * v:g} %",
             "crop": lambda v: f"crop {v:g} pixels", "brightness": lambda v: f"brightness ±{100 * v:g} %",
             "contrast": lambda v: f"contrast ±{100 * v:g} %", "erase": lambda v: f"erase {100 * v:.0f} %",
             "mixup": lambda v: f"mixup {v:g}"}
    return ", ".join(say(values[key]) for key, say in words.items() if values.get(key)) or "none"
