"""Every sequence set in one shape: ``load`` reads, divides and, for small profiles, thins it into a `SequenceSet`.

Drawn sequences are the default; "ckplus" takes the original release (whole sequences) or CK+48 (the last three frames
of each); "gfe" are windows of facial points. Drawn and photographed ones hold frames: networks take features of these.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np

from ferkit.core import files, paths, protocols
from ferkit.core.errors import InputError
from ferkit.core.paths import Data
from ferkit.core.profiles import PROFILES
from ferkit.data import archive, splits
from ferkit.data.sequences import ckplus, drawn
from ferkit.data.sequences.sequence_set import ARRAYS, SequenceSet
from ferkit.data.sources import gfe

DATASETS = ("synthetic", "ckplus", "gfe")


def load(dataset: str, data: Data = None, *, profile: str = "quick", protocol: str = "", seed: int = 0
         ) -> SequenceSet:
    """The set, every sequence in train, val or test; those that the protocol leaves out are dropped.

    data: where it lies; None takes the data set's environment variable. protocol: "" for the data set's own: drawn
    ones share no subject between splits, GFE trains on one signer and tests on the other. "by_image" divides sequence
    by sequence (window by window) at random and lets both through: what leaks then is the question of one claim.
    Raises InputError.
    """
    if dataset not in DATASETS:
        raise InputError(f"dataset {dataset!r} has no sequences; take one of {', '.join(DATASETS)}")
    chosen = protocols.parse(protocols.resolve(dataset, protocol))
    proper = chosen.proper
    if protocols.images_alone(chosen.name):
        raise InputError(f"protocol {chosen.name}: sequences are read without contempt and drawn at one difficulty; "
                         f"take {proper}")
    if dataset == "synthetic":
        whole = _drawn(PROFILES[profile].sequences, seed)
    else:
        parts = paths.data_parts(dataset, data)
        whole = gfe.read(parts[0]) if dataset == "gfe" else ckplus.read(*parts)
    if proper in gfe.DIRECTIONS:
        divided = gfe.divide(whole, proper)
    else:
        rows = splits.divide(protocols.parse(proper), whole, seed)
        divided = replace(whole, split=splits.as_column(rows, len(whole)))
    divided = divided.select(divided.split != "")
    thinned = splits.thin(divided, 0 if dataset == "synthetic" else PROFILES[profile].limit, seed, "sequences")
    # N counts the images of a set that has more of them, and for a random split the other division's sequences.
    may_be_all = dataset not in paths.WITHOUT_IMAGES or protocols.by_image(chosen.name)
    part = splits.fewer_to_train(thinned, chosen, seed, "sequences", may_be_all)
    return replace(part, source={**part.source, "protocol": chosen.name})


def _drawn(sizes: tuple[int, int, int], seed: int) -> SequenceSet:
    """`drawn.draw_sequences`, from the cache where it was drawn before."""
    stored = paths.cache_root() / "sequences" / f"{files.sha256_of([drawn.VERSION, sizes, seed])[:24]}.npz"
    with contextlib.suppress(*archive.READ_ERRORS, ValueError, KeyError), np.load(stored) as arrays:
        return SequenceSet(**{name: arrays[name] for name in (*ARRAYS, "units")}, unit_names=drawn.UNIT_NAMES,
                           source=drawn.source(seed))
    # absent or damaged: drawn again
    made = drawn.draw_sequences(*sizes, seed)
    try:
        stored.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(stored) as aside, open(aside, "wb") as stream:
            np.savez(stream, **{name: getattr(made, name) for name in (*ARRAYS, "units")})
    except OSError as error:
        raise InputError(f"{paths.cache_root()}: cannot store the drawn sequences ({error.strerror or error}); free "
                         "space or set FERKIT_CACHE to another folder") from error
    return made
