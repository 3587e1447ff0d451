"""A run on disk: one folder per trained cell, written so that it is whole or not there.

A cell's folder holds ``history.csv``, ``weights.safetensors``, ``predictions.npz`` and, written last,
``metrics.json``: its presence is the mark of completion, and it carries the sha256 of the others.
``results/README.md`` documents every key. No torch here: results are read where nothing can be trained.
"""

import csv
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ferkit.core import files
from ferkit.core.errors import DataChanged, InputError
from ferkit.stats import classification as measures

SCHEMA = 1
STATUSES = ("finished", "diverged", "collapsed", "failed")
TTA = ("none", "flip", "tencrop")
METRICS, PREDICTIONS = "metrics.json", "predictions.npz"
HISTORY, WEIGHTS = "history.csv", "weights.safetensors"

# What predictions.npz may hold: dtype kind and number of dimensions of each array.
ARRAYS = {"index": ("i", 1), "labels": ("i", 1), "predicted": ("i", 1), "scores": ("f", 2),
          "probabilities": ("f", 2), "label_names": ("U", 1)}
OPTIONAL_ARRAYS = ("probabilities",)

_COUNT, _FRACTION, _TEXT, _HASH = "a count", "a fraction in [0, 1]", "text", "a sha256"
# Key → what it must be, and whether null is accepted in a cell that has predictions.
KEYS = {
    "schema": (_COUNT, False), "dataset": (_TEXT, False), "data_sha256": (_HASH, False),
    "protocol": (_TEXT, False), "split": (_TEXT, False), "system": (_TEXT, False), "recipe": (_TEXT, False),
    "seed": (_COUNT, False), "n": (_COUNT, False), "accuracy": (_FRACTION, False),
    "accuracy_without_copies": (_FRACTION, True), "n_without_copies": (_COUNT, True),
    "macro_f1": (_FRACTION, False), "uar": (_FRACTION, False),
    "confusion_matrix": ("a matrix", False), "val_accuracy": (_FRACTION, True), "best_epoch": (_COUNT, True),
    "tta": (_TEXT, False), "accuracy_no_tta": (_FRACTION, True), "parameters": (_COUNT, False),
    "test_reads": (_COUNT, False), "minutes": ("a number from 0", False), "device": (_TEXT, False),
    "weights_sha256": (_HASH, True), "predictions_sha256": (_HASH, False), "status": (_TEXT, False),
}
# A run that diverged or failed before it had anything to test has none of these.
_NULL_WITHOUT_PREDICTIONS = ("accuracy", "accuracy_without_copies", "n_without_copies", "macro_f1", "uar",
                             "confusion_matrix", "accuracy_no_tta", "predictions_sha256")


@dataclass(frozen=True)
class Cell:
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
class CellResult:
    """A cell as it was found on disk.

    metrics: the object of metrics.json. predictions: the arrays of predictions.npz, {} when there are none.
    history: one dict per epoch, numbers as numbers.
    """

    cell: Cell
    directory: Path
    metrics: dict
    predictions: dict[str, np.ndarray]
    history: list[dict]

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


def write_cell(directory: Path, *, metrics: Mapping, predictions: Mapping[str, np.ndarray] | None,
               history: Sequence[Mapping], weights: Callable[[Path], None] | None) -> CellResult:
    """The cell as written: history, weights and predictions first, metrics.json with their hashes last.

    weights: called with a temporary path that it must write; None = the cell has no weights, and a file left
    from an earlier attempt is removed. predictions: the arrays of the contract; None or {} for a run with
    nothing to test. An earlier metrics.json is removed first, so that a kill half-way never leaves old
    metrics beside new files. Raises ValueError where the metrics or arrays are not what the schema says;
    metrics.json is then not written.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / METRICS).unlink(missing_ok=True)
    written = {"schema": SCHEMA, **json.loads(json.dumps(dict(metrics), default=_plain)),
               "weights_sha256": None, "predictions_sha256": None}
    arrays = _contract_arrays(predictions) if predictions else {}
    with files.replacing(directory / HISTORY) as aside:
        _write_history(aside, history)
    save_arrays = (lambda path: write_arrays(path, arrays)) if arrays else None
    for name, write in ((WEIGHTS, weights), (PREDICTIONS, save_arrays)):
        if write is None:
            (directory / name).unlink(missing_ok=True)
            continue
        with files.replacing(directory / name) as aside:
            write(aside)
        written[f"{name.split('.')[0]}_sha256"] = files.sha256(directory / name)
    problems = validate(written) or (_disagreements(written, arrays) if arrays else [])
    if problems:
        raise ValueError(f"{directory.name}: {'; '.join(problems)}")
    files.write_json(directory / METRICS, written)
    return read_cell(directory)


def read_cell(directory: Path) -> CellResult:
    """The finished cell in a folder ``…/<notebook>/<system>/<recipe>/seed<k>``, checked against its own
    hashes.

    Raises InputError naming the file that is missing, damaged, edited (hash), in contradiction with the
    predictions, or in the folder of another cell. Weights may be absent (published trees can be without); see
    `check_weights`.
    """
    directory = Path(directory)
    found = _load_metrics(directory / METRICS)
    cell = _cell_of(directory)
    stated = (found["system"], found["recipe"], found["seed"])
    if stated != (cell.system, cell.recipe, cell.seed):
        raise InputError(f"{_where(directory / METRICS)}: it says {'/'.join(map(str, stated))}, so it "
                         "lies in the wrong folder; run the cell again")
    arrays = {}
    if found["predictions_sha256"] is not None:
        _check_hash(directory / PREDICTIONS, found["predictions_sha256"])
        arrays = read_arrays(directory / PREDICTIONS)
        problems = _disagreements(found, arrays)
        if problems:
            raise DataChanged(f"{_where(directory / METRICS)}: {problems[0]}; run the cell again")
    return CellResult(cell, directory, found, arrays, read_history(directory / HISTORY))


def cell_directories(root: Path) -> list[Path]:
    """The folders of all finished cells below a run or published tree, by notebook, system, recipe and
    seed."""
    found = [path.parent for path in Path(root).glob(f"[0-9][0-9]_*/*/*/seed*/{METRICS}")]
    return sorted((path for path in found if re.fullmatch(r"seed\d+", path.name)), key=_order)


def read_run(root: Path) -> list[CellResult]:
    """Every finished cell of a run or published tree, sorted; InputError for a missing root or a damaged
    cell."""
    if not Path(root).is_dir():
        raise InputError(f"{root}: no such folder; name a run (results/runs/<run>) or results/<dataset>")
    return [read_cell(directory) for directory in cell_directories(root)]


def read_whole(directory: Path) -> CellResult | None:
    """The finished cell in a folder with its weights, undamaged; None where there is none or it cannot be relied on.

    Diverged and collapsed count as finished (they are results); "failed" does not, so that it is tried again.
    """
    try:
        found = read_cell(directory)
        check_weights(found)
    except InputError:
        return None
    return None if found.metrics["status"] == "failed" else found


def check_weights(result: CellResult) -> None:
    """Nothing, if the weights beside a cell are those it was tested with; InputError if missing or
    changed."""
    if result.metrics["weights_sha256"] is not None:
        _check_hash(result.directory / WEIGHTS, result.metrics["weights_sha256"])


def validate(metrics: Mapping) -> list[str]:
    """What is wrong with an object meant for metrics.json, one short sentence each; [] when it keeps the
    schema.

    Unknown keys are free. A cell without predictions (diverged or failed) has null where a test result would
    be.
    """
    problems = [f"{key} is missing" for key in KEYS if key not in metrics]
    if problems:
        return problems
    untested = metrics["predictions_sha256"] is None
    for key, (kind, nullable) in KEYS.items():
        value = metrics[key]
        if value is None:
            if not nullable and not (untested and key in _NULL_WITHOUT_PREDICTIONS):
                problems.append(f"{key} is null")
        elif untested and key in _NULL_WITHOUT_PREDICTIONS:
            problems.append(f"{key} is given, but there are no predictions to show for it")
        elif not _is(kind, value):
            problems.append(f"{key} is {str(value)[:40]!r}, not {kind}")
    for key, allowed in (("status", STATUSES), ("tta", TTA), ("split", ("train", "val", "test"))):
        if metrics[key] not in allowed:
            problems.append(f"{key} is {metrics[key]!r}, not one of {', '.join(allowed)}")
    if untested and metrics["status"] not in ("diverged", "failed"):
        problems.append(f"status is {metrics['status']}, but there are no predictions")
    return problems


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """An .npz whose bytes depend on the arrays alone: sorted names, fixed time stamps, bzip2.

    (numpy's own writer and zlib's versions differ in the bytes they leave for equal content; bzip2 is one program,
    unchanged for years.)
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_BZIP2
            with archive.open(entry, "w", force_zip64=True) as file:
                array = np.ascontiguousarray(arrays[name])
                np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)


def write_predictions(path: Path, predictions: Mapping[str, np.ndarray]) -> None:
    """The contract's arrays at `path`, whole or not at all; ValueError for arrays that are not the contract's."""
    arrays = _contract_arrays(predictions)
    with files.replacing(Path(path)) as aside:
        write_arrays(aside, arrays)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a predictions.npz, never unpickled; InputError when damaged or not what the contract
    names."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise InputError(f"{_where(path)}: missing; run the cell again") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{_where(path)}: damaged ({error}); run the cell again") from None
    problems = _array_problems(arrays)
    if problems:
        raise InputError(f"{_where(path)}: {problems[0]}; run the cell again")
    return arrays


def read_history(path: Path) -> list[dict]:
    """The epochs of a history.csv, one dict each; numbers as int or float, an empty field as None."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return [{key: _number(text) for key, text in row.items()} for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise InputError(f"{_where(path)}: missing; run the cell again") from None
    except (OSError, UnicodeDecodeError, csv.Error, AttributeError, TypeError) as error:
        raise InputError(f"{_where(path)}: damaged ({error}); run the cell again") from None


def _load_metrics(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{_where(path)}: missing, so this cell is not finished; run it again") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{_where(path)}: damaged ({error}); run the cell again") from None
    problems = validate(found) if isinstance(found, dict) else ["it is not an object"]
    if problems:
        raise InputError(f"{_where(path)}: {problems[0]}; run the cell again")
    return found


def _check_hash(path: Path, expected: str) -> None:
    if not path.is_file():
        raise InputError(f"{_where(path)}: missing; run the cell again")
    if files.sha256(path) != expected:
        raise DataChanged(f"{_where(path)}: changed, its sha256 is not that in {METRICS}; run the cell again")


def _cell_of(directory: Path) -> Cell:
    parts = directory.absolute().parts[-4:]
    match = re.fullmatch(r"seed(\d+)", parts[-1])
    if len(parts) < 4 or not match:
        raise InputError(f"{_where(directory)}: no cell; name a folder <notebook>/<system>/<recipe>/seed<k>")
    return Cell(*parts[:3], int(match[1]))


def _order(directory: Path) -> tuple:
    cell = _cell_of(directory)
    return cell.notebook, cell.system, cell.recipe, cell.seed


def _where(path: Path) -> str:
    """The last parts of a path: enough to find the file, and the same on every machine."""
    return "/".join(Path(path).parts[-5:])


def _contract_arrays(predictions: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays in the contract's dtypes; ValueError when one is missing, unknown or of another shape."""
    arrays = {}
    for name, value in predictions.items():
        if value is None and name in OPTIONAL_ARRAYS:
            continue
        kind = ARRAYS.get(name, ("", 0))[0]
        array = np.asarray(value)
        if kind == "i" and array.dtype.kind not in "iu":
            raise ValueError(f"{name} is {array.dtype}, not whole numbers")
        arrays[name] = array.astype({"i": np.int64, "f": np.float32, "U": np.str_}.get(kind, array.dtype))
    problems = _array_problems(arrays)
    if problems:
        raise ValueError(f"predictions: {'; '.join(problems)}")
    return arrays


def _array_problems(arrays: Mapping[str, np.ndarray]) -> list[str]:
    problems = [f"array {name} is missing" for name in ARRAYS if name not in (*arrays, *OPTIONAL_ARRAYS)]
    problems += [f"array {name} is not one of the contract's" for name in arrays if name not in ARRAYS]
    if problems:
        return problems
    n, k = len(arrays["labels"]), len(arrays["label_names"])
    for name, array in arrays.items():
        kind, dimensions = ARRAYS[name]
        shape = (k,) if name == "label_names" else (n, k)[:dimensions]
        size = {"i": 8, "f": 4}.get(kind, array.dtype.itemsize)
        if array.dtype.kind != kind or array.dtype.itemsize != size or array.shape != shape:
            problems.append(f"array {name} is {array.dtype} {array.shape}, not {shape}")
        elif kind == "f" and not np.isfinite(array).all():
            problems.append(f"array {name} holds nan or infinity")
        elif name in ("labels", "predicted") and n and (array.min() < 0 or array.max() >= k):
            problems.append(f"array {name} leaves 0…{k - 1}")
    if not n:
        problems.append("it holds no image")
    if len(np.unique(arrays["index"])) != n:
        problems.append("array index names an image twice")
    return problems


def _disagreements(found: Mapping, arrays: Mapping[str, np.ndarray]) -> list[str]:
    """Which numbers of metrics.json do not follow from the predictions."""
    truth = summarise(arrays["labels"], arrays["predicted"], arrays["label_names"])
    problems = [f"{key} does not follow from the predictions" for key in ("n", "confusion_matrix")
                if found[key] != truth[key]]
    return problems + [f"{key} is {found[key]:.4f}, but the predictions give {truth[key]:.4f}"
                       for key in ("accuracy", "macro_f1", "uar") if abs(found[key] - truth[key]) > 1e-6]


def _is(kind: str, value: object) -> bool:
    if kind == _COUNT:
        return type(value) is int and value >= 0
    if kind == _TEXT:
        return isinstance(value, str) and bool(value)
    if kind == _HASH:
        return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None
    if kind == "a matrix":
        return (isinstance(value, list) and bool(value)
                and all(isinstance(row, list) and len(row) == len(value) for row in value)
                and all(_is(_COUNT, entry) for row in value for entry in row))
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        return False
    return 0 <= value <= 1 if kind == _FRACTION else value >= 0


def _write_history(path: Path, history: Sequence[Mapping]) -> None:
    columns = list(dict.fromkeys(key for row in history for key in row))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)


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
