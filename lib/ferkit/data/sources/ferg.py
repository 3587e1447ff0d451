"""FERG-DB: 55,767 renderings of six stylised characters in
``FERG_DB_256/<character>/<character>_<expression>/*.png``.

Aneja et al. 2016, Modeling stylized character expressions via deep learning, doi 10.1007/978-3-319-54184-6_9.
The character is the subject. Renderings are framed by their makers, so they are shrunk whole (256×256 →
48×48).

Not stated in the paper; we use white behind transparent pixels because a rendering has no background of its
own.
Not stated in the paper; we use the remembered sizes of Minaee & Abdolrashidi's split of FERG for by_image because no
list of its images is public.
"""

from __future__ import annotations

from pathlib import Path

from ferkit.core.errors import InputError
from ferkit.core.labels import LABELS, to_label
from ferkit.data import archive
from ferkit.data.crops import read_resized
from ferkit.data.face_set import FaceSet, without_splits

IMAGES = 55767
SHARES = (34 / 55, 14 / 55, 7 / 55)  # by_image: train, val, test
CHARACTERS = ("aia", "bonnie", "jules", "malcolm", "mery", "ray")


def read(*data: Path) -> FaceSet:
    """The whole set, without splits, sorted by file name; InputError for a folder that is no character's."""
    paths = archive.expand(data, ("ferg",))
    with archive.open_all(paths) as parts:
        files = [(source, name) for source in parts for name in archive.image_names(source)]
        if not files:
            raise InputError(f"{data[0].name}: no FERG in it (no images); expected FERG_DB_256/aia/aia_anger/*.png")
        parsed = [parse_folder(name, f"{source.title}: {name}") for source, name in files]
        images = read_resized(files, [archive.stamp(path) for path in paths])
    notes = [] if len(files) == IMAGES else [f"The copy holds {len(files)} images, {IMAGES} are published."]
    return without_splits("ferg", "characters", images, parsed, [name for _, name in files], notes)


def parse_folder(name: str, where: str) -> tuple[str, str]:
    """(character, label) of a path: of its folder <character>_<expression>, else of a file name that begins so;
    InputError naming `where` for any other."""
    folder, _, base = name.rpartition("/")
    folder = folder.rpartition("/")[2]
    for text in (folder, base):
        character, _, rest = text.lower().partition("_")
        label = to_label(rest.partition("_")[0])
        if character in CHARACTERS and label in LABELS:
            return character, label
    raise InputError(f"{where}: folder {folder!r} is not <character>_<expression> such as aia_joy")
