"""From runs to published results: a plan, committed before training, and a row for every entry of it.

``results/<dataset>/<notebook>/`` (``results/<dataset>-<protocol>/…`` under another protocol than the set's own) holds
``plan.json``, the results, and ``headline.json``: what validation, not the test split, puts first. A plan only grows:
an entry may be added, one without a result may change, and one with a result may not. An entry has the status "planned"
until it is published. Nothing is published that was not planned, and of the waiting seeds of a system and recipe all
are published or none, so that nobody chooses among them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ferkit import papers
from ferkit.analysis.comparison import RECIPES
from ferkit.core import files, paths, protocols
from ferkit.core.errors import InputError
from ferkit.core.names import Name
from ferkit.papers import training
from ferkit.publishing import checksums
from ferkit.results import manifest, occlusions, over_protocols, predictions, records, training_labels
from ferkit.results.records import Result, SystemKey
from ferkit.results.tree import by_system, validation
from ferkit.stats import classification
from ferkit.sweep.config import SweepEntry

PLAN, HEADLINE = "plan.json", "headline.json"
SUFFIXES = (".json", ".npz", ".csv", ".safetensors", ".md")  # of what a system's folder holds
WAITING = "planned"  # status of an entry that is not published yet
WEIGHTS_LIMIT = 5_000_000  # bytes; larger ones stay in the run: git keeps every version for ever
SMALL_LIMIT = 100_000  # of networks that nobody loads on a photograph: of points, drawn faces, a part of the images


def trained_notebooks() -> tuple[str, ...]:
    """The stems of the notebooks that train, by number."""
    return tuple(notebook.stem for notebook in papers.notebooks())


def plan(dataset: str, profile: str, seed: int = 0, notebooks: Sequence[str] = (), *,
         protocol: str = "", n_train: Mapping[str, int] | None = None, only: str = "", n_seeds: int = 0) -> list[Path]:
    """Write the plan of each of these notebooks for a profile and return the files.

    Each entry: system, recipe, seed, profile and the whole recipe. n_train: how many images, or sequences, will train
    in each notebook, by which a small set's recipes differ (`plan.for_size`); 0 = as many as the profile is meant for.
    only: what to plan, as `papers.training.rows` takes it; "" for all. n_seeds: of each; 0 = the profile's own.
    """
    root = paths.published_directory(dataset, protocol)
    planned = {notebook: [{**job.entry, "profile": profile} for job in training.jobs(
        profile, notebook, seed, n_train=(n_train or {}).get(notebook, 0), only=only, n_seeds=n_seeds)]
        for notebook in notebooks or trained_notebooks()}
    return [_extend(root / notebook, entries) for notebook, entries in planned.items() if entries]


def extend_plan(entries: Sequence[SweepEntry], profile: str, notebook: str, protocol: str = "") -> Path:
    """Add a sweep's jobs to the plan of a notebook's folder; the file."""
    (dataset,) = {entry.dataset for entry in entries}
    return _extend(paths.published_directory(dataset, protocol) / notebook,
                   [{key: value for key, value in entry.planned().items() if key != "dataset"} | {"profile": profile}
                    for entry in entries])


def _extend(folder: Path, added: Iterable[dict]) -> Path:
    """The plan with these entries, in place of those of the same name; InputError, with nothing written, for another
    recipe of what has a result."""
    entries = {_key(entry): entry for entry in (read_plan(folder) if (folder / PLAN).is_file() else ())}
    for entry in added:
        before = entries.get(_key(entry))
        result = folder / entry["system"] / entry["recipe"] / f"seed{entry['seed']}"
        there = (result / records.METRICS).is_file()
        if before and before["config"] != entry["config"] and there:
            raise InputError(f"{paths.shown(folder / PLAN)}: {'/'.join(result.parts[-3:])} is published under another "
                             "recipe; give the new one another name, or remove the result with git rm first")
        if not there:
            entries[_key(entry)] = entry | {"status": WAITING}
    folder.mkdir(parents=True, exist_ok=True)
    return files.write_rows(folder / PLAN, entries.values())


def read_plan(folder: Path) -> list[dict]:
    """The entries of a folder's plan; InputError if there is none."""
    try:
        return json.loads((folder / PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{paths.shown(folder / PLAN)}: no readable plan ({error}); make one before training"
                         ) from None


def status(root: Path, notebook: str) -> dict[str, str]:
    """How each planned job stands, by its name: "planned", the status of its result, or "missing" where it had one."""
    found = {}
    for entry in read_plan(root / notebook):
        key = _system_key(notebook, entry)
        there = (key.directory(root) / records.METRICS).is_file()
        found[key.name] = records.read_result(key.directory(root)).metrics["status"] if there else (
            entry.get("status", "missing"))
    return found


def publish(runs: Sequence[Path], dataset: str, notebooks: Sequence[str] = (),
            protocol: str = "") -> list[Result]:
    """Copy the planned results of some runs, their occlusion analyses and provenance to the published tree, where
    probabilities that follow from the scores are left out (`results.predictions`).

    runs: folders of runs or sweeps; a result is taken from the first that has it. notebooks: whose. Returns what was
    copied. InputError, with nothing copied, if a result was trained with another recipe than planned or is damaged,
    if only some of the seeds that wait are there, or if the runs hold nothing that is planned.
    """
    root = paths.published_directory(dataset, protocol)
    chosen = [result for notebook in notebooks or trained_notebooks() if (root / notebook / PLAN).is_file()
              for result in _planned_in(runs, root, notebook)]
    if not chosen:
        raise InputError(f"{', '.join(map(str, runs))}: nothing in it is planned below {paths.shown(root)}; plan first")
    before = records.read_run(root)
    _refuse_other_images(chosen, before, root)
    analyses = _analyses(runs, [*before, *chosen])
    for folder in (*(result.directory for result in chosen), *analyses):
        _refuse_strange(folder)
    leading = _leading([*before, *chosen])
    for result in chosen:
        limit = weights_limit(dataset, protocol) if _is_loaded(result.key, root, leading) else 0
        _copy(result.directory, result.key.directory(root), limit)
    for analysis in analyses:
        _copy(analysis, root / occlusions.NOTEBOOK / analysis.relative_to(analysis.parents[2]), WEIGHTS_LIMIT)
    for run in runs:
        copied = [folder.relative_to(run) for folder in (*(result.directory for result in chosen), *analyses)
                  if folder.is_relative_to(run)]
        _note(run, root, copied)
    after = records.read_run(root)
    for notebook in {result.key.notebook for result in chosen}:
        own = [result for result in after if result.key.notebook == notebook]
        there = {result.key for result in own}
        files.write_rows(root / notebook / PLAN, [
            {key: value for key, value in entry.items() if key != "status" or _system_key(notebook, entry) not in there}
            for entry in read_plan(root / notebook)])
        files.write_json(root / notebook / HEADLINE, headline(own))
    return chosen


def headline(results: Sequence[Result]) -> dict[str, object]:
    """{system, recipe, seeds, chosen_by}: the highest mean validation accuracy over seeds; {} where nothing was
    validated."""
    groups = by_system(result for result in results if result.metrics["val_accuracy"] is not None)
    if not groups:
        return {}
    (system, recipe), best = max(groups.items(), key=lambda item: validation(item[1]))
    return {"system": system, "recipe": recipe, "seeds": [result.key.seed for result in best], "chosen_by": "val"}


def write_lists() -> list[str]:
    """Write the list of checksums of every published tree and of what lies beside them; what changed, a line each.

    Outputs that a manifest notes and that are no longer in its tree are dropped from it.
    """
    results = paths.repository() / "results"
    marks = (*results.glob(f"*/{manifest.NAME}"), *(path.parent for pattern in (
        f"[0-9][0-9]_*/{PLAN}", over_protocols.PATTERN) for path in results.glob(f"*/{pattern}")))
    trees = tuple(sorted({path.parent for path in marks}))  # a planned tree has no manifest yet
    lines = []
    for root in trees:
        if (root / manifest.NAME).is_file():
            _note(root, root, [])
        lines += [f"{line[:2]}{root.name}/{line[2:]}" for line in checksums.write(root).lines()]
    return lines + checksums.write(results, (*trees, results / "runs")).lines()


def weights_limit(dataset: str, protocol: str) -> int:
    """Bytes up to which weights are published: few where nobody loads them on a photograph, none where test images were
    divided from the like of them, which only measures the leak."""
    if protocols.by_image(protocol) and protocols.DEFAULT_PROTOCOL[dataset] != protocol:
        return 0
    of_photographs = dataset not in (*paths.WITHOUT_IMAGES, "synthetic") and "+train" not in protocol
    return WEIGHTS_LIMIT if of_photographs else SMALL_LIMIT


def _leading(results: Sequence[Result]) -> set[Name]:
    """(system, recipe) of each system's highest mean validation accuracy over seeds."""
    groups = by_system(one for one in results if one.metrics["val_accuracy"] is not None)
    ranked = sorted(groups, key=lambda name: validation(groups[name]))
    return set({name[0]: name for name in ranked}.values())


def _is_loaded(key: SystemKey, root: Path, leading: Collection[Name]) -> bool:
    """Whether anybody would load its weights: not a head's, which is fitted again on its network in minutes, nor those
    of variants and of later seeds. Of other recipes than the published one and ours, the `leading` ones alone."""
    system = papers.system(key.system)
    first = min(entry["seed"] for entry in read_plan(root / key.notebook)
                if (entry["system"], entry["recipe"]) == (key.system, key.recipe))
    named = key.recipe in RECIPES or (key.system, key.recipe) in leading
    return key.seed == first and named and system.role != "ablation" and not system.head


def _note(run: Path, root: Path, copied: Sequence[Path]) -> None:
    """Add to the tree's manifest what the run's says of the folders that were copied from it; of earlier entries stays
    what they say of other files that are still there."""
    made, earlier = manifest.read(run), manifest.read(root)
    entries = {}
    for name, entry in earlier.get("notebooks", {}).items():
        left = {file: sha for file, sha in entry["outputs"].items() if (root / file).is_file()
                and not any(Path(file).is_relative_to(folder) for folder in copied)}
        entries |= {name: entry | {"outputs": left}} if left else {}
    for name, entry in made.get("notebooks", {}).items() if run != root else ():
        new = {file: files.sha256(root / file) for file in entry["outputs"] if (root / file).is_file()
               and any(Path(file).is_relative_to(folder) for folder in copied)}
        at = f"{name} at {str(entry.get('git_commit'))[:12]}"
        keys = (name, at, *(f"{at} ({k})" for k in range(2, len(entries) + 2)))  # of several runs each keeps its own
        entries |= {next(key for key in keys if key not in entries): entry | {"outputs": new}} if new else {}
    if made:
        manifest.write(root, {**made, "outputs": {}, "notebooks": entries})


def _planned_in(runs: Sequence[Path], root: Path, notebook: str) -> list[Result]:
    """The result of each entry of the plan that one of the runs has, checked."""
    results, absent = [], []
    profiles = {run: manifest.read(run).get("profile") for run in runs}  # not told by all manifests
    for entry in read_plan(root / notebook):
        key = _system_key(notebook, entry)
        place = next((run for run in runs if (key.directory(run) / records.METRICS).is_file()), None)
        if place is None:
            absent += [key] if entry.get("status") == WAITING else []
            continue
        result = records.read_result(key.directory(place))
        if result.metrics["config"]["recipe"] != entry["config"]:
            raise InputError(f"{key.name}: trained with another recipe than the plan's; run it as planned")
        if profiles[place] and profiles[place] != entry.get("profile", profiles[place]):  # nor by the oldest plans
            raise InputError(f"{key.name}: trained on the images of profile {profiles[place]}, planned for "
                             f"{entry['profile']}; run it as planned")
        records.check_weights(result)
        results.append(result)
    for key in absent:
        if any((other.key.system, other.key.recipe) == (key.system, key.recipe) for other in results):
            raise InputError(f"{key.name}: planned, and missing in these runs, which have other seeds of it; publish "
                             "all of them together")
    return results


def _refuse_other_images(chosen: Sequence[Result], before: Sequence[Result], root: Path) -> None:
    """InputError unless the results are of the same images as those of their kind of input that stay in the tree."""
    replaced = {result.key for result in chosen}
    stays = [result for result in before if result.key not in replaced]
    hashes: dict[str, set[str]] = {}
    for result in (*stays, *chosen):
        own = hashes.setdefault(papers.system(result.key.system).input, set())
        own.add(result.metrics["data_sha256"])
        if len(own) > 1:
            plans = [read_plan(root / notebook) for notebook in {one.key.notebook for one in stays}]
            planned = {entry.get("profile", "not noted") for plan in plans for entry in plan}
            raise InputError(f"{result.key.name}: measured on other images than what lies in {paths.shown(root)}; run "
                             f"it on the same data and protocol (profile there: {', '.join(sorted(planned))})")


def _analyses(runs: Sequence[Path], of: Sequence[Result]) -> list[Path]:
    """The folders of the runs' occlusion analyses of these systems."""
    known = {(result.key.system, result.key.recipe, result.key.seed) for result in of}
    found = [path.parent for run in runs for path in occlusions.summaries(run)]
    return [folder for folder in found
            if (*folder.parts[-3:-1], int(folder.name.removeprefix("seed"))) in known]


def _refuse_strange(folder: Path) -> None:
    """InputError for a file that no result has: it would be published beside it."""
    for path in _files(folder):
        if path.suffix not in SUFFIXES:
            raise InputError(f"{path}: a file that no result has; move it out of the run")


def _files(folder: Path) -> list[Path]:
    """A folder's own files, without hidden ones."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _copy(source: Path, target: Path, limit: int) -> None:
    """A folder's files, all but weights of more than `limit` bytes; a kill leaves the old folder or the new one, whole
    (for an instant the old one under the name of ``.<name>.old``)."""
    aside, old = (target.with_name(f".{target.name}.{end}") for end in ("part", "old"))
    if old.is_dir() and not target.is_dir():  # killed in that instant
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for path in _files(source):
        if path.name != records.WEIGHTS or path.stat().st_size <= limit:
            shutil.copyfile(path, aside / path.name)
    compact(aside)
    repack(aside)
    if target.is_dir():
        target.rename(old)
    aside.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def compact(folder: Path) -> bool:
    """Keep of a system's predictions what its numbers need; whether anything went. Not the probabilities that follow
    from the scores, and of the scores as few digits as leave every answer and, to the sixth digit, the calibration
    error; all of them where weights lie beside, whose model card tells more."""
    path, told = folder / records.PREDICTIONS, folder / records.METRICS
    if not path.is_file():
        return False
    metrics, whole = json.loads(told.read_text(encoding="utf-8")), predictions.read_arrays(path)
    steps = [2**digits for digits in range(10, 17)]
    short = np.array_equal(predictions.rounded(whole["scores"], steps[-1]), whole["scores"])  # a second time adds up
    for parts in (*(() if short or (folder / records.WEIGHTS).is_file() else steps), None):  # None: as they are
        scores = predictions.rounded(whole["scores"], parts) if parts else whole["scores"]
        kept = whole | {"scores": scores}
        if "probabilities" in whole:
            kept = predictions.compact(kept)
        if kept and np.array_equal(scores.argmax(1), whole["scores"].argmax(1)) and _same_error(kept, metrics["ece"]):
            break
    else:
        return False
    if not _write_if_smaller(path, kept):
        return False
    files.write_json(told, metrics | {"predictions_sha256": files.sha256(path)})
    return True


def repack(folder: Path) -> bool:
    """A system's arrays, each by LZMA where that leaves fewer bytes than bzip2, as of columns of whole numbers; whether
    a file is smaller then. The arrays are the same, bit for bit."""
    packed = {}
    for path in filter(Path.is_file, (folder / records.PREDICTIONS, folder / training_labels.FILE)):
        with np.load(path, allow_pickle=False) as arrays:
            if _write_if_smaller(path, arrays, smallest=True):
                packed[f"{path.stem}_sha256"] = files.sha256(path)
    if packed:
        told = folder / records.METRICS
        files.write_json(told, json.loads(told.read_text(encoding="utf-8")) | packed)
    return bool(packed)


def _write_if_smaller(path: Path, arrays: Mapping[str, np.ndarray], smallest: bool = False) -> bool:
    """Write arrays (`predictions.write_arrays`) in a file's place if they take fewer bytes; whether they do."""
    with files.scratch() as aside:
        predictions.write_arrays(aside / path.name, arrays, smallest)
        smaller = (aside / path.name).stat().st_size < path.stat().st_size
        if smaller:
            with files.replacing(path) as new:
                shutil.copyfile(aside / path.name, new)
    return smaller


def _same_error(kept: dict[str, np.ndarray], error: float | None) -> bool:
    return error is None or abs(error - classification.expected_calibration_error(
        kept["labels"], predictions.probabilities_of(kept["scores"]), predicted=kept["predicted"])) < 1e-6


def _system_key(notebook: str, entry: dict) -> SystemKey:
    return SystemKey(notebook, entry["system"], entry["recipe"], entry["seed"])


def _key(entry: dict) -> tuple[str, str, int]:
    return entry["system"], entry["recipe"], entry["seed"]
