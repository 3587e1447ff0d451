"""Blocks of the pages: what was reached, what each claim came to, the file of every number, what is unstated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ferkit import claims, papers
from ferkit.analysis import attention, comparison, leakage
from ferkit.analysis.ablation import Ablation
from ferkit.core import paths
from ferkit.core.units import NONE, Unit
from ferkit.papers import unstated_choices
from ferkit.papers.paper import RecipePath
from ferkit.reporting import judged, names
from ferkit.reporting.readme import ablation_path
from ferkit.reporting.tables import folded, markdown
from ferkit.results import over_protocols, provenance, records, schema
from ferkit.results.tree import Tree, by_system, over_seeds, published

LONG = 28  # characters of an id from which on it may break
NOTHING = "Nothing is published yet."
BOLD = ("reproduced", "exceeded")
_percent, _sd = Unit.FRACTION.format, Unit.FRACTION.deviation


def systems_table() -> str:
    """One row for each system of `judged.headline` on the papers' data set, the weakest first: the paper's number, both
    recipes (the published one for its paper's epochs, where it was trained so long), where one new run would fall,
    parameters."""
    results = judged.first_results()
    if not results:
        return NOTHING
    stated, rows = papers.stated_accuracies(judged.FIRST), []
    found = {(system, judged.lengthens(group[0]) or recipe): group
             for (system, recipe), group in by_system(judged.at_paper_length(results)).items()}
    for system in judged.headline(results):
        own = {recipe: over_seeds(found[system, recipe]) for recipe in comparison.RECIPES if (system, recipe) in found}
        rows.append((max(it["accuracy"] or 0.0 for it in own.values()), [
            names.system(system), f"{100 * stated[system]:.2f}" if system in stated else "",
            *(_accuracy(own.get(recipe)).replace(" %", "") for recipe in comparison.RECIPES),
            " → ".join(_range(it, "new_", "–") for it in own.values()),
            " → ".join(dict.fromkeys(f"{it['parameters']:,}" for it in own.values()))]))
    heads = ("system", "stated, %", *(f"{names.recipe(recipe)}, %" for recipe in comparison.RECIPES),
             "one new run, 95 %", "parameters")
    return markdown(heads, [row for _, row in sorted(rows, key=lambda row: row[0])], range(1, 6))


def protocols_table() -> str:
    """A table for each set of protocols that sweeps used, one row for each system and recipe: mean accuracy over
    seeds under each, or, of folds, over all images, from a single view as claims compare them."""
    parts = []
    for tree in published():
        tables: dict[tuple[str, ...], list[dict]] = {}
        for content in over_protocols.of_tree(tree.root):
            tables.setdefault(tuple(content["images"]), []).append(content)
        for protocols, contents in tables.items():
            if len(protocols) == 1:  # stands in the table of results
                continue
            folds = len({protocol.partition(":")[0] for protocol in protocols}) == 1
            rows = []
            for name in dict.fromkeys((row["system"], row["recipe"])
                                      for content in contents for row in content["runs"]):
                found = over_protocols.answers(tree.root, name, protocols)[0]
                each = [float(found.right[:, found.protocol == one].mean()) for one in protocols]
                all_of_it = found.accuracy
                shown = [_percent(all_of_it.mean), Unit.FRACTION.interval(all_of_it.interval),
                         f"{_percent(min(each))} … {_percent(max(each))}"] if folds else map(_percent, each)
                rows.append((all_of_it.mean, [names.system(name[0]), name[1], len(found.seeds), *shown]))
            heads = ("system", "recipe", "seeds", *(("all images", "95 %", "single folds") if folds else protocols))
            sweeps = ", ".join(f"`{Path(content['sweep']).stem}`" for content in contents)
            rows = [row for _, row in sorted(rows, key=lambda row: row[0])]
            parts += [f"{tree.name}, {len(protocols)} protocols ({sweeps}):", "",
                      markdown(heads, rows, range(3, len(heads))), ""]
    return "\n".join(parts).rstrip() or NOTHING


def elsewhere_table() -> str:
    """Published accuracies of others on the papers' data set beside which ours stand, with split and source."""
    rows = [[quote.statement.removesuffix(f" on {judged.FIRST}"), _percent(quote.value),
             f"{quote.source} [{quote.mark}]"]
            for quote in papers.accuracy_quotes(judged.FIRST) if quote.split == "test"]
    return markdown(("system", "stated accuracy", "source"), rows)


def results_table() -> str:
    """A table for each data set, the papers' first, with a row for each replicated system and recipe: means over seeds
    on validation and test, in percent."""
    heads = ("system", "recipe", "seeds", "validation", "test", "95 %", "one new run, 95 %", "deduplicated", "macro-F1",
             "parameters")
    parts, more = [], 0
    for tree in sorted(published(), key=lambda tree: tree.name != judged.FIRST):
        groups = by_system(tree.results)
        rows = [_row(*name, over_seeds(group)) for name, group in groups.items()
                if name[0] in papers.main_systems() and judged.summary_recipe(group[0])]
        more += len(groups) - len(rows)
        parts += [f"### {_data(tree)}", "", markdown(heads, rows, range(3, 10)), ""] if rows else []
    rest = [f"{more} more (controls, probes, class-imbalance methods) stand below, run by run."] if more else []
    return "\n".join([*parts, *rest]).rstrip() or NOTHING


def zero_shot_table() -> str:
    """One row for each published network on every image of a data set that it never saw (`ferkit zero-shot`)."""
    rows = [[row["dataset"], f"`{row['name']}`", row["trained_on"], row["n"], _percent(row["accuracy"]),
             Unit.FRACTION.interval(row["interval"]), _percent(row["macro_f1"]), len(row["answers"])]
            for path in sorted((paths.repository() / "results").glob("*/zero_shot.json"))
            for row in json.loads(path.read_text(encoding="utf-8"))]
    heads = ("data", "network", "trained on", "images", "accuracy", "95 %", "macro-F1", "expressions")
    return markdown(heads, sorted(rows, key=lambda row: row[0]), range(3, 8)) if rows else NOTHING


def leaks_table() -> str:
    """One row for each system and recipe that is published under two protocols of one data set: leakage inflation."""
    heads, rows = leaks_rows()
    return markdown(heads, rows) if rows else "No data set is published under two protocols yet."


def leaks_rows() -> tuple[tuple[str, ...], list[list[object]]]:
    """Heads and rows of `leaks_table`."""
    rows = []
    for dataset in dict.fromkeys(tree.dataset for tree in published()):
        for row in leakage.worth([tree.results for tree in published() if tree.dataset == dataset]):
            rows.append([dataset, names.system(row["system"]), row["recipe"], row["seeds"],
                         *(f"{_percent(row[f'{which}_accuracy'])} ({row[which]}, n {row[f'{which}_n']})"
                           for which in ("leaky", "strict")),
                         f"**{100 * row['worth']:+.1f}**",
                         _points(row["interval"]) + (f" ({row['people']} people)" if row["people"] else "")])
    heads = ("data", "system", "recipe", "seeds", "leakier", "stricter", "leakage inflation, points", "95 %")
    return heads, rows


def ablation_table(ablation: Ablation) -> str:
    """One row for each variant of an ablation beside its control; methods for rare classes say what these gain."""
    heads, rows = ablation_rows(ablation)
    return markdown(heads, rows) if rows else NOTHING


def ablation_rows(ablation: Ablation) -> tuple[tuple[str, ...], list[list[object]]]:
    """Heads and rows of `ablation_table`."""
    rows = _imbalance_rows(ablation) if ablation.labels else _variant_rows(ablation)
    heads = (("data", "method", "seeds", "recall of the rare", "each of them", "of the others", "accuracy", "macro-F1",
              "p") if ablation.labels else
             ("data", "variant", "seeds", "test", "against the control, points", "p", "train - test",
              "lost to a shift of 4 px", "parameters", "receptive field, px", "minutes"))
    return heads, rows


def attentions_table() -> str:
    """One row for each attention of a published tree: where it looks, what it brings, what it costs."""
    rows = [{"data": _data(tree)} | row for one in papers.attentions() for tree in published()
            for row in attention.table([one], tree.results, papers.system)]
    for row in rows:
        known = row["difference"] is not None
        row["points gained"] = 100 * row["difference"] if known else None
        row["95 %"] = _points((row["low"], row["high"])) if known else None
    forms = {"on the parts, %": ".1f", "by chance, %": ".1f", "points gained": "+.1f", "parameters": "+,",
             "multiply-adds": "+,"}
    heads = ("attention", "data", "seeds", "on the parts, %", "by chance, %", "points gained", "95 %", "parameters",
             "multiply-adds")
    return markdown(heads, [[NONE if row[head] is None else format(row[head], forms.get(head, "")) for head in heads]
                            for row in rows], range(2, 9)) if rows else NOTHING


def path_block(path: RecipePath) -> str:
    """The steps from a recipe as published to ours, with what each brings on validation."""
    results = judged.first_results()
    if not results or not ablation_path.rows_files(path):
        return NOTHING
    return markdown(*ablation_path.path_table(path, results))


def claims_table() -> str:
    """One row for each claim that was judged on published results; the others are counted below the table."""
    found = judged.of_papers()
    rows = [(tree, row) for tree, row in found if row["verdict"] != "not_run"]
    if not rows:
        return NOTHING
    said = judged.first_dataset_in_words()
    parts = [f"On {names.dataset(judged.FIRST)}:", "", *(f"- {one}" for one in said), ""] if said else []
    heads = ("claim", "paper", "found", "95 %", "over images alone", "one new run, 95 %", "verdict", "data")
    for group, title in claims.GROUPS.items():
        own = [[_statement(row), *_numbers(row), _interval(row, "interval_images"),
                _interval(row, "prediction_interval"), _verdict(row), _data(tree)]
               for tree, row in rows if row["group"] == group]
        parts += [f"### {title[0].upper()}{title[1:]}", "", markdown(heads, own), ""] if own else []
    return "\n".join(parts).rstrip() + (
        f"\n\n{len(found) - len(rows)} more are not judged on published results yet; `python -m ferkit claims "
        f"{' '.join(judged.first_folders())}` names each, with the command that would run it.")


def _statement(row: dict) -> str:
    """A claim in words, with what its points are where they are not of accuracy."""
    other = row["unit"] == "points" and row["measures"] not in ("", "accuracy gained")
    return f"{row['statement']} ({row['measures']})" if other else row["statement"]


def verdicts_table() -> str:
    """Every judged claim with the files that decided it, folded by tree."""
    parts = []
    for tree in published():
        rows = [[_breakable(row["id"]), *_numbers(row), _verdict(row), _files(tree, row["source"].split("; "))]
                for row in judged.judged(tree) if row["verdict"] != "not_run"]
        heads = ("claim", "paper", "found", "95 %", "verdict", "decided by, seeds")
        parts += [folded(f"{tree.name}: {len(rows)} claims", markdown(heads, rows))] if rows else []
    return "\n\n".join(parts) or NOTHING


def tally() -> str:
    """How many claims of which paper came to which verdict on the papers' data set, in a sentence."""
    own = [row for row in judged.on_first_dataset().values() if row["group"] == "finding"]
    if not own:
        return NOTHING
    (counts,) = claims.tallies(own).values()
    of_each = Counter(row["paper"] for row in own)
    papers_of = ", ".join(f"{of_each[key]} {title}" for key, title in papers.titles().items() if key in of_each)
    return f"Of {len(own)} claims judged on {names.dataset(judged.FIRST)} ({papers_of}): {counts}."


def runs_table() -> str:
    """Every published result, with the file its numbers stand in, the commit and the command that made it, folded by
    tree."""
    parts = []
    for tree in published():
        made = provenance.of(tree.root)
        rows = []
        for one in tree.results:
            m, name = one.metrics, provenance.name_of(tree.root, one)
            commit = m["git_commit"][:12] if m.get("git_commit") else made.commit(name)  # the file's own, or its tree's
            answers = f"`{m['predictions_sha256'][:12]}`" if m["predictions_sha256"] else m["status"]
            rows.append([names.system(m["system"]), names.recipe_name(m["recipe"]),
                         f"[{m['seed']}]({tree.name}/{name})", _percent(m["val_accuracy"]), _percent(m["accuracy"]),
                         f"`{commit}`", answers])
        heads = ("system", "recipe", "seed, file", "validation", "test", "commit", "predictions sha256")
        parts += [folded(f"{tree.name}: {len(rows)} runs", "\n".join([markdown(heads, rows), "", *made.sentences()]))]
    return "\n\n".join(parts) or NOTHING


def unstated_list() -> str:
    """What each paper leaves unstated and what is used instead."""
    return "\n\n".join(f"## {title}\n\n{unstated_choices.as_markdown(group)}"
                       for group, title in names.unstated().items())


def keys_table(kind: str) -> str:
    """The keys of one kind of file: value and meaning, from its schema."""
    required = set((schema.load(kind).get("items") or schema.load(kind))["required"])
    rows = [[f"`{key}`", schema.wanted(one).replace("|", "\\|"), one["description"].replace("|", "\\|"),
             "" if key in required else "optional"] for key, one in schema.properties(kind).items()]
    return markdown(("key", "value", "meaning", ""), rows)


def _imbalance_rows(ablation: Ablation) -> list[list[object]]:
    rows = []
    for tree in published():
        for row in comparison.class_imbalance_changes(tree.results, ablation):
            values = [f"{_percent(row[key])}{_change(row, key)}" for key in ("rare", "others", "accuracy", "macro_f1")]
            single = ", ".join(f"{label} {100 * row['by_class'][label]:+.1f}" for label in row["rare_labels"]
                               if row["by_class"])
            rows.append([tree.name, row["method"], row["seeds"], values[0], single, *values[1:], _p(row["p_holm"])])
    return rows


def _variant_rows(ablation: Ablation) -> list[list[object]]:
    rows = []
    for tree in published():
        for row in comparison.variant_changes(tree.results, ablation):
            change = "" if row["difference"] is None else (
                f"{100 * row['difference']:+.1f} ({_points((row['low'], row['high']))})")
            test = f"{_percent(row['accuracy'])}{_sd(row['sd'])}"
            rows.append([tree.name, row["variant"], row["seeds"], test, change,
                         _p(row["p_holm"]), "" if row["gap"] is None else f"{100 * row['gap']:.1f}",
                         "" if row["shift_loss"] is None else f"{100 * row['shift_loss']:.1f}",
                         f"{row['parameters']:,}", row["receptive_field"], f"{row['minutes']:.1f}"])
    return rows


def _row(system: str, recipe: str, it: dict) -> list[object]:
    if it["accuracy"] is None:
        return [names.system(system), recipe, it["seeds"], NONE, it["status"], *[""] * 5]
    seeds = it["seeds"] if it["tested"] == it["seeds"] else f"{it['tested']} of {it['seeds']}"
    shares = [f"{100 * it[key]:.2f}" if it[key] is not None else "" for key in ("accuracy_without_copies", "macro_f1")]
    return [names.system(system), names.recipe_name(recipe), seeds, f"{100 * it['val_accuracy']:.2f}",
            f"**{100 * it['accuracy']:.2f}**{_sd(it['sd'])}", _range(it), _range(it, "new_"), *shares,
            f"{it['parameters']:,}"]


def _range(it: dict, prefix: str = "", to: str = "\u00a0… ") -> str:
    """One of the intervals of `over_seeds`, percent; nothing where nothing was tested."""
    return "" if it["accuracy"] is None else f"{100 * it[f'{prefix}low']:.1f}{to}{100 * it[f'{prefix}high']:.1f}"


def _accuracy(it: dict | None) -> str:
    """Mean accuracy and sd over seeds; nothing where the recipe was not run."""
    if it is None:
        return ""
    return it["status"] if it["accuracy"] is None else f"{_percent(it['accuracy'])}{_sd(it['sd'])}"


def _data(tree: Tree) -> str:
    """A tree's data set, with its protocol where that is not the official split."""
    protocol = tree.results[0].metrics["protocol"]
    return tree.name if protocol == "official" else f"{tree.dataset}, {protocol}"


def _numbers(row: dict) -> tuple[str, str, str]:
    """The paper's number, ours, and the interval."""
    unit = Unit(row["unit"])
    return (unit.bound(row["expected"], row["relation"]), unit.format(row["observed"]),
            _interval(row))


def _verdict(row: dict) -> str:
    said = "; ".join(filter(None, [claims.in_words(row["verdict"], row["group"], row["n_seeds"]),
                                   claims.what_would_decide(row).partition(",")[0]]))
    return f"**{said}**" if row["verdict"] in BOLD and row["group"] != "fact" else said


def _interval(row: dict, key: str = "interval") -> str:
    """One of a row's intervals; nothing where no spread was measured."""
    return "" if row[key] is None else Unit(row["unit"]).interval(row[key])


def _change(row: dict, key: str) -> str:
    """A change against plain training with its interval, in points; nothing for plain training itself."""
    if row.get(f"{key}_change") is None:
        return ""
    return f" ({100 * row[f'{key}_change']:+.1f}: {_points((row[f'{key}_low'], row[f'{key}_high']))})"


def _points(bounds: Sequence[float]) -> str:
    return " … ".join(f"{100 * bound:+.1f}" for bound in bounds)


def _p(value: float | None) -> str:
    """A p value; nothing where nothing was tested."""
    return "" if value is None else f"{value:.2g}"


def _breakable(name: str) -> str:
    """A claim's id, which may break at its dots where it is too long for a page of 830 pixels."""
    return name.replace(".", "<wbr>.") if len(name) > LONG else name


def _files(tree: Tree, sources: Sequence[str]) -> str:
    """What decided a claim, as links: the folder of a system and recipe with the seeds whose files count, and files of
    several protocols by name."""
    groups: dict[str, list[str]] = {}
    for path in sources:
        notebook, *folder, file = path.split("/")
        if not folder:  # one file of several protocols
            groups[f"[{file}]({tree.name}/{path})"] = []
            continue
        *system, seed = folder
        what = names.in_words("/".join(system)) + (" (occlusion)" if file != records.METRICS else "")
        link = f"[{what}]({'/'.join((tree.name, notebook, *system))})"
        groups.setdefault(link, []).append(seed.removeprefix("seed"))
    return "; ".join(" ".join([link, *seeds]) for link, seeds in groups.items())
