"""Lists of images by name: a part of a test split that somebody else chose, as RAN's authors chose occluded faces."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

import numpy as np

from ferkit.core.errors import InputError
from ferkit.data import archive, ferplus
from ferkit.data.face_set import FaceSet

FERPLUS = re.compile(r"(?:\d_)?fer(\d{7})")  # FER+'s own name, with the label that lists put before it


def only_listed(faces: FaceSet, place: Path) -> tuple[FaceSet, dict[str, object]]:
    """The set without the test images that a file does not name, and {list, lines, listed}: its name, how many lines
    it has, how many test images they name.

    place: a name a line, its first word: an image's name in this copy, with or without ending, and without folders
    where no other test image has it too, or in FER+ ("fer0032220.png", also "0/fer0032220.jpg" and
    "7_fer0032220.png"). Lines that name none are left out, as those of images that the chosen labels leave out.
    InputError for a file that cannot be read or names no test image, and for a name of several.
    """
    try:
        lines = [line.split()[0] for line in place.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{place}: cannot be read as a list of images ({error})") from None
    test = np.flatnonzero(faces.split == "test")
    paths = {row: _path(str(faces.names[row])) for row in test}
    rows: dict[str, list[int]] = defaultdict(list)
    for row, path in paths.items():
        rows[path.rpartition("/")[2]].append(row)
    if (faces.source.get("fingerprint") or {}).get("restored"):
        known = ferplus.numbers()
        rows |= {f"fer{known[faces.index[row]]:07d}": [row] for row in test if faces.index[row] < len(known)}
    named = set()
    for line in lines:
        path = _path(line)
        stem = path.rpartition("/")[2]
        found = rows.get(f"fer{official[1]}" if (official := FERPLUS.fullmatch(stem)) else stem, [])
        if len(found) > 1:
            found = [row for row in found if f"/{paths[row]}".endswith(f"/{path}")]
            if len(found) != 1:
                raise InputError(f"{place}: {line}: several test images are called so; write their folders too")
        named |= set(found)
    if not named:
        shown = [PurePosixPath(str(faces.names[row])).name for row in test[:1]]
        raise InputError(f"{place}: none of its {len(lines)} lines names a test image of this data set; write them as "
                         + " or ".join([*shown, "fer0032220.png"][:1 + (len(rows) > len(test))]))
    kept = faces.split != "test"
    kept[sorted(named)] = True
    return faces.select(kept), {"list": place.name, "lines": len(lines), "listed": len(named)}


def _path(name: str) -> str:
    """A file's path with slashes, without the ending of an image file."""
    path = PurePosixPath(name.replace("\\", "/"))
    return (path.with_suffix("") if path.suffix.lower() in archive.IMAGE_SUFFIXES else path).as_posix()
