"""Whether an article is entitled [Re] or [¬Re]: decided by the verdicts, by a rule that knows no paper.

ReScience C prefixes the title of a successful replication with [Re], of a failed one with [¬Re]; its template says no
more, so the rule is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ferkit import papers
from ferkit.core.errors import InputError
from ferkit.reporting.readme.sections import AGREES

REFUTED = ("not_reproduced", "contradicted")
RULE = ("[Re] where an accuracy that the paper states for its main data set is at least partly reproduced, and the "
        "paper's claims that are reproduced (partly: one half) are no fewer than those that are not reproduced or "
        "contradicted; [¬Re] otherwise")


@dataclass(frozen=True)
class Mark:
    """sign: "[Re]" or "[¬Re]". headline: whether a stated accuracy is at least partly reproduced. agree, refuted: how
    many claims are, partly reproduced ones counting one half."""

    sign: str
    headline: bool
    agree: float
    refuted: int


def earned(rows: Sequence[dict]) -> Mark:
    """The mark of a paper. rows: of ``claims.judge``, judged, on its main data set; facts about networks, remembered
    numbers and what goes beyond the paper do not count. InputError where no stated accuracy was judged."""
    findings = [row for row in rows if row["group"] == "finding" and row["verdict"] != "not_run"]
    headline = [row for row in findings if papers.quote(row["id"]).kind == "accuracy"]
    if not headline:
        raise InputError("no accuracy that the paper states is judged on its main data set, so no article is earned")
    agree = sum(AGREES.get(row["verdict"], 0.0) for row in findings)
    refuted = sum(row["verdict"] in REFUTED for row in findings)
    reached = any(row["verdict"] in AGREES for row in headline)
    return Mark("[Re]" if reached and agree >= refuted else "[¬Re]", reached, agree, refuted)
