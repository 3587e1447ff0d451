"""One cell of a replication from data to files: train (or resume), choose on validation, read the test split once.

A cell is a system under a recipe and a seed. `run_cell` is idempotent: a finished cell of the same configuration is
loaded, an interrupted one goes on from its checkpoint, so notebooks call it freely and nothing is trained twice.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import nn

from ferkit.core import files, paths, progress, versions
from ferkit.core.errors import InputError
from ferkit.data.face_set import FaceSet
from ferkit.experiments.evaluation import Predictor, evaluate, model_facts, network_predictor, svm_predictor
from ferkit.experiments.profiles import PROFILES, CellPlan
from ferkit.models import svm, weights
from ferkit.results import records
from ferkit.results.records import Cell, CellResult
from ferkit.stats import intervals
from ferkit.stats.intervals import wilson
from ferkit.training import recipes, trainer
from ferkit.training.batching import Split
from ferkit.training.recipes import SVM_SUFFIX, Recipe

TRAINING_NOTEBOOKS = ("02_stn_attention", "03_gap_cnn_svm")
UNTESTED = ("accuracy", "accuracy_without_copies", "n_without_copies", "macro_f1", "uar", "confusion_matrix",
            "accuracy_no_tta", "val_accuracy", "train_accuracy", "robustness")
MOST_EPOCHS = 20  # times the profile's: how far `for_size` lengthens the training of a small set


def plans(profile: str, notebook: str, only: str = "") -> tuple[CellPlan, ...]:
    """What a profile trains in a notebook; of it what `only` names, as "system" or "system/recipe" with commas.

    InputError for a name that no notebook of the profile trains, and where none of them is left here.
    """
    planned = PROFILES[profile].cells.get(notebook, ())
    if not only:
        return planned
    names = {name.strip() for name in only.split(",")}
    known = {name for plan in sum(PROFILES[profile].cells.values(), ())
             for name in (plan.system, f"{plan.system}/{plan.recipe}")}
    if names - known:
        raise InputError(f"cell {min(names - known)!r}: profile {profile} trains {', '.join(sorted(known))}")
    chosen = tuple(plan for plan in planned if names & {plan.system, f"{plan.system}/{plan.recipe}"})
    if not chosen:
        raise InputError(f"{notebook} trains none of {only}; leave it out with --from or --only")
    return chosen


def seeds(profile: str, seed: int, plan: CellPlan | None = None, n_seeds: int = 0) -> range:
    """The seeds that a cell of a profile is trained with, counted up from `seed`; `n_seeds` of them if it is not 0."""
    return range(seed, seed + (n_seeds or (plan and plan.seeds) or PROFILES[profile].seeds))


def run_notebook(notebook: str, faces: FaceSet, run: str, profile: str, seed: int, device: str = "auto", *,
                 epochs: int = 0, batch_size: int = 0, only: str = "", n_seeds: int = 0) -> list[CellResult]:
    """Every cell that the profile plans for a notebook, trained or loaded, in the order of the plan.

    epochs, batch_size: in place of the profile's, for every cell; 0 = as planned. only: see `plans`; n_seeds: `seeds`.
    """
    return [complete(Cell(notebook, plan.system, plan.recipe, k), faces, paths.run_directory(run),
                     recipe_of(plan, profile, train_size(faces), epochs=epochs, batch_size=batch_size),
                     profile=profile, device=device)
            for plan in plans(profile, notebook, only) for k in seeds(profile, seed, plan, n_seeds)]


def run_cell(plan: CellPlan, notebook: str, faces: FaceSet, run: str, profile: str, seed: int,
             device: str = "auto") -> CellResult:
    """The finished cell: loaded if it is there with this configuration, else trained, tested once and written."""
    cell = Cell(notebook, plan.system, plan.recipe, seed)
    return complete(cell, faces, paths.run_directory(run), recipe_of(plan, profile, train_size(faces)), profile=profile,
                    device=device)


def obtain(system: str, recipe: str, faces: FaceSet, run: str, profile: str, seed: int, device: str = "auto"
           ) -> CellResult:
    """The run's own finished cell on the same data, whatever it was configured with; trained as planned if there is
    none. What a notebook calls that analyses a network another notebook trained."""
    for notebook in TRAINING_NOTEBOOKS:
        directory = Cell(notebook, system, recipe, seed).directory(paths.run_directory(run))
        if (directory / records.METRICS).is_file():
            found = records.read_cell(directory)
            if found.metrics["data_sha256"] == faces.content_hash:
                return found
    notebook, plan = find_plan(profile, system, recipe)
    if system.endswith(SVM_SUFFIX):
        obtain(system.removesuffix(SVM_SUFFIX), recipe, faces, run, profile, seed, device)
    return run_cell(plan, notebook, faces, run, profile, seed, device)


def find_plan(profile: str, system: str, recipe: str) -> tuple[str, CellPlan]:
    """The notebook and plan of one cell; InputError if the profile does not train it."""
    for notebook in TRAINING_NOTEBOOKS:
        for plan in plans(profile, notebook):
            if (plan.system, plan.recipe) == (system, recipe):
                return notebook, plan
    raise InputError(f"profile {profile} trains no {system}/{recipe}; choose a larger profile")


def recipe_of(plan: CellPlan, profile: str, n_train: int = 0, *, epochs: int = 0, batch_size: int = 0) -> Recipe:
    """The recipe that trains a plan's network (an SVM's is that of the network under it) at a profile's cost.

    n_train: training images, by which `for_size` lengthens the training of a small set; 0 = the profile's own size.
    epochs, batch_size: in place of the profile's, whatever the size; 0 = as planned.
    """
    system, own = plan.system.removesuffix(SVM_SUFFIX), PROFILES[profile].batch_size
    trained = plan.epochs or find_plan(profile, system, plan.recipe)[1].epochs
    planned = recipes.recipe(system, plan.recipe, epochs=trained)
    if own and not plan.recipe.startswith("published"):
        planned = replace(planned, batch_size=own)
    steps = 4 if (system, plan.recipe[:9]) == ("deep_emotion", "published") else 20
    planned = for_size(planned, n_train, PROFILES[profile].drawn[0], steps)
    return replace(planned, epochs=epochs or planned.epochs, batch_size=batch_size or planned.batch_size)


def for_size(recipe: Recipe, n_train: int, meant_for: int, steps: int = 20) -> Recipe:
    """The recipe for a set that is smaller than the `meant_for` images its epochs were chosen with.

    Epochs are multiplied by half of meant_for ÷ n_train (1 to 20 times): CK+'s 648 images level off after about half
    as many images seen. Batches become smaller (16 at least) where an epoch would have less than so many steps: paper
    B's published network reaches 79 % of CK+'s validation images with batches of 32 and 61 % with 128 in equally many
    epochs. Deep-Emotion's published recipe is content with 4 steps, for it needs its 128: with 32 one seed of CK+ stays
    on one class. A set of `meant_for` images or more (FER2013, the drawn faces) keeps its recipe as it is.
    """
    if not n_train or n_train >= meant_for:
        return recipe
    times = min(max(1.0, meant_for / n_train / 2), MOST_EPOCHS)
    return replace(recipe, epochs=math.ceil(recipe.epochs * times),
                   batch_size=min(recipe.batch_size, max(16, n_train // steps)))


def train_size(faces: FaceSet) -> int:
    """How many images train."""
    return int(np.sum(faces.split == "train"))


def table(cells: list[CellResult]) -> list[dict[str, object]]:
    """One row a cell, for a data frame: what it is, how it ended, what it reaches on validation and test."""
    rows = []
    for cell in cells:
        m = cell.metrics
        low, high = wilson(round(m["accuracy"] * m["n"]), m["n"]) if m["accuracy"] is not None else (None, None)
        rows.append({"system": m["system"], "recipe": m["recipe"], "seed": m["seed"], "status": m["status"],
                     "best epoch": m["best_epoch"], "validation %": _percent(m["val_accuracy"]),
                     "test %": _percent(m["accuracy"]), "from": _percent(low), "to": _percent(high),
                     "without copies %": _percent(m["accuracy_without_copies"]), "macro-F1 %": _percent(m["macro_f1"]),
                     "parameters": m["parameters"], "minutes": round(m["minutes"], 1)})
    return rows


def over_seeds(cells: list[CellResult], order: tuple[tuple[str, str], ...] = ()) -> list[dict[str, object]]:
    """One row for each system and recipe: means over its seeds, their deviation, and what each asks for.

    order: which (system, recipe) in which order; all of them, as they come, without it. Percentages; "test ±" is the
    deviation over seeds, None for one seed; "sees px" is the receptive field.
    """
    groups: dict[tuple[str, str], list[dict]] = {}
    for cell in cells:
        groups.setdefault((cell.cell.system, cell.cell.recipe), []).append(cell.metrics)
    rows = []
    for name in order or tuple(groups):
        group = groups.get(name, [])
        tested = [m for m in group if m["accuracy"] is not None]
        if tested:
            spread = intervals.over_seeds([m["accuracy"] for m in tested])
            rows.append({"system": name[0], "recipe": name[1], "seeds": len(group),
                         "validation %": _percent(float(np.mean([m["val_accuracy"] for m in tested]))),
                         "test %": _percent(spread.mean), "test ±": _percent(spread.sd),
                         "without averaging %": _percent(float(np.mean([m["accuracy_no_tta"] for m in tested]))),
                         "train - test": _percent(float(np.mean([m["train_accuracy"] - m["accuracy"]
                                                                 for m in tested]))),
                         "parameters": tested[0]["parameters"], "sees px": tested[0]["receptive_field"],
                         "minutes": round(float(np.mean([m["minutes"] for m in group])), 1)})
    return rows


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else round(100 * fraction, 1)


def complete(cell: Cell, faces: FaceSet, root: Path, recipe: Recipe, *, profile: str, device: str = "auto",
             ) -> CellResult:
    """`cell` under `root`, made with `recipe`; see :func:`run_cell`."""
    directory = cell.directory(root)
    config = configuration(cell, faces, recipe, profile)
    finished = records.read_whole(directory)
    if finished is not None and versions.same_configuration(finished.metrics.get("config"), config):
        return finished
    digest = config_sha256(config)
    if cell.system.endswith(SVM_SUFFIX):
        return _complete_svm(cell, faces, root, profile, directory, config, digest)
    return _complete_network(cell, faces, recipe, device, directory, config, digest, profile)


def configuration(cell: Cell, faces: FaceSet, recipe: Recipe, profile: str) -> dict[str, object]:
    """Everything that a cell's result follows from, as JSON-able values."""
    config = {"system": cell.system, "recipe": recipe.to_dict(), "seed": cell.seed, "data_sha256": faces.content_hash,
              "protocol": faces.source.get("protocol", "official"),
              "versions": versions.of_training(svm=cell.system.endswith(SVM_SUFFIX))}
    if cell.system.endswith(SVM_SUFFIX):
        config |= {"svm_rows": PROFILES[profile].svm_rows, "svm_search_rows": PROFILES[profile].svm_search_rows}
    return config


def config_sha256(config: dict[str, object]) -> str:
    """The name of a configuration."""
    return files.sha256_of(config)


def _complete_network(cell: Cell, faces: FaceSet, recipe: Recipe, device: str, directory: Path,
                      config: dict[str, object], digest: str, profile: str) -> CellResult:
    chosen = trainer.resolve_device(device)
    train, val = faces.part("train"), faces.part("val")
    k = len(faces.label_names)
    fitted = trainer.fit(
        cell.system, recipe, Split.of(train.images, train.labels, k, chosen, "train", train.targets),
        Split.of(val.images, val.labels, k, chosen, "val"), seed=cell.seed, num_classes=k,
        directory=directory / "checkpoints", name=f"{cell.system}/{cell.recipe}")
    model = fitted.model.cpu()
    predictor = network_predictor(model, recipe.tta)
    facts = {"status": fitted.state, "best_epoch": fitted.best_epoch, "epochs": fitted.epoch,
             "minutes": round(fitted.minutes, 3), "device": str(chosen), "tta": recipe.tta,
             **model_facts(model)}
    result = _test_and_write(cell, faces, predictor, facts, fitted.history, directory, config, digest,
                             lambda path: weights.save(path, model, cell.system, dict(config["recipe"]["model"]),
                                                       label_names=faces.label_names, tta=recipe.tta,
                                                       trained_on=str(faces.source.get("dataset", ""))), profile)
    shutil.rmtree(directory / "checkpoints", ignore_errors=True)
    return result


def _complete_svm(cell: Cell, faces: FaceSet, root: Path, profile: str, directory: Path, config: dict[str, object],
                  digest: str) -> CellResult:
    """The SVM on the frozen features of the network under it; C and gamma are chosen on validation."""
    base = records.read_cell(Cell(cell.notebook, cell.system.removesuffix(SVM_SUFFIX), cell.recipe,
                                  cell.seed).directory(root))
    model, _ = weights.load(base.directory / records.WEIGHTS)
    settings = PROFILES[profile]
    train, val = faces.part("train"), faces.part("val")
    rows = svm.stratified_rows(train.labels, settings.svm_rows, cell.seed)
    progress.note(f"{cell.system}/{cell.recipe} seed {cell.seed}  features of {len(rows)} training images")
    train_features = trainer.infer_features(model, train.images[rows])
    val_features = trainer.infer_features(model, val.images)
    progress.note(f"{cell.system}/{cell.recipe} seed {cell.seed}  search for C and gamma")
    choice = svm.search(train_features, train.labels[rows], val_features, val.labels, settings.svm_search_rows,
                        cell.seed, num_classes=len(faces.label_names))
    progress.note(f"{cell.system}/{cell.recipe} seed {cell.seed}  fit with C {choice.C:g}, gamma {choice.gamma:.2g}")
    head = svm.fit(train_features, train.labels[rows], choice.C, choice.gamma, num_classes=len(faces.label_names))
    progress.note(f"{cell.system}/{cell.recipe} seed {cell.seed}  other kernels")
    test = faces.part("test")
    test_features = trainer.infer_features(model, test.images)
    beside = [_other_kernel(kernel, (train_features, train.labels[rows]), (val_features, val.labels),
                            (test_features, test.labels), settings.svm_search_rows, cell.seed, len(faces.label_names))
              for kernel in svm.KERNELS if kernel != head.kernel]
    facts = {"status": "finished", "best_epoch": base.metrics["best_epoch"], "epochs": base.metrics["epochs"],
             "minutes": base.metrics["minutes"], "device": base.metrics["device"], "tta": "none", **model_facts(model),
             "svm": {"kernel": head.kernel, "C": choice.C, "gamma": choice.gamma, "support_vectors": len(head.points),
                     "search": list(choice.table), "beside": beside},
             "features_of": base.cell.name, "features_sha256": base.metrics["weights_sha256"]}
    return _test_and_write(cell, faces, svm_predictor(model, head), facts, base.history, directory, config, digest,
                           head.save, profile)


def _other_kernel(kernel: str, train: tuple, val: tuple, test: tuple, search_rows: int, seed: int, k: int
                  ) -> dict[str, object]:
    """A machine of another kernel on the same features, chosen in the same way: what it reaches, and its seconds.

    train, val, test: (features (N, D), labels (N,)). Its test score decides nothing.
    """
    started = time.monotonic()
    choice = svm.search(*train, *val, search_rows, seed, kernel=kernel, num_classes=k)
    head = svm.fit(*train, choice.C, choice.gamma, kernel, num_classes=k, seed=seed)
    accuracies = {f"{name}accuracy": float(np.mean(head.votes(x) == y)) for name, (x, y) in (("val_", val), ("", test))}
    return {"kernel": kernel, "C": choice.C, "gamma": choice.gamma, **accuracies,
            "seconds": round(time.monotonic() - started, 1)}


def _test_and_write(cell: Cell, faces: FaceSet, predictor: Predictor, facts: dict[str, object], history: list[dict],
                    directory: Path, config: dict[str, object], digest: str, save: Callable[[Path], None],
                    profile: str) -> CellResult:
    """Evaluate (the one read of the test split) and write the cell; a run that never got as far is written as that."""
    progress.note(f"{cell.system}/{cell.recipe} seed {cell.seed}  test")
    facts = {"system": cell.system, "recipe": cell.recipe, "seed": cell.seed, "config": config,
             "config_sha256": digest, **facts}
    if facts["status"] == "diverged" and not facts["best_epoch"]:  # nothing was ever validated: nothing to test
        nothing = dict.fromkeys(UNTESTED) | {
            "dataset": faces.source["dataset"], "data_sha256": faces.content_hash, "protocol": config["protocol"],
            "split": "test", "n": int(np.sum(faces.split == "test")), "n_train": int(np.sum(faces.split == "train")),
            "test_reads": 0}
        return records.write_cell(directory, metrics=facts | nothing, predictions=None, history=history, weights=save)
    damaged = cell.recipe == "control" or (cell.recipe == "ours" and cell.system in PROFILES[profile].robustness)
    measured, predictions = evaluate(predictor, facts, faces, robustness_images=PROFILES[profile].robustness_images
                                     if damaged else None)
    return records.write_cell(directory, metrics=measured, predictions=predictions, history=history, weights=save)


def load_model(result: CellResult) -> nn.Module:
    """The network of a finished cell (the one under it for an SVM), in eval mode on the CPU."""
    records.check_weights(result)
    directory = result.directory
    if result.cell.system.endswith(SVM_SUFFIX):
        directory = directory.parents[2] / result.metrics["features_of"]
    return weights.load(directory / records.WEIGHTS)[0]


def load_predictor(result: CellResult) -> Predictor:
    """A finished cell as functions, with the test-time averaging it was scored with."""
    model = load_model(result)
    if result.cell.system.endswith(SVM_SUFFIX):
        return svm_predictor(model, svm.SvmHead.load(result.directory / records.WEIGHTS))
    return network_predictor(model, result.metrics["tta"])
