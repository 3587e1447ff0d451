"""JSON values that take seconds to make and follow from little: made once and kept in the cache."""

import json
from collections.abc import Callable
from contextlib import suppress

from ferkit.core import files, paths


def kept(kind: str, made_of: object, make: Callable[[], object]) -> object:
    """What `make` returns, a JSON value, or what it returned when it was last asked with the same `made_of` (JSON-able:
    everything that the value follows from). kind: the folder in the cache. A damaged file is made again."""
    path = paths.cache_root() / kind / f"{files.sha256_of(made_of)}.json"
    with suppress(OSError, ValueError):
        return json.loads(path.read_text(encoding="utf-8"))
    made = make()
    with suppress(OSError):  # a cache that cannot be written saves nothing
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_json(path, made)
    return made
