"""JAFFE: 213 photographs of ten women, subject and expression in the file name (``KA.AN1.39.tiff``,
``KA-AN1.jpeg``). As it circulates the files lie in one folder, zipped or not, or in class folders, names kept.

Lyons et al. 1998, Coding facial expressions with Gabor wavelets, doi 10.1109/AFGR.1998.670949.

Not stated in the paper; we use the remembered sizes of Minaee & Abdolrashidi's split of JAFFE for by_image because no
list of its images is public.
"""

from __future__ import annotations

import re
from pathlib import Path

from ferkit.core.errors import InputError
from ferkit.core.labels import to_label
from ferkit.data import archive
from ferkit.data.crops import read_photos
from ferkit.data.face_set import FaceSet, without_splits

IMAGES = 213
SHARES = (120 / 213, 23 / 213, 70 / 213)  # by_image: train, val, test
SUBJECTS = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM")
_NAME = re.compile(
    r"([A-Z]{2})[.\-_ ]?(AN|DI|FE|HA|SA|SU|NE)(\d)(?:[.\-_ ]+\d+)?[.\-_ ]*(?:\.TIFF?)?\.[A-Z]+", re.IGNORECASE
)


def read(*data: Path) -> FaceSet:
    """The whole set, without splits, sorted by file name; InputError for a name that does not say who and
    what."""
    with archive.open_all(archive.expand(data, ("jaffe",))) as parts:
        files = [(source, name) for source in parts for name in archive.image_names(source)]
        if not files:
            raise InputError(f"{data[0].name}: no JAFFE in it (no images); expected files such as KA.AN1.39.tiff")
        parsed = [parse_name(name, f"{source.title}: {name}") for source, name in files]
        images, notes = read_photos(files)
    if len(files) != IMAGES:
        notes = [*notes, f"The copy holds {len(files)} images, {IMAGES} are published."]
    return without_splits("jaffe", "file names", images, parsed, [name for _, name in files], notes)


def parse_name(name: str, where: str) -> tuple[str, str]:
    """(subject, label) of a file name; InputError naming `where` for one that names no subject of JAFFE."""
    match = _NAME.fullmatch(name.rpartition("/")[2])
    if not match or match[1].upper() not in SUBJECTS:
        raise InputError(
            f"{where}: not a JAFFE file name such as KA.AN1.39.tiff; for other images use --dataset folder"
        )
    return match[1].upper(), to_label(match[2])
