"""A run as it was asked for, and everything about it that can be checked before anything is installed.

Only the standard library is imported here: run_all.sh asks ``python -m ferkit run --check-only …`` before it
sets an environment up. The options themselves are added in `ferkit.cli.options`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ferkit.core import errors, paths, protocols
from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.pipeline import parameters

if TYPE_CHECKING:
    import argparse

# Parameters that have an option of their own, so that a run has one way to say each thing.
OPTION_OF = {"RUN": "--dataset, --profile and --seed", "DATASET": "--dataset",
             "PROTOCOL": "--protocol, --labels and --contempt", "PROFILE": "--profile",
             "SEED": "--seed", "DEVICE": "--device"}
RENAMED = {"CELLS": "SYSTEMS"}  # what the manifests of earlier runs call a parameter


@dataclass(frozen=True)
class RunOptions:
    """A run as it was asked for, checked.

    data: the real data's paths, absolute; () for the built-in set. protocol: its full name, "" for the data set's own.
    output: the folder in which runs lie. notebooks: the stems to run, in order.
    overrides: by notebook stem, the parameters set by hand, in their defaults' types.
    """

    dataset: str = "synthetic"
    data: tuple[Path, ...] = ()
    protocol: str = ""
    profile: str = "quick"
    seed: int = 0
    device: str = "auto"
    output: Path = field(default_factory=paths.output_root)
    notebooks: tuple[str, ...] = field(default_factory=replication.stems)
    overrides: dict[str, dict[str, object]] = field(default_factory=dict)
    force: bool = False
    dry_run: bool = False

    @property
    def run(self) -> str:
        """The run's name, ``<dataset>-<profile>-seed<N>``, with the protocol unless it is the data set's own."""
        return paths.run_name(self.dataset, self.profile, self.seed, self.protocol)

    @property
    def directory(self) -> Path:
        """The run's own folder."""
        return self.output / self.run


def resolve(arguments: argparse.Namespace) -> list[RunOptions]:
    """The checked options, one for each protocol asked for; InputError, in one line, for what cannot be right."""
    paths.set_subjects(arguments.dataset, arguments.subject_from)
    names = protocols.several(arguments.dataset, arguments.protocol, arguments.contempt, arguments.labels)
    output = paths.output_root() if arguments.output is None else arguments.output
    paths.check_writable(output)
    output = output.expanduser().absolute()
    notebooks = {name: _selected(arguments.first, arguments.only, arguments.dataset, name) for name in names}
    overrides = _overrides(arguments.overrides, tuple(dict.fromkeys(chain(*notebooks.values()))))
    data = _data(arguments.dataset, arguments.data)
    chosen = RunOptions(dataset=arguments.dataset, data=data, profile=arguments.profile, seed=arguments.seed,
                        device=arguments.device, output=output, overrides=overrides, force=arguments.force,
                        dry_run=arguments.dry_run)
    return [replace(chosen, protocol=name, notebooks=stems) for name, stems in notebooks.items()]


def listing() -> str:
    """The notebooks with their parameters: name, type, default and help, read from their parameters cells."""
    lines = []
    for stem in replication.stems():
        lines.append(stem)
        for parameter in parameters.read(replication.file(stem)).values():
            head = f"  {parameter.name} = {parameter.default!r}"
            lines.append(f"{head:<38} {parameter.type:<6} {parameter.help}".rstrip())
    return "\n".join(lines)


def _data(dataset: str, given: list[str]) -> tuple[Path, ...]:
    """The data's paths from --data, else from the data set's environment variable, each seen to be there."""
    if dataset == "synthetic" and not given:
        return ()
    return paths.check_data(dataset, given or list(map(str, paths.data_parts(dataset))))


def _selected(first: str | None, only: str | None, dataset: str, protocol: str) -> tuple[str, ...]:
    if first and only:
        raise InputError("--from and --only exclude each other: give one of them")
    every = replication.stems()
    chosen = every[every.index(_by_number("--from", first)):] if first else every
    fit = replication.stems(dataset, protocol)
    suited = [stem for stem in ((_by_number("--only", only),) if only else chosen) if stem in fit]
    if not suited:
        raise InputError(f"{only or first} is not for {dataset} ({protocol}), which has {', '.join(fit)}")
    return tuple(suited)


def _by_number(option: str, text: str) -> str:
    """The notebook that a number ("2", "02") or a name ("02_stn_attention") means."""
    for stem in replication.stems():
        if text in (stem, f"{stem}.ipynb") or (text.isdecimal() and int(text) == int(stem.split("_")[0])):
            return stem
    numbers = ", ".join(sorted(stem.split("_")[0] for stem in replication.stems()))
    raise InputError(f"{option} {text}: there is no such notebook; the numbers are {numbers}")


def _overrides(given: list[str], notebooks: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """By notebook, the values of --set, each known to at least one notebook and of its default's type."""
    known = {stem: parameters.read(replication.file(stem)) for stem in notebooks}
    chosen: dict[str, dict[str, object]] = {stem: {} for stem in notebooks}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals or not name:
            raise InputError(f"--set {item}: write it as NAME=VALUE")
        name = RENAMED.get(name, name)
        if name in OPTION_OF:
            raise InputError(f"--set {name}: this parameter is set with {OPTION_OF[name]}")
        takers = [stem for stem in notebooks if name in known[stem]]
        if not takers:
            raise errors.unknown("parameter", name, sorted({one for own in known.values() for one in own}), "--set",
                                 "run --list shows them; a recipe's values are changed by train --set or a sweep")
        for stem in takers:
            chosen[stem][name] = known[stem][name].parse(text)
    return chosen
