"""From a paper's section to the verdict: what it states, the code, the notebook, the result, and how far each went.

Every claim of every paper stands in the table once. It has three parts, weighted as in grading by a rubric (PaperBench,
Starace et al. 2025, arXiv 2504.01848): development (the code that measures it is here), execution (it was run on
published results), result (what came of it agrees with the paper: 1, partly: one half).
"""

from __future__ import annotations

from pathlib import Path

import ferkit
from ferkit import claims, papers
from ferkit.claims.claim import Claim
from ferkit.core.units import Unit
from ferkit.reporting import judged
from ferkit.reporting.tables import folded, markdown
from ferkit.results.tree import Tree

WEIGHTS = {"development": 1, "execution": 1, "result": 2}
AGREES = {"reproduced": 1.0, "exceeded": 1.0, "partly": 0.5}
HEADS = ("where the paper says it", "what it states", "stated", "found", "verdict", "rule, notebook", "parts")


def sections_table() -> str:
    """For each paper how far each part went, weighted, and a folded table of its claims."""
    decided = {row["id"]: (tree, row) for tree, row in reversed(judged.of_papers())}
    parts = []
    for short in dict.fromkeys(claim.paper for claim in papers.claims()):
        own = [claim for claim in papers.claims() if claim.paper == short]
        scored = [(claim, *decided.get(claim.id, (None, None))) for claim in own]
        done = [_parts(claim, row) for claim, _, row in scored]
        means = {part: sum(one[part] for one in done) / len(done) for part in WEIGHTS}
        total = sum(WEIGHTS[part] * means[part] for part in WEIGHTS) / sum(WEIGHTS.values())
        counted = f"{len(own)} claim{'s' * (len(own) > 1)}"
        table = markdown(HEADS, [_row(*one, part) for one, part in zip(scored, done, strict=True)])
        parts += [f"### {papers.titles().get(short, short)}", "",
                  ", ".join(f"{part} {100 * mean:.0f} %" for part, mean in means.items())
                  + f"; weighted {'/'.join(map(str, WEIGHTS.values()))}: **{100 * total:.0f} %** of {counted}.",
                  "", folded(f"its {counted}", table), "", *_experience(short)]
    return "\n".join(parts).rstrip()


def _experience(paper: str) -> list[str]:
    """What replicating a paper was like, and where its article lies; [] where its folder does not say."""
    found = next((one for one in papers.experiences() if one.paper == paper), None)
    if found is None:
        return []
    parts = {"What was easy": found.easy, "What was hard": found.hard,
             "What the authors would have to tell us": found.ask}
    return [line for title, says in parts.items() for line in (f"{title}:", "", *(f"- {one}" for one in says), "")]


def _row(claim: Claim, tree: Tree | None, row: dict | None, done: dict[str, float]) -> list[str]:
    verdict = claims.in_words(row["verdict"], claim.group, row["n_seeds"]) if row else "not run"
    return [f"{claim.source} [{claim.mark}]", claim.statement, claim.unit.bound(claim.value, claim.relation),
            _result(tree, row), verdict, " ".join(filter(None, (_code(claim), _notebook(claim, row)))),
            " ".join(f"{value:g}" for value in done.values())]


def _parts(claim: Claim, row: dict | None) -> dict[str, float]:
    """How far the development, the execution and the result of a claim went, 0…1 each."""
    run = row is not None and row["verdict"] != "not_run"
    return {"development": 1.0, "execution": float(run), "result": AGREES.get(row["verdict"], 0.0) if run else 0.0}


def _code(claim: Claim) -> str:
    """The function that judges the claim, as a link from results/."""
    judge = claim.rule.judge
    path = Path(judge.__code__.co_filename).relative_to(Path(ferkit.__file__).parent).as_posix()
    return f"[{judge.__name__}](../lib/ferkit/{path})"


def _notebook(claim: Claim, row: dict | None) -> str:
    """The notebook whose results decide the claim; that of its paper where it was not run."""
    source = (row or {}).get("source") or ""
    own = next((paper.notebook.stem for paper in papers.all() if paper.id == claim.paper and paper.notebook), "")
    stem = source.partition("/")[0] or own
    return f"[{stem[:2]}](../notebooks/{stem}.ipynb)" if stem else ""


def _result(tree: Tree | None, row: dict | None) -> str:
    """What was found, linked to the first file that decided."""
    if not row or row["verdict"] == "not_run":
        return ""
    return f"[{Unit(row['unit']).format(row['observed'])}]({tree.name}/{row['source'].split('; ')[0]})"
