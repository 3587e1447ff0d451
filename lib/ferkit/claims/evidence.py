"""What a folder can prove: its trained systems, what they are compared with, and every reason to refuse one."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ferkit.analysis.comparison import pairing
from ferkit.analysis.comparison.pairing import Comparison
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.core.names import Name
from ferkit.results import occlusions, provenance
from ferkit.results.records import Result
from ferkit.results.tree import load_tree, validation
from ferkit.stats import intervals
from ferkit.stats.classification import majority_share


class NotRun(Exception):
    """Why a claim cannot be judged here: the result is absent, or refused (as any InputError inside a rule is)."""


class Evidence:
    """The finished systems below a run or published tree.

    root: the folder. families: the pairs of (system, recipe) that claims compare, by the family whose pairs share one
    Holm adjustment (`claim.families`).
    Raises InputError for a folder that is missing, holds nothing, or mixes data sets.
    """

    def __init__(self, root: Path, families: Mapping[str, Sequence[tuple[Name, Name]]] | None = None) -> None:
        self.root = Path(root).absolute()
        self._families = families or {}
        tree = load_tree(self.root)
        self._results: dict[Name, list[Result]] = defaultdict(list)
        self._refused: dict[Name, list[str]] = defaultdict(list)
        of_a_run = (self.root / "notebooks").is_dir() and self.root != paths.published_root()  # whose pages lie so too
        if not tree.results and not tree.refused and not of_a_run:
            raise InputError(f"{root}: no results in it; name a run (results/runs/<run>) or results/<dataset>")
        made = None if of_a_run else provenance.of(self.root)  # in a run, systems may be trained again
        for result in tree.results:
            try:
                if made and made.intact(provenance.name_of(self.root, result)) is False:
                    raise InputError(f"{self.source(result.file)} was changed after it was published (manifest.json)")
                self._results[result.key.system, result.key.recipe].append(_accepted(result))
            except InputError as error:
                self._refused[result.key.system, result.key.recipe].append(str(error))
        for directory, reason in tree.refused.items():
            self._refused[directory.parts[-3], directory.parts[-2]].append(reason)
        self.dataset: str | None = tree.dataset
        self._planned = self._read_plan()

    def names(self, system: str) -> list[Name]:
        """The recipes of a system that are here, refused ones too."""
        return sorted({name for name in (*self._results, *self._refused) if name[0] == system})

    def results(self, name: Name) -> list[Result]:
        """Every seed of a system and recipe, in order; NotRun where one is absent, planned but absent, or
        refused.

        One refused seed refuses them all: the rest would be a selection.
        """
        if self._refused.get(name):
            raise NotRun(f"refused: {self._refused[name][0]}")
        found = sorted(self._results.get(name, []), key=lambda result: result.key.seed)
        if not found:
            raise NotRun(f"no result of {'/'.join(name)}")
        seeds = [result.key.seed for result in found]
        if len(set(seeds)) < len(seeds):
            raise NotRun(f"refused: {'/'.join(name)} has two results for one seed")
        absent = sorted(self._planned.get(name, set()) - set(seeds))
        if absent:
            raise NotRun(f"refused: {'/'.join(name)} was planned with seed {absent[0]} too, which has no result")
        if len({result.metrics["data_sha256"] for result in found}) > 1:
            raise NotRun(f"refused: the seeds of {'/'.join(name)} were not run on the same data")
        return found

    def named(self, sources: Sequence[str]) -> list[Result]:
        """The accepted trained systems whose metrics file is among the sources of a finding."""
        return [result for source, result in self._sources if source in sources]

    def best(self, names: Sequence[Name]) -> list[Result]:
        """The trained systems of the system and recipe with the best mean validation accuracy among `names`."""
        groups = [self.results(name) for name in names]
        if not groups:
            raise NotRun("no result of any recipe")
        return max(groups, key=validation)

    def comparison(self, family: str, first: Name, second: Name) -> Comparison:
        """Two systems over the same seeds and images, p adjusted for all pairs of the family; NotRun
        or NotComparable where that cannot be."""
        found = self._compared[family, first, second]
        if isinstance(found, Exception):
            raise found
        return found

    def occlusions(self, systems: Sequence[str]) -> list[tuple[Path, dict, Result]]:
        """The occlusion analyses of one system and recipe, one per seed: file, content, the trained system that was
        analysed.

        Of several, `systems` come first, then the best on validation.
        """
        groups: dict[Name, list] = defaultdict(list)
        for path in occlusions.summaries(self.root):
            name = path.parts[-4], path.parts[-3]
            groups[name].append((path, *self._occlusion(path, name)))
        if not groups:
            raise NotRun("no occlusion analysis")
        return max(groups.items(), key=lambda item: (item[0][0] in systems,
                                                     validation([result for _, _, result in item[1]])))[1]

    def source(self, path: Path) -> str:
        """A file's path relative to the folder, as claims.json names it."""
        return path.relative_to(self.root).as_posix()

    def _occlusion(self, path: Path, name: Name) -> tuple[dict, Result]:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            stated = content["system"], content["recipe"], f"seed{content['seed']}"
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotRun(f"refused: {self.source(path)} is damaged ({error})") from None
        if stated != (*name, path.parent.name):
            raise NotRun(f"refused: {self.source(path)} is about {'/'.join(stated)}")
        analysed = [result for result in self.results(name) if result.key.seed == content["seed"]]
        if not analysed:
            raise NotRun(f"refused: {self.source(path)} is about a network that has no result")
        return content, analysed[0]

    def _read_plan(self) -> dict[Name, set[int]]:
        """Seeds by system and recipe that the notebooks' plan.json promised, {} without one."""
        planned = defaultdict(set)
        for path in sorted(self.root.glob("[0-9][0-9]_*/plan.json")):
            try:
                for row in json.loads(path.read_text(encoding="utf-8")):
                    if row.get("status") == "planned":
                        continue  # more seeds to come, published all together or not at all
                    planned[row["system"], row["recipe"]].add(row["seed"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}: damaged plan ({error}); take it from git again") from None
        return planned

    @cached_property
    def _sources(self) -> list[tuple[str, Result]]:
        return [(self.source(result.file), result) for results in self._results.values() for result in results]

    @cached_property
    def _compared(self) -> dict[tuple[str, Name, Name], Comparison | Exception]:
        compared: dict[tuple[str, Name, Name], Comparison | Exception] = {}
        for family, pairs in self._families.items():
            for pair in pairs:
                try:
                    compared[family, *pair] = pairing.compare(self.results(pair[0]), self.results(pair[1]))
                except (NotRun, pairing.NotComparable) as reason:
                    compared[family, *pair] = reason
            keys = [(family, *pair) for pair in pairs]  # as declared: what is not here counts as p = 1
            adjusted = intervals.holm([compared[key].difference.p() if isinstance(compared[key], Comparison) else 1.0
                                       for key in keys])
            for key, p_holm in zip(keys, adjusted, strict=True):
                if isinstance(compared[key], Comparison):
                    compared[key] = replace(compared[key], p_holm=p_holm)
        return compared


def accuracies(results: Sequence[Result]) -> list[float]:
    """The accuracies of the trained systems that could be tested, recomputed when they were read."""
    return [result.metrics["accuracy"] for result in results if result.predictions]


def beats_majority(results: Sequence[Result]) -> bool:
    """Whether the trained systems together are better than always answering the most frequent class: the lower end of
    the Wilson interval of their mean accuracy lies above that class's share. False when none could be
    tested."""
    tested = [result for result in results if result.predictions]
    if not tested:
        return False
    n, mean = tested[0].metrics["n"], float(np.mean(accuracies(tested)))
    return intervals.wilson(mean * n, n)[0] > majority_share(tested[0].matrix)


def failed_to_train(result: Result) -> bool:
    """Whether a run diverged or collapsed, by its own record or because it answers one class only, of several."""
    one_class = bool(result.predictions) and (
        len(np.unique(result.predictions["predicted"])) == 1 < len(np.unique(result.predictions["labels"])))
    return result.metrics["status"] in ("diverged", "collapsed") or one_class


def _accepted(result: Result) -> Result:
    """The trained system, if it may be evidence at all; InputError if it was not tested on the test split, or
    failed."""
    if result.metrics["split"] != "test":
        raise InputError(f"{result.key.name} was measured on the {result.metrics['split']} split, only test counts")
    if result.metrics["status"] == "failed":
        raise InputError(f"{result.key.name} failed; run it again")
    return result
