"""One tree of results, file by file: names, hashes, plan, headline, numbers, verdicts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ferkit import claims, papers
from ferkit.core import files, paths
from ferkit.core.errors import InputError
from ferkit.experiments.system import System
from ferkit.publishing import checksums
from ferkit.publishing.publish import HEADLINE, PLAN, WAITING, headline
from ferkit.publishing.verify import allowlist, preregistration, run_checks, tables
from ferkit.publishing.verify.findings import Found
from ferkit.results import manifest, occlusions, over_protocols, records
from ferkit.results.records import Result

SWEEP, REPORT = "sweep.json", "report.html"


def is_tree(root: Path) -> bool:
    """Whether a folder is a tree of results: a run, a published data set, a sweep."""
    return (root.is_dir() and any(root.glob(f"*/*/*/seed*/{records.METRICS}"))) or any(
        (root / name).is_file() for name in (manifest.NAME, SWEEP)) or any(
        next(root.glob(pattern), None) for pattern in (f"[0-9][0-9]_*/{PLAN}", over_protocols.PATTERN))


def check_beside(directory: Path, trees: list[Path]) -> Found:
    """What lies in a folder of trees besides them: names, sizes, contents, and the list of it."""
    found = Found(f"{directory.name} (besides the trees)")
    elsewhere = (*trees, directory / "runs")
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(folder) for folder in elsewhere):
            _look_at(found, path, path.relative_to(directory).as_posix(), allowlist.BESIDE)
    _look_for_listed(found, directory, elsewhere)
    tables.check_cards(found, directory, beside=True)
    return found


@dataclass
class Tree:
    """The files of one tree and what is checked about them."""

    root: Path

    @cached_property
    def is_working(self) -> bool:
        """Whether it is a working folder of ./run_all.sh or of a sweep. What lies among the published trees, or has a
        list of checksums, is none, whatever was put into it."""
        if (self.root / checksums.NAME).is_file() or self.root.absolute().parent == paths.published_root().absolute():
            return False
        return (self.root / "notebooks").is_dir() or (self.root / SWEEP).is_file()

    @cached_property
    def results(self) -> dict[str, Result | InputError]:
        """Every trained system by its folder's name in the tree; the error where it cannot be read."""
        found: dict[str, Result | InputError] = {}
        for directory in records.result_directories(self.root):
            try:
                found[self._name(directory)] = records.read_result(directory, checked=False)
            except InputError as error:
                found[self._name(directory)] = error
        return found

    @cached_property
    def readable(self) -> list[Result]:
        """Those that could be read."""
        return [result for result in self.results.values() if isinstance(result, Result)]

    @property
    def dataset(self) -> str:
        """The data set that the results name, else the folder's name."""
        return next((result.metrics["dataset"] for result in self.readable), self.root.name)

    def check(self, data: Path | None, sample: int) -> Found:
        """Everything that can be checked, in one pass."""
        found = Found(self.root.name)
        self._files(found)
        self._numbers(found)
        self._noted(found)
        self._plans(found)
        self._judged(found)
        tables.check(found, self.root, self.readable)
        if not self.is_working:
            _look_for_listed(found, self.root)
            tables.check_cards(found, self.root)
            preregistration.check(self.root, self.readable, found)
        from ferkit.publishing.verify import recompute  # torch, which the rest does without

        recompute.check(self.root, self.dataset, self.readable, found, data, sample)
        return found

    def _files(self, found: Found) -> None:
        allowed = allowlist.PUBLISHED | (allowlist.WORKING if self.is_working else {})
        if self.dataset == "synthetic":
            allowed = allowed | allowlist.DRAWN
        for path in sorted(self.root.rglob("*")):
            if path.is_symlink():
                found.look("files", self._name(path), "a link; results are files")
            elif path.is_file() and not (self.is_working and "/." in f"/{self._name(path)}"):  # locks, leases, logs
                _look_at(found, path, self._name(path), allowed)

    def _numbers(self, found: Found) -> None:
        for name, result in self.results.items():
            problems = [str(result)] if isinstance(result, InputError) else run_checks.problems(result)
            for problem in problems or [None]:
                found.look("metrics from predictions", f"{name}/{records.METRICS}", problem)
        for results in self._by_input().values():
            hashes = {result.metrics["data_sha256"] for result in results}
            if len(hashes) > 1:
                found.look("one data set", self.root.name, f"results of {len(hashes)} different sets of images")
            for kind in ("labels", "index"):
                columns = {result.predictions[kind].tobytes() for result in results if result.predictions}
                if len(columns) > 1:
                    found.look("one data set", self.root.name, f"results were measured on images of different {kind}")

    def _by_input(self) -> dict[str, list[Result]]:
        """The results by what their systems take (images, sequences): only these are of one data set."""
        inputs = {one.name: one.input for one in papers.systems()}
        groups: dict[str, list[Result]] = {}
        for result in self.readable:
            groups.setdefault(inputs.get(result.key.system, System.input), []).append(result)
        return groups

    def _noted(self, found: Found) -> None:
        """Every output that manifest.json notes is there, as it was when it was made.

        Occlusion analyses and the report may be made again of the same results; that is said.
        """
        if not (self.root / manifest.NAME).is_file():
            if self.results and not (self.root / SWEEP).is_file():
                found.look("noted when made", manifest.NAME, "missing: what was made, of what and by which commit")
            return
        content = manifest.read(self.root)
        of_images = self._by_input().get(System.input, [])
        if content.get("data_sha256") and of_images:
            same = {result.metrics["data_sha256"] for result in of_images} == {content["data_sha256"]}
            found.look("one data set", manifest.NAME, None if same else "its data_sha256 is not that of the results")
        entries = [entry for entry in content.get("notebooks", {}).values() if entry.get("status") != "running"]
        groups = [group["outputs"] for group in (*entries, content) if isinstance(group.get("outputs"), dict)]
        noted = {name: sha for group in groups for name, sha in group.items()}  # `contents` names one of another kind
        found.look("noted when made", manifest.NAME, None if noted or not self.results else "it notes no output")
        for result in self.readable if noted and not self.is_working else ():
            name = f"{self._name(result.directory)}/{records.METRICS}"
            if name not in noted:
                found.look("noted when made", name, "manifest.json does not say when and by which commit it was made")
        for name, sha in noted.items():
            path, problem = self.root / name, None
            if not path.is_file():
                problem = "missing, though manifest.json notes it"
            elif files.sha256(path) != sha:
                problem = "its sha256 is not the one noted in manifest.json"
                if name == REPORT or name.startswith(f"{occlusions.NOTEBOOK}/"):
                    found.note(f"{name} was made again since the run")
                    problem = None
            found.look("noted when made", name, problem)

    def _plans(self, found: Found) -> None:
        plans = sorted(self.root.glob(f"[0-9][0-9]_*/{PLAN}"))
        for plan in plans:
            self._plan(found, plan)
        if (self.root / SWEEP).is_file():
            self._sweep(found)
        if not self.is_working:
            trained = {result.key.notebook for result in self.readable}
            for folder in sorted(trained - {plan.parent.name for plan in plans}):
                found.look("planned", f"{folder}/{PLAN}", "results without a plan.json")

    def _plan(self, found: Found, plan: Path) -> None:
        """Every result was planned, with the recipe it was trained with; what is planned only is named."""
        name = self._name(plan)
        try:
            rows = json.loads(plan.read_text(encoding="utf-8"))
            planned = {(row["system"], row["recipe"], row["seed"]): row.get("config") for row in rows}
            marked = {(row["system"], row["recipe"], row["seed"]) for row in rows if row.get("status") == WAITING}
        except (OSError, ValueError, TypeError, KeyError) as error:
            found.look("planned", name, f"damaged plan ({error})")
            return
        own = {(c.key.system, c.key.recipe, c.key.seed): c for c in self.readable
               if c.key.notebook == plan.parent.name}
        for key, result in own.items():
            trained = (result.metrics.get("config") or {}).get("recipe")
            problem = "published without having been planned" if key not in planned else (
                f"marked {WAITING}, but it has a result" if key in marked else
                "trained with another recipe" if None not in (planned[key], trained) and trained != planned[key]
                else None)
            found.look("planned", f"{name}: {result.key.name}", problem)
        for key in planned.keys() - own.keys() - marked:
            found.look("planned", "{}: {}/{}/seed{}".format(name, *key), "planned, but it has no result")
        waiting = ["{}/{}/seed{}".format(*key) for key in marked - own.keys()]
        if waiting:
            found.note(f"{name}: {len(waiting)} of {len(planned)} are planned and have no result yet: "
                       f"{', '.join(sorted(waiting))}")
        if own and not self.is_working:
            stated = files.read_json(plan.with_name(HEADLINE), {})
            best = headline(list(own.values()))
            found.look("planned", f"{plan.parent.name}/{HEADLINE}", None if stated == best else
                       f"it says {stated.get('system')}/{stated.get('recipe')}, validation puts "
                       f"{best.get('system')}/{best.get('recipe')} of seeds {best.get('seeds')} first")

    def _sweep(self, found: Found) -> None:
        """A row of sweep.json for every planned job, and the accuracy that its result has."""
        names = ("dataset", "system", "recipe", "seed")
        rows = {tuple(row.get(key) for key in names): row for row in files.read_json(self.root / SWEEP, [])}
        measured = {(c.metrics["dataset"], c.key.system, c.key.recipe, c.key.seed): c.metrics["accuracy"]
                    for c in self.readable}
        for entry in files.read_json(self.root / PLAN, []):
            key = tuple(entry.get(name) for name in names)
            says = "{}/{}/seed{}".format(*key[1:])
            problem = None if key in rows else "planned, but sweep.json has no row for it"
            if key in measured and key in rows and not _close(rows[key].get("accuracy"), measured[key]):
                problem = f"sweep.json says {rows[key].get('accuracy')}, its metrics.json {measured[key]}"
            found.look("planned", f"{SWEEP}: {says}", problem)

    def _judged(self, found: Found) -> None:
        """claims.json against verdicts judged anew."""
        path = self.root / claims.CLAIMS_FILE
        if not path.is_file():
            return
        then = {row.get("id"): row for row in files.read_json(path, []) if isinstance(row, dict)}
        try:
            now = {row["id"]: row for row in claims.judge(self.root, papers.claims())}
        except InputError as error:
            found.look("verdicts", claims.CLAIMS_FILE, str(error))
            return
        for key in dict.fromkeys([*now, *then]):
            a, b = then.get(key), now.get(key)
            if a is None or b is None:
                found.look("verdicts", claims.CLAIMS_FILE, f"{key}: {'missing' if a is None else 'no such claim'}")
                continue
            same = a.get("verdict") == b["verdict"] and _close(a.get("observed"), b["observed"])
            found.look("verdicts", claims.CLAIMS_FILE, None if same else f"{key} is {a.get('verdict')} "
                       f"({a.get('observed')}), judged anew {b['verdict']} ({b['observed']})")

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _look_at(found: Found, path: Path, name: str, allowed: dict[str, int]) -> None:
    """One file's name, size and content."""
    problem = allowlist.problem_of(name, path.stat().st_size, allowed)
    found.look("files", name, problem)
    for says in [] if problem else allowlist.content_problems(path, name) or [None]:
        found.look("contents", name, says)


def _look_for_listed(found: Found, root: Path, trees: tuple[Path, ...] = ()) -> None:
    """Every line of the list of checksums, and every file that has none."""
    try:
        listed, changes = checksums.read(root), checksums.compare(root, trees)
    except InputError as error:
        found.look("listed", checksums.NAME, str(error))
        return
    if listed is None:
        found.look("listed", checksums.NAME, "missing: the list of everything published; restore it, or make it with "
                   "python -m ferkit publish --list")
        return
    says = dict.fromkeys(changes.gone, f"missing, though {checksums.NAME} lists it")
    says |= dict.fromkeys(changes.changed, f"its sha256 is not the one in {checksums.NAME}")
    for name in listed:
        found.look("listed", name, says.get(name))
    for name in changes.added:
        found.look("listed", name, f"not in {checksums.NAME}: publishing did not put it here")


def _close(a: object, b: object) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= run_checks.CLOSE * max(1, abs(b))
    return a == b
