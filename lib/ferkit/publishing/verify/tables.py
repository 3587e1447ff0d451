"""Files that follow from other ones: occlusion analyses, cross-dataset tables, test-selection bias, model cards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.publishing.verify.findings import Found
from ferkit.publishing.verify.run_checks import same
from ferkit.results import occlusions, over_protocols, records
from ferkit.results.records import Result
from ferkit.stats import intervals

FROM_MATRIX = ("n", "accuracy", "macro_f1", "uar", "per_class")


def check(found: Found, root: Path, results: Sequence[Result]) -> None:
    """Recompute what stands in these files from the results beside them, as far as no images are needed."""
    weights = {result.key.name: (result.metrics["weights_sha256"], result.metrics["data_sha256"]) for result in results}
    for pattern, name, problems in (
            (f"{occlusions.NOTEBOOK}/*/*/seed*/{occlusions.SUMMARY}", "occlusion analyses", _analysis),
            ("**/zero_shot.json", "zero-shot tables", _zero_shot), ("**/optimism.json", "selection bias", _selection),
            (over_protocols.PATTERN, "several protocols", _several)):
        for path in sorted(root.glob(pattern)):
            says = _careful(problems, path, weights)
            for problem in says or [None]:
                found.look(name, path.relative_to(root).as_posix(), problem)


def check_cards(found: Found, root: Path, beside: bool = False) -> None:
    """Model cards (beside: datasheets) of the repository's own results against what would be written now."""
    published = paths.repository().absolute() / "results"
    if not root.absolute().is_relative_to(published):
        return
    from ferkit.reporting import model_cards

    dataset = "".join(root.absolute().relative_to(published).parts[:1])
    written = model_cards.datasheets() if beside else model_cards.cards(dataset)
    for path, text in written.items():
        if path.is_relative_to(root.absolute()):
            now = path.read_text(encoding="utf-8") if path.is_file() else None
            found.look("model cards", path.relative_to(root.absolute()).as_posix(), None if now == text else (
                "missing" if now is None else "it says something else than the results do")
                + "; python -m ferkit cards writes it")


def _careful(problems: Callable[[Path, object, dict], list[str]], path: Path, weights: dict) -> list[str]:
    try:
        return problems(path, json.loads(path.read_text(encoding="utf-8")), weights)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, InputError) as error:
        return [f"damaged ({type(error).__name__}: {error})"]


def _analysis(path: Path, content: dict, weights: dict) -> list[str]:
    """An analysis is of a network and of maps that lie here."""
    maps, name, settings = path.with_name(occlusions.MAPS), "/".join(path.parts[-4:-1]), content.get("settings") or {}
    stated = f"{content['system']}/{content['recipe']}/seed{content['seed']}"
    if stated != name or name not in weights:
        return [f"it is about {stated}, of which no result lies here"]
    if settings and (settings.get("weights_sha256"), settings.get("data_sha256")) != weights[name]:
        return ["it is about other weights or images than those of the result"]
    if not maps.is_file():
        return [f"{maps.name} is missing beside it"]
    return [] if files.sha256(maps) == content.get("maps_sha256") else [f"{maps.name} has another sha256 than it names"]


def _zero_shot(path: Path, rows: list[dict], weights: dict) -> list[str]:
    """Every number of a row follows from its confusion matrix, and its network is the published one."""
    found = []
    for row in rows:
        matrix = np.array(row["confusion_matrix"])
        true, predicted = (np.repeat(side.ravel(), matrix.ravel()) for side in np.indices(matrix.shape))
        truth = records.summarise(true, predicted, row["label_names"])
        truth["interval"] = list(intervals.wilson(int(np.trace(matrix)), int(matrix.sum())))
        wrong = [key for key in (*FROM_MATRIX, "interval") if not same(row[key], truth[key])]
        found += [f"{row['name']}: {key} does not follow from its confusion matrix" for key in wrong]
        known = weights.get(f"{row['system']}/{row['recipe']}/seed{row['seed']}")
        if known and known[0] != row["weights_sha256"]:
            found.append(f"{row['name']}: measured with other weights than those of the result")
    return found


def _several(path: Path, content: dict, weights: dict) -> list[str]:
    """Accuracies follow from the answers, fractions are fractions, and nothing else lies in the file."""
    over_protocols.read(path)
    strange = content.keys() - over_protocols.KEYS
    strange |= {key for images in content["images"].values() for key in images.keys() - over_protocols.OF_IMAGES}
    strange |= {key for row in content["runs"] for key in row.keys() - over_protocols.OF_RUNS}
    found = [f"{key}: no key of such a file" for key in sorted(strange)]
    for name, images in content["images"].items():
        told = [images[key] for key in ("index", "labels", "groups") if images.get(key) is not None]
        if len(set(map(len, told))) != 1 or not all(type(one) is int for column in told for one in column
                                                    if not isinstance(column, str)):
            found.append(f"{name}: index, labels and groups are not one whole number an image")
    for row in content["runs"]:
        values = [row.get(key) for key in ("val_accuracy", "accuracy")]
        if not all(value is None or 0 <= value <= 1 for value in values):
            found.append(f"{row['system']}/{row['recipe']}/seed{row['seed']} under {row['protocol']}: an accuracy that "
                         "is no fraction")
    return found


def _selection(path: Path, content: dict, weights: dict) -> list[str]:
    """Both choices of epoch and their difference follow from the curve."""
    curve = content["curve"]
    chosen = [max(curve, key=lambda row, key=key: (row[key], -row["epoch"]))
              for key in ("val_accuracy", "test_accuracy")]
    gain = chosen[1]["test_accuracy"] - chosen[0]["test_accuracy"]
    stated = [content["honest"]["epoch"], content["peeked"]["epoch"]]
    right = stated == [row["epoch"] for row in chosen] and same(content["optimism"], gain)
    return [] if right else ["its epochs or their difference do not follow from its curve"]
