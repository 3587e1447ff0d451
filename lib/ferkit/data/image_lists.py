"""Lists of images by name: a part of a test split that somebody else chose, as RAN's authors chose occluded faces."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import numpy as np

from ferkit.core.errors import InputError
from ferkit.data import ferplus
from ferkit.data.face_set import FaceSet

FERPLUS = re.compile(r"(?:\d_)?fer(\d{7})")  # FER+'s own name, with the label that lists put before it


def only_listed(faces: FaceSet, place: Path) -> tuple[FaceSet, dict[str, object]]:
    """The set without the test images that a file does not name, and {list, lines, listed}: its name, how many lines
    it has, how many test images they name.

    place: a name a line, its first word: an image's name in this copy, with or without folders and ending, or in
    FER+ ("fer0032220.png", also "0/fer0032220.jpg" and "7_fer0032220.png"). Lines that name none are left out, as those
    of images that the chosen labels leave out. InputError for a file that cannot be read or names no test image.
    """
    try:
        lines = [line.split()[0] for line in place.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{place}: cannot be read as a list of images ({error})") from None
    test = np.flatnonzero(faces.split == "test")
    rows = {PurePosixPath(str(faces.names[row])).stem: row for row in test}
    if (faces.source.get("fingerprint") or {}).get("restored"):
        known = ferplus.numbers()
        rows |= {f"fer{known[faces.index[row]]:07d}": row for row in test if faces.index[row] < len(known)}
    stems = [PurePosixPath(line.replace("\\", "/")).stem for line in lines]
    stems = [f"fer{found[1]}" if (found := FERPLUS.fullmatch(stem)) else stem for stem in stems]
    named = sorted({rows[stem] for stem in stems if stem in rows})
    if not named:
        shown = [PurePosixPath(str(faces.names[row])).name for row in test[:1]]
        raise InputError(f"{place}: none of its {len(lines)} lines names a test image of this data set; write them as "
                         + " or ".join([*shown, "fer0032220.png"][:1 + (len(rows) > len(test))]))
    kept = faces.split != "test"
    kept[named] = True
    return faces.select(kept), {"list": place.name, "lines": len(lines), "listed": len(named)}
