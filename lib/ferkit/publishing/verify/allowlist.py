"""Which files may lie in a tree of results, and what an array file may hold: all else is named."""

import json
import re
import zipfile
from pathlib import Path

import numpy as np

from ferkit.core.errors import InputError
from ferkit.publishing.verify import image_leak_scan
from ferkit.results import predictions, records

CELL = r"\d\d_\w+/[\w.-]+/[\w.-]+/seed\d+"
# What publishing leaves, by path relative to the tree.
PUBLISHED = (
    r"manifest\.json", r"claims\.json", r"(\w+/)*[\w.-]+\.md", r"\d\d_\w+/(plan|plan\.next|headline)\.json",
    rf"{CELL}/(metrics\.json|predictions\.npz|history\.csv|weights\.safetensors)",
    r"04_occlusion_analysis/([\w.-]+/)*[\w.-]+\.json", r"04_occlusion_analysis/([\w.-]+/)*maps\.npz",
    r"(\d\d_\w+/)?(zero_shot|optimism)\.json", r"01_data_preparation/(dataset|audit)\.json", r"(\w+/)*[\w.-]+\.svg",
    r"(sweep|plan)\.json", r"sweep/[\w.-]+/[\w.-]+/seed\d+/(status\.json|history\.csv|weights\.safetensors)",
)
# What a run holds besides.
RUN = (r"notebooks/\d\d_\w+(\.failed)?\.ipynb", r"report\.html", r"\d\d_\w+/figures/\d\d_\w+\.json",
       rf"{CELL}/checkpoints/.+", r"\d\d_\w+/[\w.-]+\.json")
DRAWN = (r"[\w.-]+\.png",)  # the built-in set's faces are drawn

# The arrays of maps.npz: kind of dtype and number of dimensions.
READINGS = r"(turned_wrong|probability_drop|logit_drop)"
MAPS = {r"label_names": ("U", (1,)), r"(correct_)?counts|rows|columns": ("i", (1,)), r"region_masks": ("f", (3,)),
        rf"{READINGS}(_low|_high)?": ("f", (3,)), rf"window_{READINGS}": ("f", (3,)),
        r"beside_(zero|mean|blur)": ("f", (3,))}
LONGEST_NAME = 40  # characters of a class name


def problem_of(name: str, *, run: bool, drawn: bool) -> str | None:
    """Why a file of this name may not lie in a tree of results; None where it may.

    name: relative to the tree. run: not a published tree but one ./run_all.sh. drawn: results of drawn faces.
    """
    patterns = (*PUBLISHED, *(RUN if run else ()), *(DRAWN if drawn else ()))
    if any(re.fullmatch(pattern, name) for pattern in patterns):
        return None
    if Path(name).suffix.lower() in (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"):
        return "a picture; no image of a real face may be published"
    return "a file that no result has (type or place)"


def content_problems(path: Path, *, run: bool, drawn: bool) -> list[str]:
    """What a file of an allowed name holds that it should not; [] for nothing. Drawn faces may be shown."""
    if path.suffix in (".json", ".ipynb"):
        return [] if drawn else _json_problems(path, run)
    if path.suffix == ".npz":
        return _array_problems(path, drawn)
    if path.suffix == ".csv":
        return _table_problems(path)
    text = path.suffix in (".md", ".svg", ".toml") and not drawn
    return image_leak_scan.in_text(path.read_text(encoding="utf-8", errors="replace")) if text else []


def _array_problems(path: Path, drawn: bool) -> list[str]:
    if path.name == records.PREDICTIONS:
        try:
            names = predictions.read_arrays(path)["label_names"]
        except InputError as error:
            return [str(error)]
        longest = max(map(len, map(str, names)), default=0)
        return [f"a class name of {longest} characters"] if longest > LONGEST_NAME else _hidden(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        return [f"damaged ({error})"]
    return _hidden(path) + [problem for name, array in arrays.items()
                            for problem in _map_problems(name, np.asarray(array), arrays, drawn)]


def _map_problems(name: str, array: np.ndarray, arrays: dict[str, np.ndarray], drawn: bool) -> list[str]:
    """An array of maps.npz: known by name, of its kind, and no finer than the windows it was made from."""
    known = next((what for pattern, what in MAPS.items() if re.fullmatch(pattern, name)), None)
    if known is None:
        return [f"array {name} ({array.dtype}, {array.shape}) is not one of an occlusion analysis"]
    if array.dtype.kind != known[0] or array.ndim not in known[1]:
        return [f"array {name} is {array.dtype} {array.shape}, which no occlusion analysis writes"]
    if known[0] == "U":
        return [f"a class name of {max(map(len, array.tolist()))} characters"] if any(
            len(label) > LONGEST_NAME for label in array.tolist()) else []
    if array.ndim < 3 or name.startswith("window_"):
        return []
    if name == "region_masks":
        return [] if len(np.unique(array)) <= 2 or drawn else ["array region_masks holds more than masks"]
    most = 2 * min(len(arrays.get("rows", ())), len(arrays.get("columns", ()))) + 2
    return [f"array {name} is finer than the windows of an occlusion analysis"] if any(
        image_leak_scan.patterns(plane) > most for plane in array) else []


def _hidden(path: Path) -> list[str]:
    """Bytes of an .npz that no array accounts for."""
    with zipfile.ZipFile(path) as archive:
        packed = sum(entry.compress_size for entry in archive.infolist())
        other = [entry.filename for entry in archive.infolist() if not entry.filename.endswith(".npy")]
        comments = len(archive.comment) + sum(len(entry.comment) for entry in archive.infolist())
    if other:
        return [f"it holds {other[0]}, which is no array"]
    spare = path.stat().st_size - packed - 400 * len(archive.namelist()) - 200
    return ["it holds bytes besides its arrays"] if comments or spare > 0 else []


def _json_problems(path: Path, run: bool) -> list[str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return [f"damaged ({error})"]
    return image_leak_scan.in_json(content, maps=run)


def _table_problems(path: Path) -> list[str]:
    try:
        rows = records.read_history(path)
    except InputError as error:
        return [str(error)]
    fields = [value for row in rows for value in row.values()]
    if any(isinstance(value, list) or len(str(value)) > LONGEST_NAME for value in fields):
        return ["a field that is longer than any number"]
    if any(len(row) > 24 for row in rows) or len(rows) > 5000:
        return [f"{len(rows)} rows of {len(rows[0])} columns: no history of a training"]
    return []
