"""A run on disk: one folder per trained system, written so that it is whole or not there.

A trained system's folder holds ``history.csv``, ``weights.safetensors``, ``predictions.npz`` and, written last,
``metrics.json``: its presence is the mark of completion, and it carries the sha256 of the others.
``results/README.md`` documents every key, `schema` checks them. No torch here: results are read where nothing can be
trained.
"""

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ferkit.core import files
from ferkit.core.errors import DataChanged, InputError
from ferkit.results import schema, training_labels
from ferkit.results.predictions import Predictions, as_contract, read_arrays, where, write_arrays
from ferkit.stats import classification as measures

SCHEMA = 1
METRICS, PREDICTIONS = "metrics.json", "predictions.npz"
HISTORY, WEIGHTS = "history.csv", "weights.safetensors"
RECORDINGS = {"gfe": 50}  # how many consecutive frames of a recording hang together: about three seconds


@dataclass(frozen=True)
class SystemKey:
    """One system under one recipe and seed, in the notebook that trains it."""

    notebook: str
    system: str
    recipe: str
    seed: int

    def directory(self, root: Path) -> Path:
        """Its folder below a run or a published tree: ``<notebook>/<system>/<recipe>/seed<k>``."""
        return Path(root) / self.notebook / self.system / self.recipe / f"seed{self.seed}"

    @property
    def name(self) -> str:
        """``<system>/<recipe>/seed<k>``."""
        return f"{self.system}/{self.recipe}/seed{self.seed}"


@dataclass(frozen=True)
class Result:
    """A trained system as it was found on disk.

    metrics: the object of metrics.json. predictions: the arrays of predictions.npz by name (scores and probabilities
    are read when first asked for), {} when there are none. history: one dict per epoch, numbers as numbers. file: where
    its numbers stand, metrics.json in the folder where none is given.
    """

    key: SystemKey
    directory: Path
    metrics: dict
    predictions: Mapping[str, np.ndarray]
    history: list[dict]
    file: Path = None

    def __post_init__(self) -> None:
        if self.file is None:
            object.__setattr__(self, "file", self.directory / METRICS)

    @property
    def training_labels(self) -> dict[str, np.ndarray]:
        """The arrays of training_labels.npz (`results.training_labels`); InputError where it has none."""
        return training_labels.read(self.directory / training_labels.FILE,
                                    self.metrics.get("training_labels_sha256", "not noted"))

    @property
    def right(self) -> np.ndarray:
        """Which test images it names rightly, bool (N,)."""
        return self.predictions["predicted"] == self.predictions["labels"]

    @property
    def groups(self) -> np.ndarray | None:
        """Which test images hang together, so that intervals draw them together: those of a person or, in a recording,
        neighbouring frames; int64 (N,). None where each stands alone."""
        frames = RECORDINGS.get(self.metrics["dataset"])
        if frames and self.predictions:
            return self.predictions["index"] // frames
        return self.predictions.get("groups")

    def tested_as(self, other: "Result") -> bool:
        """Whether both, which have predictions, are of the same images with the same labels, in the same order."""
        return all(np.array_equal(self.predictions[key], other.predictions[key])
                   for key in ("index", "labels", "label_names"))

    @property
    def matrix(self) -> np.ndarray:
        """The confusion matrix recomputed from the predictions, int64 (K, K)."""
        return measures.confusion_matrix(self.predictions["labels"], self.predictions["predicted"],
                                         len(self.predictions["label_names"]))


def summarise(labels: np.ndarray, predicted: np.ndarray, label_names: Sequence[str], *,
              copies: np.ndarray | None = None, probabilities: np.ndarray | None = None) -> dict:
    """What metrics.json says about predictions: n, accuracy, accuracy_without_copies, n_without_copies,
    macro_f1, uar, confusion_matrix, label_names, per_class {label: {precision, recall, f1, support}}, ece.

    labels, predicted: int 0…K-1, (N,). copies: bool (N,), True where an exact copy of the image lies in the
    training split; without it (unknown) the two keys without copies are null. probabilities: (N, K); without
    them ece is null.
    """
    labels, predicted, names = np.asarray(labels), np.asarray(predicted), [str(name) for name in label_names]
    matrix = measures.confusion_matrix(labels, predicted, len(names))
    kept = None if copies is None else ~np.asarray(copies, dtype=bool)
    columns = measures.per_class(matrix)
    return {
        "n": len(labels),
        "accuracy": measures.accuracy(matrix),
        "accuracy_without_copies": None if kept is None or not kept.any()
        else float(np.mean(labels[kept] == predicted[kept])),
        "n_without_copies": None if kept is None else int(kept.sum()),
        "macro_f1": measures.macro_f1(matrix),
        "uar": measures.uar(matrix),
        "confusion_matrix": matrix.tolist(),
        "label_names": names,
        "per_class": {name: {key: column[k].item() for key, column in columns.items()}
                      for k, name in enumerate(names)},
        "ece": None if probabilities is None
        else measures.expected_calibration_error(labels, probabilities, predicted=predicted),
    }


def write_result(directory: Path, *, metrics: Mapping, predictions: Mapping[str, np.ndarray] | None,
               history: Sequence[Mapping], weights: Callable[[Path], None] | None,
               labels: Mapping[str, np.ndarray] | None = None) -> Result:
    """The trained system as written: history, weights and predictions first, metrics.json with their hashes last.

    weights: called with a temporary path that it must write; None = the trained system has no weights, and a file left
    from an earlier attempt is removed. predictions: the arrays of the contract; None or {} for a run with
    nothing to test. labels: the arrays of training_labels.npz, if any. An earlier metrics.json is removed first, so
    that a kill half-way never leaves old metrics beside new files. Raises ValueError where the metrics or arrays are
    not what the schema says; metrics.json is then not written.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / METRICS).unlink(missing_ok=True)
    written = {"schema": SCHEMA, **json.loads(json.dumps(dict(metrics), default=_plain)),
               "weights_sha256": None, "predictions_sha256": None}
    arrays = as_contract(predictions) if predictions else {}
    with files.replacing(directory / HISTORY) as aside:
        write_history(aside, history)
    writers = {WEIGHTS: weights, PREDICTIONS: (lambda path: write_arrays(path, arrays)) if arrays else None,
               training_labels.FILE: (lambda path: write_arrays(path, labels)) if labels else None}
    for name, write in writers.items():
        if write is None:
            (directory / name).unlink(missing_ok=True)
            continue
        with files.replacing(directory / name) as aside:
            write(aside)
        written[f"{name.split('.')[0]}_sha256"] = files.sha256(directory / name)
    problems = schema.problems("metrics", written) or (_disagreements(written, arrays) if arrays else [])
    problems += training_labels.problems(labels) if labels else []
    if problems:
        raise ValueError(f"{directory.name}: {'; '.join(problems)}")
    files.write_json(directory / METRICS, written)
    return read_result(directory)


def read_result(directory: Path, *, checked: bool = True) -> Result:
    """The finished system in a folder ``…/<notebook>/<system>/<recipe>/seed<k>``, checked against its own
    hashes; unless `checked`, whatever its numbers say, so that each wrong one can be named.

    Raises InputError naming the file that is missing, damaged, edited (hash), in contradiction with the
    predictions, or in the folder of another trained system. Weights may be absent (published trees can be without); see
    `check_weights`.
    """
    directory = Path(directory)
    found = _load_metrics(directory / METRICS)
    key = _key_of(directory)
    if not checked:
        arrays = read_arrays(directory / PREDICTIONS) if found["predictions_sha256"] is not None else {}
        return Result(key, directory, found, arrays, read_history(directory / HISTORY))
    stated = (found["system"], found["recipe"], found["seed"])
    if stated != (key.system, key.recipe, key.seed):
        raise InputError(f"{where(directory / METRICS)}: it says {'/'.join(map(str, stated))}, so it "
                         "lies in the wrong folder; train the system again")
    arrays = {}
    if found["predictions_sha256"] is not None:
        _check_hash(directory / PREDICTIONS, found["predictions_sha256"])
        arrays = Predictions(directory / PREDICTIONS)
        problems = _disagreements(found, arrays)
        if problems:
            raise DataChanged(f"{where(directory / METRICS)}: {problems[0]}; train the system again")
    return Result(key, directory, found, arrays, read_history(directory / HISTORY))


def result_directories(root: Path) -> list[Path]:
    """The folders of all finished systems below a run or published tree, by notebook, system, recipe and
    seed."""
    found = [path.parent for path in Path(root).glob(f"[0-9][0-9]_*/*/*/seed*/{METRICS}")]
    return sorted((path for path in found if re.fullmatch(r"seed\d+", path.name)), key=_order)


def read_run(root: Path) -> list[Result]:
    """Every finished system of a run or published tree, sorted; InputError for a missing root or a damaged
    trained system."""
    if not Path(root).is_dir():
        raise InputError(f"{root}: no such folder; name a run (results/runs/<run>) or results/<dataset>")
    return [read_result(directory) for directory in result_directories(root)]


def read_whole(directory: Path) -> Result | None:
    """The finished system in a folder with its weights, undamaged; None where there is none or it cannot be relied on.

    Diverged and collapsed count as finished (they are results); "failed" does not, so that it is tried again.
    """
    try:
        found = read_result(directory)
        check_weights(found)
    except InputError:
        return None
    return None if found.metrics["status"] == "failed" else found


def check_weights(result: Result) -> None:
    """Nothing, if the weights beside a trained system are those it was tested with; InputError if missing or
    changed."""
    if result.metrics["weights_sha256"] is not None:
        _check_hash(result.directory / WEIGHTS, result.metrics["weights_sha256"])


def write_predictions(path: Path, predictions: Mapping[str, np.ndarray]) -> None:
    """The contract's arrays at `path`, whole or not at all; ValueError for arrays that are not the contract's."""
    arrays = as_contract(predictions)
    with files.replacing(Path(path)) as aside:
        write_arrays(aside, arrays)


def read_history(path: Path) -> list[dict]:
    """The epochs of a history.csv, one dict each; numbers as int or float, an empty field as None."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return [{key: _number(text) for key, text in row.items()} for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise InputError(f"{where(path)}: missing; train the system again") from None
    except (OSError, UnicodeDecodeError, csv.Error, AttributeError, TypeError) as error:
        raise InputError(f"{where(path)}: damaged ({error}); train the system again") from None


def _load_metrics(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{where(path)}: missing, so this trained system is not finished; run it again") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{where(path)}: damaged ({error}); train the system again") from None
    problems = schema.problems("metrics", found)
    if problems:
        raise InputError(f"{where(path)}: {problems[0]}; train the system again")
    return found


def _check_hash(path: Path, expected: str) -> None:
    if not path.is_file():
        raise InputError(f"{where(path)}: missing; train the system again")
    if files.sha256(path) != expected:
        raise DataChanged(f"{where(path)}: changed, its sha256 is not that in {METRICS}; train the system again")


def _key_of(directory: Path) -> SystemKey:
    parts = directory.absolute().parts[-4:]
    match = re.fullmatch(r"seed(\d+)", parts[-1])
    if len(parts) < 4 or not match:
        raise InputError(f"{where(directory)}: no trained system; name a folder <notebook>/<system>/<recipe>/seed<k>")
    return SystemKey(*parts[:3], int(match[1]))


def _order(directory: Path) -> tuple:
    key = _key_of(directory)
    return key.notebook, key.system, key.recipe, key.seed


def _disagreements(found: Mapping, arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Which numbers of metrics.json do not follow from the predictions."""
    truth = summarise(arrays["labels"], arrays["predicted"], arrays["label_names"])
    problems = [f"{key} does not follow from the predictions" for key in ("n", "confusion_matrix")
                if found[key] != truth[key]]
    numbers = {key: truth[key] for key in ("accuracy", "macro_f1", "uar")} | of_single_views(found, arrays)
    return problems + [f"{key} is {found[key]:.4f}, but the predictions give {number:.4f}"
                       for key, number in numbers.items() if abs(found[key] - number) > 1e-6]


def of_single_views(found: Mapping, arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
    """{accuracy_no_tta} as the predictions give it; {} where the metrics `found` state none, or none are stored."""
    if found.get("accuracy_no_tta") is None or "predicted_no_tta" not in arrays:
        return {}
    return {"accuracy_no_tta": float(np.mean(arrays["predicted_no_tta"] == arrays["labels"]))}


def write_history(path: Path, history: Sequence[Mapping]) -> None:
    """A history.csv with a row for each epoch; fractions to the seven digits that a float32 holds."""
    columns = list(dict.fromkeys(key for row in history for key in row))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: f"{value:.7g}" if isinstance(value, float) else value for key, value in row.items()}
                         for row in history)


def _number(text: str) -> int | float | str | None:
    if text == "":
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _plain(value: object) -> object:
    """numpy numbers and arrays as JSON knows them."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        raise TypeError("a path does not belong into a result")
    raise TypeError(f"{type(value).__name__} is not JSON")
