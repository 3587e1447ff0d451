"""What is published, by name: the one list of weights that anybody can load, read from results/ as it is (outside a
checkout from the part of it that the installed package brings along).

A name is a system with dashes ("deep-emotion"), to which a recipe and a seed may be added
("deep-emotion/published", "deep-emotion/ours/seed0"); what was trained on another set than FER2013 carries it at the
end ("deep-emotion@ckplus"). A bare name means the recipe and seed that validation puts first. No torch here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ferkit.core import errors, files, paths
from ferkit.core.errors import InputError
from ferkit.core.units import percent
from ferkit.results import provenance, records, schema

FIRST_DATASET = "fer2013"
COMPACT = "svm.safetensors"  # an SVM too large for the repository, fitted again (`ferkit export --svm`)


@dataclass(frozen=True)
class Entry:
    """One published system.

    dataset: what it was trained and tested on, as its folder below results/ is called ("fer2013", with a protocol that
    is not the set's own "ckplus-by_image"). key: notebook, system, recipe, seed. metrics: its metrics.json.
    weights: the file, None where it is not in the repository. base: the network under an SVM, else None.
    """

    dataset: str
    key: records.SystemKey
    metrics: dict = field(repr=False)
    weights: Path | None
    base: Path | None = None

    @property
    def name(self) -> str:
        """The shortest name without a seed: ``deep-emotion/ours``, ``deep-emotion/ours@ckplus``."""
        return f"{_dashed(self.key.system)}/{self.key.recipe}{_at(self.dataset)}"

    @property
    def full_name(self) -> str:
        """The name that means this trained system alone: ``deep-emotion/ours/seed0``."""
        return f"{_dashed(self.key.system)}/{self.key.recipe}/seed{self.key.seed}{_at(self.dataset)}"

    @property
    def directory(self) -> Path:
        """Its folder in the published tree."""
        return self.key.directory(paths.published_root() / self.dataset)

    @property
    def can_be_fitted_again(self) -> bool:
        """Whether it is an RBF SVM on a network whose weights are here (`ferkit export --svm`)."""
        return self.base is not None and self.metrics.get("svm", {}).get("kernel") == "rbf"

    @property
    def validation(self) -> float:
        """Accuracy on validation, by which entries are ranked; -1 where nothing was validated."""
        accuracy = self.metrics["val_accuracy"]
        return -1.0 if accuracy is None else accuracy


def entries(dataset: str = "") -> list[Entry]:
    """Every published system that has (or had) weights, FER2013's first, each set's in the order of its folders;
    dataset: of the published tree of this name alone.

    InputError for a metrics.json that cannot be read.
    """
    found = []
    own = paths.output_root().resolve()
    folders = [path for path in paths.published_root().glob(f"{dataset or '*'}/") if path.resolve() != own]
    for folder in sorted(folders, key=lambda path: (path.name != FIRST_DATASET, path.name)):
        found += [entry for result in records.result_directories(folder) if (entry := _entry(folder.name, result))]
    return found


def locate(name: str | Path) -> tuple[Path, str]:
    """The weights file that a published name or a path means, and what to call it; InputError as `find` and
    `require`."""
    if Path(name).is_file():
        return Path(name), str(name)
    entry = find(str(name))
    return require(entry), entry.full_name


def find(name: str, among: Sequence[Entry] | None = None) -> Entry:
    """The published system that `name` means; InputError with the likeliest meant, and what can be loaded, for none."""
    everything = entries() if among is None else list(among)
    wanted, _, dataset = name.replace("_", "-").partition("@")
    parts = wanted.split("/")
    fitting = [entry for entry in everything if _dashed(entry.dataset) == (dataset or FIRST_DATASET)
               and parts == [_dashed(entry.key.system), _dashed(entry.key.recipe),
                             f"seed{entry.key.seed}"][: len(parts)]]
    if not fitting:
        here = [entry for entry in everything if entry.weights is not None]
        raise errors.unknown("published weights or file", name, names(here))
    return max(fitting, key=lambda entry: (entry.weights is not None, entry.validation))


def best(among: Sequence[Entry] | None = None) -> Entry:
    """The default: of FER2013's, those with weights here, the one that validation puts first; InputError if none."""
    here = [entry for entry in (entries() if among is None else among) if entry.weights is not None]
    if not here:
        raise InputError("no published weights here: name a file with --weights weights.safetensors")
    of_first = [entry for entry in here if entry.dataset == FIRST_DATASET]
    return max(of_first or here, key=lambda entry: entry.validation)


def names(among: Sequence[Entry] | None = None) -> list[str]:
    """The names of everything published, without seeds, in the order of :func:`entries`."""
    return list(dict.fromkeys(entry.name for entry in (entries() if among is None else among)))


def require(entry: Entry) -> Path:
    """The weights of `entry`, their sha256 as published; InputError that says how to make what is not here."""
    for path, expected in ((entry.weights, entry.metrics["weights_sha256"]),
                           (entry.base, entry.metrics.get("features_sha256"))):
        if path is not None and path.name != COMPACT and files.sha256(path) != expected:
            raise InputError(f"{paths.shown(path)}: not the published weights, its sha256 is not that in metrics.json; "
                             f"{_restore()}")
    if entry.weights is None:
        if entry.can_be_fitted_again:
            raise InputError(f"{entry.name}: its support vectors are too large to be published; python -m ferkit "
                             f"export --svm {entry.name} --data PATH fits it again from its data, and keeps it")
        raise InputError(f"{entry.name}: its weights are not in the repository; make them with {recipe(entry)} "
                         f"and name its {records.WEIGHTS}")
    return entry.weights


def recipe(entry: Entry) -> str:
    """The command that trains `entry` again, as the manifest of its tree notes it."""
    root = entry.directory.parents[3]
    return provenance.of(root).command((entry.directory / records.METRICS).relative_to(root).as_posix())


def table(among: Sequence[Entry] | None = None) -> list[str]:
    """One line for each published system: name, accuracies, whether its weights are here. InputError for a metrics.json
    that is not the one which its tree's manifest notes."""
    everything = entries() if among is None else list(among)
    made = {name: provenance.of(paths.published_root() / name) for name in {entry.dataset for entry in everything}}
    for entry in everything:
        file = entry.directory / records.METRICS
        if made[entry.dataset].intact(file.relative_to(entry.directory.parents[3]).as_posix()) is False:
            raise InputError(f"{paths.shown(file)}: changed since it was published, its sha256 is not the one in "
                             f"manifest.json; {_restore()}")
    first = best(everything).full_name if any(entry.weights for entry in everything) else ""
    lines = []
    for entry in everything:
        m = entry.metrics
        test = percent(m["accuracy"], 2)
        where = (("the default" if entry.full_name == first else "here") if entry.weights else
                 "not here: ferkit export --svm" if entry.can_be_fitted_again else "not here")
        lines.append(f"{entry.full_name:<32} validation {100 * max(entry.validation, 0):.2f} %  test {test:>7}  "
                     f"{m['parameters']:>9,} parameters  {where}")
    return lines


def _entry(dataset: str, directory: Path) -> Entry | None:
    """The trained system in a folder; None if it never had weights."""
    try:
        metrics = json.loads((directory / records.METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{paths.shown(directory)}: metrics.json cannot be read ({error}); {_restore()}") from None
    if schema.problems("metrics", metrics) or metrics["weights_sha256"] is None:
        return None
    key = records.SystemKey(directory.parts[-4], metrics["system"], metrics["recipe"], metrics["seed"])
    weights = _file(directory, metrics["weights_sha256"], key)
    if not metrics.get("features_of"):
        return Entry(dataset, key, metrics, weights)
    base = (weights or directory / records.WEIGHTS).parents[3] / metrics["features_of"] / records.WEIGHTS
    return Entry(dataset, key, metrics, *((weights, base) if base.is_file() else (None, None)))


def _file(directory: Path, sha256: str, key: records.SystemKey) -> Path | None:
    """The trained system's weights: published, else the very same file (by its hash), or the SVM fitted again, in a run
    of this checkout."""
    for run in (directory.parents[3], *sorted(paths.output_root().glob("*/"))):
        path = key.directory(run) / records.WEIGHTS
        if path.is_file() and (path.parent == directory or files.sha256(path) == sha256):
            return path
        if (path.with_name(COMPACT).is_file()
                and files.read_json(path.with_name(records.METRICS), {}).get("weights_sha256") == sha256):
            return path.with_name(COMPACT)
    return None


def _restore() -> str:
    return "restore it with git checkout" if paths.in_checkout() else "install ferkit again"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _at(dataset: str) -> str:
    return "" if dataset == FIRST_DATASET else f"@{dataset}"
