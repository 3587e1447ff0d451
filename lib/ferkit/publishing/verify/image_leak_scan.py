"""Whether text, JSON or an array could hold a picture: by what it is, not by what it is called.

Not proof against everything (a picture can be spread over the last digits of any numbers), but against pictures left
in by mistake or in the usual wrappings: base64, data addresses, notebook outputs, plotly's packed arrays, tables of
grey values.
"""

import base64
import binascii
import re
from collections.abc import Iterator

import numpy as np

MOST_NUMBERS = 400  # in one list of lists: fewer than a face of 24 × 24 has pixels
FINEST = 0.75  # share of a map's rows or columns that may differ: one made with windows repeats them
LONGEST = 20_000  # characters of one string: a table that a notebook prints
ADDRESS = re.compile(r"data:image/|<image\b|<img\b", re.IGNORECASE)
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{300,}={0,2}|(?:[A-Za-z0-9+/]{60,80}\\?n?\s*){5,}")
HASHES = re.compile(r"[0-9a-f]+")


def in_json(content: object, maps: bool = False) -> list[str]:
    """What in a JSON value could be a picture, a sentence each, each once.

    maps: whether fine maps of fractions are expected (figures of a run on disk; a published tree has none).
    """
    return list(dict.fromkeys(_in(content, "", maps)))


def in_text(text: str) -> list[str]:
    """What in a text could be a picture, a sentence each."""
    found = ["it holds a picture's address (data:image or <img>)"] if ADDRESS.search(text) else []
    runs = (match for match in ENCODED.finditer(text) if not HASHES.fullmatch(match[0]))
    return found + (["it holds a long run of base64"] if next(runs, None) else [])


def patterns(plane: np.ndarray) -> int:
    """How fine a map is: the smaller of its numbers of different rows and of different columns."""
    plane = np.nan_to_num(np.asarray(plane, np.float32), nan=-9.0)
    return min(len(np.unique(plane, axis=0)), len(np.unique(plane, axis=1).T))


def _in(value: object, where: str, maps: bool) -> Iterator[str]:
    if isinstance(value, dict):
        if {"dtype", "bdata"} <= set(value):
            yield from _packed(value, where, maps)
            return
        for key in value:
            if str(key).startswith("image/"):
                yield f"{where or 'it'} holds an output of type {key}"
        if sum(isinstance(entry, int | float) for entry in value.values()) > MOST_NUMBERS:
            yield f"{where or 'it'} holds a table of {len(value)} numbers"
        for key, entry in value.items():
            yield from in_text(str(key)) if len(str(key)) > 200 else ()
            yield from _in(entry, f"{where}.{key}".lstrip("."), maps)
    elif isinstance(value, list):
        size = _numbers(value)
        if size > MOST_NUMBERS:
            yield from _list(value, size, where, maps)
            return
        for entry in value:
            yield from _in(entry, where, maps)
        if len(value) > 5 and all(isinstance(entry, str) for entry in value):
            yield from (f"{where}: {says}" for says in in_text("".join(value)))
    elif isinstance(value, str):
        if len(value) > LONGEST and not where.endswith(("source", "text/html", "text/plain", "text")):
            yield f"{where} is a string of {len(value)} characters"
        yield from (f"{where}: {says}" for says in in_text(value))


def _list(value: list, size: int, where: str, maps: bool) -> Iterator[str]:
    """Many numbers in one list: a map that is coarse, or what could be a picture."""
    try:
        array = np.array(value, dtype=np.float64)
    except (ValueError, TypeError):
        array = np.empty(0)
    if array.size == 0 or _pictorial(array, maps):
        yield f"{where or 'it'} holds {size} numbers in one list"


def _packed(value: dict, where: str, maps: bool) -> Iterator[str]:
    """plotly's form of an array: its type, base64 and shape."""
    try:
        array = np.frombuffer(base64.b64decode(value["bdata"]), np.dtype(value["dtype"]))
        shape = [int(part) for part in str(value.get("shape", array.size)).split(",")]
        array = array.reshape(shape)
    except (ValueError, TypeError, binascii.Error):
        yield f"{where} is a packed array that cannot be read"
        return
    if array.size > MOST_NUMBERS and _pictorial(array, maps):
        yield f"{where} is an array of {array.dtype} {array.shape}, fine enough for a picture"


def _pictorial(array: np.ndarray, maps: bool) -> bool:
    """Whether an array could be a picture: a row of grey values, or a plane with more detail than a map of windows."""
    if array.ndim < 2 or (maps and not _grey(array)):
        return _grey(array)
    planes = array.reshape(-1, *array.shape[-2:])
    return any(patterns(plane) > FINEST * min(plane.shape) and len(np.unique(plane)) > 16 for plane in planes)


def _grey(array: np.ndarray) -> bool:
    """Whether numbers could be grey values: whole numbers of 0…255, many of them different."""
    whole = bool(np.all(np.isfinite(array)) and np.all(array == np.rint(array)))
    return whole and array.min() >= 0 and array.max() <= 255 and len(np.unique(array)) > 16


def _numbers(value: object) -> int:
    """How many numbers a list of lists holds; 0 where it holds anything else."""
    if isinstance(value, list):
        sizes = [_numbers(entry) for entry in value]
        return sum(sizes) if all(sizes) else 0
    return int(isinstance(value, int | float) and not isinstance(value, bool))
