"""Protocols by name: which there are, each data set's own, and what a run under one is called.

A protocol's name may carry a fold (``by_subject_10fold:3``) and, on CK+, ``+contempt`` (its eighth label is kept), so
that one word says everything about which images are used and where. How each one divides images is `ferkit.splits`.
Standard library only: names are checked before anything is installed.
"""

from __future__ import annotations

from collections.abc import Sequence

from ferkit.errors import InputError

PROTOCOLS = ("official", "by_image", "by_sequence", "by_subject", "leave_one_subject_out",
             "by_image_10fold", "by_subject_10fold")
FOLDS = 10
# How many people a set has, where every fold of leave_one_subject_out can be asked for at once.
PEOPLE = {"jaffe": 10, "ferg": 6}
FOLDED = ("leave_one_subject_out", "by_image_10fold", "by_subject_10fold")
# What a paper's own split is, where there is one; the honest one where the papers' leaks.
DEFAULT_PROTOCOL = {
    "synthetic": "official",
    "fer2013": "official",
    "ckplus": "by_subject",
    "jaffe": "by_subject",
    "ferg": "by_image",
    "folder": "official",
}
CONTEMPT = "+contempt"
# From the leakiest to the strictest: of two protocols the earlier one shows the test images' like to training.
_LEAKIEST_FIRST = ("by_image", "by_image_10fold", "by_sequence", "official", "by_subject", "by_subject_10fold",
                   "leave_one_subject_out")


def resolve(dataset: str, protocol: str = "", contempt: bool = False) -> str:
    """The protocol's full name: the data set's own for "", with ``+contempt`` where that is asked for.

    InputError for a name that is none, a fold where there are none, or contempt outside CK+.
    """
    name, plus, extra = (protocol.strip() or DEFAULT_PROTOCOL[dataset]).partition("+")
    base, colon, fold = name.partition(":")
    known = f"take one of {', '.join(PROTOCOLS)}"
    if base not in PROTOCOLS or (plus and extra != CONTEMPT[1:]) or (colon and not fold.isdecimal()):
        raise InputError(f"protocol {protocol!r} is unknown; {known}")
    if colon and base not in FOLDED:
        raise InputError(f"protocol {protocol!r}: {base} has no folds; leave out :{fold}")
    if (plus or contempt) and dataset != "ckplus":
        raise InputError(f"{dataset} has no contempt to keep: --contempt is for --dataset ckplus")
    fold = str(int(fold)) if colon and int(fold) else ""  # the first fold is meant where none is named
    return base + (f":{fold}" if fold else "") + (CONTEMPT if plus or contempt else "")


def several(dataset: str, text: str, contempt: bool = False) -> tuple[str, ...]:
    """The protocols of a comma-separated list, resolved, each once, in order; InputError for a wrong or empty one.

    ``by_subject_10fold:all`` stands for every fold of that protocol.
    """
    names = text.split(",") if text.strip() else [""]
    if len(names) > 1 and not all(name.strip() for name in names):
        raise InputError(f"--protocol {text}: a name is missing between the commas")
    every = [fold for name in names for fold in _folds(dataset, name.strip())]
    return tuple(dict.fromkeys(resolve(dataset, name, contempt) for name in every))


def _folds(dataset: str, name: str) -> list[str]:
    """The name, or the names of all folds where it asks for all."""
    base, _, extra = name.partition(":all")
    if not name.endswith((":all", f":all{CONTEMPT}")) or base not in FOLDED:
        return [name]
    count = FOLDS if base.endswith("fold") else PEOPLE.get(dataset)
    if count is None:
        raise InputError(f"protocol {name!r}: known for {' and '.join(PEOPLE)} only; name the folds, as in {base}:0")
    return [f"{base}:{k}{extra}" for k in range(count)]


def without_fold(protocol: str) -> str:
    """A full name without its fold: what all folds have in common."""
    name, contempt = split_contempt(protocol)
    return name.partition(":")[0] + (CONTEMPT if contempt else "")


def split_contempt(protocol: str) -> tuple[str, bool]:
    """A full name's protocol proper, and whether contempt is kept."""
    return protocol.removesuffix(CONTEMPT), protocol.endswith(CONTEMPT)


def suffix(dataset: str, protocol: str) -> str:
    """What a run's or folder's name ends with: "" for the data set's own protocol, else "-" and the protocol.

    Fit for a file name anywhere: ``by_subject_10fold:3+contempt`` becomes ``by_subject_10fold-fold3-contempt``.
    """
    name, contempt = split_contempt(resolve(dataset, protocol))
    said = "" if name == DEFAULT_PROTOCOL[dataset] else "-" + name.replace(":", "-fold")
    return said + ("-contempt" if contempt else "")


def leakiest_first(names: Sequence[str]) -> list[str]:
    """The same protocols, the one that lets most through first; unknown ones come last, in their order."""
    def rank(name: str) -> int:
        base = name.partition("+")[0].partition(":")[0]
        return _LEAKIEST_FIRST.index(base) if base in _LEAKIEST_FIRST else len(_LEAKIEST_FIRST)

    return sorted(names, key=rank)
