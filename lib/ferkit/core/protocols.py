"""Protocols by name: which there are, each data set's own, and what a run under one is called.

A protocol's name may carry a fold (``by_subject_10fold:3``), on FER2013 ``+ferplus`` or ``+ferplus-soft`` (other
labels), on CK+ and with FER+ labels ``+contempt`` (the eighth label is kept), ``+train7000`` (so many of the training
images alone train, stratified; validation and test stay whole), on synthetic faces ``+variation200`` (the same faces,
whose pose, light, noise and occluders vary twice as much), so that one word says everything about which images are used
and where. How each one divides images is `ferkit.data.splits`.
Standard library only: names are checked before anything is installed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ferkit.core.errors import InputError

PROTOCOLS = ("official", "by_image", "by_sequence", "by_subject", "leave_one_subject_out",
             "by_image_10fold", "by_subject_10fold")
SHOWN = ("official, by_subject, by_subject_10fold, leave_one_subject_out, by_sequence; by_image and by_image_10fold "
         "only to measure what they leak")
SIGNERS = ("a_to_b", "b_to_a")  # of gfe: one signer trains, the other tests
# A data set's own labels; the plurality of FER2013's ten FER+ taggers; their votes as soft targets.
LABEL_SETS = ("own", "ferplus", "ferplus-soft")
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
    "gfe": "a_to_b",
}
_NAME = re.compile(r"(?P<base>\w+)(?::(?P<fold>\d+))?"
                   r"(?:\+(?P<labels>ferplus(?:-soft)?))?(?P<contempt>\+contempt)?(?:\+train(?P<train>[1-9]\d*))?"
                   r"(?:\+variation(?P<variation>\d{1,3}))?")
# Whoever is tested under these did not train.
STRANGERS = ("by_subject", "by_subject_10fold", "leave_one_subject_out", *SIGNERS)
# From the leakiest to the strictest: of two protocols the earlier one shows the test images' like to training.
_LEAKIEST_FIRST = ("by_image", "by_image_10fold", "by_sequence", "official", *STRANGERS)


@dataclass(frozen=True)
class Protocol:
    """A protocol's name taken apart. base: one of PROTOCOLS. fold: from 0, the first where none is meant. labels: one
    of LABEL_SETS. contempt: whether the eighth label of CK+ or FER+ is kept. train: how many training images are left,
    0 = all. variation: of pose, light, noise and occluders of synthetic faces, percent of the set's own."""

    base: str
    fold: int = 0
    labels: str = "own"
    contempt: bool = False
    train: int = 0
    variation: int = 100

    @property
    def proper(self) -> str:
        """What says how images are divided: the base and its fold (the first goes without a number)."""
        return self.base + (f":{self.fold}" if self.fold else "")

    @property
    def name(self) -> str:
        """The full name."""
        return self.proper + self._extras("+")

    def _extras(self, joint: str) -> str:
        """Everything but the division, each part led by `joint`."""
        parts = [self.labels if self.labels != "own" else "", "contempt" if self.contempt else "",
                 f"train{self.train}" if self.train else "",
                 f"variation{self.variation}" if self.variation != 100 else ""]
        return "".join(joint + part for part in parts if part)


def parse(name: str) -> Protocol:
    """A protocol's name taken apart; InputError for one that is none."""
    found = _NAME.fullmatch(name)
    if not found or found["base"] not in (*PROTOCOLS, *SIGNERS):
        close = difflib.get_close_matches(name, [one for one in PROTOCOLS if not by_image(one)], 1)
        raise InputError(f"protocol {name!r} is unknown; {f'did you mean {close[0]}? ' if close else ''}"
                         f"take one of {SHOWN}")
    if found["fold"] and found["base"] not in FOLDED:
        raise InputError(f"protocol {name!r}: {found['base']} has no folds; leave out :{found['fold']}")
    return Protocol(found["base"], int(found["fold"] or 0), found["labels"] or "own", bool(found["contempt"]),
                    int(found["train"] or 0), 100 if found["variation"] is None else int(found["variation"]))


def resolve(dataset: str, protocol: str = "", contempt: bool = False, labels: str = "own") -> str:
    """The protocol's full name: the data set's own for "", with ``+ferplus`` and ``+contempt`` where asked for.

    labels: one of LABEL_SETS; "own" leaves what the name says. InputError for a name that is none, a fold where there
    are none, FER+ labels outside FER2013, or contempt where no label set has it.
    """
    found = parse(protocol.strip() or DEFAULT_PROTOCOL[dataset])
    if labels != "own":
        if found.labels not in ("own", labels):
            raise InputError(f"protocol {protocol!r} names other labels than --labels {labels}; give one of them")
        found = replace(found, labels=labels)
    if found.labels != "own" and dataset != "fer2013":
        raise InputError(f"{dataset} has no FER+ labels: --labels {found.labels} is for --dataset fer2013")
    if (found.contempt or contempt) and dataset != "ckplus" and found.labels == "own":
        raise InputError(f"{dataset} has no contempt to keep: --contempt is for --dataset ckplus, or fer2013 with "
                         "--labels ferplus")
    if found.variation != 100 and dataset != "synthetic":
        raise InputError(f"{dataset} is not drawn: +variation{found.variation} is for --dataset synthetic")
    of_gfe = (*SIGNERS, "by_image")
    if found.base not in of_gfe if dataset == "gfe" else found.base in SIGNERS:
        raise InputError(f"protocol {found.base} is not for {dataset}; "
                         f"take one of {', '.join(of_gfe) if dataset == 'gfe' else SHOWN}")
    return replace(found, contempt=found.contempt or contempt).name


def several(dataset: str, text: str, contempt: bool = False, labels: str = "own") -> tuple[str, ...]:
    """The protocols of a comma-separated list, resolved, each once, in order; InputError for a wrong or empty one.

    ``by_subject_10fold:all`` stands for every fold of that protocol.
    """
    names = text.split(",") if text.strip() else [""]
    if len(names) > 1 and not all(name.strip() for name in names):
        raise InputError(f"--protocol {text}: a name is missing between the commas")
    every = [fold for name in names for fold in _folds(dataset, name.strip())]
    return tuple(dict.fromkeys(resolve(dataset, name, contempt, labels) for name in every))


def _folds(dataset: str, name: str) -> list[str]:
    """The name, or the names of all folds where it asks for all."""
    base, every, extra = name.partition(":all")
    if not every or (extra and not extra.startswith("+")) or base not in FOLDED:
        return [name]
    count = FOLDS if base.endswith("fold") else PEOPLE.get(dataset)
    if count is None:
        raise InputError(f"protocol {name!r}: known for {' and '.join(PEOPLE)} only; name the folds, as in {base}:0")
    return [f"{base}:{k}{extra}" for k in range(count)]


def folds(protocol: str) -> list[str]:
    """The names of a protocol's ten folds, the first one's without its number, as results have them."""
    return [protocol, *(f"{protocol}:{k}" for k in range(1, FOLDS))]


def images_alone(protocol: str) -> bool:
    """Whether a protocol's name asks for what sequences are never read with: contempt, or drawn faces that vary more
    or less than usual."""
    found = parse(protocol)
    return found.contempt or found.variation != 100


def at_random(protocol: str) -> str:
    """The protocol that divides the same images by chance: what another one's strictness is measured against."""
    return replace(parse(protocol), base="by_image", fold=0).name


def without_fold(protocol: str) -> str:
    """A full name without its fold: what all folds have in common. Of any text, for files may hold other names."""
    return re.sub(r":\d+", "", protocol)


def on_all(protocol: str) -> str:
    """A full name without ``+trainN``. Of any text, as `without_fold`."""
    return re.sub(r"\+train\d+", "", protocol)


def label_set(protocol: str) -> str:
    """Whose labels a full name means, one of LABEL_SETS. Of any text, as `without_fold`."""
    return next((name for name in reversed(LABEL_SETS) if f"+{name}" in protocol), LABEL_SETS[0])


def suffix(dataset: str, protocol: str) -> str:
    """What a run's or folder's name ends with: "" for the data set's own protocol, else "-" and the protocol.

    Fit for a file name anywhere: ``by_subject_10fold:3+contempt`` becomes ``by_subject_10fold-fold3-contempt``.
    """
    found = parse(resolve(dataset, protocol))
    said = "" if found.proper == DEFAULT_PROTOCOL[dataset] else "-" + found.proper.replace(":", "-fold")
    return said + found._extras("-")


def by_image(name: str) -> bool:
    """Whether images are divided without regard to who or which sequence they show, so that test images may have their
    like in training."""
    return name.startswith("by_image")


def leakiest_first(names: Sequence[str]) -> list[str]:
    """The same protocols, the one that lets most through first; unknown ones come last, in their order."""
    def rank(name: str) -> int:
        base = name.partition("+")[0].partition(":")[0]
        return _LEAKIEST_FIRST.index(base) if base in _LEAKIEST_FIRST else len(_LEAKIEST_FIRST)

    return sorted(names, key=rank)
