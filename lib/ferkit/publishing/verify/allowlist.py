"""What may lie in a tree of results: a table of names, sizes and contents; all else is named.

A list of what is allowed, not a search for pictures: a file whose name is not here, that is larger than its kind ever
is, or whose content is not of its schema has no place in a tree. Contents are checked with `ferkit.results.schema`.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from ferkit.core.errors import InputError
from ferkit.results import predictions, records, schema, training_labels

RUN = r"\d\d_\w+/[\w.-]+/[\w.-]+/seed\d+"  # the folder of one trained system
MB = 1_000_000
# Pattern of a path relative to the tree → the most bytes such a file has. Of a published tree:
PUBLISHED = {
    r"SHA256SUMS": MB, r"manifest\.json": MB, r"claims\.json": MB, r"([\w-]+/)*[\w.-]+\.md": MB,
    r"\d\d_\w+/(plan|headline)\.json": MB, r"\d\d_\w+/protocols_\w+\.json": 200_000,
    rf"{RUN}/metrics\.json": 50_000, rf"{RUN}/predictions\.npz": MB,
    rf"{RUN}/history\.csv": 200_000, rf"{RUN}/weights\.safetensors": 5 * MB,
    rf"{RUN}/MODEL_CARD\.md": 50_000, rf"{RUN}/training_labels\.npz": MB, rf"{RUN}/early_recognition\.json": 20_000,
    rf"{RUN}/(robustness_single_view|planted)\.json": 20_000,
    r"04_occlusion_analysis/[\w.-]+/[\w.-]+/seed\d+/occlusion\.json": 200_000,
    r"04_occlusion_analysis/[\w.-]+/[\w.-]+/seed\d+/maps\.npz": 200_000,
    r"04_occlusion_analysis/[\w.-]+\.json": 200_000,
    r"(\d\d_\w+/)?(zero_shot|optimism)\.json": 200_000, r"01_data_preparation/(dataset|audit)\.json": 200_000,
    r"([\w-]+/)*[\w.-]+\.svg": MB, r"(sweep|plan)\.json": 20 * MB,
    r"sweep/[\w.-]+/[\w.-]+/seed\d+/(status\.json|history\.csv)": 500_000,
    r"sweep/[\w.-]+/[\w.-]+/seed\d+/weights\.safetensors": 5 * MB,
}
# Of a working folder besides: notebooks, the report, figures, checkpoints and weights of any size.
WORKING = {r"notebooks/\d\d_\w+(\.failed)?\.ipynb": 50 * MB, r"report\.html": 50 * MB,
           r"\d\d_\w+/figures/\d\d_\w+\.json": 20 * MB, r"\d\d_\w+/[\w.-]+\.json": 20 * MB,
           rf"{RUN}/(checkpoints/.+|weights\.safetensors)": 2000 * MB,
           r"sweep/[\w.-]+/[\w.-]+/seed\d+/(checkpoints/.+|weights\.safetensors)": 2000 * MB}
# Beside the trees: READMEs, sweeps' files and the checkpoints of paused ones, figures, data sheets, articles; pictures
# and executed notebooks of the built-in set, whose faces are drawn.
DRAWN = {r"[\w-]+\.png": MB}
BESIDE = {r"SHA256SUMS": MB, r"(\w+/)*[\w.-]+\.(md|toml|json|svg)": MB, r"synthetic/[\w.-]+\.png": MB,
          r"article/\w+/(article\.(typ|pdf|html)|metadata\.yaml|bibliography\.bib)": 300_000,
          r"notebooks/\d\d_\w+\.html": 200_000,
          rf"sweeps/paused/\w+/{RUN}/checkpoints/step\d+\.safetensors": MB,
          rf"sweeps/paused/\w+/{RUN}/(metrics\.json|weights\.safetensors|predictions\.npz|history\.csv)": MB}

SCHEMAS = {r"(\d\d_\w+/)?plan\.json": "plan", r"\d\d_\w+/headline\.json": "headline", r"claims\.json": "claims",
           r"manifest\.json": "manifest", r".*/metrics\.json": "metrics", r".*/occlusion\.json": "occlusion"}
# The arrays of maps.npz: kind of dtype and number of dimensions.
READINGS = r"(turned_wrong|probability_drop|logit_drop)"
MAPS = {r"label_names": ("U", 1), r"(correct_)?counts|rows|columns": ("i", 1), r"region_masks": ("f", 3),
        rf"(window_)?{READINGS}(_low|_high)?": ("f", 3), r"beside_(zero|mean|blur)": ("f", 3)}
DRAWING = {"svg", "title", "desc", "style", "g", "rect", "line", "path", "polyline", "polygon", "circle", "ellipse",
           "text", "tspan", "defs", "a", "clipPath"}
LONGEST_NAME = 40  # characters of a class name
ROWS, COLUMNS = 5000, 24  # of a training's history at most


def problem_of(name: str, size: int, allowed: dict[str, int]) -> str | None:
    """Why a file of this name and size may not lie here; None where it may. name: relative to the folder."""
    limits = [most for pattern, most in allowed.items() if re.fullmatch(pattern, name)]
    if not limits:
        return "a file that no result has (type or place)"
    return f"{size:,} bytes, more than the {max(limits):,} that such a file may have" if size > max(limits) else None


def content_problems(path: Path, name: str) -> list[str]:
    """What a file of an allowed name holds that its kind does not; [] for nothing."""
    try:
        if path.suffix in (".json", ".ipynb"):
            content = json.loads(path.read_text(encoding="utf-8"))
            kind = next((kind for pattern, kind in SCHEMAS.items() if re.fullmatch(pattern, name)), "")
            return schema.problems(kind, content) if kind else []
        if path.name == records.PREDICTIONS:
            return _names_problems(predictions.read_arrays(path)["label_names"])
        if path.name == training_labels.FILE:
            training_labels.read(path)
            return []
        if path.suffix == ".npz":
            return _maps_problems(path)
        if path.name == records.HISTORY:
            return _history_problems(records.read_history(path))
        if path.suffix == ".svg":
            return _drawing_problems(path)
    except (OSError, ValueError, EOFError, KeyError, RecursionError, zipfile.BadZipFile, InputError) as error:
        return [f"damaged ({error})"]
    return []


def _maps_problems(path: Path) -> list[str]:
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    found = []
    for name, array in arrays.items():
        known = next((what for pattern, what in MAPS.items() if re.fullmatch(pattern, name)), None)
        if (array.dtype.kind, array.ndim) != known:
            found.append(f"array {name} ({array.dtype}, {array.shape}) is not one of an occlusion analysis")
    return found + _names_problems(arrays.get("label_names", np.array([], dtype=str)))


def _names_problems(names: np.ndarray) -> list[str]:
    longest = max(map(len, map(str, names)), default=0)
    return [f"a class name of {longest} characters"] if longest > LONGEST_NAME else []


def _history_problems(rows: list[dict]) -> list[str]:
    fields = [value for row in rows for value in row.values()]
    if any(isinstance(value, list) or len(str(value)) > LONGEST_NAME for value in fields):
        return ["a field that is longer than any number"]
    if any(len(row) > COLUMNS for row in rows) or len(rows) > ROWS:
        return [f"{len(rows)} rows of {len(rows[0])} columns: no history of a training"]
    return []


def _drawing_problems(path: Path) -> list[str]:
    """Elements of an SVG that are no lines, shapes or text (an image, a script), scripts in attributes, and addresses
    that lead elsewhere."""
    try:
        elements = list(ElementTree.parse(path).iter())
    except ElementTree.ParseError as error:
        return [f"damaged ({error})"]
    strange = {str(one.tag).rpartition("}")[2] for one in elements} - DRAWING
    outside = [value for one in elements for key, value in one.attrib.items()
               if key.endswith("href") and not value.startswith("#")]
    said = " ".join(text for one in elements for text in (one.text or "", *one.attrib.values())).lower()
    outside += re.findall(r"url\(\s*['\"]?[^#'\"\s]|@import|javascript:", said)
    active = any(key.rpartition("}")[2].lower().startswith("on") for one in elements for key in one.attrib)
    return [f"a drawing with {', '.join(sorted(strange))}" for _ in strange][:1] + [
        "a script in it"] * active + ["an address in it"] * bool(outside)
