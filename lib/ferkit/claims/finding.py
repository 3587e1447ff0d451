"""What a rule gives back, and the few things that all rules need."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferkit.claims.evidence import Evidence, NotRun
from ferkit.results.records import CellResult
from ferkit.stats.intervals import Interval

ALPHA = 0.05
COMMONEST = "no better than always answering the commonest class"


@dataclass(frozen=True)
class Finding:
    """What one rule found: the verdict and the numbers it rests on.

    interval: over images for one seed, over seeds (t) for several; interval_images: over images in either case.
    sources: files, relative to the folder.
    """

    verdict: str
    observed: float | None
    interval: Interval | None = None
    n_seeds: int = 1
    sources: Sequence[str] = ()
    note: str = ""
    sd: float | None = None
    interval_images: Interval | None = None


def not_every_seed(verdict: str, cells: Sequence[CellResult], notes: list[str]) -> tuple[str, list[str]]:
    """At most "partly" where a seed diverged or collapsed, and notes that say which: one cannot rely on such a
    result."""
    lost = [f"seed {cell.cell.seed} {cell.metrics['status']}" for cell in cells
            if cell.metrics["status"] != "finished"]
    if not lost:
        return verdict, notes
    return "partly" if verdict in ("reproduced", "exceeded") else verdict, [*notes, ", ".join(lost)]


def key_of(cell: CellResult, key: str) -> object:
    """An entry of metrics.json that older or failed cells may lack; NotRun then."""
    value = cell.metrics.get(key)
    if value is None:
        raise NotRun(f"{cell.cell.name} has no {key}")
    return value


def only_value(values: Sequence[float | None], what: str, cells: Sequence[CellResult]) -> float:
    """The one value that all seeds agree on; NotRun where they do not, or where it is absent."""
    if None in values or len(set(values)) != 1:
        raise NotRun(f"refused: {name_of(cells)} has no one number for {what}")
    return values[0]


def name_of(cells: Sequence[CellResult]) -> str:
    """``<system>/<recipe>`` of the cells of one group."""
    return f"{cells[0].cell.system}/{cells[0].cell.recipe}"


def sources_of(evidence: Evidence, cells: Sequence[CellResult]) -> list[str]:
    """The metrics files that a finding about `cells` used."""
    return [evidence.source(cell.directory / "metrics.json") for cell in cells]
