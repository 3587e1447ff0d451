"""A run that has been checked, and what each of its notebooks depends on."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.core import files, protocols
from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.pipeline import fingerprints, parameters
from ferkit.pipeline.options import RunOptions
from ferkit.results import manifest

if TYPE_CHECKING:
    from ferkit.data.face_set import FaceSet


@dataclass(frozen=True)
class Run:
    """A run that has been checked: nothing of it is written yet."""

    options: RunOptions
    protocol: str
    data_fingerprint: str
    surroundings: dict = field(repr=False)

    @property
    def directory(self) -> Path:
        """The run's own folder."""
        return self.options.directory

    def load(self) -> FaceSet:
        """The faces as the notebooks will have them; InputError where data or protocol are not right."""
        from ferkit.data import datasets

        return datasets.load(self.options.dataset, self.options.data or None, profile=self.options.profile,
                             protocol=self.protocol, seed=self.options.seed)

    def parameters_of(self, stem: str) -> dict[str, object]:
        """Every parameter of a notebook, resolved: the options', those set by hand, else the defaults."""
        chosen = {"RUN": self.options.run, "DATASET": self.options.dataset, "PROTOCOL": self.protocol,
                  "PROFILE": self.options.profile, "SEED": self.options.seed, "DEVICE": self.options.device,
                  **self.options.overrides.get(stem, {})}
        return {name: chosen.get(name, parameter.default)
                for name, parameter in parameters.read(replication.file(stem)).items()}

    def inputs_of(self, stem: str, entries: dict[str, dict]) -> dict[str, object]:
        """What a notebook's results depend on, by kind; its hash is the fingerprint."""
        earlier = replication.reads(stem)
        return {"cells": fingerprints.cells_sha256(replication.file(stem)),
                "parameters": self.parameters_of(stem),
                "library": fingerprints.library_sha256(stem), "lock": self.surroundings["lock_sha256"],
                "data": self.data_fingerprint,
                "earlier results": {name: _results_sha256(name, entries.get(name, {})) for name in earlier}}


def prepare(options: RunOptions) -> Run:
    """The run, after its data have been opened and its device looked for; InputError where one is not right.

    Writes nothing but the prepared data.
    """
    protocol = protocols.resolve(options.dataset, options.protocol)
    if options.device == "cuda":
        from ferkit.models import inference

        inference.resolve_device(options.device)
    options = replace(options, notebooks=_that_train(options))
    run = Run(options, protocol, _fingerprint(options, protocol), manifest.surroundings())
    run.load()  # data, protocol and cache are seen to be right before the first notebook
    return run


def _that_train(options: RunOptions) -> tuple[str, ...]:
    """The notebooks without those that would train none of --set SYSTEMS, which are told; InputError for a name that
    none trains, and where none is left that trains."""
    asked = {stem: str(own["SYSTEMS"]) for stem, own in options.overrides.items()
             if stem in options.notebooks and own.get("SYSTEMS")}
    if not asked:
        return options.notebooks
    from ferkit.papers import training

    only = next(iter(asked.values()))
    idle = [stem for stem in asked if not training.chosen(options.profile, stem, only)]
    if len(idle) == len(asked):
        others = [stem for stem in replication.stems() if training.chosen(options.profile, stem, only)]
        raise InputError(f"--set SYSTEMS={only}: trained in {', '.join(others)}, which this run leaves out; choose it "
                         "with --from or --only")
    if idle:
        print(f"left out, for they train none of {only}: {', '.join(idle)}", file=sys.stderr)
    return tuple(stem for stem in options.notebooks if stem not in idle)


def _fingerprint(options: RunOptions, protocol: str) -> str:
    from ferkit.data import datasets

    return datasets.fingerprint(options.dataset, options.data or None, profile=options.profile, protocol=protocol,
                                seed=options.seed)


def _results_sha256(stem: str, entry: dict) -> str | None:
    """The hash of what a notebook left for later ones; None if it has not finished."""
    if entry.get("status") != "finished":
        return None
    return files.sha256_of({name: value for name, value in entry["outputs"].items()
                            if name.startswith(f"{stem}/") and "/figures/" not in name})
