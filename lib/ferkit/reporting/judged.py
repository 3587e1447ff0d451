"""The papers' claims judged on published results, once per process for each state of the files; what summaries show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from ferkit import claims, papers
from ferkit.analysis import comparison
from ferkit.analysis.label_agreement import ceiling
from ferkit.reporting import names
from ferkit.results.records import Result
from ferkit.results.tree import Tree, published

_SIDES = (("reproduced", "exceeded", "partly"), ("contradicted", "not_reproduced"))
FIRST = "fer2013"  # the data set that both papers report, alone and with a part of its training images


@cache
def judged(tree: Tree) -> list[dict]:
    """The rows of ``claims.judge`` on a tree."""
    return claims.judge(tree.root, papers.claims())


def on_first_dataset() -> dict[str, dict]:
    """The row of each claim that published FER2013 results decide, by the claim's id; {} where none are published."""
    return {row["id"]: row for row in claims.first_judged(map(judged, _first_trees())) if row["verdict"] != "not_run"}


def first_folders() -> list[str]:
    """The published folders of `FIRST`, as the command line takes them."""
    return [f"results/{tree.name}" for tree in _first_trees()]


def first_results() -> tuple[Result, ...]:
    """The published results of `FIRST` under its own protocol; () where there are none."""
    return next((tree.results for tree in published() if tree.name == FIRST), ())


def _first_trees() -> list[Tree]:
    return [tree for tree in published() if tree.name.partition("-train")[0] == FIRST]


def first_dataset_in_words() -> list[str]:
    """What the published FER2013 results came to, a line for each group of claims; [] where none are published."""
    rows = list(on_first_dataset().values())
    return [f"{says}: {counts}" for says, counts in claims.tallies(rows).items()] if rows else []


def people(dataset: str | None) -> dict[str, float]:
    """Accuracies of people on a data set's own labels, fractions, by what figures call them; {} without any."""
    measured = papers.human_accuracy(dataset)
    return ({"people": measured[0]} if measured else {}) | (
        {"ten people (FER+ votes)": ceiling()["ten_people"]} if dataset == FIRST else {})


def differences(rows: Iterable[dict], data: str | None) -> list[str]:
    """A line for each claim that a run judges the other way than the published FER2013 results do, with the run's
    numbers, and whether the published results on the run's own data say why; [] for none."""
    elsewhere, lines = on_first_dataset(), []
    for row in rows:
        there = elsewhere.get(row["id"], {}).get("verdict")
        if _opposed(row["verdict"], there):
            lines.append(f"{row['statement']}: {names.verdict(row['verdict'], data)} here, "
                         f"{names.verdict(there)} on {names.dataset(FIRST)}. Here: {names.in_words(row['note'])}."
                         f"{_with_more_seeds(row, data)}")
    return lines


def _with_more_seeds(row: dict, data: str | None) -> str:
    """What the published results on the same data say of a claim: whether the data or a short training decide it."""
    own = [other for tree in published() if tree.name == data for other in judged(tree) if other["id"] == row["id"]
           and other["verdict"] != "not_run" and other["n_seeds"] > row["n_seeds"]]
    if not own:
        return ""
    verdict, where = own[0]["verdict"], f" Published on {names.dataset(data)} with {own[0]['n_seeds']} seeds: "
    why = ("the data make the difference, not the short training" if not _opposed(verdict, row["verdict"])
           and verdict in sum(_SIDES, ()) else "this run is too small to tell")
    return f"{where}{names.verdict(verdict, data)}, so that {why}."


def _opposed(one: str, other: str | None) -> bool:
    return any(one in side and other in against for side, against in (_SIDES, _SIDES[::-1]))


def of_papers() -> list[tuple[Tree, dict]]:
    """Every claim with the published tree it is judged on: those about a data set on that one, all others on `FIRST`
    (the first tree where that is not published) and what was trained on a part of its images, or on the first tree that
    can judge them. A claim that is judged anywhere is not also "not run", and one that is not stands once, last."""
    return list(_of_papers(tuple(published())))


@cache
def _of_papers(trees: tuple[Tree, ...]) -> list[tuple[Tree, dict]]:
    first = FIRST if any(tree.name == FIRST for tree in trees) else trees[0].name if trees else ""
    found = [(tree, row) for tree in trees for row in judged(tree)
             if tree.name.partition("-train")[0] == first or tree.dataset in row["id"].split(".")]
    done = {row["id"] for _, row in found if row["verdict"] != "not_run"}
    for tree in trees:
        more = [(tree, row) for row in judged(tree) if row["verdict"] != "not_run" and row["id"] not in done]
        found, done = [*found, *more], done | {row["id"] for _, row in more}
    waiting: dict[str, tuple[Tree, dict]] = {}
    for tree, row in found:
        if row["id"] not in done:
            waiting.setdefault(row["id"], (tree, row))
    return [*((tree, row) for tree, row in found if row["verdict"] != "not_run"), *waiting.values()]


def at_paper_length(results: Sequence[Result]) -> list[Result]:
    """The results without those of a recipe that was also trained for as many epochs as its paper."""
    shorter = {(result.key.system, lengthens(result)) for result in results}
    return [result for result in results if (result.key.system, result.key.recipe) not in shorter]


def lengthens(result: Result) -> str:
    """The recipe that this result's trains for as many epochs as its paper; "" for most."""
    named = papers.recipes().get((result.key.system, result.key.recipe))
    return named.lengthens if named else ""


def summary_recipe(result: Result) -> bool:
    """Whether tables show its recipe: the published one, that at the paper's length, ours, one with a name for display.
    """
    named = papers.recipes().get((result.key.system, result.key.recipe))
    return result.key.recipe in comparison.RECIPES or bool(named and (named.lengthens or named.display))


def summarised(results: Sequence[Result], systems: Sequence[str] = ()) -> list[comparison.System]:
    """These systems, those of :func:`headline` where none are named, as published, for their paper's epochs where they
    were trained so long, under our recipe, and under others that have a name for display."""
    chosen = at_paper_length(results)
    published, ours = comparison.RECIPES
    longer = dict.fromkeys(result.key.recipe for result in chosen if lengthens(result))
    others = dict.fromkeys(recipe for (_, recipe), named in papers.recipes().items() if named.display)
    return comparison.systems(chosen, systems or headline(results), (published, *longer, ours, *others))


def headline(results: Sequence[Result]) -> tuple[str, ...]:
    """The systems that a summary of these results shows: the papers' own, and of the baselines one network and one on
    hand-crafted features, those that validation puts first."""
    best: dict[str, tuple[float, str]] = {}
    for result in results:
        system = papers.system(result.key.system) if result.key.system in papers.main_systems() else None
        if system and result.key.recipe in comparison.RECIPES:
            kind = system.name if system.role != "baseline" else "features" if system.features else "network"
            best[kind] = max(best.get(kind, (-1.0, "")), (result.metrics["val_accuracy"] or 0.0, system.name))
    return tuple(name for name in papers.main_systems() if name in {name for _, name in best.values()})
