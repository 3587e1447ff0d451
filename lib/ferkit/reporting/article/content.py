"""What an article's prose can ask for: numbers, verdicts, tables and figures of published results, as Typst markup.

In the prose ``<< … >>`` is an expression, ``<% … %>`` a statement, ``<# … #>`` a comment (Jinja2). Text is escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import jinja2
import numpy as np

from ferkit import claims, papers
from ferkit.claims.decisions import MARGIN
from ferkit.claims.rules.accuracy import PARTLY_WITHIN
from ferkit.core import paths
from ferkit.core.errors import InputError
from ferkit.core.names import Name
from ferkit.core.units import Unit
from ferkit.papers import unstated_choices
from ferkit.papers.paper import Paper
from ferkit.reporting import judged, names
from ferkit.reporting.article import figures, title
from ferkit.reporting.readme import ablation_path, tables, values
from ferkit.reporting.readme.pictures import Picture
from ferkit.results import over_protocols
from ferkit.results.tree import accuracy, published_tree

HERE = Path(__file__).parent
BIBLIOGRAPHY = "bibliography.bib"
RECIPE = {"optimizer": "optimiser", "lr": "learning rate", "schedule": "schedule", "weight_decay": "weight decay",
          "batch_size": "batch size", "init": "initialisation", "penalty": "norm penalty λ",
          "label_smoothing": "label smoothing", "ema": "weight averaging", "precision": "precision",
          "tta": "test-time augmentation", "epochs": "epochs"}


class Typst(str):
    """Text that is Typst markup already."""


def escape(text: object) -> Typst:
    """Text as Typst markup: its signs escaped, a minus before a digit as a minus, no line broken in an interval or
    before a unit."""
    text = re.sub(r"([\\#$*_`~@<>\[\]]|^[+=/-](?= ))", r"\\\1", str(text)).replace("//", "/\\/")
    text = re.sub(r"(?<=\d) (?=(?:%|pts|×)(?:\W|$))|(?<=[\d%]) (?=± \d)|(?<=±) (?=\d)", "\u00a0", text)
    text = re.sub(r"(?<=\d) … (?=[+-]?\d)", "\u00a0…\u00a0", text)
    return Typst(re.sub(r"(?<![\w.])-(?=\d)", "−", text))


def plain(markup: str) -> str:
    """Markup without emphasis, references and escapes, for metadata."""
    text = re.sub(r"\\(.)", lambda match: f"\0{ord(match[1])}\0", re.sub(r"@[\w-]+", "", markup))
    text = re.sub(r"[*_]", "", text)
    return " ".join(re.sub(r"\0(\d+)\0", lambda match: chr(int(match[1])), text).split())


@dataclass
class Writer:
    """One article being written; `drawn` gathers the figures that its prose asks for, by file."""

    paper: Paper
    drawn: dict[str, str] = field(default_factory=dict)

    @cached_property
    def rows(self) -> dict[tuple[str, str], dict]:
        """Every row that is judged on published results, by tree ("" for the papers' first) and claim."""
        found = {("", identity): row for identity, row in judged.on_first_dataset().items()}
        return found | {(tree.name, row["id"]): row for tree in tables.published() for row in judged.judged(tree)
                        if row["verdict"] != "not_run"}

    @cached_property
    def mark(self) -> title.Mark:
        """What the title begins with, and why."""
        return title.earned([row for (tree, _), row in self.rows.items() if not tree and row["paper"] == self.paper.id])

    def claim(self, identity: str, field: str = "observed", tree: str = "") -> str:
        """A field of a judged claim: expected, observed, interval, new_run, seeds, verdict."""
        return values.claim_field(self._row(identity, tree), field)

    def found(self, identity: str, tree: str = "") -> str:
        """A claim's verdict as the results have it, for a sentence that depends on it."""
        return self._row(identity, tree)["verdict"]

    def verdict(self, identity: str, as_written: str, tree: str = "") -> str:
        """A claim's verdict in words; InputError where it is not the one that the prose was written for."""
        found = self.found(identity, tree)
        if found != as_written:
            raise InputError(f"the article of {self.paper.id} was written for {identity} being {as_written}, the "
                             f"results say {found}: rewrite the sentence in its {papers.folder(self.paper).name}")
        return names.verdict(found)

    def result(self, of: str, field: str = "accuracy") -> str:
        """A mean over seeds: of "TREE/SYSTEM/RECIPE"; with "sd" behind it where the field is accuracy."""
        try:
            return values.result_field(of, field)
        except KeyError:
            raise InputError(f"the article of {self.paper.id}: no published result has {field} of {of}") from None

    def noted(self, identity: str, pattern: str, tree: str = "") -> str:
        """What the note of a claim says: the first group of a pattern that it has to match."""
        found = re.search(pattern, self._row(identity, tree)["note"])
        if found is None:
            raise InputError(f"the article of {self.paper.id}: the note on {identity} has no {pattern!r}")
        return found[1]

    def sampled(self, data: str, name: Name) -> str:
        """The share of the image that a network's transformer samples, for the expressions where it is least and most,
        mean over the seeds for which it was measured."""
        seeds = [json.loads(path.read_text(encoding="utf-8"))["attention"] for path in figures.analyses(data, name)]
        measured = [[row["image"] for row in rows] for rows in seeds if rows]
        if not measured:
            raise InputError(f"the article of {self.paper.id}: no analysis of {name} on {data} tells a sampled area")
        means = np.mean(measured, axis=0)
        return Unit.FRACTION.interval((float(means.min()), float(means.max())), 1)

    def folds(self, of: str, field: str = "accuracy") -> str:
        """Of "TREE/SYSTEM/RECIPE" over all folds, from a single view: accuracy, interval, images, people."""
        return values.folds_field(of, field)

    def quote(self, identity: str) -> str:
        """A number that a source states."""
        found = papers.quote(identity)
        return found.unit.format(found.value)

    def figure(self, name: str, picture: Picture, caption: str, width: str = "100%") -> Typst:
        """A numbered figure, referred to as ``@fig-name``."""
        self.drawn[f"figures/{name}.svg"] = picture.svg
        return Typst(f'#figure(image("figures/{name}.svg", width: {width}, alt: {_string(picture.says)}), '
                     f"caption: [{caption}]) <fig-{name}>")

    def table(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[object]], caption: str, columns: str = "",
              numbers: Iterable[int] = ()) -> Typst:
        """A numbered table, referred to as ``@tab-name``. columns: Typst's widths; numbers: columns flush right."""
        flush = set(numbers)
        align = ", ".join("right" if k in flush else "left" for k in range(len(heads)))
        lines = [", ".join(f"[{escape('' if value is None else value)}]" for value in row) for row in rows]
        head = ", ".join(f"[*{escape(one)}*]" for one in heads)
        return Typst(f"#figure(table(columns: {columns or len(heads)}, align: ({align},), table.header({head}),\n  "
                     + ",\n  ".join(lines) + f"), caption: [{caption}]) <tab-{name}>")

    def claims_table(self, name: str, caption: str) -> Typst:
        """Every claim of the paper that published results decide, the facts apart from the findings."""
        rows = [(tree, row) for tree, row in judged.of_papers()
                if row["paper"] == self.paper.id and row["verdict"] != "not_run"]
        rows.sort(key=lambda pair: list(claims.GROUPS).index(pair[1]["group"]))
        lines = []
        for tree, row in rows:
            unit = Unit(row["unit"])
            interval = "" if row["interval"] is None else unit.interval(row["interval"])
            part = tree.name.removeprefix(tree.dataset).replace("-", ", ").replace("_", " ")
            lines.append([f"{_named(row['statement'])} [{row['mark']}]", unit.bound(row["expected"], row["relation"]),
                          unit.format(row["observed"]), interval, row["n_seeds"], names.dataset(tree.dataset) + part,
                          _verdict(row)])
        heads = ("claim", "stated", "found", "95 %", "seeds", "data", "verdict")
        return self.table(name, heads, lines, caption, "(1fr, auto, auto, auto, auto, 13%, auto)", (1, 2, 3, 4))

    def not_judged(self) -> str:
        """Which of the paper's claims no published result decides, in words, each once."""
        decided = {identity for _, identity in self.rows}
        return "; ".join(dict.fromkeys(_named(re.sub(r" \([^()]*\)$", "", claim.statement)) for claim in papers.claims()
                                       if claim.paper == self.paper.id and claim.id not in decided))

    def recipe_table(self, name: str, of: Sequence[tuple[str, str, str]], caption: str) -> Typst:
        """What published systems (tree, system, recipe) were trained with."""
        results = [figures.results_of(tree, (system, recipe))[0] for tree, system, recipe in of]
        configs = [result.metrics["config"]["recipe"] for result in results]
        shown = [[says, *(_said(config.get(key)) for config in configs)] for key, says in RECIPE.items()]
        shown.append(["augmentation", *(_augmentation(config["augmentation"]) for config in configs)])
        heads = ("", *(names.run(*name) for _, *name in of))
        rows = [row for row in shown if set(row[1:]) != {"none"}]
        return self.table(name, heads, rows, caption, f"({', '.join(['auto'] + ['1fr'] * len(of))})")

    def ablation_table(self, name: str, ablation: str, caption: str, leave_out: Sequence[str] = (),
                       first: str = "20%") -> Typst:
        """One row for each variant of a declared ablation. first: width of the first column."""
        heads, rows = tables.ablation_rows(papers.ablation(ablation))
        kept = [k for k, head in enumerate(heads) if head not in ("data", *leave_out)]
        return self.table(name, [heads[k] for k in kept], [[row[k] for k in kept] for row in rows], caption,
                          f"({', '.join([first] + ['auto'] * (len(kept) - 1))})", range(1, len(kept)))

    def path_table(self, name: str, path: str, caption: str) -> Typst:
        """The steps from the recipe as published to ours."""
        (found,) = [one for one in self.paper.paths if one.name == path]
        heads, rows = ablation_path.path_table(found, published_tree(judged.FIRST).results)
        return self.table(name, heads, rows, caption, "(1fr, auto, auto, auto, auto, auto)", range(1, 6))

    def leaks_table(self, name: str, systems: Sequence[str], caption: str) -> Typst:
        """The same systems under a random split by image and a split by subject."""
        shown = {names.system(one) for one in systems}
        rows = [[names.dataset(row[0]), f"{row[1]}, {names.recipe(row[2])}",
                 *(re.sub(r" \((\w+), n (\d+)\)", r"", row[k]) for k in (4, 5)),
                 row[6].replace("**", ""), row[7], row[3]] for row in tables.leaks_rows()[1] if row[1] in shown]
        heads = ("data", "system", "random by image", "by subject", "difference, points", "95 %", "seeds")
        return self.table(name, heads, rows, caption, "(auto, 1fr, auto, auto, auto, auto, auto)", range(2, 7))

    def folds_table(self, name: str, data: str, of: Sequence[Name], caption: str) -> Typst:
        """Systems on one division by subject as published, and over all folds by subject from a single view."""
        rows, unit = [], Unit.FRACTION
        for system in of:
            results = figures.results_of(data, system)
            one, stored = accuracy(results), results[0].predictions
            shown = [names.run(*system), unit.format(one.mean),
                     unit.interval(one.interval), one.n_seeds]
            folds = over_protocols.in_folds(published_tree(data).root, system)
            tested = f"{len(folds.labels)} images of {folds.people} people"
            rows.append([*shown, unit.format(folds.accuracy.mean), unit.interval(folds.accuracy.interval),
                         len(folds.seeds)])
        heads = ("system", f"one division: {len(stored['labels'])} images of {len(np.unique(stored['groups']))} people",
                 "95 %", "seeds", f"ten folds: {tested}", "95 %", "seeds")
        return self.table(name, heads, rows, caption, "(1fr, 17%, auto, auto, 17%, auto, auto)", range(1, 7))

    def unstated(self) -> Typst:
        """What the paper leaves unstated and what is used instead, a list."""
        return Typst("\n".join(f"- We use {escape(one['choice'])} because {escape(one['reason'])}"
                               for one in unstated_choices.of(self.paper.id)))

    def experience(self, part: str) -> Typst:
        """What was easy, hard, or has to be asked of the authors: a list."""
        found = next((one for one in papers.experiences() if one.paper == self.paper.id), None)
        if found is None:
            raise InputError(f"paper {self.paper.id}: no experience.py says what was easy, hard and to be asked")
        return Typst("\n".join(f"- {escape(one)}" for one in getattr(found, part)))

    def differences(self, named: Sequence[tuple[str, str]]) -> Picture:
        """The figure of claims about differences: what each is called, and its id."""
        return figures.differences([(says, self._row(identity, "")) for says, identity in named])

    def _row(self, identity: str, tree: str) -> dict:
        if (tree, identity) not in self.rows:
            raise InputError(f"the article of {self.paper.id}: no published result decides {identity}")
        return self.rows[tree, identity]

    def known(self) -> dict[str, Callable | object]:
        """Everything that prose can name."""
        own = ("claim", "verdict", "found", "result", "noted", "sampled", "folds", "quote", "figure",
               "table", "claims_table", "not_judged", "recipe_table", "ablation_table", "path_table", "leaks_table",
               "folds_table", "unstated", "experience", "differences")
        drawing = ("accuracies", "learning_curves", "confusion", "corruptions", "occlusion")
        return {**{name: getattr(self, name) for name in own},
                **{name: getattr(figures, name) for name in drawing},
                "paper": self.paper, "mark": self.mark, "stated": papers.stated_accuracies(judged.FIRST),
                "tally": self._tally(), "margin": f"{100 * MARGIN:g}", "partly_within": f"{100 * PARTLY_WITHIN:g}"}

    def _tally(self) -> Mapping[str, str]:
        """How many of the paper's claims on the first data set came to which verdict, by group."""
        counts = claims.tallies([row for (tree, _), row in self.rows.items()
                                 if not tree and row["paper"] == self.paper.id])
        return {group: says.replace("too short", names.verdict("too_short")) for group, says in counts.items()}


def sources(paper: Paper, prose: str) -> dict[str, str]:
    """article.typ, metadata.yaml, bibliography.bib and the figures of a paper's article, by name."""
    writer = Writer(paper)
    environment = jinja2.Environment(
        variable_start_string="<<", variable_end_string=">>", block_start_string="<%", block_end_string="%>",
        comment_start_string="<#", comment_end_string="#>", undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True, finalize=lambda value: value if isinstance(value, Typst) else escape(value))
    known = writer.known()
    template = environment.from_string(prose)
    abstract, keywords = (_block(template, name, known) for name in ("abstract", "keywords"))
    body = _block(template, "body", known)
    about = {"title": f"{writer.mark.sign} {paper.title}", "abstract": Typst(abstract), "body": Typst(body),
             "abstract_text": plain(abstract), "keywords": plain(keywords), "authors": _authors(),
             "rule": title.RULE, "string": _string,
             "doi": re.search(r"doi (10\.\S+?)[;,]?(?:\s|$)", paper.reference)[1]}
    bibliography = "".join((place / name).read_text(encoding="utf-8") for place, name in (
        (HERE, "common.bib"), (papers.folder(paper), "article.bib")))
    page = environment.from_string((HERE / "page.typ.jinja").read_text(encoding="utf-8")).render(**known, **about)
    quoted = {"keep_trailing_newline": True, "finalize": lambda value: json.dumps(value, ensure_ascii=False)}
    metadata = jinja2.Template((HERE / "metadata.yaml.jinja").read_text(encoding="utf-8"), **quoted).render(
        paper=paper, **about)
    return {"article.typ": page, "metadata.yaml": metadata, BIBLIOGRAPHY: bibliography, **writer.drawn}


def _block(template: jinja2.Template, name: str, known: Mapping[str, object]) -> str:
    if name not in template.blocks:
        raise InputError(f"an article's prose has no block {name!r}")
    return "".join(template.blocks[name](template.new_context(dict(known)))).strip()


def _authors() -> list[str]:
    """The authors' names in CITATION.cff."""
    text = (paths.repository() / "CITATION.cff").read_text(encoding="utf-8")
    part = re.search(r"^authors:\n((?:[ -].*\n)+)", text, re.MULTILINE)
    return re.findall(r"name: (.+)", part[1]) if part else []


def _string(text: str) -> Typst:
    """Text as a string of Typst's code, which takes JSON's escapes of quotes and backslashes."""
    return Typst(json.dumps(str(text), ensure_ascii=False))


def _named(statement: str) -> str:
    """A statement with the data sets' names as in print."""
    return re.sub(rf"\b({'|'.join(names.DATASETS)})\b", lambda match: names.dataset(match[1]), statement)


def _verdict(row: Mapping) -> str:
    agrees = row["group"] == "fact" and row["verdict"] == "reproduced"
    return claims.in_words("reproduced", "fact") if agrees else names.verdict(row["verdict"])


def _said(value: object) -> str:
    return "none" if value in (None, 0, 0.0, "", "none") else f"{value:g}" if isinstance(value, float) else str(value)


def _augmentation(one: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {_said(value)}" for key, value in one.items() if value and key != "padding") or "none"
