"""The one list of everything published: ``SHA256SUMS`` of a tree, as sha256sum writes it and ``sha256sum -c`` reads it.

It names every file of the tree but itself. Commands that publish write it last; `verify` looks for every line of it,
so that a file that was deleted, changed or added by any other way is named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ferkit.core import files
from ferkit.core.errors import InputError

NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64}) [ *](\S.*)")


@dataclass(frozen=True)
class Changes:
    """How a list differs from the files: names added, changed and gone since it was written."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]

    def lines(self) -> list[str]:
        """One line a file: ``+ name``, ``~ name``, ``- name``."""
        return [f"{sign} {name}" for sign, names in (("+", self.added), ("~", self.changed), ("-", self.gone))
                for name in names]


def read(root: Path) -> dict[str, str] | None:
    """The listed sha256 of each file by its path relative to `root`; None where there is no list, InputError where it
    is damaged."""
    try:
        lines = (root / NAME).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{root.name}/{NAME}: not readable ({error}); restore it with git checkout") from None
    found = [_LINE.fullmatch(line) for line in lines]
    if not all(found):
        raise InputError(f"{root.name}/{NAME}: line {found.index(None) + 1} is none of a list of checksums; restore it "
                         "with git checkout")
    return {match[2]: match[1] for match in found}


def present(root: Path, trees: tuple[Path, ...] = ()) -> dict[str, str]:
    """The sha256 of every file below `root` that a list names; of the folders `trees`, which have lists of their own,
    those lists alone."""
    here = [path for path in files.finished_files(root)
            if path.name != NAME and not any(path.is_relative_to(tree) for tree in trees)]
    here += [tree / NAME for tree in trees if (tree / NAME).is_file()]
    return {path.relative_to(root).as_posix(): files.sha256(path) for path in sorted(here)}


def compare(root: Path, trees: tuple[Path, ...] = ()) -> Changes:
    """How the files differ from the list, which is empty where there is none."""
    return _between(read(root) or {}, present(root, trees))


def _between(listed: dict[str, str], here: dict[str, str]) -> Changes:
    return Changes(tuple(sorted(here.keys() - listed.keys())),
                   tuple(sorted(name for name in here.keys() & listed.keys() if here[name] != listed[name])),
                   tuple(sorted(listed.keys() - here.keys())))


def write(root: Path, trees: tuple[Path, ...] = ()) -> Changes:
    """Write the list of what lies there now; how it differs from the one before."""
    listed, here = read(root) or {}, present(root, trees)
    if here:
        files.write_text(root / NAME, "".join(f"{sha}  {name}\n" for name, sha in sorted(here.items())))
    return _between(listed, here)
