"""From results to verdicts: what each claim comes to in a run, by rules in code.

`evidence` finds and guards the files, `rules` holds one module for each kind of rule, `claim` what a paper declares,
`text` prints. Nothing is taken on trust: accuracies are recomputed from predictions, and an edited, moved, wrongly
split or incomplete result is refused with the reason in the row's note. Only saved files are read; no torch. No paper
is known here: its claims arrive as arguments.
"""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

from ferkit.claims.claim import GROUPS, Claim, families
from ferkit.claims.decisions import ONE_SEED, VERDICTS
from ferkit.claims.evidence import Evidence, NotRun
from ferkit.claims.finding import Finding
from ferkit.claims.text import in_words, summary, table, tallies, what_would_decide
from ferkit.claims.training_length import too_short
from ferkit.core import files
from ferkit.core.errors import InputError

CLAIMS_FILE = "claims.json"

__all__ = ["CLAIMS_FILE", "GROUPS", "VERDICTS", "first_judged", "in_words", "judge", "summary", "table", "tallies",
           "what_would_decide", "write"]


def judge(directory: Path, claims: Sequence[Claim]) -> list[dict]:
    """One row per claim, in their order: the contract's keys id, paper, statement, expected, observed, interval,
    n_seeds, verdict, relation, interval_images, prediction_interval, rule, source, command, and besides group, dataset,
    unit, measures, sd, mark, note.

    directory: a run or a published tree ``results/<dataset>``. `observed` is None where nothing was run, and
    where every seed diverged. Intervals are 95 %: `interval` over seeds and images together (over images for one seed),
    `interval_images` over images alone, `prediction_interval` for one new run of the same kind.
    Raises InputError for a folder that is missing, holds no results, or mixes data sets.
    """
    evidence = Evidence(Path(directory), families(claims))
    return [_row(claim, evidence) for claim in claims]


def first_judged(results: Iterable[Sequence[dict]]) -> list[dict]:
    """Of several results of `judge`, one row per claim: that of the first which could judge it, else the last."""
    rows: dict[str, dict] = {}
    for row in itertools.chain.from_iterable(results):
        if rows.setdefault(row["id"], row)["verdict"] == "not_run":
            rows[row["id"]] = row
    return list(rows.values())


def write(directory: Path, claims: Sequence[Claim]) -> list[dict]:
    """The rows of `judge`, also written to ``claims.json`` in the directory."""
    rows = judge(directory, claims)
    files.write_json(Path(directory) / CLAIMS_FILE, rows)
    return rows


def _row(claim: Claim, evidence: Evidence) -> dict:
    own = claim.dataset if claim.dataset != "any" else evidence.dataset
    try:
        if claim.dataset not in ("any", evidence.dataset):
            raise NotRun(f"it is about {claim.dataset}, this is {evidence.dataset or 'nothing yet'}")
        finding = claim.judge(evidence)
    except (NotRun, InputError) as reason:
        note = f"refused: {reason}" if isinstance(reason, InputError) else str(reason)
        finding = Finding("not_run", None, n_seeds=0, note=note)
    verdict, note = finding.verdict, finding.note
    if verdict != "not_run" and claim.group != "fact" and not claim.rule.any_length:
        short = too_short(evidence, finding.sources)
        verdict, note = ("too_short" if short else verdict), "; ".join(filter(None, [short, note]))
    if claim.group != "fact" and finding.n_seeds == 1 and verdict != "not_run":
        verdict = ONE_SEED.get(verdict, verdict)
        note = "; ".join(filter(None, [note, "one seed: about these trained networks, not about the methods"]))
    return {
        "id": claim.id, "paper": claim.paper, "group": claim.group, "statement": claim.statement, "dataset": own,
        "expected": claim.value, "relation": claim.relation, "unit": claim.unit, "measures": claim.measures,
        "observed": finding.observed, "sd": finding.sd, "interval": _pair(finding.interval),
        "interval_images": _pair(finding.interval_images),
        "prediction_interval": _pair(finding.prediction_interval), "n_seeds": finding.n_seeds,
        "verdict": verdict, "rule": claim.rule_in_words, "note": note,
        "source": "; ".join(dict.fromkeys(finding.sources)) or None,
        "command": claim.command_on(evidence.dataset), "mark": claim.mark,
    }


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [float(interval[0]), float(interval[1])]
