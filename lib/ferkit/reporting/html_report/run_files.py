"""What lies in a run's folder, read with patience: a missing or damaged file becomes a remark, not an
error."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.papers import replication
from ferkit.reporting import figures, judged
from ferkit.reporting.html_report import published_figures
from ferkit.results import provenance
from ferkit.results.records import Result
from ferkit.results.tree import load_tree

NOTEBOOK = re.compile(r"\d\d_\w+")  # what made files, by its name in a manifest; the others are sweeps


@dataclass(frozen=True)
class RunFiles:
    """A run or published tree: its files as objects, {} or [] where there is none.

    results: finished results in order. figures: by notebook. problems: one sentence for each file that was
    not usable. page: where the report will lie, if not in the folder itself.
    """

    directory: Path
    manifest: dict
    claims: list[dict]
    dataset: dict
    audit: dict
    results: list[Result]
    figures: dict[str, list[dict]]
    problems: list[str] = field(default_factory=list)
    page: Path | None = None

    @property
    def base(self) -> Path:
        """The folder of the page, from which links lead."""
        return (self.page or self.directory / "report.html").parent

    @property
    def is_run(self) -> bool:
        """Whether ./run_all.sh made it; a published tree or a sweep holds results alone, no notebooks, no figures."""
        return not (self.results and _results_alone(self.directory))

    @cached_property
    def made(self) -> provenance.Provenance:
        """Which commit and command made each file, as far as the manifest tells."""
        return provenance.of(self.directory)

    @property
    def name(self) -> str:
        """The run's name."""
        return str((self.is_run and self.manifest.get("run")) or self.directory.absolute().name)

    def fact(self, key: str) -> object:
        """A fact of the run from the manifest, its parameters, or the trained systems; None if nobody says."""
        places = [self.manifest, self.manifest.get("parameters") or {}, self.dataset]
        places += [result.metrics for result in self.results]
        return next((place[key] for place in places
                     if isinstance(place, dict) and place.get(key) is not None), None)

    def entries(self) -> list[dict]:
        """What the manifest notes of every notebook and sweep that made a file here."""
        return [entry for entry in self.manifest.get("notebooks") or [] if isinstance(entry, dict)]

    def notebooks(self) -> list[dict]:
        """One entry per notebook: {name, status, seconds, peak_memory_mb, path}, in order.

        Those of the replication always, then whatever else has an executed copy. `path` is the executed copy, the
        partial one of a notebook that failed, or None; the status is "not run" where neither is there.
        """
        known = {entry["name"]: entry for entry in self.entries() if NOTEBOOK.fullmatch(str(entry.get("name")))}
        copies = sorted((self.directory / "notebooks").glob("[0-9][0-9]_*.ipynb"))
        partial = {path.stem.removesuffix(".failed"): path for path in copies if path.stem.endswith(".failed")}
        executed = {path.stem: path for path in copies if not path.stem.endswith(".failed")}
        entries = []
        for name in sorted({*replication.stems(), *executed, *partial, *known}):
            status = "finished" if name in executed else "failed" if name in partial else "not run"
            path = executed.get(name) or partial.get(name)
            entries.append({"status": status, **known.get(name, {}), "name": name, "path": path})
        return entries


def read(directory: Path, page: Path | None = None) -> RunFiles:
    """Everything the report shows of a run or a published tree; InputError where the folder itself is missing.

    A published tree's claims are judged and its figures drawn here, from its trained systems. page: where the report
    will lie.
    """
    directory = Path(directory).absolute()
    if not directory.is_dir():
        raise InputError(f"{directory}: no such run; name a folder below results/runs, or results/<dataset>")
    if directory.resolve() in (paths.repository().resolve(), paths.published_root().resolve()):
        raise InputError(f"{directory}: holds many runs; name a folder below results/runs, or results/<dataset>")
    tree = load_tree(directory)
    results, problems = list(tree.results), list(tree.refused.values())
    ours = results or problems or any((directory / name).exists() for name in ("manifest.json", "claims.json",
                                                                              "notebooks", "01_data_preparation"))
    if not ours and any(directory.iterdir()):
        raise InputError(f"{directory}: no run in it; name a folder below results/runs, or results/<dataset>")
    manifest = _json(directory / "manifest.json", dict, problems)
    claims = [claim for claim in _json(directory / "claims.json", list, problems) if isinstance(claim, dict)]
    if results and not (directory / "claims.json").is_file() and _results_alone(directory):
        claims = _judged(directory, problems)
    dataset = _json(directory / "01_data_preparation" / "dataset.json", dict, problems)
    audit = _json(directory / "01_data_preparation" / "audit.json", dict, problems)
    drawn = published_figures.of(results, directory) if _results_alone(directory) else figures.load_all(directory)
    problems += [entry["error"] for entries in drawn.values() for entry in entries
                 if entry.get("figure") is None]
    return RunFiles(directory, manifest, claims, dataset, audit, results, drawn, problems, page)


def _results_alone(directory: Path) -> bool:
    """Whether a folder holds neither executed notebooks nor figures."""
    return not (directory / "notebooks").is_dir() and not any(directory.glob("*/figures/*.json"))


def _judged(directory: Path, problems: list[str]) -> list[dict]:
    """The claims judged now, for a published tree, which holds no claims.json."""
    try:
        return judged.judged(load_tree(directory))
    except InputError as error:
        problems.append(str(error))
        return []


def _json(path: Path, kind: type, problems: list[str]):
    """The object in a file, an empty one of `kind` if there is none or it is something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return kind()
    except (OSError, ValueError) as error:
        problems.append(f"{path.name} cannot be read: {error}")
        return kind()
    if not isinstance(found, kind):
        problems.append(f"{path.name} is not a JSON {'object' if kind is dict else 'list'}")
        return kind()
    return found
