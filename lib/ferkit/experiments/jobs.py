"""One job from data to files: train (or resume), choose on validation, read the test split once.

`run` is idempotent: a finished system of the same configuration is loaded, an interrupted one goes on from its
checkpoint, so notebooks call it freely and nothing is trained twice.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch import nn

from ferkit.core import files, progress, versions
from ferkit.core.errors import InputError
from ferkit.data import label_noise
from ferkit.data.face_set import FaceSet, trained_on
from ferkit.experiments import initial, planted, robustness
from ferkit.experiments.evaluation import (
    CountedSplits,
    Predictor,
    evaluate,
    features_of,
    head_predictor,
    network_predictor,
    network_under,
    rounded,
)
from ferkit.experiments.fitting import fit
from ferkit.experiments.plan import CHECKPOINTS, Job
from ferkit.experiments.system import System
from ferkit.models import facts, inference, weights
from ferkit.results import records
from ferkit.results.predictions import softmax
from ferkit.results.records import Result
from ferkit.training.trainer import Fit, OtherRun

UNTESTED = ("accuracy", "accuracy_without_copies", "n_without_copies", "macro_f1", "uar", "confusion_matrix",
            "accuracy_no_tta", "val_accuracy", "train_accuracy", "robustness")
Systems = Callable[[str], System]  # from a name to the system: `ferkit.papers.system`


class Paused(Exception):
    """A training stopped at its time limit. epoch: completed; minutes: of training so far."""

    def __init__(self, epoch: int, minutes: float) -> None:
        super().__init__(f"paused after {epoch} epochs")
        self.epoch, self.minutes = epoch, minutes


def run(job: Job, faces: FaceSet, root: Path, *, device: str = "auto", max_minutes: float | None = None,
        **options: object) -> Result:
    """The finished job under `root`: loaded if it is there with this configuration, else trained, tested once and
    written. A head needs its network's result there. Raises `Paused` where `max_minutes` end first. options: further
    ones of `trainer.fit` (on_epoch).
    """
    directory, config = job.key.directory(root), configuration(job, faces)
    finished = records.read_whole(directory)
    if (finished is not None and versions.same_configuration(finished.metrics.get("config"), config)
            and not _network_changed(job, finished, root)):
        _complete(job, finished, faces)
        return finished
    faces = CountedSplits(faces)
    if job.system.head:
        return _run_head(job, faces, root, directory, config)
    return _run_network(job, faces, device, directory, config, {"max_minutes": max_minutes, **options})


def _network_changed(job: Job, finished: Result, root: Path) -> bool:
    """Whether a head was fitted on features of other weights than those of the network that is there now."""
    path = job.under and job.under.key.directory(root) / records.WEIGHTS
    return bool(path) and path.is_file() and files.sha256(path) != finished.metrics["features_sha256"]


def _complete(job: Job, finished: Result, faces: FaceSet) -> None:
    """Do what an interruption between the result and the removal of its checkpoints left undone."""
    checkpoints = finished.directory / CHECKPOINTS
    if checkpoints.is_dir():
        if finished.predictions:
            _measure_more(job, finished, load_predictor(finished, lambda _: job.system), faces)
        shutil.rmtree(checkpoints, ignore_errors=True)


def configuration(job: Job, faces: FaceSet) -> dict[str, object]:
    """Everything that a job's result follows from, as JSON-able values: the key of finished work."""
    network, head = job.base or job.system, job.system.head_kind if job.system.head else None
    config = {"system": job.system.name, "recipe": job.recipe.to_dict(), "seed": job.seed,
              "data_sha256": faces.content_hash, "protocol": faces.source.get("protocol", "official"),
              "versions": versions.of_training(network.version, head.version if head else 0),
              **initial.noted(job.recipe)}
    if job.recipe.method and not job.system.features:
        config["versions"]["method"] = network.method(job.recipe).version
    if head:
        config |= {"svm_rows": 0, "svm_search_rows": job.head_search_rows}  # rows: 0, fitted on all, as results say
        if job.recipe.label_noise:  # heads learned true labels before
            config["versions"]["label_noise"] = 1
    return config


def _run_network(job: Job, faces: FaceSet, device: str, directory: Path, config: dict[str, object],
                 options: dict[str, object]) -> Result:
    options |= {"device": device, "seed": job.seed, "directory": directory / CHECKPOINTS,
                "name": f"{job.system.name}/{job.recipe_name}"}
    try:
        fitted = fit(job.system, job.recipe, faces, **options)
    except OtherRun:  # interrupted under another configuration: a run's results are what is asked for now
        shutil.rmtree(directory / CHECKPOINTS)
        fitted = fit(job.system, job.recipe, faces, **options)
    if fitted.state == "paused":
        raise Paused(fitted.epoch, fitted.minutes)
    model = fitted.model.cpu()
    known = {"status": fitted.state, "best_epoch": fitted.best_epoch, "epochs": fitted.epoch,
             "minutes": round(fitted.minutes, 3), "device": str(inference.resolve_device(device)),
             "precision": fitted.precision, "tta": job.recipe.tta, **facts.structure(model)}

    def save(path: Path) -> None:
        weights.save(path, model, job.system.name, dict(config["recipe"]["model"]), label_names=faces.label_names,
                     tta=job.recipe.tta, trained_on=trained_on(faces.source), about=job.system.kind.header)

    result = _test_and_write(job, faces, network_predictor(model, job.recipe.tta, job.system.kind), known,
                             fitted.history, directory, config, save, _training_labels(job, faces, fitted))
    shutil.rmtree(directory / CHECKPOINTS, ignore_errors=True)
    return result


def _training_labels(job: Job, faces: FaceSet, fitted: Fit) -> dict[str, np.ndarray] | None:
    """The arrays of training_labels.npz: what became of the training labels, and what the kept network makes of them;
    None where nothing was planted and the method keeps nothing."""
    train, k = faces.part("train"), len(faces.label_names)
    observed = job.system.method(job.recipe).observe(fitted.model, train.images, fitted.method_state)
    if not observed and not job.recipe.label_noise:
        return None
    given = label_noise.plant(train.labels, job.recipe.label_noise, job.seed, k)
    kind = job.system.kind
    logits = inference.infer_logits(fitted.model, train.images, store=kind.store, views=kind.views)
    observed = {"probability_given": softmax(logits)[np.arange(len(train)), given], **observed}
    return {"index": train.index, "labels": train.labels, "given": given,
            **{name: rounded(values, 2**16) if values.dtype.kind == "f" else values
               for name, values in observed.items()}}


def _run_head(job: Job, faces: FaceSet, root: Path, directory: Path, config: dict[str, object]) -> Result:
    """A head on frozen features, of the network under it or of a feature function; chosen on validation."""
    job.system.kind.check(job.recipe)
    started, cpu, history = time.monotonic(), time.process_time(), []
    if job.under:
        base = records.read_result(job.under.key.directory(root))
        if base.metrics["data_sha256"] != faces.content_hash:
            raise InputError(f"{base.directory}: the network under {job.system.name} was trained on other data; train "
                             "it on these, or name another folder")
        model = weights.load(base.directory / records.WEIGHTS, lambda _: job.base)[0]
        told = ("best_epoch", "epochs", "device", "precision")
        below = {key: base.metrics[key] for key in told if key in base.metrics}
        known = {**below, **facts.structure(model), "features_of": base.key.name,
                 "features_sha256": base.metrics["weights_sha256"]}
        history, minutes = base.history, base.metrics["minutes"]
    else:
        model, minutes = None, 0.0
        known = {"best_epoch": None, "epochs": 0, "device": "cpu", "parts": {}, "weight_layers": None,
                 "receptive_field": None}
    features = features_of(job.system, model)
    train, val = faces.part("train"), faces.part("val")
    labels = label_noise.plant(train.labels, job.recipe.label_noise, job.seed, len(faces.label_names))
    progress.note(f"{job.name}  features of {len(train)} training images")
    head, chosen = job.system.head_kind.fit(
        (features(train.images), labels), (features(val.images), val.labels),
        search_rows=job.head_search_rows, seed=job.seed, num_classes=len(faces.label_names), name=job.name)
    tta = job.recipe.tta if job.recipe.tta == "flip" else "none"  # ten crops are views of a network alone
    known |= {"status": "finished", "tta": tta, **({"svm": chosen} if chosen else {}),
              "minutes": round(minutes + (time.monotonic() - started) / 60, 3),
              "head_minutes": round((time.monotonic() - started) / 60, 3),
              "head_cpu_minutes": round((time.process_time() - cpu) / 60, 3)}
    if model is None:
        known["parameters"] = int(head.size)
    return _test_and_write(job, faces, head_predictor(features, head, model, tta=tta), known, history, directory,
                           config, head.save if job.system.head_kind.saved else None)


def _test_and_write(job: Job, faces: CountedSplits, predictor: Predictor, known: dict[str, object], history: list[dict],
                    directory: Path, config: dict[str, object], save: Callable[[Path], None] | None,
                    labels: dict[str, np.ndarray] | None = None) -> Result:
    """Evaluate (the one read of the test split) and write the result; a run that never got as far is written as that.
    """
    progress.note(f"{job.name}  test")
    known = {"system": job.system.name, "recipe": job.recipe_name, "seed": job.seed, "config": config,
             "config_sha256": files.sha256_of(config), **known,
             **({"initial": config["initial"]} if "initial" in config else {})}
    if known["status"] == "diverged" and not known["best_epoch"]:  # nothing was ever validated: nothing to test
        nothing = dict.fromkeys(UNTESTED) | {
            "dataset": faces.source["dataset"], "data_sha256": faces.content_hash, "protocol": config["protocol"],
            "split": "test", "n": int(np.sum(faces.split == "test")), "n_train": train_size(faces),
            "test_reads": faces.test_reads}
        return records.write_result(directory, metrics=known | nothing, predictions=None, history=history, weights=save,
                                  labels=labels)
    measured, predictions = evaluate(predictor, known, faces, robustness_images=job.corruption_images)
    result = records.write_result(directory, metrics=measured, predictions=predictions, history=history, weights=save,
                                labels=labels)
    _measure_more(job, result, predictor, faces)
    return result


def _measure_more(job: Job, result: Result, predictor: Predictor, faces: FaceSet) -> None:
    """Write what lies in files of its own beside a result: single-view scores on corrupted images, planted truth."""
    if job.corruption_images is not None and result.metrics["tta"] != "none":
        robustness.write_single_view(result, predictor, faces.part("test"))
    if job.corruption_images is not None and "planted" in job.system.analyses:
        planted.write(result, predictor, faces.part("test"), job.corruption_images)


def train_size(faces: FaceSet) -> int:
    """How many images train."""
    return int(np.sum(faces.split == "train"))


def load_model(result: Result, systems: Systems) -> nn.Module:
    """The network of a finished system (the one under it for a head), in eval mode on the CPU."""
    records.check_weights(result)
    path = result.directory / records.WEIGHTS
    if systems(result.key.system).base:
        return network_under(path, result.metrics, systems)
    return weights.load(path, systems)[0]


def load_predictor(result: Result, systems: Systems) -> Predictor:
    """A finished system as functions, with the test-time augmentation it was scored with."""
    system = systems(result.key.system)
    if not system.head:
        return network_predictor(load_model(result, systems), result.metrics["tta"], system.kind)
    if not system.head_kind.saved:
        raise InputError(f"{result.key.name}: its result keeps no weights, they would be the training images; fit it "
                         "again")
    model = load_model(result, systems) if system.base else None
    head = system.head_kind.load(result.directory / records.WEIGHTS)
    return head_predictor(features_of(system, model), head, model, tta=result.metrics["tta"])
