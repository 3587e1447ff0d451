"""Every data set in one shape: ``load`` reads, divides and, for small profiles, thins a source into a
`FaceSet`.

One file per source; what they share is `archive` (files and image decoding) and `cache` (prepared arrays).
"""

from __future__ import annotations

import hashlib
import importlib
import os
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np

from ferkit.core import files, paths, protocols
from ferkit.core.errors import InputError
from ferkit.core.paths import DATASETS, Data
from ferkit.core.profiles import PROFILES
from ferkit.core.protocols import Protocol
from ferkit.data import archive, cache, ferplus, splits
from ferkit.data.face_set import SPLITS, FaceSet


def load(dataset: str, data: Data = None, *, profile: str = "quick", protocol: str = "official", seed: int = 0
         ) -> FaceSet:
    """The set, every image in train, val or test (images that the protocol leaves out are dropped).

    data: where it lies, its parts where there are several; None takes the data set's environment variable. protocol: ""
    for the data set's own; ``+contempt`` keeps the eighth label of CK+ or FER+; FER2013's with ``+ferplus`` has the
    labels of `ferkit.data.ferplus`.
    A set without images ("gfe") comes as a `SequenceSet`.
    Real data are thinned to the profile's limit (stratified, seeded), training images to what ``+trainN`` leaves of
    them, both stated in `source`. Raises InputError.
    """
    _check(dataset, profile)
    chosen = protocols.parse(protocols.resolve(dataset, protocol))
    if dataset in paths.WITHOUT_IMAGES:
        from ferkit.data.sequences import load as sequences

        return sequences.load(dataset, data, profile=profile, protocol=chosen.name, seed=seed)
    drawn = dataset == "synthetic"
    faces = _draw(profile, seed, chosen.variation) if drawn else _whole(dataset, data, chosen.contempt)
    if chosen.labels != "own":
        faces = ferplus.relabel(faces, chosen)
    thinned = splits.thin(_divide(faces, chosen, seed), 0 if drawn else PROFILES[profile].limit, seed)
    return splits.fewer_to_train(thinned, chosen, seed)


def fingerprint(dataset: str, data: Data = None, profile: str = "quick", protocol: str = "official",
                seed: int = 0) -> str:
    """A sha256 that changes exactly when ``load`` with the same arguments could return something else.

    Milliseconds for drawn faces (their parameters and the drawing code) and for a prepared set; a real set
    that is not prepared yet is read and prepared first.
    """
    _check(dataset, profile)
    chosen = protocols.parse(protocols.resolve(dataset, protocol))
    if dataset == "synthetic":
        what: object = _drawing_key(profile, seed, chosen.variation)
    elif dataset in paths.WITHOUT_IMAGES:
        what = load(dataset, data, profile=profile, protocol=chosen.name, seed=seed).content_hash
    else:
        key = _key(dataset, data, chosen.contempt)
        what = cache.known_content_hash(key) or _whole(dataset, data, chosen.contempt).content_hash
        if dataset == "folder" and (pattern := os.environ.get(paths.SUBJECT_VARIABLE, "")):
            what = [what, pattern]  # the content hash does not tell who is shown
    if chosen.labels != "own":
        what = [what, hashlib.sha256(ferplus.votes()).hexdigest()]
    limit = 0 if dataset == "synthetic" else PROFILES[profile].limit
    return files.sha256_of([cache.SCHEMA, dataset, what, limit, chosen.name, seed])


def card(faces: FaceSet) -> dict[str, object]:
    """What a run keeps of its data, JSON-able: source, protocol, counts and content hash, no pixels and no path."""
    return {"dataset": faces.source.get("dataset", ""), "protocol": faces.source.get("protocol", ""), "n": len(faces),
            "counts": faces.counts(), "label_names": list(faces.label_names), "content_hash": faces.content_hash,
            "source": dict(faces.source)}


def _check(dataset: str, profile: str) -> None:
    if dataset not in DATASETS:
        raise InputError(f"dataset {dataset!r} is unknown; take one of {', '.join(DATASETS)}")
    if profile not in PROFILES:
        raise InputError(f"profile {profile!r} is unknown; take one of {', '.join(PROFILES)}")


def _key(dataset: str, data: Data, contempt: bool) -> list[object]:
    """What the prepared set of a source is found by."""
    parts = paths.data_parts(dataset, data)
    if dataset == "folder":
        return [dataset, os.environ.get(paths.SUBJECT_VARIABLE, ""), [archive.stamp(part) for part in parts]]
    return [dataset, contempt and dataset == "ckplus", [archive.stamp(part) for part in parts]]


def _whole(dataset: str, data: Data, contempt: bool) -> FaceSet:
    """The whole source, from the cache or read and prepared."""
    parts, source = paths.data_parts(dataset, data), _source(dataset)
    options = {"contempt": contempt} if dataset == "ckplus" else {}
    return cache.prepared(_key(dataset, data, contempt), lambda: source.read(*parts, **options))


def _source(dataset: str) -> ModuleType:
    """The module that reads a data set."""
    return importlib.import_module(f"ferkit.data.sources.{dataset}")


def shares(dataset: str) -> tuple[float, float, float]:
    """Which part of a data set's images trains, selects and tests where a random split is drawn."""
    return getattr(_source(dataset), "SHARES", splits.SHARES)


def _drawing_key(profile: str, seed: int, variation: int) -> list[object]:
    """The parameters of the drawn faces and a hash of the code that draws them."""
    code = hashlib.sha256()
    here = Path(__file__).parent
    for source in (here / "sources" / "synthetic.py", *sorted((here / "synthetic").glob("*.py"))):
        code.update(source.read_bytes())
    return ["synthetic", list(PROFILES[profile].drawn), seed, variation, code.hexdigest()]


def _draw(profile: str, seed: int, variation: int) -> FaceSet:
    """The built-in set at the profile's size, from the cache or drawn."""
    return cache.prepared(_drawing_key(profile, seed, variation), lambda: _source("synthetic").draw_set(
        *PROFILES[profile].drawn, seed=seed, variation=variation / 100))


def _divide(faces: FaceSet, protocol: Protocol, seed: int) -> FaceSet:
    """The set under a protocol, which `source` states."""
    if protocol.base == "official":
        splits.official(faces)  # complains where there is none; rows in no split stay
        return replace_keeping_hash(faces, source={**faces.source, "protocol": protocol.name})
    rows = splits.divide(protocol, faces, seed, shares(str(faces.source["dataset"])))
    split = splits.as_column(rows, len(faces))
    says = f"Divided by protocol {protocol.proper}, seed {seed}: {', '.join(f'{len(rows[s])} {s}' for s in SPLITS)}."
    divided = replace(faces, split=split).noted(says, protocol=protocol.name)
    return divided if np.all(split != "") else divided.select(split != "")


def replace_keeping_hash(faces: FaceSet, **changes: object) -> FaceSet:
    """``dataclasses.replace`` for fields that the content hash does not cover."""
    changed = replace(faces, **changes)
    known = faces.__dict__.get("content_hash")
    return cache.with_content_hash(changed, known) if known else changed
