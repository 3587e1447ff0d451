"""One tree of results, file by file: names, hashes, plan, headline, numbers."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ferkit import claims, papers
from ferkit.core import files
from ferkit.core.errors import InputError
from ferkit.publishing.verify import allowlist, preregistration, run_checks
from ferkit.publishing.verify.findings import Found
from ferkit.results import records
from ferkit.results.records import CellResult

PLAN, NEXT, HEADLINE, MANIFEST = "plan.json", "plan.next.json", "headline.json", "manifest.json"
SWEEP = "sweep.json"


def tree(root: Path) -> bool:
    """Whether a folder is a tree of results: a run, a published data set, a sweep."""
    return (root.is_dir() and any(root.glob(f"*/*/*/seed*/{records.METRICS}"))) or any(
        (root / name).is_file() for name in (MANIFEST, "sweep.json")) or any(root.glob(f"[0-9][0-9]_*/{PLAN}"))


def loose(directory: Path, trees: list[Path]) -> Found:
    """What lies beside the trees of a folder: no file there may hold a picture of a face."""
    found = Found(f"{directory.name} (besides the trees)")
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(root) for root in [*trees, directory / "runs"]):
            name = path.relative_to(directory).as_posix()
            drawn = name.startswith("synthetic/")
            known = re.fullmatch(r"(\w+/)*[\w.-]+\.(md|toml|json|svg)", name) or (drawn and path.suffix == ".png")
            found.look("files", name, None if known else "a file that no result has (type or place)")
            for problem in allowlist.content_problems(path, run=False, drawn=drawn) if known else ():
                found.look("contents", name, problem)
    return found


@dataclass
class Tree:
    """The files of one tree and what is checked about them."""

    root: Path

    @cached_property
    def is_run(self) -> bool:
        """Whether it is a working folder of ./run_all.sh or of a sweep, not a published tree."""
        return (self.root / "notebooks").is_dir() or (self.root / SWEEP).is_file()

    @cached_property
    def cells(self) -> dict[str, CellResult | InputError]:
        """Every cell by its folder's name in the tree; the error where it cannot be read."""
        found: dict[str, CellResult | InputError] = {}
        for directory in records.cell_directories(self.root):
            try:
                found[self._name(directory)] = run_checks.read(directory)
            except InputError as error:
                found[self._name(directory)] = error
        return found

    @cached_property
    def readable(self) -> list[CellResult]:
        """The cells that could be read."""
        return [cell for cell in self.cells.values() if isinstance(cell, CellResult)]

    @property
    def dataset(self) -> str:
        """The data set that the cells name, else the folder's name."""
        return next((cell.metrics["dataset"] for cell in self.readable), self.root.name)

    def check(self, data: Path | None, sample: int) -> Found:
        """Everything that can be checked, in one pass."""
        found = Found(self.root.name)
        self._files(found)
        self._numbers(found)
        self._hashes(found)
        self._plans(found)
        self._judged(found)
        if not self.is_run:
            preregistration.check(self.root, self.readable, found)
        from ferkit.publishing.verify import recompute  # torch, which the rest does without

        recompute.check(self.root, self.dataset, self.readable, found, data, sample)
        return found

    def _files(self, found: Found) -> None:
        drawn = self.dataset == "synthetic"
        for path in sorted(self.root.rglob("*")):
            name = self._name(path)
            if path.is_symlink():
                found.look("files", name, "a link; results are files")
            elif path.is_file() and not (self.is_run and path.name == ".lock"):
                problem = allowlist.problem_of(name, run=self.is_run, drawn=drawn)
                found.look("files", name, problem)
                problems = [] if problem else allowlist.content_problems(path, run=self.is_run, drawn=drawn)
                for says in problems or [None]:
                    found.look("contents", name, says)

    def _numbers(self, found: Found) -> None:
        for name, cell in self.cells.items():
            problems = [str(cell)] if isinstance(cell, InputError) else run_checks.problems(cell)
            for problem in problems or [None]:
                found.look("metrics from predictions", f"{name}/{records.METRICS}", problem)
        hashes = {cell.metrics["data_sha256"] for cell in self.readable}
        if len(hashes) > 1:
            found.look("one data set", self.root.name, f"cells of {len(hashes)} different sets of images")
        for kind in ("labels", "index"):
            columns = {cell.predictions[kind].tobytes() for cell in self.readable if cell.predictions}
            if len(columns) > 1:
                found.look("one data set", self.root.name, f"cells were tested on images of different {kind}")

    def _hashes(self, found: Found) -> None:
        """Every published file against the hash that was noted when it was made."""
        recorded, manifest = self._recorded(found)
        notebooks = {name.partition("/")[0] for name in recorded}
        analysed = self._analyses(found)
        for path in sorted(self.root.rglob("*")):
            name = self._name(path)
            if not path.is_file():
                continue
            if name not in recorded:
                if manifest and path.name in (records.METRICS, records.HISTORY) and name.partition("/")[0] in notebooks:
                    found.look("hashes", name, "no hash was noted for it in manifest.json")
                elif manifest and path.name == records.METRICS:
                    found.note(f"{name.partition('/')[0]}: manifest.json is of a run without this notebook, so the "
                               "hashes of its metrics and histories were noted nowhere")
                continue
            same = files.sha256(path) == recorded[name]
            if not same and (name == "report.html" or path.parent in analysed):
                found.note(f"{name} was made again since the run" + (
                    ", of the very networks that lie here" if path.parent in analysed else ""))
                continue
            found.look("hashes", name, None if same else "its sha256 is not the one noted in manifest.json")
        if not manifest and self.cells:
            found.note("no manifest.json: hashes of metrics and histories were noted nowhere")

    def _analyses(self, found: Found) -> set[Path]:
        """The folders of occlusion analyses that are of the networks and maps that lie here; the others are named."""
        weights = {c.cell.name: (c.metrics["weights_sha256"], c.metrics["data_sha256"]) for c in self.readable}
        good = set()
        for path in sorted(self.root.glob("04_occlusion_analysis/*/*/seed*/occlusion.json")):
            content, maps = _json(path, {}), path.with_name("maps.npz")
            name, settings = "/".join(path.parts[-4:-1]), content.get("settings") or {}
            stated = f"{content.get('system')}/{content.get('recipe')}/seed{content.get('seed')}"
            problem = None
            if stated != name or name not in weights:
                problem = f"it is about {stated}, of which no result lies here"
            elif settings and (settings.get("weights_sha256"), settings.get("data_sha256")) != weights[name]:
                problem = "it is about other weights or images than those of the cell"
            elif content.get("maps_sha256") and maps.is_file() and files.sha256(maps) != content["maps_sha256"]:
                problem = "maps.npz has another sha256 than it names"
            found.look("occlusion analyses", self._name(path), problem)
            if problem is None and settings:
                good.add(path.parent)
        return good

    def _recorded(self, found: Found) -> tuple[dict[str, str], bool]:
        path = self.root / MANIFEST
        if not path.is_file():
            return {}, False
        content = _json(path, {})
        entries = content.get("notebooks")
        outputs = [entry.get("outputs") for entry in entries if isinstance(entry, dict)] if isinstance(
            entries, list) else []
        recorded = {name: value for group in [*outputs, content.get("outputs")] if isinstance(group, dict)
                    for name, value in group.items()}
        found.look("hashes", MANIFEST, None if recorded else "it notes no output")
        if content.get("data_sha256") and self.readable:
            same = {cell.metrics["data_sha256"] for cell in self.readable} == {content["data_sha256"]}
            found.look("one data set", MANIFEST, None if same else "its data_sha256 is not that of the cells")
        return recorded, True

    def _plans(self, found: Found) -> None:
        plans = sorted(self.root.glob(f"[0-9][0-9]_*/{PLAN}"))
        for plan in plans:
            self._plan(found, plan)
        for plan in sorted(self.root.glob(f"[0-9][0-9]_*/{NEXT}")):
            rows = _json(plan, [])
            found.look("planned cells", self._name(plan), None if rows else "damaged plan")
            found.note(f"{self._name(plan)}: in progress (a plan for the next {len(rows)} cells, committed before they "
                       "are trained; their results will replace those above)")
        if (self.root / SWEEP).is_file():
            self._sweep(found)
        if not plans and not self.is_run and self.cells:
            found.look("planned cells", self.root.name, "results without a plan.json")

    def _plan(self, found: Found, plan: Path) -> None:
        """A row for every planned cell and no other. A plan whose headline.json is absent is in progress: publishing
        writes it last, so that its missing cells are named, not held against it."""
        name, headline = self._name(plan), plan.with_name(HEADLINE)
        rows = _json(plan, None)
        try:
            planned = {(row["system"], row["recipe"], row["seed"]): row.get("config") for row in rows}
        except (TypeError, KeyError) as error:
            found.look("planned cells", name, f"damaged plan ({error})")
            return
        own = {(c.cell.system, c.cell.recipe, c.cell.seed): c for c in self.readable
               if c.cell.notebook == plan.parent.name}
        missing = [key for key in planned if key not in own]
        for key, config in planned.items():
            says = "{}/{}/seed{}".format(*key)
            if key in own:
                trained = (own[key].metrics.get("config") or {}).get("recipe")
                changed = config is not None and trained is not None and trained != config
                found.look("planned cells", f"{name}: {says}", "trained with another recipe" if changed else None)
            elif headline.is_file():
                found.look("planned cells", f"{name}: {says}", "planned, but it has no result")
        for key in own.keys() - planned.keys():
            says = "{}/{}/seed{}".format(*key)
            found.look("planned cells", f"{name}: {says}", "published without having been planned")
        if headline.is_file():
            problem = _headline_problem(_json(headline, {}), list(own.values()))
            found.look("planned cells", self._name(headline), problem)
        elif missing:
            found.note(f"{name}: in progress (no {HEADLINE} yet, which publishing writes last); still without a "
                       f"result: {', '.join('{}/{}/seed{}'.format(*key) for key in missing)}")

    def _sweep(self, found: Found) -> None:
        """A row of sweep.json for every planned cell, and the accuracy that its cell has."""
        names = ("dataset", "system", "recipe", "seed")
        rows = {tuple(row.get(key) for key in names): row for row in _json(self.root / SWEEP, [])}
        measured = {(c.metrics["dataset"], c.cell.system, c.cell.recipe, c.cell.seed): c.metrics["accuracy"]
                    for c in self.readable}
        for entry in _json(self.root / PLAN, []):
            key = tuple(entry.get(name) for name in names)
            says = "{}/{}/seed{}".format(*key[1:])
            problem = None if key in rows else "planned, but sweep.json has no row for it"
            if key in measured and key in rows and not _close(rows[key].get("accuracy"), measured[key]):
                problem = f"sweep.json says {rows[key].get('accuracy')}, its metrics.json {measured[key]}"
            found.look("planned cells", f"{SWEEP}: {says}", problem)

    def _judged(self, found: Found) -> None:
        """claims.json against verdicts judged anew."""
        path = self.root / claims.CLAIMS_FILE
        if not path.is_file():
            return
        then = {row.get("id"): row for row in _json(path, []) if isinstance(row, dict)}
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


def _headline_problem(headline: dict, own: list[CellResult]) -> str | None:
    """Whether the headline is what validation puts first; None if it is."""
    means: dict[tuple[str, str], list[float]] = {}
    for cell in own:
        if cell.metrics["val_accuracy"] is not None:
            means.setdefault((cell.cell.system, cell.cell.recipe), []).append(cell.metrics["val_accuracy"])
    name = headline.get("system"), headline.get("recipe")
    if headline.get("chosen_by") != "val" or name not in means:
        return "it names no cell that validation could choose"
    best = max(np.mean(values) for values in means.values())
    return None if np.mean(means[name]) >= best - run_checks.CLOSE else "another cell is better on validation"


def _json(path: Path, otherwise: object) -> object:
    """A file's content; `otherwise` where it cannot be read or is of another kind (which `contents` names)."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise
    return found if otherwise is None or isinstance(found, type(otherwise)) else otherwise


def _close(a: object, b: object) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return abs(a - b) <= run_checks.CLOSE * max(1, abs(b))
    return a == b
